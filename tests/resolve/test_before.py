"""Marks, transitions, flags and markers: what becomes of them, said before anything is rendered."""

import pytest
from hifi_resolve.answers import ResolveError
from hifi_resolve.look import look

from tests.resolve.conftest import picture, since, slowed
from tests.resolve_host.build import add_item, add_transition, edit


def marked(host, first, last):
    host.project.timelines[0].marks = {"video": {"in": first, "out": last}}


def test_marks_change_nothing_unless_they_are_wished_for(tmp_path):
    host, item = edit(tmp_path, duration=8, frames=30)
    marked(host, 12, 15)
    _, placed = slowed(host, tmp_path)
    assert (placed.start, placed.duration) == (item.start, 16)
    assert host.project.timelines[0].marks == {"video": {"in": 12, "out": 15}}


def test_between_the_marks(tmp_path, resolve_version):
    since(resolve_version, (19, 1))
    host, item = edit(tmp_path, duration=8, frames=30)
    marked(host, 12, 15)  # the clip lies from 10 to 17
    done, placed = slowed(host, tmp_path, marks=True)
    assert (placed.start, placed.duration) == (86412, 8)
    assert host.project.media(placed.media).start_timecode == "10:00:00:06"
    assert "4 frames became 8" in done.sentence
    assert item.duration == 8


@pytest.mark.parametrize("marks", [(0, 5), (10, 17), (40, 50)])
def test_marks_that_are_not_inside(tmp_path, marks, resolve_version):
    since(resolve_version, (19, 1))
    host, _ = edit(tmp_path, duration=8, frames=30)
    marked(host, *marks)
    before = picture(host)
    with pytest.raises(ResolveError, match="No marks in and out are inside"):
        slowed(host, tmp_path, marks=True)
    assert picture(host) == before


@pytest.mark.parametrize("place", ["replace", "room"])
def test_a_part_goes_above_alone(tmp_path, place, resolve_version):
    since(resolve_version, (21, 1))
    host, _ = edit(tmp_path, duration=8, frames=30)
    marked(host, 12, 15)
    with pytest.raises(ResolveError, match="cannot replace its clip, nor make room"):
        slowed(host, tmp_path, marks=True, place=place)


@pytest.mark.parametrize("audio", ["none", "stretch"])
def test_the_sound_of_a_part_is_kept(tmp_path, audio, resolve_version):
    since(resolve_version, (19, 1))
    host, _ = edit(tmp_path, duration=8, frames=30)
    marked(host, 12, 15)
    with pytest.raises(ResolveError, match="can be kept alone"):
        slowed(host, tmp_path, marks=True, audio=audio)


def test_versions_that_tell_no_marks_say_so(tmp_path, resolve_version):
    if resolve_version >= (19, 1):
        pytest.skip("it tells them")
    host, _ = edit(tmp_path, duration=8, frames=30)
    with pytest.raises(ResolveError, match="does not tell scripts"):
        slowed(host, tmp_path, marks=True)


# Transitions: listed from 21.1 on, in an EDL before.


