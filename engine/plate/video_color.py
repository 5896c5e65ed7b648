"""What a video's values mean: transfer and primaries, by the codes of ITU-T H.273."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from engine.plate.frame import Attribute

PQ, HLG, LINEAR = 16, 18, 8

TRANSFERS: Mapping[int, str] = MappingProxyType(
    {
        1: "BT.709", 4: "gamma 2.2", 5: "gamma 2.8", 6: "BT.601", 7: "SMPTE 240M", 8: "linear",
        9: "log 100:1", 10: "log 316:1", 11: "xvYCC", 12: "BT.1361", 13: "sRGB", 14: "BT.2020",
        15: "BT.2020", 16: "PQ", 17: "SMPTE ST 428-1", 18: "HLG",
    }
)  # fmt: skip
PRIMARIES: Mapping[int, tuple[str, tuple[float, ...]]] = MappingProxyType(
    {
        1: ("BT.709", (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)),
        4: ("BT.470 M", (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, 0.310, 0.316)),
        5: ("BT.470 BG", (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, 0.3127, 0.3290)),
        6: ("BT.601", (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290)),
        7: ("SMPTE 240M", (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, 0.3127, 0.3290)),
        9: ("BT.2020", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, 0.3127, 0.3290)),
        11: ("DCI-P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351)),
        12: ("Display P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)),
        22: ("EBU Tech 3213", (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, 0.3127, 0.3290)),
    }
)  # fmt: skip

WHITE_LUMINANCE = 100.0  # candelas a square meter of PQ's 1.0, as OpenColorIO's curve has it
_LARGEST = 65535


def described(transfer: int, primaries: int) -> str:
    """ "PQ, BT.2020": what is tagged, in words; "" for what is not."""
    names = [TRANSFERS.get(transfer, ""), PRIMARIES.get(primaries, ("",))[0]]
    return ", ".join(dict.fromkeys(name for name in names if name))


def attributes(transfer: int, primaries: int, linear: bool) -> dict[str, Attribute]:
    """The metadata of a frame whose values are as tagged, or linear light made of them."""
    found = {}
    if primaries in PRIMARIES:
        found["chromaticities"] = Attribute("float[8]", PRIMARIES[primaries][1])
    if name := "linear" if linear else TRANSFERS.get(transfer):
        found["hifi:transfer"] = Attribute.of(name)
    if linear and transfer == PQ:
        found["whiteLuminance"] = Attribute.of(WHITE_LUMINANCE)
    return found


def is_hdr(transfer: int) -> bool:
    """Whether values of this transfer can be made linear light: PQ, HLG, or linear already."""
    return transfer in (PQ, HLG, LINEAR)


def to_linear(codes: npt.NDArray[np.uint16], transfer: int) -> npt.NDArray[np.float16]:
    """Full-range 16-bit values (any shape) to linear light.

    PQ: 1.0 is `WHITE_LUMINANCE`. HLG: light of the scene, 1.0 at its reference white (a signal of
    75 %, ITU-R BT.2408). Linear: 1.0 at the largest value.
    """
    return _table(transfer)[codes]


@lru_cache(maxsize=3)
def _table(transfer: int) -> npt.NDArray[np.float16]:
    signal = np.arange(_LARGEST + 1) / _LARGEST
    curve = {PQ: _pq, HLG: _hlg}.get(transfer)
    light = curve(signal) if curve else signal
    return light.astype(np.float16)


def _pq(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """SMPTE ST 2084, equation 4.1."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = signal ** (1 / m2)
    light = (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    return np.asarray(light * 10000 / WHITE_LUMINANCE)


def _hlg(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """ITU-R BT.2100, table 5: the inverse of the camera's curve."""
    return _hlg_scene(signal) / _hlg_scene(np.asarray(0.75))


def _hlg_scene(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.asarray(np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12))
