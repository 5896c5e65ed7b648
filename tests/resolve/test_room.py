"""What lies behind: covered, and said so; or moved, where the version can."""

from fractions import Fraction

import pytest
from hifi_resolve.answers import ResolveError

from hifi_ofx.errors import HifiError
from tests.resolve.conftest import copying, picture, since, slowed
from tests.resolve_host.build import add_item, add_sound, edit, linked_sound


def with_neighbours(folder, **more):
    """A clip with two clips behind it on its track, and a title on the track above."""
    host, item = edit(folder, tracks=2, **more)
    timeline, clip = host.project.timelines[0], host.project.media(item.media)
    near = add_item(host, timeline, clip, at=14, source=8, duration=4)
    far = add_item(host, timeline, clip, at=20, source=12, duration=4)
    title = add_item(host, timeline, clip, at=16, duration=2, track=2)
    near.name, far.name, title.name = "near", "far", "title"
    return host, item, near, far, title


def test_what_will_be_covered_is_said_before_anything_is_rendered(tmp_path, resolve_version):
    host, *_ = with_neighbours(tmp_path)
    said = []

    def engine(request, show):
        said.extend(host.said)
        return copying(request, show)

    slowed(host, tmp_path, engine, speed="1/4")
    # From frame 10 to 26 of the timeline: near (14-18), far (20-24), and on old versions the title.
    words = "It will cover 2 clips behind it: near on V1 (4 frames), far on V1 (4 frames)."
    if resolve_version < (19, 0):
        words = (
            "It will cover 3 clips behind it: near on V1 (4 frames), title on V2 (2 frames), "
            "far on V1 (4 frames)."
        )
    assert words in said


def test_nothing_is_covered(tmp_path):
    host, _ = edit(tmp_path)
    done, _ = slowed(host, tmp_path)
    assert not any("cover" in line for line in [*host.said, *done.notes])


def test_room_is_refused_where_no_script_can_make_it(tmp_path, resolve_version):
    if resolve_version >= (21, 1):
        pytest.skip("it can")
    host, *_ = with_neighbours(tmp_path)
    before = picture(host)
    with pytest.raises(ResolveError, match="cannot make room") as caught:
        slowed(host, tmp_path, lambda *_: pytest.fail("rendered"), place="room")
    assert "near on V1 (4 frames)" in caught.value.hint
    assert picture(host) == before
    assert not (tmp_path / "out").exists()


@pytest.fixture
def room(resolve_version):
    since(resolve_version, (21, 1))


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("speed", ["1/2", "1/3", "2/5", "3/4"])
def test_everything_behind_moves(tmp_path, speed):
    host, item, near, far, title = with_neighbours(tmp_path)
    _, placed = slowed(host, tmp_path, speed=speed, place="room")
    length = round(4 / Fraction(speed))
    assert placed.duration == item.duration == length
    assert placed.start == item.start
    moved = length - 4
    assert [i.start - 86400 - moved for i in (near, far, title)] == [14, 20, 16]
    assert not any("cover" in line for line in host.said)
    assert f"3 clips behind it move by {moved} frames." in host.said[0]


@pytest.mark.usefixtures("room")
def test_what_will_be_covered_is_counted_without_the_room_of_an_earlier_run(tmp_path):
    host, *_ = with_neighbours(tmp_path)
    slowed(host, tmp_path, place="room")
    slowed(host, tmp_path, speed="1/3")
    # 4 frames become 12; near lies from 4 to 8 behind the clip's start again, far from 10 to 14.
    words = "It will cover 2 clips behind it: near on V1 (4 frames), far on V1 (2 frames)."
    assert words in host.said


@pytest.mark.usefixtures("room")
def test_what_runs_across_is_not_cut_and_keeps_its_place(tmp_path):
    host, _, near, *_ = with_neighbours(tmp_path)
    music = add_sound(host, at=0, duration=60, name="music")
    slowed(host, tmp_path, place="room")
    assert (music.start, music.duration, near.start) == (86400, 60, 86418)
    assert not host.project.timelines[0].audio[0].locked
    assert any(
        "Tracks that stay as they are: A1 (music runs across)." in line for line in host.said
    )


@pytest.mark.usefixtures("room")
def test_sound_that_is_kept_is_not_stretched_by_resolve(tmp_path):
    host, item = edit(tmp_path)
    heard = linked_sound(host, item)
    slowed(host, tmp_path, place="room")
    assert (item.duration, heard.duration, heard.speed) == (8, 4, 1)
    assert heard.linked == item.linked != ""
    slowed(host, tmp_path, place="room", audio="stretch", speed="1/4")
    assert (item.duration, heard.duration, heard.speed) == (16, 16, Fraction(1, 4))


