"""EXR files, looked at with the standard library: are they all there, whole, and of one size?

The header is read as "OpenEXR File Layout" (openexr.com) describes it: magic number, version,
attributes, and the table of offsets, which a writer fills in last.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Optional

from hifi_ofx.errors import FrameError, MissingFrames

_MAGIC = b"\x76\x2f\x31\x01"
_TILED, _LONG_NAMES, _DEEP, _MULTI_PART = 0x200, 0x400, 0x800, 0x1000
# Scan lines a chunk, by the number of the compression: none, RLE, ZIPS, ZIP, PIZ, PXR24, B44, B44A,
# DWAA, DWAB.
_LINES = (1, 1, 1, 16, 32, 16, 32, 32, 32, 256)


@dataclass(frozen=True)
class Header:
    """What a header says: the size of the data window, and the channels' names."""

    width: int
    height: int
    channels: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """A sequence on disk without a gap: its pattern with %d, its first and last number."""

    pattern: str
    first: int
    last: int


def find(folder: Path, name: str) -> Optional[Found]:
    """The sequence `name` + number + .exr in a folder; None when there is no file of it.

    Raises MissingFrames when a number in the middle is missing.
    """
    matches = sorted(
        (int(match.group(2)), match)
        for match in (_numbered(path, name) for path in folder.glob("*"))
        if match
    )
    if not matches:
        return None
    first, last = matches[0][0], matches[-1][0]
    if last - first + 1 != len(matches):
        there = {number for number, _ in matches}
        gone = next(number for number in range(first, last) if number not in there)
        raise MissingFrames(
            f"{folder} has no frame {gone} ({last - first + 1 - len(matches)} missing).",
            "Run the script again; if it happens again, check the disk.",
        )
    match = matches[0][1]
    text = match.string
    before, after = text[: match.start(2)].replace("%", "%%"), text[match.end(2) :]
    pattern = f"{before}%0{len(match.group(2))}d{after}"
    return Found(str(folder / pattern), first, last)


def is_of(path: Path, name: str) -> bool:
    """Whether a file is a frame of the sequence `name` + number + .exr."""
    return _numbered(path, name) is not None


def _numbered(path: Path, name: str) -> Optional[re.Match[str]]:
    return re.fullmatch(re.escape(name) + r"([._-]?)(\d+)\.exr", path.name, re.IGNORECASE)


def check(found: Found, count: int, size: Optional[tuple[int, int]] = None) -> None:
    """Check that `count` whole files of one size are there.

    Raises MissingFrames when there are fewer or more, FrameError for a file that is damaged or of
    another size (width, height).
    """
    have = found.last - found.first + 1
    if have != count:
        raise MissingFrames(
            f"{count} frames were expected in {Path(found.pattern).parent}, {have} are there.",
            "Run the script again; nothing in the project was changed.",
        )
    for number in range(found.first, found.last + 1):
        path = Path(found.pattern % number)
        header = read_header(path)
        size = size or (header.width, header.height)
        if (header.width, header.height) != size:
            raise FrameError(
                f"{path.name} is {header.width}x{header.height}, not {size[0]}x{size[1]}.",
                "Check the timeline's resolution and its Deliver settings, and run it again.",
            )


def read_header(path: Path) -> Header:
    """The header of a whole EXR file. Raises FrameError for one that is none, or not complete."""
    try:
        with open(path, "rb") as file:
            return _header(file, path)
    except (OSError, ValueError, struct.error, IndexError) as error:
        raise FrameError(
            f"{path.name} is not a whole EXR file: {error}.", "It may still be written; try again."
        ) from error


def _header(file: BinaryIO, path: Path) -> Header:
    if file.read(4) != _MAGIC:
        raise ValueError("it does not start as one")
    (version,) = struct.unpack("<I", file.read(4))
    attributes = _attributes(file)
    left, top, right, bottom = struct.unpack("<4i", attributes["dataWindow"])
    header = Header(right - left + 1, bottom - top + 1, _channels(attributes["channels"]))
    if not version & (_TILED | _DEEP | _MULTI_PART):
        _check_offsets(file, header.height, attributes["compression"][0], path.stat().st_size)
    return header


def _attributes(file: BinaryIO) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    while True:
        name = _text(file)
        if not name:
            return found
        _text(file)  # its type
        (size,) = struct.unpack("<i", file.read(4))
        found[name] = file.read(size)


def _text(file: BinaryIO) -> str:
    read = bytearray()
    while True:
        byte = file.read(1)
        if not byte or len(read) > 255:
            raise ValueError("its header ends in the middle")
        if byte == b"\0":
            return read.decode("utf-8", "replace")
        read += byte


def _channels(data: bytes) -> tuple[str, ...]:
    names = []
    while data and data[0]:
        name, _, rest = data.partition(b"\0")
        names.append(name.decode("utf-8", "replace"))
        data = rest[16:]  # type, linearity, sampling
    return tuple(names)


def _check_offsets(file: BinaryIO, height: int, compression: int, size: int) -> None:
    """Every chunk must have been written: its place is in the table, and lies in the file."""
    chunks = -(-height // _LINES[compression])
    offsets = struct.unpack(f"<{chunks}Q", file.read(8 * chunks))
    if min(offsets) == 0 or max(offsets) + 8 > size:
        raise ValueError("it is cut off")
    file.seek(max(offsets))
    _, length = struct.unpack("<ii", file.read(8))
    if max(offsets) + 8 + length > size:
        raise ValueError("it is cut off")
