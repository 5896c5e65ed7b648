"""Whatever Resolve refuses, and wherever it lies, the project is as it was or the clip is right."""

import copy
import dataclasses

import pytest

from hifi_ofx.errors import HifiError
from tests.resolve.conftest import copying, picture, placed_numbers, slowed
from tests.resolve_host import known
from tests.resolve_host.build import add_item, edit, linked_sound

RUNS = {
    "above": {},
    "replace": {"place": "replace"},
    "room": {"place": "room"},
    "silent": {"audio": "none"},
    "again": {"speed": "1/4"},
    "back": {"speed": "1"},
    "room back": {"speed": "1"},
}
"""What is wished for."""

EARLIER = {"again": {"audio": "none"}, "back": {"audio": "none"}, "room back": {"place": "room"}}
"""What an earlier run was wished to do."""


@pytest.fixture(params=RUNS)
def run(request, resolve_version):
    if "room" in request.param and resolve_version < (21, 1):
        pytest.skip("this version of Resolve makes no room")
    return request.param


def prepared(folder, run):
    """A host with all that a run may touch."""
    host, item = edit(folder, item={"properties": {"Pan": 5.0}, "flags": ["Blue"]})
    item.markers = {1: {"color": "Red", "name": "", "note": "", "duration": 1.0, "customData": ""}}
    linked_sound(host, item)
    add_item(
        host, host.project.timelines[0], host.project.media(item.media), at=30, source=9, duration=4
    )
    if run in EARLIER:
        slowed(host, folder, **EARLIER[run])
    host.calls.clear()
    return host, item


def above(host):
    return [item for track in host.project.timelines[0].video[1:] for item in track.items]


def calls_of(folder, run):
    """The calls of a run that goes well, in their order."""
    folder.mkdir()
    host, _ = prepared(folder, run)
    slowed(host, folder, **RUNS[run])
    return list(host.calls)


def check_nothing_is_left(folder, run, call, times, how):
    """Run with a fault; the project is as it was, or the slow-motion clip is whole."""
    folder.mkdir()
    host, item = prepared(folder, run)
    before, original = picture(host), copy.deepcopy(item)
    host.break_call(call, times, how)
    try:
        done, placed = slowed(host, folder, **RUNS[run])
    except HifiError as error:
        assert picture(host) == before, (call, times, error)
        assert not list((folder / "out").rglob("source*.exr"))
        return
    length = 16 if run == "again" else 8
    if "back" in run:
        assert (item.start, item.duration, item.speed) == (original.start, 4, 1)
        assert all(i.enabled for *_, i in host.project.items())
        assert above(host) == []
    elif run == "replace":
        assert host.project.media(item.media).frames >= length
        assert (item.start, item.duration, len(item.takes)) == (original.start, 4, 2)
    else:
        changed = {"duration": length, "speed": item.speed} if run == "room" else {}
        assert item == dataclasses.replace(original, **changed)
        assert (placed.start, placed.duration, done.frames) == (item.start, length, length)
    after = picture(host)
    for entry in ("page", "current_bin", "current_timeline", "deliver", "selected"):
        assert after[entry] == before[entry], entry
    assert [(t["name"], t["playhead"]) for t in after["timelines"]] == [("Edit", 11)]


def test_one_call_of_each_kind_refused(tmp_path, run):
    for number, call in enumerate(sorted(set(calls_of(tmp_path / "good", run)))):
        check_nothing_is_left(tmp_path / str(number), run, call, (1,), "refuse")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["refuse", "lie"])
def test_every_single_call(tmp_path, run, how):
    counted = {}
    for call in calls_of(tmp_path / "good", run):
        counted[call] = counted.get(call, 0) + 1
        folder = tmp_path / f"{call}-{counted[call]}"
        check_nothing_is_left(folder, run, call, (counted[call],), how)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["refuse", "lie"])
def test_what_never_works_leaves_nothing_behind_in_silence(tmp_path, run, how, caplog):
    for number, call in enumerate(sorted(set(calls_of(tmp_path / "good", run)))):
        caplog.clear()
        never_works(tmp_path / str(number), run, call, how, caplog)


def never_works(folder, run, call, how, caplog):
    """Run with a call that never works: the original is as it was, and what is not is said."""
    folder.mkdir()
    host, _ = prepared(folder, run)
    before = picture(host)
    host.break_call(call, (0,), how)
    try:
        done, _ = slowed(host, folder, **RUNS[run])
    except HifiError as error:
        said = str(error)
        same = picture(host) == before
    else:
        said = " ".join(done.notes)
        same = picture(host)["deliver"] == before["deliver"] and host.page == before["page"]
    told = "put back" in said + caplog.text or "could not be kept" in said
    assert same or told or "by hand" in said, call


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
    if not known.there(*call.split("."), host.version):
        pytest.skip("this version of Resolve has no such call, and the script does without")
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
