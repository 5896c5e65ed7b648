"""The result in the media pool and on the timeline."""

import copy
import json
from fractions import Fraction

import pytest
from hifi_resolve.answers import ResolveError

from hifi_ofx.errors import HifiError, InvalidSetting, MissingFrames
from hifi_ofx.retime import Curve, Retime
from tests.resolve.conftest import copying, named, picture, slowed
from tests.resolve_host.build import add_item, edit
from tests.resolve_host.state import Track


def tracks(host):
    return [len(track.items) for track in host.project.timelines[0].video]


@pytest.mark.parametrize("by_number", [False, True])
@pytest.mark.parametrize("inclusive", [False, True])
def test_a_plate_is_placed_by_either_way_of_counting(tmp_path, inclusive, by_number):
    host, item = edit(tmp_path, "sequence", **{"Input LUT": "film.cube"})
    host.end_frame_inclusive, host.frames_by_number = inclusive, by_number
    _, placed = slowed(host, tmp_path)
    assert (placed.start, placed.duration, placed.source) == (item.start, 7, 0)


@pytest.mark.parametrize("inclusive", [False, True])
def test_the_clip_is_exactly_where_and_as_long_as_it_should(tmp_path, inclusive):
    host, item = edit(tmp_path)
    host.end_frame_inclusive = inclusive
    original = copy.deepcopy(item)
    _, placed = slowed(host, tmp_path)
    assert item == original
    assert (placed.start, placed.duration, placed.source) == (item.start, 8, 0)
    assert tracks(host) == [1, 1]


@pytest.mark.parametrize(("version", "order"), [((20, 3), [1, 1, 1]), ((18, 6), [1, 1, 1])])
def test_the_new_track_lies_right_above_the_clip(tmp_path, version, order):
    host, _ = edit(tmp_path, tracks=2, version=version)
    timeline = host.project.timelines[0]
    clip = host.project.media(timeline.video[0].items[0].media)
    title = add_item(host, timeline, clip, at=40, duration=2, track=2)
    _, placed = slowed(host, tmp_path)
    assert tracks(host) == order
    above = [track.items[0].id for track in timeline.video]
    # Versions that cannot insert a track put it on top.
    assert above.index(placed.id) == (1 if version >= (20, 0) else 2)
    assert title.id in above


def test_an_empty_track_of_the_user_stays(tmp_path):
    host, _ = edit(tmp_path, tracks=3)
    host.project.timelines[0].video[2].name = "Titles"
    before = picture(host)
    host.break_call("TimelineItem.GetDuration", range(2, 9))
    with pytest.raises(HifiError):
        slowed(host, tmp_path)
    assert picture(host) == before


def test_what_the_result_carries(tmp_path):
    host, item = edit(tmp_path)
    _, placed = slowed(host, tmp_path)
    clip = host.project.media(placed.media)
    assert (clip.fps, clip.start_timecode) == ("24", "10:00:00:04")
    assert clip.properties["Reel Name"] == "A001"
    assert (clip.color, placed.color, placed.grade) == ("Teal", "Pink", "warm")
    assert clip.name == named(host, "A001C003 slow", "A001C003_slow.[4-12].exr")
    (folder,) = host.project.root.bins
    assert (folder.name, folder.clips) == ("HiFI Retime", [clip])
    assert placed.linked == item.linked == ""


@pytest.mark.parametrize(
    ("rate", "fps", "timecode", "expected"),
    [
        ("25", "50", "10:00:00:00", "10:00:00:02"),
        ("29.97 DF", "29.97", "09:59:59;28", "10:00:00;02"),
        ("29.97 DF", "25", "10:00:59:21", "10:01:00;02"),
        ("23.976", "24", "10:00:00:00", "10:00:00:04"),
    ],
)
def test_the_start_timecode_at_other_rates(tmp_path, rate, fps, timecode, expected):
    host, _ = edit(tmp_path, rate=rate, fps=fps, timecode=timecode)
    _, placed = slowed(host, tmp_path)
    assert host.project.media(placed.media).start_timecode == expected
    assert host.project.media(placed.media).fps == rate.removesuffix(" DF")


def test_results_of_two_clips_go_into_the_same_folder(tmp_path):
    host, item = edit(tmp_path)
    timeline = host.project.timelines[0]
    add_item(host, timeline, host.project.media(item.media), at=40, source=9, duration=4)
    slowed(host, tmp_path)
    timeline.playhead = 41
    slowed(host, tmp_path, speed="1/4")
    (folder,) = host.project.root.bins
    assert len(folder.clips) == 2
    assert sorted(p.name for p in (tmp_path / "out" / "Film").iterdir()) == [
        "A001C003 001",
        "A001C003 002",
    ]


@pytest.mark.parametrize("errors", [1, 2, 3])
def test_a_placement_that_saving_would_discard_is_made_again(tmp_path, errors):
    host, _ = edit(tmp_path)

    def meanwhile(request, show):
        host.append_errors = errors
        return copying(request, show)

    _, placed = slowed(host, tmp_path, meanwhile)
    host.app.GetProjectManager().SaveProject()
    assert host.project.item(placed.id) is not None
    assert tracks(host) == [1, 1]


