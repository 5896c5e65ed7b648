"""Two things about DPX files (SMPTE 268M) that OpenImageIO leaves to be done."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engine.plate.frame import Attribute, Part
from engine.plate.timecode import without_field_mark

_ORDERS = {b"SDPX": ">", b"XPDS": "<"}
_PADDING = {"Filled, method A": 2, "Filled, method B": 0}


def replace_timecode(path: Path, metadata: Mapping[str, Attribute | None]) -> None:
    """Put another timecode into a DPX, and change nothing else; other files stay as they are."""
    if "smpte:TimeCode" not in metadata:
        return
    timecode = metadata["smpte:TimeCode"]
    with path.open("rb+") as file:
        order = _ORDERS.get(file.read(4))
        if order:
            file.seek(1920)  # television header: timecode, then user bits
            words = without_field_mark(timecode).value if timecode else (2**32 - 1, 0)
            file.write(struct.pack(f"{order}2I", *words))


def complete_last_column(path: Path, part: Part) -> None:
    """Read the last value of each row where OpenImageIO (up to 3.2.2 at least) misses it.

    It reads 10-bit rows one word short when their number of values is one more than a multiple of
    three, as in RGBA of 100 pixels, and hands out what was in memory there.
    """
    height, width = part.data_window.shape
    values = width * len(part.channels)
    attributes = {
        name: part.metadata.get(f"dpx:{name}") for name in ("Packing", "EndOfLinePadding")
    }
    packing = attributes["Packing"].value if attributes["Packing"] else ""
    bits = part.metadata.get("oiio:BitsPerSample")
    if bits is None or bits.value != 10 or packing not in _PADDING or values % 3 != 1:
        return
    padding = attributes["EndOfLinePadding"].value if attributes["EndOfLinePadding"] else 0
    stride = (values // 3 + 1) * 4 + padding
    with path.open("rb") as file:
        order = _ORDERS[file.read(4)]
        file.seek(struct.unpack(f"{order}I", file.read(4))[0])
        rows = np.frombuffer(file.read(stride * height), np.uint8).reshape(height, stride)
    words = np.ascontiguousarray(rows[:, values // 3 * 4 :][:, :4]).view(f"{order}u4")[:, 0]
    value = (words >> (20 + _PADDING[packing])) & 0x3FF
    part.planes[part.channels[-1]][:, -1] = (value << 6) | (value >> 4)