@pytest.mark.usefixtures("room")
def test_what_is_locked_stays_and_that_is_said(tmp_path):
    host, _, near, _, title = with_neighbours(tmp_path)
    host.project.timelines[0].video[1].locked = True
    slowed(host, tmp_path, place="room")
    assert (title.start, near.start) == (86416, 86418)
    assert "stay as they are: V2 (locked)." in host.said[0]
    assert host.project.timelines[0].video[2].locked


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("first", ["keep", "none"])
@pytest.mark.parametrize("second", ["keep", "none"])
def test_sound_goes_back_with_the_room_whatever_is_wished_the_second_time(tmp_path, first, second):
    host, item = edit(tmp_path)
    heard = linked_sound(host, item)
    before = picture(host)["timelines"]
    slowed(host, tmp_path, place="room", audio=first)
    slowed(host, tmp_path, place="room", speed="1/4", audio=second)
    length = 4 if second == "keep" else 16
    assert (heard.duration, heard.enabled, item.duration) == (length, second == "keep", 16)
    slowed(host, tmp_path, speed="1", audio=first)
    assert picture(host)["timelines"] == before


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("copied", [False, True])
def test_the_way_back_finds_the_tracks_that_stayed(tmp_path, copied):
    # The title runs across the clip's end; the track of the slow-motion clip goes beneath it.
    host, item, near, _, title = with_neighbours(tmp_path)
    clip = host.project.media(item.media)
    last = add_item(host, host.project.timelines[0], clip, at=40, duration=2, track=2)
    title.start, title.duration, last.name = 86412, 4, "last"
    before = picture(host)["timelines"]
    slowed(host, tmp_path, place="room")
    assert (title.start, last.start, near.start) == (86412, 86440, 86418)
    assert "2 clips behind it move by 4 frames." in host.said[0]  # not the one on V2
    assert "stay as they are: V2 (title runs across)." in host.said[0]
    slowed(host, tmp_path, place="room", speed="1/4")
    assert "stay as they are: V3 (as before)." in host.said[0]
    assert (title.start, last.start, near.start) == (86412, 86440, 86426)
    if copied:  # a copy of the timeline has IDs of its own
        for other in (title, last):
            other.id += "-copy"
    slowed(host, tmp_path, speed="1")
    if not copied:
        assert picture(host)["timelines"] == before
    assert (title.start, last.start, near.start, item.duration) == (86412, 86440, 86414, 4)


@pytest.mark.usefixtures("room")
def test_a_ripple_that_moves_nothing_is_taken_back(tmp_path):
    host, *_ = with_neighbours(tmp_path)
    before = picture(host)
    host.ripple_broken = True
    with pytest.raises(HifiError, match=r"did not make room .* \(3 clips are not where"):
        slowed(host, tmp_path, place="room")
    host.ripple_broken = False
    assert picture(host) == before


@pytest.mark.usefixtures("room")
def test_a_speed_without_a_ripple_is_taken_back_too(tmp_path):
    host, *_ = with_neighbours(tmp_path)
    before = picture(host)
    host.ripple_missing = True
    with pytest.raises(HifiError, match="did not make room"):
        slowed(host, tmp_path, place="room")
    assert picture(host) == before


# Speeds that are set in Resolve.


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize("fps", ["24", "48", "23.976"])
def test_a_speed_that_is_set_in_resolve_is_the_wish(tmp_path, fps):
    more = {"speed": Fraction(1, 2)}
    host, item = edit(tmp_path, fps=fps, frames=90, source=6, duration=12, item=more)
    done, placed = slowed(host, tmp_path, speed=None)
    assert (placed.start, placed.duration) == (item.start, 12)
    assert "at 0.5 of the speed" in done.sentence
    clip = host.project.media(placed.media)
    assert clip.start_timecode.endswith(":06" if fps != "48" else ":03")


@pytest.mark.usefixtures("room")
def test_and_another_can_be_wished(tmp_path):
    more = {"speed": Fraction(1, 2)}
    host, item = edit(tmp_path, frames=90, source=6, duration=12, item=more)
    _, placed = slowed(host, tmp_path, speed="1/4")
    assert (placed.duration, item.duration, item.speed) == (24, 12, Fraction(1, 2))


@pytest.mark.usefixtures("room")
def test_a_ramp_is_refused(tmp_path):
    host, item = edit(tmp_path, frames=900, source=200, duration=60, item={"speed": Fraction(2)})
    host.ramp = {item.id: 100.0}  # what GetSpeed says, and the span does not
    with pytest.raises(ResolveError, match=r"runs at about 200% already") as caught:
        slowed(host, tmp_path)
    assert "ramp" in caught.value.hint


@pytest.mark.usefixtures("room")
def test_a_freeze_frame_is_refused(tmp_path):
    host, item = edit(tmp_path)
    host.ramp = {item.id: 0.0}
    with pytest.raises(ResolveError, match="is a freeze frame"):
        slowed(host, tmp_path)
