"""Frames that are there in name alone: files of no bytes, or that end before their header does.

Farms leave them: placeholders, renders that were killed before the first pixel, full disks.
"""

from __future__ import annotations

from pathlib import Path

from hifi_ofx.errors import FrameError

from . import exr_header
from .exr import read_header

_SMALL = 4096  # bytes; the header of a picture without metadata is shorter, a picture is longer


def what_it_is_instead(path: Path) -> str:
    """What a file that holds nothing is: "0 bytes"; "" for every other, damaged ones too.

    Raises FrameError where the file is not there.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            is_exr = file.read(len(exr_header.MAGIC)) == exr_header.MAGIC
    except OSError as error:
        raise FrameError(f"{path} cannot be opened: {error.strerror}.") from error
    if not size:
        return "0 bytes"
    cut = exr_header.ends_within(path) if is_exr else size < _SMALL and not _has_header(path)
    return f"{size} bytes, which end within the header" if cut else ""


def _has_header(path: Path) -> bool:
    try:
        read_header(path)
    except FrameError:
        return False
    return True
