"""From the clip to EXR files: read where they are, or rendered, and looked at afterwards."""

import re
import shutil
from pathlib import Path

import pytest
from hifi_resolve import export, source
from hifi_resolve.answers import ResolveError
from hifi_resolve.look import look
from hifi_resolve.restore import presets

from hifi_ofx.errors import FrameError, HifiError, MissingFrames, OutputError
from hifi_ofx.placement import Placement
from tests.resolve.conftest import picture, slowed
from tests.resolve_host.build import edit
from tests.resolve_host.media import number_of, size_of


def exported(host, folder, **placement):
    """Export the clip; (frames, notes). The project is the same afterwards."""
    subject = look(host.app)
    project, clip = subject.project, subject.clip
    (folder / "out").mkdir()
    before = picture(host)
    try:
        frames, _, notes = export.export(
            host.app, project, clip, folder / "out", Placement(**placement), lambda line: None
        )
        return frames, notes
    finally:
        assert picture(host) == before


def fails(host, folder, kind, words, *advice):
    with pytest.raises(kind, match=words) as caught:
        exported(host, folder)
    assert all(word in str(caught.value) for word in advice), str(caught.value)


def numbers(frames):
    return [
        number_of(frames.pattern % frames.number(n)) for n in range(frames.first, frames.last + 1)
    ]


@pytest.mark.parametrize("inclusive", [False, True])
def test_the_range_and_its_handles(tmp_path, inclusive):
    host, _ = edit(tmp_path, source=4, duration=3)
    host.end_frame_inclusive = inclusive
    frames, notes = exported(host, tmp_path, handles=3)
    assert (frames.first, frames.last) == (1, 9)
    assert numbers(frames) == list(range(1, 10))
    assert Path(frames.pattern % 1).name == "source.00000001.exr"
    assert size_of(frames.pattern % 1) == (64, 48)
    assert notes == []


def test_handles_end_where_the_media_ends(tmp_path):
    host, _ = edit(tmp_path, frames=6, source=1, duration=5)
    frames, _ = exported(host, tmp_path, handles=8)
    assert (frames.first, frames.last) == (0, 5)


def test_frames_keep_the_numbers_of_the_media(tmp_path):
    # A plate with a LUT on it shows something else than its files hold: it is rendered.
    host, _ = edit(tmp_path, "sequence", source=3, duration=2, **{"Input LUT": "film.cube"})
    frames, _ = exported(host, tmp_path, handles=1)
    assert Path(frames.pattern % frames.number(frames.first)).name == "source.00001003.exr"


@pytest.mark.parametrize(
    ("rate", "fps", "first"),
    [
        ("25", "50", "00000002"),
        ("29.97 DF", "29.97", "00000002"),
        ("29.97 DF", "25", "00000002"),
        ("24", "59.94", "00000002"),
    ],
)
def test_every_source_frame_is_rendered_once_at_any_rate(tmp_path, rate, fps, first):
    host, _ = edit(tmp_path, rate=rate, fps=fps, source=4, duration=3, frames=40)
    frames, _ = exported(host, tmp_path)
    assert numbers(frames) == list(range(frames.first, frames.last + 1))
    assert first in frames.pattern % frames.number(frames.first)


def test_a_timeline_that_cannot_run_at_the_rate_of_the_clip(tmp_path):
    host, _ = edit(tmp_path, rate="25", fps="50")
    host.timeline_rate_locked = True
    fails(host, tmp_path, ResolveError, "runs at 50 fps", "Make a timeline of 50 fps")


def test_without_a_known_preset_the_files_tell(tmp_path):
    # Sound was delivered last, and no stock preset is there to start from.
    host, _ = edit(tmp_path)
    page = host.project.deliver
    page.presets = {"House sound": page.presets["Audio Only"]}
    fails(host, tmp_path, ResolveError, "no EXR file is in", "preset with pictures")


def test_settings_that_cannot_be_kept_are_said(tmp_path):
    host, _ = edit(tmp_path)
    host.break_call("Project.SaveAsNewRenderPreset", (0,))
    before = picture(host)
    done, _ = slowed(host, tmp_path)
    said = (
        "Deliver page's settings (could not be kept|back, but for format and mode)"  # before 19.1
    )
    assert any(re.search(said, note) for note in done.notes), done.notes
    after = picture(host)["deliver"]
    assert (after["format"], after["mode"]) == ("mov", before["deliver"]["mode"])
    assert after["presets"].keys() == before["deliver"]["presets"].keys()


