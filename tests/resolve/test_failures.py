"""Whatever Resolve refuses, and wherever it lies, the project is as it was or the clip is right."""

import copy
import dataclasses

import pytest

from hifi_ofx.errors import HifiError
from tests.resolve.conftest import copying, picture, placed_numbers, slowed
from tests.resolve_host.build import edit


def calls_of_a_good_run(folder):
    host, _ = edit(folder, item={"properties": {"Pan": 5.0}})
    slowed(host, folder)
    return host.calls


@pytest.fixture(scope="session")
def good_calls(tmp_path_factory):
    from hifi_resolve import deliver, restore

    deliver.POLL = restore.PAUSE = 0
    return calls_of_a_good_run(tmp_path_factory.mktemp("good"))


def check_nothing_is_left(folder, call, times, how):
    """Run with a fault; the project is as it was, or the slow-motion clip is whole."""
    host, item = edit(folder, item={"properties": {"Pan": 5.0}})
    before, original = picture(host), copy.deepcopy(item)
    host.break_call(call, times, how)
    try:
        done, placed = slowed(host, folder)
    except HifiError as error:
        assert picture(host) == before, error
        assert not list((folder / "out").rglob("source*.exr"))
        return
    assert item == original
    assert (placed.start, placed.duration, done.frames) == (item.start, 8, 8)
    after = picture(host)
    for entry in ("page", "current_bin", "current_timeline", "deliver", "selected"):
        assert after[entry] == before[entry]
    assert [(t["name"], t["playhead"]) for t in after["timelines"]] == [("Edit", 11)]


def test_one_call_of_each_kind_refused(tmp_path, good_calls):
    for number, call in enumerate(sorted(set(good_calls))):
        folder = tmp_path / str(number)
        folder.mkdir()
        check_nothing_is_left(folder, call, (1,), "refuse")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["refuse", "lie"])
def test_every_single_call(tmp_path, good_calls, how):
    counted = {}
    for call in good_calls:
        counted[call] = counted.get(call, 0) + 1
        folder = tmp_path / f"{call}-{counted[call]}"
        folder.mkdir()
        check_nothing_is_left(folder, call, (counted[call],), how)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["refuse", "lie"])
def test_what_never_works_leaves_nothing_behind_in_silence(tmp_path, good_calls, how, caplog):
    for number, call in enumerate(sorted(set(good_calls))):
        folder = tmp_path / str(number)
        folder.mkdir()
        caplog.clear()
        never_works(folder, call, how, caplog)


def never_works(folder, call, how, caplog):
    """Run with a call that never works: the original is as it was, and what is not is said."""
    host, item = edit(folder)
    before, original = picture(host), copy.deepcopy(item)
    host.break_call(call, (0,), how)
    try:
        done, _ = slowed(host, folder)
    except HifiError as error:
        said = str(error)
        same = picture(host) == before
    else:
        said = " ".join(done.notes)
        same = picture(host)["deliver"] == before["deliver"] and host.page == before["page"]
    told = "put back" in said + caplog.text or "could not be kept" in said
    assert same or told, call
    assert item == original


# Calls that put things back, and what is said when they never work.
PUTS_BACK = {
    "MediaPool.DeleteTimelines": "timeline",
    "Project.DeleteRenderJob": "job in the render queue",
    "Project.DeleteRenderPreset": "render preset",
    "Project.SetCurrentTimeline": "timeline",
    "Resolve.OpenPage": "page",
    "MediaPool.SetCurrentFolder": "folder",
}


@pytest.mark.parametrize(("call", "words"), PUTS_BACK.items())
def test_what_cannot_be_put_back_is_said(tmp_path, caplog, call, words):
    host, _ = edit(tmp_path)
    host.break_call(call, (0,))
    said = ""
    try:
        slowed(host, tmp_path)
    except HifiError as error:
        said = str(error)
    assert words in said + caplog.text


# What was rendered is the user's, whatever the clip or the files are called.


def test_a_clip_called_source_keeps_its_slow_frames(tmp_path):
    host, _ = edit(tmp_path)
    for *_, item in host.project.items():
        item.name = "source_A.mov"
    done, placed = slowed(host, tmp_path)
    there = {path.name for path in (tmp_path / "out").rglob("*.exr")}
    assert there == {f"source_A_slow.{number:04}.exr" for number in range(4, 13)}, there
    assert all(path.is_file() for path in placed_numbers(host, placed))
    assert done.frames == placed.duration


def test_frames_rendered_under_another_name_stay_after_a_failure(tmp_path):
    host, _ = edit(tmp_path)
    before = picture(host)

    def renamed(request, show):
        other = request.target.replace("_slow.", "_final.")
        return copying(dataclasses.replace(request, target=other), show)

    host.break_call("MediaPool.ImportMedia", (0,))
    with pytest.raises(HifiError, match="What was rendered is in"):
        slowed(host, tmp_path, renamed)
    assert picture(host) == before
    assert len(list((tmp_path / "out").rglob("*_final.*.exr"))) == 9
    assert not list((tmp_path / "out").rglob("source*.exr"))
