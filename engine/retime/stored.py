"""Values as a plate stores them, as numbers and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..plate.frame import Plane

_EXPONENT = 0x7C00  # bits of a half, all set in NaN and infinity


def unit(plane: Plane) -> npt.NDArray[np.float32]:
    """Values as float32; whole numbers over their largest."""
    if plane.dtype.kind == "u":
        return np.divide(plane, np.iinfo(plane.dtype).max, dtype=np.float32)
    return plane.astype(np.float32)


def stored(values: npt.NDArray[Any], dtype: np.dtype[Any]) -> Plane:
    """Values in the type that the plate has, rounded; what a half cannot hold is its largest."""
    if dtype.kind == "u":
        largest = np.iinfo(dtype).max
        whole: Plane = np.rint(np.clip(values, 0, 1) * largest).astype(dtype)
        return whole
    limit = np.finfo(dtype).max
    fitting: Plane = np.clip(values, -limit, limit).astype(dtype)
    return fitting


def broken(plane: Plane) -> int:
    """How many values are NaN or infinite."""
    if plane.dtype == np.float16:  # numpy looks at halves one by one
        return int(np.count_nonzero((plane.view(np.uint16) & _EXPONENT) == _EXPONENT))
    return plane.size - int(np.isfinite(plane).sum())


def too_large(plane: Plane, largest: float) -> int:
    """How many values of floats are further from 0 than that, and finite."""
    if plane.dtype.kind != "f" or float(np.finfo(plane.dtype).max) <= largest:
        return 0
    return int(np.count_nonzero((np.abs(plane) > largest) & np.isfinite(plane)))


def same_bits(left: Plane, right: Plane) -> bool:
    """Whether two planes are equal, NaN being equal to nothing."""
    return left is right or bool(np.array_equal(left, right))
