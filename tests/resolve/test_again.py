"""A second run, on the slow clip or on the clip itself: one slow clip, and the way back."""

import json

import pytest
from hifi_resolve.answers import ResolveError
from hifi_resolve.look import look

from hifi_ofx.errors import HifiError
from tests.resolve.conftest import copying, picture, since, slowed
from tests.resolve_host.build import add_item, edit, linked_sound
from tests.resolve_host.state import Bin, Media

PLACES = ("above", "replace", "room")


def results(host):
    """What is in the media pool's folder for results."""
    return [clip for folder in host.project.root.bins for clip in folder.clips]


def above(host):
    """Everything on the tracks above the clip."""
    return [item for track in host.project.timelines[0].video[1:] for item in track.items]


def shows(host, item, count):
    """Whether an item has `count` frames, or, as a take, the media for them."""
    return host.project.media(item.media).frames >= count


@pytest.mark.parametrize("place", PLACES)
def test_three_runs_leave_one_slow_clip_and_the_third_none(tmp_path, place, resolve_version):
    since(resolve_version, (21, 1) if place == "room" else (0,))
    host, item = edit(tmp_path)
    timeline = host.project.timelines[0]
    behind = add_item(host, timeline, host.project.media(item.media), at=20, source=12, duration=4)
    before = picture(host)
    for speed, count in (("1/2", 8), ("1/4", 16)):
        done, placed = slowed(host, tmp_path, speed=speed, place=place)
        assert done.frames == count
        assert len(results(host)) == 1
        if place == "replace":
            assert above(host) == []
            assert (len(item.takes), item.take, item.duration) == (2, 2, 4)
            assert shows(host, item, count)
        else:
            assert [i.id for i in above(host)] == [placed.id]
            assert (placed.start, placed.duration) == (item.start, count)
        assert item.duration == (count if place == "room" else 4)
        assert behind.start == 86420 + (count - 4 if place == "room" else 0)
    done, placed = slowed(host, tmp_path, speed="1", place=place)
    assert "runs at 100% again" in done.sentence
    assert picture(host) == before


@pytest.mark.parametrize("what", ["clip", "bin", "open"])
def test_the_folder_for_results_stays_when_it_is_somebody_s(tmp_path, what):
    host, _ = edit(tmp_path)
    slowed(host, tmp_path)
    (mine,) = host.project.root.bins
    if what == "clip":
        mine.clips.append(Media("boom.wav"))
    if what == "bin":
        mine.bins.append(Bin("Selects"))
    if what == "open":
        host.project.current_bin = mine.id
    slowed(host, tmp_path, speed="1")
    assert host.project.root.bins == [mine]
    assert host.project.current_bin == (mine if what == "open" else host.project.root).id


@pytest.mark.parametrize("place", PLACES)
def test_on_the_slow_clip_the_original_is_slowed(tmp_path, place, resolve_version):
    since(resolve_version, (21, 1) if place == "room" else (0,))
    host, item = edit(tmp_path)
    slowed(host, tmp_path, place=place)
    # The playhead is on the slow clip, as it was on the clip: that is the one above.
    assert host.project.timelines[0].playhead == 11
    clip = look(host.app).clip
    assert (clip.item.GetUniqueId(), clip.path.endswith("A001C003.mov")) == (item.id, True)
    assert clip.frames_at(clip.speed) == (8 if place == "room" else 4)


@pytest.mark.parametrize(("first", "second"), [("above", "replace"), ("replace", "above")])
def test_another_place_the_second_time(tmp_path, first, second):
    host, item = edit(tmp_path)
    slowed(host, tmp_path, place=first)
    slowed(host, tmp_path, speed="1/4", place=second)
    assert len(results(host)) == 1
    assert len(above(host)) == (1 if second == "above" else 0)
    assert len(item.takes) == (2 if second == "replace" else 0)


@pytest.mark.parametrize(("first", "second"), [("room", "above"), ("above", "room")])
def test_room_that_was_made_is_taken_back_for_another_place(
    tmp_path, first, second, resolve_version
):
    since(resolve_version, (21, 1))
    host, item = edit(tmp_path)
    slowed(host, tmp_path, place=first)
    _, placed = slowed(host, tmp_path, speed="1/4", place=second)
    assert len(results(host)) == len(above(host)) == 1
    assert (item.duration, placed.duration) == (16 if second == "room" else 4, 16)


def test_a_take_is_found_whichever_is_selected(tmp_path):
    host, item = edit(tmp_path)
    slowed(host, tmp_path, place="replace")
    item.take, item.media = 1, item.takes[0]["media"]  # somebody looks at the original again
    slowed(host, tmp_path, speed="1/4", place="replace")
    assert (len(item.takes), item.take, len(results(host))) == (2, 2, 1)
    assert shows(host, item, 16)


