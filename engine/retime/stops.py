"""By how many whole stops a plate is brought to a usual level for the model.

The model's curve bends: what is averaged in its range would come out otherwise where a plate is
exposed twice as bright. So scene-linear light is brought near one level before the curve, and
back after it, by a power of two: twice the light in is then exactly twice the light out. Whole
stops hold still where the brightness of a shot drifts a little, and lose no bit of any value.
The level is that of what is there: where most of a picture is black, around an element, black
counts no more often than the rest (flow/exposure.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..color import LARGEST
from ..flow.exposure import BRIGHT, LEVEL
from ..plate.frame import Plane

STOPS = 5  # at most so many, up or down
ROWS = 256  # about as many are looked at for the level
_MAGNITUDE, _INFINITE = 0x7FFF, 0x7C00  # bits of a half: all but its sign, and an infinite one


def whole_stops(first: Sequence[Plane], second: Sequence[Plane]) -> int:
    """By how many stops the bright end of two frames of scene-linear light is to be brought up.

    The planes of each frame are its channels. Never so many that a highlight would be clipped.
    """
    bright = np.concatenate([_brightness(planes) for planes in (first, second)])
    counted = min(bright.size, 2 * int(np.count_nonzero(bright)))
    rank = bright.size - counted + int(BRIGHT * max(counted - 1, 0))
    level = float(np.partition(bright, rank)[rank]) if counted else 0.0
    if not level > 0:
        return 0
    wanted = max(-STOPS, min(STOPS, round(math.log2(LEVEL / level))))
    largest = max(_largest(plane) for plane in (*first, *second))
    return min(wanted, math.floor(math.log2(LARGEST / largest)))


def _brightness(planes: Sequence[Plane]) -> Plane:
    """The mean of the channels at some of the pixels, (n,)."""
    step = max(1, planes[0].shape[0] // ROWS)
    some = np.stack([plane[::step, ::step].astype(np.float32) for plane in planes])
    np.nan_to_num(some, copy=False, posinf=LARGEST, neginf=-LARGEST)
    mean: Plane = np.abs(some).mean(axis=0).ravel()
    return mean


def _largest(plane: Plane) -> float:
    """The largest magnitude, NaN left out, at most LARGEST; no temporaries of a frame's size."""
    if plane.dtype == np.float16:
        most = (plane.view(np.uint16) & _MAGNITUDE).max()  # numpy compares halves one by one
        if most <= _INFINITE:
            return min(float(most.view(np.float16)), LARGEST)
    most = max(float(np.fmax.reduce(plane, axis=None)), -float(np.fmin.reduce(plane, axis=None)))
    return min(most, LARGEST)
