"""The header of an OpenEXR file, in plain Python: so that a bare interpreter knows a Read's size.

Format: the file layout in the OpenEXR documentation. Single-part and the first part of others.
"""

from __future__ import annotations

import struct
from typing import Any

PIXEL_TYPES = {0: "uint", 1: "half", 2: "float"}


def read(path: str) -> dict[str, Any]:
    """The attributes by name; `channels` is {name: pixel type}. ValueError when it is none."""
    with open(path, "rb") as file:
        data = file.read(1 << 20)
    if data[:4] != b"\x76\x2f\x31\x01":
        raise ValueError("not an OpenEXR file")
    found: dict[str, Any] = {}
    index = 8
    while index < len(data) and data[index] != 0:
        name, index = _text(data, index)
        kind, index = _text(data, index)
        (size,) = struct.unpack_from("<i", data, index)
        found[name] = _value(kind, data[index + 4 : index + 4 + size])
        index += 4 + size
    return found


def _text(data: bytes, index: int) -> tuple[str, int]:
    end = data.index(0, index)
    return data[index:end].decode("utf-8", "replace"), end + 1


def _value(kind: str, data: bytes) -> Any:
    plain = {"box2i": "<4i", "float": "<f", "int": "<i", "v2f": "<2f", "v2i": "<2i", "double": "<d"}
    if kind == "rational":
        top, bottom = struct.unpack("<iI", data)
        return top / bottom if bottom else 0.0
    if kind == "timecode":
        return _timecode(struct.unpack("<I", data[:4])[0])
    if kind == "string":
        return data.decode("utf-8", "replace").rstrip("\0")
    if kind == "stringvector":
        return _strings(data)
    if kind == "chlist":
        return _channels(data)
    if kind in plain:
        values = struct.unpack(plain[kind], data)
        return values[0] if len(values) == 1 else values
    return data[0] if kind in ("compression", "lineOrder") else data


def _strings(data: bytes) -> list[str]:
    found, index = [], 0
    while index < len(data):
        (size,) = struct.unpack_from("<i", data, index)
        found.append(data[index + 4 : index + 4 + size].decode("utf-8", "replace"))
        index += 4 + size
    return found


def _channels(data: bytes) -> dict[str, str]:
    found, index = {}, 0
    while index < len(data) and data[index] != 0:
        name, index = _text(data, index)
        found[name] = PIXEL_TYPES[struct.unpack_from("<i", data, index)[0]]
        index += 16
    return found


def _timecode(packed: int) -> str:
    """SMPTE's binary-coded decimals as hh:mm:ss:ff."""
    parts = ((packed >> 24) & 0x3F, (packed >> 16) & 0x7F, (packed >> 8) & 0x7F, packed & 0x3F)
    return ":".join(f"{part >> 4}{part & 15}" for part in parts)


def pack_timecode(text: str) -> int:
    """`hh:mm:ss:ff` as SMPTE's binary-coded decimals."""
    hours, minutes, seconds, frames = (int(part) for part in text.replace(";", ":").split(":"))
    packed = 0
    for shift, value in ((24, hours), (16, minutes), (8, seconds), (0, frames)):
        packed |= (value // 10 << 4 | value % 10) << shift
    return packed