def test_a_take_that_was_finalized_is_all_there_is(tmp_path):
    host, item = edit(tmp_path)
    slowed(host, tmp_path, place="replace")
    item.takes, item.take = [], 0
    with pytest.raises(ResolveError, match="was replaced for good"):
        slowed(host, tmp_path, speed="1/4")


def test_exr_media_goes_the_way_back_too(tmp_path):
    host, item = edit(tmp_path, "sequence", source=2, duration=3)
    slowed(host, tmp_path)
    _, placed = slowed(host, tmp_path, speed="1/4")
    assert (placed.duration, len(results(host)), len(above(host))) == (12, 1, 1)
    assert host.project.media(item.media).name == "plate.[1001-1008].exr"


def test_other_users_of_the_first_result_keep_it(tmp_path):
    host, _ = edit(tmp_path)
    _, first = slowed(host, tmp_path)
    timeline = host.project.timelines[0]
    elsewhere = add_item(host, timeline, host.project.media(first.media), at=90, duration=2)
    elsewhere_id = elsewhere.media
    # It is in the timeline twice: both are results of the clip, and go.
    slowed(host, tmp_path, speed="1/4")
    assert elsewhere_id not in {i.media for *_, i in host.project.items()}


def test_the_original_is_gone(tmp_path):
    host, item = edit(tmp_path)
    slowed(host, tmp_path)
    host.project.timelines[0].video[0].items.remove(item)
    before = picture(host)
    with pytest.raises(ResolveError, match=r"is a slow-motion clip of A001C003\.mov") as caught:
        slowed(host, tmp_path)
    assert "A001C003.mov back where it was" in caught.value.hint
    assert picture(host) == before


def test_a_copy_of_the_timeline_finds_its_own_original(tmp_path):
    host, item = edit(tmp_path)
    slowed(host, tmp_path)
    item.id = "copied"
    assert look(host.app).clip.item.GetUniqueId() == "copied"


def test_without_its_note_a_slow_clip_is_a_clip(tmp_path):
    host, _ = edit(tmp_path)
    _, placed = slowed(host, tmp_path)
    (note,) = (tmp_path / "out").rglob("retime.json")
    note.write_text("{")
    assert look(host.app).clip.item.GetUniqueId() == placed.id


def test_an_earlier_clip_that_cannot_be_deleted_keeps_the_new_one_away(tmp_path):
    host, _ = edit(tmp_path)
    slowed(host, tmp_path)
    before = picture(host)

    def meanwhile(request, show):
        host.break_call("Timeline.DeleteClips", (1, 2, 3), "lie")
        return copying(request, show)

    with pytest.raises(HifiError, match="did not take the earlier slow-motion clip"):
        slowed(host, tmp_path, meanwhile, speed="1/4")
    assert picture(host) == before


@pytest.mark.parametrize("speed", ["1", "1/4"])
@pytest.mark.parametrize("place", PLACES)
def test_what_is_taken_back_is_made_again_where_the_rest_fails(
    tmp_path, place, speed, resolve_version
):
    since(resolve_version, (21, 1) if place == "room" else (0,))
    host, item = edit(tmp_path)
    linked_sound(host, item)
    clip = host.project.media(item.media)
    add_item(host, host.project.timelines[0], clip, at=20, source=12, duration=4)
    slowed(host, tmp_path, place=place, audio="none")
    before = picture(host)

    def meanwhile(request, show):
        broken()
        return copying(request, show)

    def broken():
        call = "TimelineItem.DeleteTakeByIndex" if place == "replace" else "Timeline.DeleteClips"
        host.break_call(call, (1, 2, 3), "lie")

    if speed == "1":
        broken()
    with pytest.raises(HifiError, match="did not take the earlier slow-motion clip"):
        slowed(host, tmp_path, meanwhile, speed=speed, place="above")
    assert picture(host) == before


def test_the_note_says_what_is_needed_for_the_way_back(tmp_path):
    host, item = edit(tmp_path)
    linked_sound(host, item)
    slowed(host, tmp_path, audio="none")
    (path,) = (tmp_path / "out").rglob("retime.json")
    note = json.loads(path.read_text())
    assert (note["item"], note["start"], note["duration"], note["offset"]) == (item.id, 86410, 4, 4)
    assert (note["speed"], note["clip speed"], note["place"]) == ("1/2", "1", "above")
    assert len(note["sound off"]) == 1
