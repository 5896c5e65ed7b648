"""Where a frame holds anything, and where two frames differ, found from the borders inwards.

Outside its data window an EXR is black, and inside it often is. The box of pixels that are not 0
says the same of a picture in a data window that hugs it and in one that is as large as the display
window. A plate that is full to its borders, or that changes there, costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from .frame import Part, Plane, Window, plane_in

_LINES = 64  # looked at a time


def content(part: Part, channels: Iterable[str]) -> Window | None:
    """The smallest window that holds every pixel of these channels that is not 0; None: all are.

    NaN is not 0. Windows are those of the file, whatever the data window is.
    """
    return _found(part.data_window, [(part.planes[name],) for name in channels])


def changes(one: Part, other: Part, channels: Iterable[str]) -> Window | None:
    """The smallest window that holds every pixel in which two parts differ; None: they do not.

    What is no finite number counts as different.
    """
    window = one.data_window.union(other.data_window)
    return _found(
        window, [tuple(plane_in(part, name, window) for part in (one, other)) for name in channels]
    )


def _found(window: Window, channels: Iterable[tuple[Plane, ...]]) -> Window | None:
    """The box of what counts of planes over a window, or of pairs of them."""
    found: Window | None = None
    for planes in channels:
        inside = _box(planes)
        if inside is not None:
            x, y = inside.x + window.x, inside.y + window.y
            there = Window(x, y, inside.width, inside.height)
            found = there if found is None else found.union(there)
    return found


def _box(planes: tuple[Plane, ...]) -> Window | None:
    height, width = planes[0].shape
    top = _empty_lines(planes)
    if top == height:
        return None
    bottom = height - _empty_lines([plane[::-1] for plane in planes])
    columns = [plane[top:bottom].T for plane in planes]
    left = _empty_lines(columns)
    right = _empty_lines([column[::-1] for column in columns])
    return Window(left, top, width - left - right, bottom - top)


def _empty_lines(planes: Sequence[Plane]) -> int:
    """How many there are before the first in which anything counts."""
    for start in range(0, len(planes[0]), _LINES):
        counts = _counts(*(plane[start : start + _LINES] for plane in planes)).any(axis=1)
        if counts.any():
            return start + int(counts.argmax())
    return len(planes[0])


def _counts(values: Plane, others: Plane | None = None) -> npt.NDArray[np.bool_]:
    """Which values are not 0, or not the others'; halves by their bits, which is much faster."""
    if any(plane.dtype != np.float16 for plane in (values, others) if plane is not None):
        different = values != (0 if others is None else others)
        return np.asarray(different | ~np.isfinite(values))
    bits = values.view(np.uint16)
    if others is None:
        return np.asarray(bits & 0x7FFF != 0)
    return np.asarray((bits != others.view(np.uint16)) | (bits & 0x7C00 == 0x7C00))
