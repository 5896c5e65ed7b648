"""Images in memory: float RGBA, bottom row first, with guard bytes around and between the rows.

Guards are bytes 0xFF. As floats they are NaN, so a plug-in that reads past an input's edge shows
it in its output. An output is filled with the same before each render: what is not written is
found as not finite, and what changes anywhere else is found byte by byte.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

PIXEL = 16  # bytes of float RGBA
GUARD = 0xFF


@dataclass(frozen=True)
class Layout:
    """How a host lays images out in memory.

    `margin` (left, bottom, right, top): pixels that the bounds go past the picture, or stay inside
    of it where negative. `padding`: bytes after each row. `negative`: rows run downwards in memory.
    """

    margin: tuple[int, int, int, int] = (0, 0, 0, 0)
    padding: int = 48
    negative: bool = False

    def bounds(self, box):
        """The bounds of an image that shows a box (x1, y1, x2, y2)."""
        left, bottom, right, top = self.margin
        return (box[0] - left, box[1] - bottom, box[2] + right, box[3] + top)


class Image:
    """One buffer with its guards, seen as rows of pixels from the bottom up."""

    def __init__(self, box, layout):
        self.bounds = layout.bounds(box)
        x1, y1, x2, y2 = self.bounds
        self.width, self.height = max(x2 - x1, 0), max(y2 - y1, 0)
        stride = self.width * PIXEL + layout.padding
        before = 16 * (1 + stride // 16)
        self._memory = np.full(before * 2 + stride * self.height + layout.padding, GUARD, np.uint8)
        # Hosts give pixels aligned to 16 bytes; so does this one.
        offset = before + (-(self._memory.ctypes.data + before)) % 16
        rows = np.lib.stride_tricks.as_strided(
            self._memory[offset:], (self.height, self.width * PIXEL), (stride, 1)
        )
        rows = rows[::-1] if layout.negative else rows
        self.pixels = rows.view(np.float32).reshape(self.height, self.width, 4)
        first = offset + (stride * (self.height - 1) if layout.negative and self.height else 0)
        self.address = self._memory.ctypes.data + first
        self.row_bytes = -stride if layout.negative else stride
        self._before = None

    def draw(self, picture, box):
        """Put a picture, bottom row first, at a box; outside of it the image is black."""
        self.pixels[:] = 0
        x1, y1, x2, y2 = overlap(box, self.bounds)
        if x1 < x2 and y1 < y2:
            self.part((x1, y1, x2, y2))[:] = picture[
                y1 - box[1] : y2 - box[1], x1 - box[0] : x2 - box[0]
            ]

    def part(self, box):
        """The pixels inside a box."""
        x1, y1, x2, y2 = box
        left, bottom = self.bounds[:2]
        return self.pixels[y1 - bottom : y2 - bottom, x1 - left : x2 - left]

    def remember(self):
        """Keep the bytes, for `faults`."""
        self._before = self._memory.copy()

    def faults(self, name, window=None, complete=True):
        """What is wrong with the memory: nothing may have changed outside of the window.

        Inside of it everything must be finite, unless the picture need not be `complete`.
        """
        found = []
        if window is not None:
            written = self.part(window).copy()
            # Compared as if it had never been touched, and put back afterwards.
            self.part(window)[:] = np.uint32(0xFFFFFFFF).view(np.float32)
            missing = int((~np.isfinite(written)).any(axis=-1).sum())
            if missing and complete:
                found.append(f"{missing} pixels of {name} are unwritten or not finite")
        changed = int((self._memory != self._before).sum())
        if changed:
            where = "outside the render window" if window is not None else "of an input"
            found.append(f"{changed} bytes {where} were written ({name})")
        if window is not None:
            self.part(window)[:] = written
        return found

    def digest(self):
        """A hash of the content."""
        return hashlib.sha1(np.ascontiguousarray(self.pixels)).hexdigest()


def overlap(first, second):
    """What two boxes share."""
    return (
        max(first[0], second[0]),
        max(first[1], second[1]),
        min(first[2], second[2]),
        min(first[3], second[3]),
    )


def pixels_of(rectangle, scale, aspect=1.0):
    """The smallest box of pixels that covers a canonical rectangle at a render scale."""
    x1, y1, x2, y2 = rectangle
    across, up = scale[0] / aspect, scale[1]
    return (
        int(np.floor(x1 * across + 1e-9)),
        int(np.floor(y1 * up + 1e-9)),
        int(np.ceil(x2 * across - 1e-9)),
        int(np.ceil(y2 * up - 1e-9)),
    )


def canonical(box, scale, aspect=1.0):
    """The canonical rectangle of a box of pixels."""
    x1, y1, x2, y2 = box
    return (x1 * aspect / scale[0], y1 / scale[1], x2 * aspect / scale[0], y2 / scale[1])
