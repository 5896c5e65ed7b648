"""Whatever Resolve refuses, and wherever it lies, the project is as it was or the clip is right."""

import copy
import dataclasses

import pytest
from hifi_resolve import sound

from hifi_ofx.errors import HifiError
from tests.resolve.conftest import copying, picture, placed_numbers, slowed
from tests.resolve.test_color import RCM
from tests.resolve.test_sound import write
from tests.resolve_host import known, versions
from tests.resolve_host.build import add_item, edit, linked_sound

RUNS = {
    "above": {},
    "replace": {"place": "replace"},
    "room": {"place": "room"},
    "silent": {"audio": "none"},
    "stretched": {"audio": "stretch"},
    "marks": {"marks": True},
    "managed": {},
    "again": {"speed": "1/4"},
    "back": {"speed": "1"},
    "take again": {"speed": "1/4", "place": "replace"},
    "take back": {"speed": "1"},
    "sound back": {"speed": "1"},
    "room again": {"speed": "1/4", "place": "room"},
    "room back": {"speed": "1"},
}
"""What is wished for."""

EARLIER = {
    "again": {"audio": "none"},
    "back": {"audio": "none"},
    "take again": {"place": "replace"},
    "take back": {"place": "replace"},
    "sound back": {"audio": "stretch"},
    "room again": {"place": "room", "audio": "none"},
    "room back": {"place": "room"},
}
"""What an earlier run was wished to do."""


# On every version. The others take many of the same steps.
FAST = ("above", "replace", "room", "silent", "again", "back", "room back")
ENDS = (versions.ALL[versions.OLDEST], versions.ALL[versions.NEWEST])


@pytest.fixture(params=[r if r in FAST else pytest.param(r, marks=pytest.mark.slow) for r in RUNS])
def run(request, resolve_version):
    if "room" in request.param and resolve_version < (21, 1):
        pytest.skip("this version of Resolve makes no room")
    if request.param == "marks" and resolve_version < (19, 1):
        pytest.skip("this version of Resolve tells no marks")
    if request.param not in FAST and resolve_version not in ENDS:
        pytest.skip("to save time, this one is run on the oldest and the newest version")
    return request.param


@pytest.fixture(autouse=True)
def engine(monkeypatch):
    """A stand-in for the engine's sound."""

    def stretched(clip, folder, speed):
        write(folder / sound.FILE, (clip.end - clip.offset) / clip.rate.fps / speed)
        return folder / sound.FILE

    monkeypatch.setattr(sound, "stretched", stretched)


def prepared(folder, run):
    """A host with all that a run may touch."""
    host, item = edit(folder, item={"properties": {"Pan": 5.0}, "flags": ["Blue"]})
    item.markers = {1: {"color": "Red", "name": "", "note": "", "duration": 1.0, "customData": ""}}
    linked_sound(host, item)
    timeline = host.project.timelines[0]
    add_item(host, timeline, host.project.media(item.media), at=30, source=9, duration=4)
    if run == "managed":
        host.project.settings.update(RCM)
    if run == "marks":
        timeline.marks = {"video": {"in": 11, "out": 12}}
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
    check_what_is_there(host, run, item, original, placed, done)
    if placed and (call, how) != ("TimelineItem.CopyGrades", "lie"):  # nothing reads a grade
        assert placed.grade == "warm" or "grade" in " ".join(done.notes)
    after = picture(host)
    for entry in ("page", "current_bin", "current_timeline", "deliver", "selected"):
        assert after[entry] == before[entry], entry
    assert [(t["name"], t["playhead"]) for t in after["timelines"]] == [("Edit", 11)]


