"""Whether the deflated pixels of a TIFF are whole: OpenImageIO (3.2.2) does not look.

It inflates strips itself, takes no notice where that fails, and hands out what was in memory there.
The layout is that of TIFF 6.0 and of BigTIFF: a chain of directories, each a list of tags.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, NamedTuple

_ORDERS = {b"II": "<", b"MM": ">"}
_SIZES = {1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 13: 4, 16: 8, 17: 8, 18: 8}  # bytes, by type
_LETTERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_DEFLATED = (8, 32946)
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES, _PLANES = 256, 257, 258, 259, 277, 284
_PHOTOMETRIC, _SUBSAMPLED = 262, 6  # YCbCr: its rows have other lengths
_STRIPS, _STRIP_BYTES, _STRIP_ROWS = 273, 279, 278
_TILES, _TILE_BYTES, _TILE_WIDTH, _TILE_HEIGHT = 324, 325, 322, 323
_BEYOND = 1 << 16  # bytes that may follow the last row
_MOST = 1 << 20  # values of a tag, and directories of a file

Tags = Mapping[int, tuple[int, ...]]


class Layout(NamedTuple):
    """How numbers are written: struct's sign of the byte order; format of offsets and counts."""

    order: str
    offset: str
    entries: str


def check_deflated(path: Path) -> None:
    """Raises ValueError, zlib.error or struct.error where deflated pixels are not whole."""
    with path.open("rb") as file:
        for tags in _directories(file):
            color = tags.get(_PHOTOMETRIC, (1,))[0]
            if tags.get(_COMPRESSION, (1,))[0] in _DEFLATED and color != _SUBSAMPLED:
                _check_pixels(file, tags)


def pixels_end(path: Path) -> int:
    """Where the strips or tiles of the last page end. Raises EOFError where a directory lacks."""
    end = 0
    with path.open("rb") as file:
        try:
            for tags in _directories(file):
                tiled = _TILES in tags
                starts, counts = (tags.get(tag, ()) for tag in _places(tiled))
                end = max([end, *map(sum, zip(starts, counts, strict=False))])
        except struct.error as error:
            raise EOFError from error
    return end


def _places(tiled: bool) -> tuple[int, int]:
    """The tags that say where pixels lie, and how many bytes they have."""
    return (_TILES, _TILE_BYTES) if tiled else (_STRIPS, _STRIP_BYTES)


def _directories(file: BinaryIO) -> Iterator[Tags]:
    order = _ORDERS.get(file.read(2))
    if order is None:
        return
    (version,) = struct.unpack(f"{order}H", file.read(2))
    big = version == 43
    layout = Layout(order, "Q" if big else "I", "Q" if big else "H")
    if big:
        file.read(4)
    seen: set[int] = set()
    at = _number(file, layout.order + layout.offset)
    while at and at not in seen and len(seen) < _MOST:
        seen.add(at)
        file.seek(at)
        tags = _tags(file, layout)
        at = _number(file, layout.order + layout.offset)
        yield tags


def _number(file: BinaryIO, format_: str) -> int:
    (number,) = struct.unpack(format_, file.read(struct.calcsize(format_)))
    return int(number)


def _tags(file: BinaryIO, layout: Layout) -> dict[int, tuple[int, ...]]:
    """The whole numbers of one directory, by tag; the file stands behind it then."""
    room, found = struct.calcsize(layout.offset), {}
    for _ in range(min(_number(file, layout.order + layout.entries), _MOST)):
        tag, kind = struct.unpack(f"{layout.order}HH", file.read(4))
        count, value = _number(file, layout.order + layout.offset), file.read(room)
        size = _SIZES.get(kind, 0) * count
        if not size or count > _MOST:
            continue
        if size > room:
            back = file.tell()
            file.seek(struct.unpack(layout.order + layout.offset, value)[0])
            value = file.read(size)
            file.seek(back)
        found[tag] = struct.unpack(f"{layout.order}{count}{_LETTERS[kind]}", value[:size])
    return found


def _check_pixels(file: BinaryIO, tags: Tags) -> None:
    """Inflate every strip or tile, and see that it is as long as its rows."""
    tiled = _TILES in tags
    places = (tags[tag] for tag in _places(tiled))
    expected = _tile_sizes(tags) if tiled else _strip_sizes(tags)
    for at, count, size in zip(*places, expected, strict=False):
        file.seek(at)
        inflated = zlib.decompressobj()
        found = len(inflated.decompress(file.read(count), size))
        inflated.decompress(inflated.unconsumed_tail, _BEYOND)  # up to the checksum
        if found < size or not inflated.eof:
            raise ValueError(f"{found} of {size} bytes of pixels can be inflated")


def _pixel_bits(tags: Tags) -> int:
    """Bits of a pixel as far as they lie together."""
    bits, samples = tags.get(_BITS, (1,)), tags.get(_SAMPLES, (1,))[0]
    planar = tags.get(_PLANES, (1,))[0] == 2
    return bits[0] if planar else sum(bits) if len(bits) == samples else bits[0] * samples


def _tile_sizes(tags: Tags) -> Iterator[int]:
    row = -(-tags[_TILE_WIDTH][0] * _pixel_bits(tags) // 8)
    return itertools.repeat(row * tags[_TILE_HEIGHT][0])


def _strip_sizes(tags: Tags) -> Iterator[int]:
    height = tags[_HEIGHT][0]
    rows = max(1, min(tags.get(_STRIP_ROWS, (height,))[0], height))
    row = -(-tags[_WIDTH][0] * _pixel_bits(tags) // 8)
    strips = [min(rows, height - top) * row for top in range(0, height, rows)]
    return itertools.cycle(strips)  # plane by plane, where planes lie apart
