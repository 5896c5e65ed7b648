"""EXR headers byte for byte, and files with another header around the same compressed pixels.

OpenImageIO renames, drops or adds attributes when it writes (previews, types it does not know, a
date, the DWA level) and cannot copy mip levels. So the header of every EXR that we write is put
together here, out of the source's own bytes; and a frame that is only copied keeps its compressed
chunks, which makes it equal bit for bit under any compression.

The layout is that of "OpenEXR File Layout" (openexr.com): magic number, version, one header a part
(name, type, size, value …), one table of chunk offsets a part, chunks.
"""

from __future__ import annotations

import shutil
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from engine.plate.frame import Attribute, RawAttribute, Window
from hifi_ofx.errors import FrameError, OutputError

Header = Mapping[str, RawAttribute]

MAGIC = b"\x76\x2f\x31\x01"
UINT, HALF, FLOAT = 0, 1, 2
SIZE = {UINT: 4, HALF: 2, FLOAT: 4}

_LONG_NAMES, _NON_IMAGE, _MULTI_PART = 0x400, 0x800, 0x1000
_ONE_LEVEL, _MIPMAP, _RIPMAP = range(3)
_LINES = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32, 8: 32, 9: 256, 10: 256, 11: 32}
"""Scanlines a chunk: none, RLE, ZIPS, ZIP, PIZ, PXR24, B44, B44A, DWAA, DWAB, HTJ2K (256, 32)."""

_EXR_NAMES = {
    "worldtocamera": "cameraTransform",
    "DateTime": "capDate",
    "ImageDescription": "comments",
    "Copyright": "owner",
    "PixelAspectRatio": "pixelAspectRatio",
    "XResolution": "xDensity",
    "ExposureTime": "expTime",
    "FNumber": "aperture",
    "smpte:TimeCode": "timeCode",
    "smpte:KeyCode": "keyCode",
}
_ENCODINGS = {
    "int": ("int", "<i"),
    "float": ("float", "<f"),
    "double": ("double", "<d"),
    "timecode": ("timecode", "<2I"),
    "keycode": ("keycode", "<7i"),
    "rational": ("rational", "<iI"),
    "float2": ("v2f", "<2f"),
    "vector2": ("v2f", "<2f"),
    "matrix": ("m44f", "<16f"),
}


class _EndOfFile(ValueError):
    """A header goes on where the file ends."""


@dataclass(frozen=True)
class Channel:
    """One entry of a part's channel list."""

    name: str
    type: int
    linear: int = 0
    sampling: tuple[int, int] = (1, 1)


@dataclass(frozen=True)
class Headers:
    """All headers of one EXR file: version and flags, a header a part, and where they end."""

    version: int
    parts: tuple[Header, ...]
    end: int


def read_headers(path: Path) -> Headers:
    """Every attribute of every part, undecoded.

    Raises:
        FrameError: The file is not an EXR, or its header is damaged.
    """
    try:
        with path.open("rb") as file:
            limit = path.stat().st_size
            if file.read(4) != MAGIC:
                raise FrameError(f"{path} is not an EXR file.", "Look at how it was written.")
            version: int = struct.unpack("<I", file.read(4))[0]
            parts = [_read_header(file, limit)]
            while version & _MULTI_PART and (header := _read_header(file, limit)):
                parts.append(header)
            _check_compression(path, parts)
            return Headers(version, tuple(parts), file.tell())
    except (struct.error, ValueError) as error:
        raise FrameError(f"{path} has a damaged header.", "Render or copy it again.") from error


def ends_within(path: Path) -> bool:
    """Whether an EXR file ends before its header does."""
    with path.open("rb") as file:
        limit = path.stat().st_size
        try:
            (version,) = struct.unpack("<4xI", file.read(8))
            while _read_header(file, limit) and version & _MULTI_PART:
                pass
        except (_EndOfFile, struct.error):
            return True
        except ValueError:
            pass
    return False


def is_deep(headers: Headers) -> bool:
    """Whether any part holds deep data."""
    types = [part["type"].value for part in headers.parts if "type" in part]
    return bool(headers.version & _NON_IMAGE) or any(kind.startswith(b"deep") for kind in types)


def channels(header: Header) -> list[Channel]:
    """The channel list of one part; ValueError when it is damaged."""
    data, found = header["channels"].value, []
    while data[:1] not in (b"", b"\0"):
        name, data = data.split(b"\0", 1)
        kind, linear, *sampling = struct.unpack("<iB3xii", data[:16])
        found.append(Channel(name.decode(), kind, linear, (sampling[0], sampling[1])))
        data = data[16:]
    return found


