"""What a QuickTime or MP4 file says that FFmpeg keeps to itself: how its timecode track counts."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import BinaryIO

# The boxes on the way to a track's descriptions (ISO/IEC 14496-12, QuickTime File Format).
_WAY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_BEFORE_ENTRIES = 8  # bytes of version, flags and a count, in stsd
_BEFORE_SCALE = 16  # bytes of what an entry holds, before its time scale and a frame's duration
_MOST = 10_000  # boxes that are looked at: a damaged file has as many as it likes

_Box = tuple[bytes, int, int]  # its kind, and where what it holds begins and ends


def timecode_rate(path: Path) -> Fraction:
    """How many numbers a second the file's timecode track counts; 0 without such a track.

    A camera that runs at 50 may count 25. Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        boxes = _along(file, _boxes(file, 0, os.fstat(file.fileno()).st_size), 0)
        for kind, start, stop in islice(boxes, _MOST):
            if kind == b"tmcd" and start + _BEFORE_SCALE + 8 <= stop:
                file.seek(start + _BEFORE_SCALE)
                scale, duration = struct.unpack(">2I", file.read(8))
                return Fraction(scale, duration) if duration else Fraction(0)
    return Fraction(0)


def _along(file: BinaryIO, boxes: Iterator[_Box], depth: int) -> Iterator[_Box]:
    """Every box beside and on the way, and those in the last one of the way."""
    for kind, start, stop in boxes:
        yield kind, start, stop
        if depth < len(_WAY) and kind == _WAY[depth]:
            inside = start + _BEFORE_ENTRIES * (kind == _WAY[-1])
            yield from _along(file, _boxes(file, inside, stop), depth + 1)


def _boxes(file: BinaryIO, start: int, stop: int) -> Iterator[_Box]:
    """The boxes of a part of the file, as far as they are sound."""
    while start + 8 <= stop:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            size, head = int.from_bytes(file.read(8), "big"), 16
        end = start + size if size else stop
        if not start + head <= end <= stop:
            return
        yield kind, start + head, end
        start = end
