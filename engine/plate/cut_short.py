"""Whether a PNG, DPX, TIFF or JPEG ends before its pixels do: a killed render, a full disk.

Told from where the file itself says that its pixels lie, never from the pixels: a file that is
whole and wrong is damaged. PNG: chunks up to IEND (ISO 15948, 5). DPX: offset and size of the
picture element (SMPTE 268M). TIFF: directories, strips and tiles (tiff.py). JPEG: the mark of the
image's end (ITU T.81, B.1).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from .tiff import pixels_end

_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
_DPX = {b"SDPX": ">", b"XPDS": "<"}
_JPEG = b"\xff\xd8\xff"
_TIFF = b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"
_SAMPLES = {50: 3, 51: 4, 52: 4, 100: 2, 101: 3, 102: 3, 103: 4}  # of a pixel; else 1 (table 1)
_TAIL = 1 << 16  # bytes: more than what programs write behind an image


def is_cut_short(path: Path, start: bytes) -> bool:
    """Whether a file that begins like this (2,048 bytes or more, if there are) lacks its end."""
    size = path.stat().st_size
    if start.startswith(_PNG):
        return _ends_early(_png_ends, path, size)
    if start[:4] in _DPX:
        return _ends_early(_dpx_ends, path, size)
    if start.startswith(_JPEG):
        return _ends_early(_jpeg_ends, path, size)
    return start.startswith(_TIFF) and _ends_early(pixels_end, path, size)


def _ends_early(end: Callable[[Path], int], path: Path, size: int) -> bool:
    """Whether a file is shorter than it says; where it says nothing that can be read, it is not."""
    try:
        return end(path) > size
    except EOFError:
        return True
    except (ValueError, KeyError, OverflowError):
        return False


def _png_ends(path: Path) -> int:
    """Where a PNG's last chunk ends. Raises EOFError where there is none, ValueError on damage."""
    with path.open("rb", buffering=0) as file:
        file.seek(-len(_PNG_END), 2)
        if file.read() == _PNG_END:
            return file.tell()
        at, kind = len(_PNG), b""
        while kind != b"IEND":
            file.seek(at)
            head = file.read(8)
            if len(head) < 8:
                raise EOFError
            length, kind = int.from_bytes(head[:4], "big"), head[4:]
            if not kind.isalpha():
                raise ValueError(f"a chunk named {kind!r}")
            at += length + 12  # with length, kind and checksum
    return at


def _dpx_ends(path: Path) -> int:
    """Where the last row of a DPX's first element ends, as far as its packing says."""
    with path.open("rb") as file:
        head = file.read(2048)
    if len(head) < 2048:
        raise EOFError
    order = _DPX[head[:4]]
    start, width, height = (struct.unpack_from(f"{order}I", head, at)[0] for at in (4, 772, 776))
    kind, bits = head[800], head[803]
    packing, encoding = struct.unpack_from(f"{order}2H", head, 804)
    (offset,) = struct.unpack_from(f"{order}I", head, 808)
    if encoding:  # run lengths: only its end would tell
        raise ValueError("a DPX in run lengths")
    values = width * height * _SAMPLES.get(kind, 1)
    return int((offset if 0 < offset < 2**32 - 1 else start) + _dpx_bytes(values, bits, packing))


def _dpx_bytes(values: int, bits: int, packing: int) -> int:
    """Bytes that so many values take at least; some programs fill up rows, and some do not."""
    if bits == 10 and packing:
        return -(-values // 3) * 4
    return values * (16 if bits == 12 and packing else bits) // 8


def _jpeg_ends(path: Path) -> int:
    """The size of a JPEG. Raises EOFError where its last bytes have no end of an image."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        if b"\xff\xd9" not in file.read():
            raise EOFError
    return size