def encode_channels(found: Sequence[Channel]) -> RawAttribute:
    """The channel list as an attribute, sorted as OpenEXR wants it."""
    entries = [
        one.name.encode() + b"\0" + struct.pack("<iB3xii", one.type, one.linear, *one.sampling)
        for one in sorted(found, key=lambda one: one.name.encode())
    ]
    return RawAttribute("chlist", b"".join(entries) + b"\0")


def _check_compression(path: Path, parts: Sequence[Header]) -> None:
    for part in parts:
        method = part["compression"].value if "compression" in part else b"\0"
        if method and method[0] not in _LINES:
            raise FrameError(
                f"{path} is compressed by method {method[0]} of EXR, which is not known here.",
                "Write it with ZIP compression; if it never had another, it is damaged.",
            )


def window(header: Header, name: str = "dataWindow") -> Window:
    """The data window, or the display window."""
    left, top, right, bottom = struct.unpack("<4i", header[name].value)
    return Window(left, top, right - left + 1, bottom - top + 1)


def levels(header: Header) -> int:
    """How many resolution levels a part has: 1 unless it is mip- or rip-mapped."""
    if "tiles" not in header:
        return 1
    return len(_level_sizes(header))


def chunk_count(header: Header) -> int:
    """How many chunks the pixels of one part are cut into."""
    area = window(header)
    if "tiles" not in header:
        return -(-area.height // _LINES[header["compression"].value[0]])
    width, height = struct.unpack("<2I", header["tiles"].value[:8])
    if not (0 < width < 1 << 31 and 0 < height < 1 << 31):
        raise ValueError(f"a tile of {width}x{height}")
    return sum(-(-w // width) * -(-h // height) for w, h in _level_sizes(header))


def check_chunks(path: Path, headers: Headers) -> None:
    """Make sure that every chunk was written and lies in the file.

    Raises:
        FrameError: Some are missing, as after a crashed render or an unfinished copy.
    """
    missing, count = missing_chunks(path, headers)
    if missing:
        raise FrameError(
            f"{path} is incomplete: {missing} of {count} chunks of pixels are missing.",
            "Wait until it is written, or render or copy it again.",
        )


def chunks_of_cut_table(path: Path, headers: Headers) -> int:
    """How many chunks a file was to have that ends within the table of their places; else 0.

    Where the header is wrong, other things lie there than places behind the table. Raises
    FrameError where it tells no number.
    """
    count, size = sum(_declared_chunks(path, headers)), path.stat().st_size
    end = headers.end + 8 * count
    if end <= size:
        return 0
    with path.open("rb") as file:
        file.seek(headers.end)
        offsets = _read_offsets(file, (size - headers.end) // 8)
    return count if ((offsets == 0) | (offsets >= end)).all() else 0


def missing_chunks(path: Path, headers: Headers) -> tuple[int, int]:
    """How many chunks of pixels were not written, or not wholly, and how many there should be."""
    size = path.stat().st_size
    counts = _chunk_counts(path, headers, size)
    with path.open("rb") as file:
        file.seek(headers.end)
        offsets = _read_offsets(file, sum(counts))
        start = file.tell()
        present = (offsets >= headers.end + 8 * sum(counts)) & (offsets < size)
        missing = len(offsets) - int(present.sum())
        if not missing:
            missing = int(_chunk_end(file, headers, int(offsets.max())) > size)
        if missing:  # some programs never filled the table in, and readers look for the chunks
            missing = len(offsets) - _count_chunks(file, headers, start, size)
    return missing, len(offsets)


def splice(source: Path, target: Path, parts: Sequence[Header]) -> None:
    """Write `source` again with other headers: the chunks stay as they are, to the last bit."""
    headers = read_headers(source)
    counts = _chunk_counts(source, headers, source.stat().st_size)
    head = _encode_headers(headers.version, parts)
    with source.open("rb") as old, target.open("wb") as new:
        old.seek(headers.end)
        offsets = _read_offsets(old, sum(counts))
        offsets += np.where(offsets > 0, len(head) - headers.end, 0).astype(np.int64)
        new.write(head + offsets.tobytes())
        shutil.copyfileobj(old, new, 1 << 20)


def replaced(header: Header, changes: Mapping[str, Attribute | None]) -> dict[str, RawAttribute]:
    """A header with some metadata, by OpenImageIO's names, replaced, added or removed (None)."""
    result = dict(header)
    for name, attribute in changes.items():
        exr_name = _EXR_NAMES.get(name, name)
        if attribute is None:
            result.pop(exr_name, None)
        else:
            result[exr_name] = _encode(name, attribute)
    return result


def _encode(name: str, attribute: Attribute) -> RawAttribute:
    if attribute.type == "string":
        return RawAttribute("string", str(attribute.value).encode())
    if attribute.type not in _ENCODINGS:
        raise OutputError(f"Metadata {name} of type {attribute.type} cannot be written to an EXR.")
    exr_type, layout = _ENCODINGS[attribute.type]
    values = attribute.value if isinstance(attribute.value, (tuple, list)) else (attribute.value,)
    return RawAttribute(exr_type, struct.pack(layout, *values))


def _encode_headers(version: int, parts: Sequence[Header]) -> bytes:
    long_names = any(len(name) > 31 for part in parts for name in _names(part))
    version = version | _LONG_NAMES if long_names else version & ~_LONG_NAMES
    headers = [
        b"".join(
            name.encode("latin-1") + b"\0" + one.type.encode("latin-1") + b"\0"
            + struct.pack("<i", len(one.value)) + one.value
            for name, one in part.items()
        )
        + b"\0"
        for part in parts
    ]  # fmt: skip
    end = b"\0" if version & _MULTI_PART else b""
    return MAGIC + struct.pack("<I", version) + b"".join(headers) + end


def _names(header: Header) -> list[str]:
    return [*header, *(one.type for one in header.values()), *(c.name for c in channels(header))]


def _read_header(file: BinaryIO, limit: int) -> dict[str, RawAttribute]:
    header = {}
    while name := _read_text(file):
        kind = _read_text(file)
        (size,) = struct.unpack("<i", file.read(4))
        if size > limit - file.tell():
            raise _EndOfFile(f"attribute {name} of {size} bytes")
        if size < 0:
            raise ValueError(f"attribute {name} of {size} bytes")
        header[name] = RawAttribute(kind, file.read(size))
    return header


def _read_text(file: BinaryIO) -> str:
    text = bytearray()
    while (byte := file.read(1)) != b"\0":
        if not byte:
            raise _EndOfFile("a name without an end")
        if len(text) > 255:
            raise ValueError("a name without an end")
        text += byte
    return text.decode("latin-1")


def _read_offsets(file: BinaryIO, count: int) -> npt.NDArray[np.int64]:
    return np.frombuffer(file.read(8 * count), "<i8").astype(np.int64)


def _declared_chunks(path: Path, headers: Headers) -> list[int]:
    try:
        return [chunk_count(part) for part in headers.parts]
    except (KeyError, ValueError, IndexError, struct.error) as error:
        raise FrameError(f"{path} has a damaged header.", "Render or copy it again.") from error


def _chunk_counts(path: Path, headers: Headers, size: int) -> list[int]:
    counts = _declared_chunks(path, headers)
    if min(counts) < 1 or headers.end + 8 * sum(counts) > size:
        raise FrameError(
            f"{path} is damaged: it declares {sum(counts)} chunks of pixels in {size} bytes.",
            "Render or copy it again.",
        )
    return counts


def _chunk_end(file: BinaryIO, headers: Headers, offset: int) -> int:
    file.seek(offset)
    part = 0
    if headers.version & _MULTI_PART:
        part = int.from_bytes(file.read(4), "little")
    if part >= len(headers.parts):
        return 1 << 62
    file.seek(16 if "tiles" in headers.parts[part] else 4, 1)
    size = file.read(4)
    return file.tell() + int.from_bytes(size, "little") if len(size) == 4 else 1 << 62


def _count_chunks(file: BinaryIO, headers: Headers, at: int, size: int) -> int:
    """How many whole chunks follow each other from a place in the file on."""
    count = 0
    while at < size and (at := _chunk_end(file, headers, at)) <= size:
        count += 1
    return count


def _level_sizes(header: Header) -> list[tuple[int, int]]:
    area = window(header)
    mode = header["tiles"].value[8]
    kind, round_up = mode & 0xF, mode >> 4
    widths, heights = _halvings(area.width, round_up), _halvings(area.height, round_up)
    if kind == _ONE_LEVEL:
        return [area.size]
    if kind == _RIPMAP:
        return [(w, h) for h in heights for w in widths]
    count = max(len(widths), len(heights))
    widths += [1] * (count - len(widths))
    heights += [1] * (count - len(heights))
    return list(zip(widths, heights, strict=True))


def _halvings(length: int, round_up: int) -> list[int]:
    sizes = [length]
    while sizes[-1] > 1:
        sizes.append((sizes[-1] + round_up) // 2)
    return sizes