def dissolved(folder, start=4, end=6, **more):
    """A clip between two others, with a dissolve at each end."""
    host, item = edit(folder, source=6, duration=10, frames=60, **more)
    timeline, clip = host.project.timelines[0], host.project.media(item.media)
    add_item(host, timeline, clip, at=2, source=0, duration=8)
    add_item(host, timeline, clip, at=20, source=40, duration=8)
    if start:
        add_transition(host, 10 - start // 2, start)
    if end:
        add_transition(host, 20 - end // 2, end)
    timeline.playhead = 14
    return host, item


@pytest.mark.parametrize(
    ("start", "end", "words"), [(4, 6, "start and end"), (4, 0, "start"), (0, 6, "end")]
)
def test_transitions_stay_beneath_and_that_is_said(tmp_path, start, end, words):
    host, item = dissolved(tmp_path, start, end)
    _, placed = slowed(host, tmp_path)
    said = [line for line in host.said if "transition" in line]
    assert said == [
        f"The transitions at its {words} stay on the original, beneath the slow-motion clip."
    ]
    assert (placed.start, placed.duration) == (item.start, 20)


def test_without_transitions_nothing_is_said(tmp_path):
    host, _ = dissolved(tmp_path, 0, 0)
    slowed(host, tmp_path)
    assert not any("transition" in line for line in host.said)


def test_a_take_has_frames_for_its_transitions(tmp_path):
    host, item = dissolved(tmp_path)
    _, _ = slowed(host, tmp_path, place="replace")
    assert any("transitions at its start and end stay." in line for line in host.said)
    take, clip = item.takes[1], host.project.media(item.media)
    # Six source frames before and after the clip are retimed, too: the longest transition's.
    assert take["first"] - clip.start >= 6
    assert clip.start + clip.frames - 1 - take["last"] >= 6
    assert take["last"] - take["first"] + 1 == 20


def test_a_transition_is_no_clip(tmp_path):
    host, item = dissolved(tmp_path)
    assert look(host.app).clip.item.GetUniqueId() == item.id
    slowed(host, tmp_path)
    assert not any("Cross Dissolve" in line for line in host.said)


# Flags and markers.


def test_flags_and_markers_come_along(tmp_path):
    host, item = edit(tmp_path, duration=8, frames=30)
    item.flags = ["Blue", "Red"]
    item.markers = {
        0: {"color": "Green", "name": "A", "note": "n", "duration": 1.0, "customData": "x"},
        3: {"color": "Red", "name": "B", "note": "", "duration": 2.0, "customData": ""},
    }
    _, placed = slowed(host, tmp_path, speed="1/4")
    assert placed.flags == ["Blue", "Red"]
    assert {at: (m["name"], m["duration"]) for at, m in placed.markers.items()} == {
        0: ("A", 4.0),
        12: ("B", 8.0),
    }
    assert (placed.markers[0]["note"], placed.markers[0]["customData"]) == ("n", "x")
    assert len(item.markers) == 2


def test_flags_and_markers_that_are_not_taken_are_said(tmp_path):
    host, item = edit(tmp_path)
    item.flags = ["Blue"]
    item.markers = {1: {"color": "Red", "name": "", "note": "", "duration": 1.0, "customData": ""}}
    host.break_call("TimelineItem.AddFlag", (0,), "lie")
    host.break_call("TimelineItem.AddMarker", (0,), "lie")
    done, _ = slowed(host, tmp_path)
    assert any("flags by hand: Blue" in note for note in done.notes)
    assert any("1 of the clip's markers by hand" in note for note in done.notes)


# Half the speed is what Resolve's own half is, whatever the rates are.


@pytest.mark.parametrize(
    ("rate", "fps", "shown"),
    [
        ("24", "24", [4, 4.5, 5, 5.5, 6, 6.5]),
        ("25", "50", [4, 5, 6, 7, 8, 9]),
        ("24", "48", [4, 5, 6, 7, 8, 9]),
        ("50", "25", [4, 4.25, 4.5, 4.75, 5, 5.25]),
    ],
)
def test_fifty_percent_is_half_of_real_time(tmp_path, rate, fps, shown):
    host, _ = edit(tmp_path, rate=rate, fps=fps, source=4, duration=3, frames=40)
    asked = []

    def engine(request, show):
        from tests.resolve.conftest import copying

        asked.append(request)
        return copying(request, show)

    _, placed = slowed(host, tmp_path, engine)
    assert placed.duration == 6
    step = asked[0].retime.speed
    assert [4 + step * k for k in range(6)] == shown


def test_old_versions_say_what_they_cannot(tmp_path, resolve_version):
    host, _ = edit(tmp_path)
    done, _ = slowed(host, tmp_path)
    old = resolve_version < (19, 1)
    words = "does not let scripts put the Deliver page's settings back"
    assert any(words in line for line in host.said) == old
    assert any(words in note for note in done.notes) == old