def test_a_media_pool_that_imports_every_frame(tmp_path):
    host, _ = edit(tmp_path)
    host.individual_frames = True
    before = picture(host)
    with pytest.raises(ResolveError, match="9 frames as 9 clips") as caught:
        slowed(host, tmp_path)
    assert "Turn off Show Individual Frames" in caught.value.hint
    assert picture(host) == before


def test_a_reel_name_that_is_dropped_is_said(tmp_path):
    host, _ = edit(tmp_path)
    host.reel_names_automatic = True
    done, _ = slowed(host, tmp_path)
    assert any("Set Reel Name" in note and "by hand" in note for note in done.notes)


def test_answers_are_not_believed_either_way(tmp_path):
    host, _ = edit(tmp_path)
    host.says_false_when_done = True
    done, placed = slowed(host, tmp_path)
    assert not [note for note in done.notes if "by hand" in note]
    assert placed.duration == 8


def test_a_rate_that_cannot_be_set(tmp_path):
    host, _ = edit(tmp_path, rate="25", fps="50")
    before = picture(host)
    # The project moved to another rate while the engine worked: imports take that one.

    def meanwhile(request, show):
        host.project.settings["timelineFrameRate"] = "24"
        host.project.timelines[0].settings["timelineFrameRate"] = "25"
        host.break_call("MediaPoolItem.SetClipProperty", (1,), "lie")
        return copying(request, show)

    with pytest.raises(ResolveError, match="keeps the result at 24 fps"):
        slowed(host, tmp_path, meanwhile)
    assert picture(host)["root"] == before["root"]


def test_as_a_take(tmp_path):
    host, item = edit(tmp_path)
    slowed(host, tmp_path, place="replace")
    assert tracks(host) == [1]
    assert (len(item.takes), item.take, item.duration) == (2, 2, 4)
    first, second = item.takes
    assert host.project.media(first["media"]).name == "A001C003.mov"
    name = named(host, "A001C003 slow", "A001C003_slow.[4-12].exr")
    assert host.project.media(second["media"]).name == name


def test_a_take_that_cannot_be_selected_is_taken_out(tmp_path):
    host, _ = edit(tmp_path)
    before = picture(host)
    host.break_call("TimelineItem.SelectTakeByIndex", (0,), "lie")
    with pytest.raises(ResolveError, match="select the new take"):
        slowed(host, tmp_path, place="replace")
    assert picture(host) == before


def test_linked_when_it_is_wanted(tmp_path):
    host, item = edit(tmp_path)
    _, placed = slowed(host, tmp_path, link=True)
    assert placed.linked == item.linked != ""


def test_the_sizing_of_the_clip(tmp_path):
    sizing = {"ZoomX": 1.2, "ZoomY": 1.2, "Pan": -40.0, "Opacity": 80.0}
    host, _ = edit(tmp_path, item={"properties": dict(sizing)})
    assert slowed(host, tmp_path)[1].properties == sizing
    other = tmp_path / "other"
    other.mkdir()
    host, _ = edit(other, item={"properties": dict(sizing)})
    assert slowed(host, other, sizing=False)[1].properties == {}


def test_sizing_that_is_not_taken_is_said(tmp_path):
    host, _ = edit(tmp_path, item={"properties": {"Pan": -40.0, "Tilt": 3.0}})
    new = host.version >= (21, 1)
    host.break_call(f"TimelineItem.{'SetProperties' if new else 'SetProperty'}", (1,), "lie")
    assert any("Set Pan of the slow" in note for note in slowed(host, tmp_path)[0].notes)


def test_without_the_grade(tmp_path):
    host, _ = edit(tmp_path)
    assert slowed(host, tmp_path, grade=False)[1].grade == ""


def test_a_fusion_composition_is_mentioned(tmp_path):
    host, _ = edit(tmp_path, item={"fusion_comps": 1})
    assert any("Fusion composition" in note for note in slowed(host, tmp_path)[0].notes)


# While the engine works, people edit.


def edited(host, change):
    def engine(request, show):
        change(host)
        return copying(request, show)

    return engine


def moved(host):
    host.project.timelines[0].video[0].items[0].start += 5


def deleted(host):
    host.project.timelines[0].video[0].items.clear()


def timeline_gone(host):
    host.project.timelines.clear()
    host.project.current_timeline = ""


@pytest.mark.parametrize(
    ("change", "words"), [(moved, "moved or deleted"), (deleted, "moved or deleted")]
)
def test_the_clip_is_not_where_it_was(tmp_path, change, words):
    host, _ = edit(tmp_path)
    with pytest.raises(ResolveError, match=words) as caught:
        slowed(host, tmp_path, edited(host, change))
    assert "What was rendered is in" in caught.value.hint
    assert host.project.root.bins == []
    assert len(list((tmp_path / "out").rglob("*_slow.*.exr"))) == 9


def test_the_timeline_is_gone(tmp_path):
    host, _ = edit(tmp_path)
    with pytest.raises(ResolveError):
        slowed(host, tmp_path, edited(host, timeline_gone))
    assert host.project.root.bins == []


