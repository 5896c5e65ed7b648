"""Frames of every kind that others made, whole and damaged: round trip, or a sentence."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest

from engine.plate.exr import copy_frame, read_frame, read_header, write_frame
from engine.plate.frame import Attribute, Frame
from hifi_ofx.errors import FrameError

DATA = Path(__file__).parents[3] / "shared" / "data" / "exr"
UNREADABLE = ("Flowers", "_YC", "oxrtest_11.", "oxrtest_42.", "oxrtest_64.", "multivariate")
LOSSY = ("pxr24", "b44", "b44a", "dwaa", "dwab")
MIP_MAP = {"textureformat", "oiio:miplevels", "openexr:roundingmode"}


def files(folder: str, pattern: str = "*.exr") -> list[object]:
    found = sorted((DATA / folder).glob(pattern))
    missing = pytest.param(None, marks=pytest.mark.skip(reason="shared/data/exr is not here"))
    return [pytest.param(path, id=path.name) for path in found] or [missing]


def metadata(frame: Frame) -> list[dict[str, Attribute]]:
    """Without what says how many mip levels there are: the full resolution alone is written."""
    return [
        {name: one for name, one in part.metadata.items() if name not in MIP_MAP}
        for part in frame.parts
    ]


def structure(frame: Frame) -> list[object]:
    return [dataclasses.replace(part, metadata={}, planes={}, source=None) for part in frame.parts]


def pixels(frame: Frame) -> list[dict[str, bytes]]:
    return [{name: plane.tobytes() for name, plane in part.planes.items()} for part in frame.parts]


@pytest.mark.parametrize("path", files("valid"))
def test_a_frame_is_written_as_it_was_read_or_refused_in_a_sentence(
    path: Path, tmp_path: Path
) -> None:
    if any(word in path.name for word in UNREADABLE):
        with pytest.raises(FrameError, match=r"deep|subsampled"):
            read_frame(path)
        return
    frame = read_frame(path)
    assert structure(read_header(path)) == structure(frame)
    written, copied = tmp_path / "written.exr", tmp_path / "copied.exr"
    write_frame(frame, written)
    found = read_frame(written)
    assert structure(found) == structure(frame)
    assert metadata(found) == metadata(frame)
    if frame.parts[0].compression not in LOSSY:
        assert pixels(found) == pixels(frame)
    copy_frame(path, copied, {})
    assert copied.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("path", files("valid", "*Cube*") + files("valid", "*dwa*"))
def test_a_copy_of_a_lossy_frame_keeps_its_pixels_under_new_metadata(
    path: Path, tmp_path: Path
) -> None:
    frame, target = read_frame(path), tmp_path / "copy.exr"
    changes = {"smpte:TimeCode": Attribute("timecode", (0x12345678, 9))}
    copy_frame(path, target, changes)
    found = read_frame(target)
    assert pixels(found) == pixels(frame)
    assert metadata(found) == metadata(frame.with_metadata(changes))


@pytest.mark.parametrize("path", files("dpx", "*.dpx"))
def test_a_dpx_is_written_as_it_was_read(path: Path, tmp_path: Path) -> None:
    frame = read_frame(path)
    assert frame.display_referred
    write_frame(frame, tmp_path / "written.dpx")
    found = read_frame(tmp_path / "written.dpx")
    assert structure(found) == structure(frame)
    assert pixels(found) == pixels(frame)
    changes = {"smpte:TimeCode": Attribute("timecode", (0x01020304, 5))}
    copy_frame(path, tmp_path / "copied.dpx", changes)
    copied = read_frame(tmp_path / "copied.dpx")
    assert pixels(copied) == pixels(frame)
    assert copied.parts[0].metadata["smpte:TimeCode"].value == (0x01020304, 5)
    old, new = path.read_bytes(), (tmp_path / "copied.dpx").read_bytes()
    assert old[:1920] + old[1928:] == new[:1920] + new[1928:]


@pytest.mark.parametrize("path", files("damaged", "*.*"))
def test_a_damaged_file_is_a_sentence_at_once(path: Path, tmp_path: Path) -> None:
    """In this process, which survives: the next case runs in it."""
    start = time.monotonic()
    with pytest.raises(FrameError) as error:
        read_frame(path)
    assert time.monotonic() - start < 5
    assert str(error.value).startswith(str(path))
    assert error.value.hint
    assert not list(tmp_path.iterdir())