def check_what_is_there(host, run, item, original, placed, done):
    """The slow-motion clip is whole, and alone; or gone. What is not is said."""
    length = {"1/4": 16, "1/2": 8}.get(RUNS[run].get("speed", "1/2"), 0) // (1 + (run == "marks"))
    said = " ".join(done.notes)
    assert done.frames == length
    assert len(above(host)) == (0 if "back" in run or "take" in run or run == "replace" else 1)
    if "back" in run:
        plain = {"duration": 4, "speed": 1, "takes": [], "take": 0}
        assert item == dataclasses.replace(original, media=host.project.root.clips[1].id, **plain)
        assert all(i.enabled for *_, i in host.project.items())
    elif run in ("replace", "take again"):
        assert host.project.media(item.media).name != "A001C003.mov"
        assert host.project.media(item.takes[1]["media"]).frames >= length
        assert (item.start, item.duration, item.take, len(item.takes)) == (original.start, 4, 2, 2)
    else:
        changed = {"duration": length, "speed": item.speed} if "room" in run else {}
        assert item == dataclasses.replace(original, **changed)
        start = item.start + (run == "marks")
        assert (placed.start, placed.duration) == (start, length)
        assert placed.flags == ["Blue"] or "flags" in said
        assert placed.properties.get("Pan") == 5 or "Pan" in said
        assert len(placed.markers) == 1 or "markers" in said
        assert placed.color == "Pink" or "color" in said
    check_sound(host, run, length)
    if run == "managed":
        properties = host.project.media(placed.media).properties
        space = properties.get("Input Color Space")
        assert space in ("DaVinci WG/Intermediate", "Rec.709 Gamma 2.4") or "Color Space" in said


def check_sound(host, run, length):
    """The clip's own sound is on, or off and stretched; the length is the picture's, or its own."""
    heard, *more = [i for track in host.project.timelines[0].audio for i in track.items]
    placement = RUNS[run]
    audio = "keep" if "back" in run else placement.get("audio", "keep")
    assert heard.enabled == (audio == "keep")
    assert (heard.duration, heard.speed) == (4, 1)
    assert [i.duration for i in more] == ([length] if audio == "stretch" else [])


def test_one_call_of_each_kind_refused(tmp_path, run):
    for number, call in enumerate(sorted(set(calls_of(tmp_path / "good", run)))):
        check_nothing_is_left(tmp_path / str(number), run, call, (1,), "refuse")


def failing(calls, how):
    """The calls that can fail so: only a yes can be a lie."""
    there = {call: known.call(*call.split("."), versions.chosen()).returns for call in set(calls)}
    return [call for call in calls if how == "refuse" or there[call] == "bool"]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["refuse", "lie"])
def test_every_single_call(tmp_path, run, how):
    counted = {}
    for call in failing(calls_of(tmp_path / "good", run), how):
        counted[call] = counted.get(call, 0) + 1
        folder = tmp_path / f"{call}-{counted[call]}"
        check_nothing_is_left(folder, run, call, (counted[call],), how)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["refuse", "lie"])
def test_what_never_works_leaves_nothing_behind_in_silence(tmp_path, run, how, caplog):
    calls = set(calls_of(tmp_path / "good", run))
    for number, call in enumerate(failing(sorted(calls), how)):
        caplog.clear()
        never_works(tmp_path / str(number), run, call, how, caplog)


def never_works(folder, run, call, how, caplog):
    """Run with a call that never works: the original is as it was, and what is not is said."""
    folder.mkdir()
    host, item = prepared(folder, run)
    before, original = picture(host), copy.deepcopy(item)
    host.break_call(call, (0,), how)
    try:
        done, placed = slowed(host, folder, **RUNS[run])
    except HifiError as error:
        said = str(error)
        same = picture(host) == before
    else:
        said = " ".join(done.notes)
        same = picture(host)["deliver"] == before["deliver"] and host.page == before["page"]
        # A question for yes or no that is never answered says no: the sound is taken to be off.
        off = call == "TimelineItem.GetClipEnabled" and how == "refuse"
        same &= off or is_whole(host, run, item, original, placed, done)
    told = "put back" in said + caplog.text or "could not be kept" in said
    assert same or told or "by hand" in said, call


def is_whole(*words):
    try:
        check_what_is_there(*words)
    except AssertionError:
        return False
    return True


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