def test_another_timeline_is_open_and_stays_open(tmp_path):
    from tests.resolve_host.build import add_timeline

    host, item = edit(tmp_path)

    def open_other(host):
        add_timeline(host, "Trailer")
        host.page = "fairlight"

    _, placed = slowed(host, tmp_path, edited(host, open_other))
    assert placed.start == item.start
    now = host.project.timeline(host.project.current_timeline)
    assert (now.name, host.page) == ("Trailer", "fairlight")
    assert [timeline.playhead for timeline in host.project.timelines] == [11, 0]


def test_tracks_that_are_locked_do_not_matter_to_a_new_one(tmp_path):
    host, _ = edit(tmp_path)
    host.project.timelines[0].video[0].locked = True
    assert slowed(host, tmp_path)[1].duration == 8


def test_a_track_that_takes_nothing(tmp_path, monkeypatch):
    host, _ = edit(tmp_path)
    before = picture(host)
    new = Track.__init__

    def locked(self, *words, **more):
        new(self, *words, **more)
        self.locked = self.name == ""

    monkeypatch.setattr(Track, "__init__", locked)
    with pytest.raises(ResolveError, match=r"did not place .* with 8 frames at frame 86410"):
        slowed(host, tmp_path)
    assert picture(host) == before


# What the panel may change.


def changed(**fields):
    from dataclasses import replace

    def engine(request, show):
        return copying(replace(request, **fields), show)

    return engine


def test_another_speed(tmp_path):
    host, _ = edit(tmp_path)
    retime = Retime(speed=Fraction(1, 3), input_range=(4, 8))
    done, placed = slowed(host, tmp_path, changed(retime=retime))
    assert placed.duration == 12
    assert "at 0.3333 of the speed" in done.sentence


def test_backwards_shows_the_clip_and_no_handle(tmp_path):
    host, _ = edit(tmp_path)
    retime = Retime(speed=Fraction(1, 2), input_range=(4, 8), reverse=True)
    _, placed = slowed(host, tmp_path, changed(retime=retime))
    # From 7.5 back to 4: the handle, frame 8, is not part of the clip.
    assert (placed.source, placed.duration) == (1, 8)


def test_a_curve_is_shown_whole(tmp_path):
    host, _ = edit(tmp_path)
    keys = tuple((Fraction(a), Fraction(b)) for a, b in [(1, 4), (12, 7)])
    done, placed = slowed(host, tmp_path, changed(retime=Retime(curve=Curve(keys, "linear"))))
    assert placed.duration == 12
    assert done.sentence == "A001C003.mov: 4 frames became 12."


def test_a_part_of_the_frames_is_not_placed(tmp_path):
    host, _ = edit(tmp_path)
    before = picture(host)

    def partly(request, show):
        copying(request, show)
        for path in (tmp_path / "out").rglob("*_slow.0009.exr"):
            path.unlink()
        for path in (tmp_path / "out").rglob("*_slow.001*.exr"):
            path.unlink()
        return request

    with pytest.raises(MissingFrames, match="4-11 are needed; 4-8 are there"):
        slowed(host, tmp_path, partly)
    assert picture(host) == before


def test_another_spelling_of_the_clip_is_the_clip(tmp_path):
    host, _ = edit(tmp_path)

    def spelled(request, show):
        from dataclasses import replace

        copying(request, show)
        return replace(request, source=request.source.replace("%08d", "########"))

    assert slowed(host, tmp_path, spelled)[1].duration == 8


def test_another_plate_is_not_the_clip(tmp_path):
    host, _ = edit(tmp_path)

    def other(request, show):
        from dataclasses import replace

        return replace(request, source="/plates/other.####.exr")

    with pytest.raises(HifiError, match="is not the clip"):
        slowed(host, tmp_path, other)


def test_a_whole_plate_shows_the_clip_alone(tmp_path):
    # Without a range the panel renders all of the plate; the clip's part of it is placed.
    host, item = edit(tmp_path, "sequence", source=2, duration=3)
    retime = Retime(speed=Fraction(1, 2))
    _, placed = slowed(host, tmp_path, changed(retime=retime))
    assert host.project.media(placed.media).frames == 15
    assert (placed.source, placed.start, placed.duration) == (4, item.start, 6)


def test_a_range_outside_the_clip(tmp_path):
    host, _ = edit(tmp_path)
    retime = Retime(speed=Fraction(1, 2), input_range=(8, 9))
    with pytest.raises(InvalidSetting, match="shows nothing of the clip"):
        slowed(host, tmp_path, changed(retime=retime))


def test_a_note_lies_beside_the_frames(tmp_path):
    host, _ = edit(tmp_path)
    slowed(host, tmp_path)
    (path,) = (tmp_path / "out").rglob("retime.json")
    note = json.loads(path.read_text())
    assert note["source timecode"] == "10:00:00:04"
    assert note["request"]["retime"]["speed"] == "1/2"


def test_a_folder_that_cannot_be_written(tmp_path):
    host, _ = edit(tmp_path)
    (tmp_path / "out").write_text("a file")
    with pytest.raises(HifiError, match="cannot be written"):
        slowed(host, tmp_path)
