"""Whether two EXR files hold the same picture, whenever they were written.

Nuke writes the date and a hash of its nodes into the header. A source frame that was written again
after an edit that does not concern it is the same but for those, and must count as the same: what
was rendered from it stays right. See "OpenEXR File Layout" of the Academy Software Foundation.
"""

from __future__ import annotations

import struct
from pathlib import Path

_MAGIC = b"\x76\x2f\x31\x01"
_MULTI_PART = 0x1000
# About the writing, not about the picture.
_VOLATILE = (b"capDate", b"nuke/node_hash", b"nuke/version")

Attribute = tuple[bytes, bytes, bytes]


def same_picture(one: Path, two: Path) -> bool:
    """Whether the files have equal pixels and headers. False where either is no whole EXR file."""
    try:
        return _content(one.read_bytes()) == _content(two.read_bytes())
    except (OSError, ValueError, IndexError, struct.error):
        return False


def _content(data: bytes) -> tuple[bytes, list[Attribute], bytes]:
    """The version, the attributes that count, and everything from the first block of pixels on."""
    if data[:4] != _MAGIC:
        raise ValueError("no EXR file")
    (flags,) = struct.unpack_from("<I", data, 4)
    attributes, position = _header(data, 8)
    while flags & _MULTI_PART and data[position] != 0:
        more, position = _header(data, position)
        attributes += more
    position += 1 if flags & _MULTI_PART else 0
    # The table of offsets follows; its first entry is where the first block is.
    (start,) = struct.unpack_from("<Q", data, position)
    if not position < start <= len(data):
        raise ValueError("the file is not whole")
    return data[4:8], attributes, data[start:]


def _header(data: bytes, position: int) -> tuple[list[Attribute], int]:
    """The attributes of one part but the volatile ones, and where the next thing begins."""
    found: list[Attribute] = []
    while data[position] != 0:
        name, position = _text(data, position)
        kind, position = _text(data, position)
        (size,) = struct.unpack_from("<i", data, position)
        value = data[position + 4 : position + 4 + size]
        position += 4 + size
        if name not in _VOLATILE:
            found.append((name, kind, value))
    return found, position + 1


def _text(data: bytes, position: int) -> tuple[bytes, int]:
    end = data.index(b"\0", position)
    return data[position:end], end + 1