def test_a_render_that_breaks_off(tmp_path):
    host, _ = edit(tmp_path)
    host.render_breaks_after = 4
    fails(host, tmp_path, ResolveError, "did not finish rendering", "Failed", "by hand")


def test_a_render_of_another_size(tmp_path, monkeypatch):
    host, _ = edit(tmp_path, size=(80, 60))
    monkeypatch.setattr(
        export,
        "_settings",
        lambda clip, folder, before=export._settings: {
            **before(clip, folder),
            "FormatWidth": 40,
            "FormatHeight": 30,
        },
    )
    fails(host, tmp_path, FrameError, "is 40x30, not 80x60", "resolution")


def test_a_render_into_somebody_elses_folder_is_never_started(tmp_path):
    host, _ = edit(tmp_path)
    host.break_call("Project.SetRenderSettings", (1,), "lie")
    fails(host, tmp_path, ResolveError, "would render into /mnt/sound")
    assert "Project.StartRendering" not in host.calls


def test_a_full_disk(tmp_path, monkeypatch):
    host, _ = edit(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 9, 9))
    fails(host, tmp_path, OutputError, "needs 0.0 GB", "HIFI_RESOLVE_MEDIA")


def test_float_pixels(tmp_path):
    host, _ = edit(tmp_path)
    exported(host, tmp_path, pixels="float")
    assert "Project.SetCurrentRenderFormatAndCodec" in host.calls


@pytest.mark.parametrize("by_extension", [True, False])
def test_formats_by_either_name(tmp_path, by_extension):
    host, _ = edit(tmp_path)
    host.formats_by_extension = by_extension
    if by_extension:
        exported(host, tmp_path)
        return
    slowed(host, tmp_path)  # here the page says "EXR", and takes nothing else


def test_presets_of_the_user_stay(tmp_path):
    host, _ = edit(tmp_path)
    project = host.app.GetProjectManager().GetCurrentProject()
    before = presets(project)
    exported(host, tmp_path)
    assert presets(project) == before


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/plates/sh010.[1001-1100].exr", "/plates/sh010.%04d.exr"),
        ("/plates/sh010_[00001-00100].EXR", "/plates/sh010_%05d.EXR"),
        ("C:\\plates\\100%\\a.[1-9].exr", "C:\\plates\\100%%\\a.%01d.exr"),
        ("/plates/[1-2]/sh010.[1001-1100].dpx", None),
        ("/plates/sh010.mov", None),
        ("", None),
    ],
)
def test_patterns_of_sequences(path, pattern):
    assert source.pattern_of(path) == pattern


@pytest.mark.parametrize(
    ("key", "value"), [("Super Scale", "2"), ("Input LUT", "film"), ("Data Level", "Video")]
)
def test_why_exr_media_is_rendered_all_the_same(tmp_path, key, value):
    host, _ = edit(tmp_path, "sequence", **{key: value})
    assert f"its {key} is {value}" in source.why_not_direct(look(host.app).clip)


def test_media_with_a_missing_frame(tmp_path):
    host, item = edit(tmp_path, "sequence", source=2, duration=4)
    Path(host.project.media(item.media).pattern % 1005).unlink()
    before = picture(host)
    with pytest.raises(MissingFrames, match=r"no frame 1005 on disk .1 missing"):
        slowed(host, tmp_path)
    assert picture(host) == before


def test_a_handle_that_is_missing_is_no_handle(tmp_path):
    host, item = edit(tmp_path, "sequence", source=2, duration=3)
    Path(host.project.media(item.media).pattern % 1006).unlink()
    done, placed = slowed(host, tmp_path)
    assert placed.duration == 5
    assert "its media ends there" in done.sentence


def test_media_that_is_damaged(tmp_path):
    host, item = edit(tmp_path, "sequence", source=2, duration=3)
    Path(host.project.media(item.media).pattern % 1003).write_bytes(b"no picture")
    with pytest.raises(HifiError, match="not a whole EXR file"):
        slowed(host, tmp_path)
