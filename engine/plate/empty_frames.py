"""Frames that are there in name alone: files of no bytes, or not written to their end.

Farms leave them: placeholders, renders that were killed, full disks, and machines that went down
before the disk was told of what they wrote.
"""

from __future__ import annotations

from pathlib import Path

from hifi_ofx.errors import FrameError

from . import exr_header
from .cut_short import is_cut_short
from .exr import read_header

_SMALL = 4096  # bytes; the header of a picture without metadata is shorter, a picture is longer


def what_it_is_instead(path: Path) -> str:
    """What a file that holds no whole picture is: "0 bytes"; "" for every other, damaged ones too.

    Raises FrameError where the file is not there, or is none.
    """
    check_file(path)
    if path.is_symlink() and not path.exists():
        return "a link to a file that is not there"
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_SMALL)
    except OSError as error:
        raise FrameError(f"{path} cannot be opened: {error.strerror}.") from error
    if not size:
        return "0 bytes"
    if not start.strip(b"\0"):
        return f"{size} bytes of zeros"
    is_exr = start.startswith(exr_header.MAGIC)
    if exr_header.ends_within(path) if is_exr else size < _SMALL and not _has_header(path):
        return f"{size} bytes, which end within the header"
    if not is_exr:
        return f"{size} bytes, without the end of its pixels" * is_cut_short(path, start)
    missing, count = _missing_chunks(path)
    return f"{size} bytes, without {missing} of {count} chunks of pixels" if missing else ""


def check_file(path: Path) -> None:
    """Raise FrameError for what is there and no file: a folder, or a pipe that keeps readers.

    And for a name that libraries cannot be told.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise FrameError(
            f"The name of {path} is not of Unicode (UTF-8).", "Rename it, or its folder."
        ) from error
    if path.exists() and not path.is_file():
        what = "a folder" if path.is_dir() else "a pipe or device"
        raise FrameError(
            f"{path} is {what}, not a file.", "Move it away, or give the name of a file."
        )


def _missing_chunks(path: Path) -> tuple[int, int]:
    try:
        headers = exr_header.read_headers(path)
        lost = exr_header.chunks_of_cut_table(path, headers)
        return (lost, lost) if lost else exr_header.missing_chunks(path, headers)
    except FrameError:
        return 0, 0


def _has_header(path: Path) -> bool:
    try:
        read_header(path)
    except FrameError:
        return False
    return True
