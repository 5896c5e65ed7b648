"""Which clip is taken, and which are refused, with a sentence that says what to do."""

from fractions import Fraction

import pytest
from hifi_resolve.answers import ResolveError
from hifi_resolve.look import look

from tests.resolve.conftest import picture, slowed
from tests.resolve_host.build import add_item, edit
from tests.resolve_host.state import Media


def refused(host, words, *advice):
    before = picture(host)
    with pytest.raises(ResolveError, match=words) as caught:
        look(host.app)
    assert all(word in caught.value.hint for word in advice), caught.value.hint
    assert picture(host) == before


def add_other(host, at=0, **fields):
    timeline = host.project.timelines[0]
    clip = host.project.media(timeline.video[0].items[0].media)
    return add_item(host, timeline, clip, at=at, duration=4, **fields)


def test_the_clip_under_the_playhead(tmp_path):
    host, item = edit(tmp_path)
    add_other(host)
    clip = look(host.app).clip
    assert clip.item.GetUniqueId() == item.id
    assert (clip.start, clip.duration, clip.offset, clip.last) == (86410, 4, 4, 7)


def test_the_selected_clip_where_resolve_can_tell(tmp_path):
    host, _ = edit(tmp_path, version=(21, 0, 4))
    other = add_other(host)
    host.project.selected = [other.id]
    assert look(host.app).clip.item.GetUniqueId() == other.id
    host.project.selected = []  # nothing selected: the playhead decides
    assert look(host.app).clip.start == 86410


def test_several_selected_clips(tmp_path):
    host, item = edit(tmp_path, version=(21, 0, 4))
    host.project.selected = [item.id, add_other(host).id]
    refused(host, "2 clips are selected", "Select one")


def test_no_clip_under_the_playhead(tmp_path):
    host, _ = edit(tmp_path)
    host.project.timelines[0].playhead = 500
    refused(host, "find a clip under the playhead", "Move the playhead")


def test_no_timeline(tmp_path):
    host, _ = edit(tmp_path)
    host.project.current_timeline = ""
    refused(host, "open timeline", "Open the timeline")


def test_a_clip_in_numbers_at_mixed_rates(tmp_path):
    host, _ = edit(tmp_path, rate="24", fps="23.976", source=3, duration=8)
    clip = look(host.app).clip
    assert clip.ratio == Fraction(1000, 1001)
    assert clip.end == 3 + Fraction(8000, 1001)
    assert clip.last == 10
    assert clip.timecode == "10:00:00:03"


@pytest.mark.parametrize("name", ["Compound Clip 1", "Fusion Clip 2"])
def test_a_clip_without_a_file(tmp_path, name):
    host, item = edit(tmp_path)
    compound = Media(name, kind="Compound", frames=20)
    host.project.root.clips.append(compound)
    item.media, item.name = compound.id, name
    refused(host, f"{name} has no file of its own .Compound.", "Decompose in Place")


def test_a_generator(tmp_path):
    host, item = edit(tmp_path)
    item.media, item.name = "", "Solid Color"
    refused(host, "Solid Color is a title, a generator", "Render in Place")


def test_a_single_frame(tmp_path):
    host, _ = edit(tmp_path, frames=5, source=4)
    refused(host, "one frame alone", "two frames")


@pytest.mark.parametrize("version", [(18, 6, 6), (19, 1, 3), (21, 0, 4)])
@pytest.mark.parametrize("fps", ["24", "48", "23.976"])
@pytest.mark.parametrize(
    ("speed", "words"),
    [("2", "200%|198%"), ("1/2", "50%"), ("4/5", "80%"), ("-1", "backwards")],
)
def test_a_clip_that_is_retimed(tmp_path, version, fps, speed, words):
    more = {"speed": Fraction(speed)}
    host, _ = edit(
        tmp_path, fps=fps, frames=900, source=200, duration=60, version=version, item=more
    )
    if version < (19, 0) and (fps, speed) == ("48", "2"):
        # An EDL says 48 of a clip of 48 fps at 100 % as well, and 18.6 has nothing else.
        assert look(host.app).clip.speed == 1
        return
    refused(host, words, "100 %", "curve")


@pytest.mark.parametrize("version", [(18, 6, 6), (20, 1), (21, 1)])
@pytest.mark.parametrize(
    ("rate", "fps"),
    [("24", "24"), ("25", "50"), ("24", "23.976"), ("29.97 DF", "29.97"), ("59.94", "23.976")],
)
@pytest.mark.parametrize("duration", [2, 3, 7, 100])
def test_a_clip_that_is_not(tmp_path, version, rate, fps, duration):
    host, _ = edit(tmp_path, rate=rate, fps=fps, frames=400, duration=duration, version=version)
    assert look(host.app).clip.duration == duration


def test_a_small_retime_of_a_short_clip_shows_in_the_edl(tmp_path):
    # 12 frames at 95 %: the span differs by less than rounding hides on old versions.
    item = {"speed": Fraction(19, 20)}
    host, _ = edit(tmp_path, duration=12, frames=90, version=(18, 6), item=item)
    refused(host, "95%")


def test_a_clip_from_xml_runs_at_full_speed(tmp_path):
    # Such timelines know no source span, and their EDL says 000.0, which means nothing.
    host, _ = edit(tmp_path, item={"imported_from_xml": True})
    assert look(host.app).clip.duration == 4


def test_resolve_is_rendering(tmp_path):
    host, _ = edit(tmp_path)
    host.project.deliver.jobs.append(
        {
            "JobId": "theirs",
            "timeline": host.project.timelines[0].id,
            "settings": {"TargetDir": str(tmp_path), "FormatWidth": 8, "FormatHeight": 8},
            "format": "exr",
            "status": "Rendering",
            "done": 0,
        }
    )
    with pytest.raises(ResolveError, match="Resolve is rendering"):
        look(host.app)


def test_the_free_edition_without_python(tmp_path):
    host, _ = edit(tmp_path, edition="free", version=(21, 1))
    refused(host, "free DaVinci Resolve 21.1 does not allow Python", "OpenFX", "panel", "Studio")


@pytest.mark.parametrize(
    ("edition", "version"),
    [
        ("free", (18, 6)),
        ("free", (19, 1)),
        ("free", (20, 3)),
        ("free", (21, 0, 4)),
        ("studio", (18, 6)),
        ("studio", (20, 2)),
        ("studio", (21, 1)),
    ],
)
def test_every_edition_that_allows_it(tmp_path, edition, version):
    host, item = edit(tmp_path, edition=edition, version=version)
    _, placed = slowed(host, tmp_path)
    assert (placed.start, placed.duration) == (item.start, 8)
    assert not host.modal  # no call that the free edition answers with a dialog


def test_a_dialog_is_open(tmp_path):
    host, _ = edit(tmp_path, edition="free", version=(21, 0))
    host.modal = "You have reached a limitation"
    refused(host, "Resolve did not answer|stopped answering", "dialog")
