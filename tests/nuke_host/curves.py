"""An animation curve: keys, linear between them, constant outside; its exact integral.

Nuke's default interpolation is smooth; the fake is linear, which is exact for the ramps tests make.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right


class Curve:
    """Keys (frame, value), ascending in frames."""

    def __init__(self) -> None:
        self.keys: list[tuple[float, float]] = []

    def set(self, frame: float, value: float) -> None:
        """Set or move the key at a frame."""
        self.remove(frame)
        frames = [key[0] for key in self.keys]
        self.keys.insert(bisect_left(frames, frame), (float(frame), float(value)))

    def remove(self, frame: float) -> bool:
        """Remove the key at a frame; False when there is none."""
        before = len(self.keys)
        self.keys = [key for key in self.keys if key[0] != frame]
        return len(self.keys) < before

    def at(self, frame: float) -> float:
        """The value at a frame."""
        if not self.keys:
            return 0.0
        frames = [key[0] for key in self.keys]
        index = bisect_right(frames, frame)
        if index == 0:
            return self.keys[0][1]
        if index == len(self.keys):
            return self.keys[-1][1]
        (x0, y0), (x1, y1) = self.keys[index - 1 : index + 1]
        return y0 + (y1 - y0) * (frame - x0) / (x1 - x0)

    def derivative(self, frame: float) -> float:
        """The slope to the right of a frame; 0 outside the keys."""
        frames = [key[0] for key in self.keys]
        index = bisect_right(frames, frame)
        if index == 0 or index == len(self.keys):
            return 0.0
        (x0, y0), (x1, y1) = self.keys[index - 1 : index + 1]
        return (y1 - y0) / (x1 - x0)

    def integral(self, start: float, end: float) -> float:
        """The area under the curve from start to end: trapezoids, exact for this curve."""
        if end < start:
            return -self.integral(end, start)
        inside = [frame for frame, _ in self.keys if start < frame < end]
        stops = [start, *inside, end]
        spans = zip(stops, stops[1:])
        return sum((x1 - x0) * (self.at(x0) + self.at(x1)) / 2 for x0, x1 in spans)

    def to_script(self) -> str:
        """As in a script: `curve x1 0.5 x10 1`."""
        return " ".join(["curve", *(f"x{number(x)} {number(y)}" for x, y in self.keys)])

    @classmethod
    def from_script(cls, text: str) -> Curve:
        """The curve that a script has. Interpolation letters are passed over.

        A value without an x follows the key before it by one frame, as Nuke writes it.
        """
        curve, frame = cls(), 0.0
        for word in text.split()[1:]:
            if re.match(r"x-?[\d.]", word):
                frame = float(word[1:])
            elif re.match(r"-?[\d.]", word):
                curve.set(frame, float(word))
                frame += 1
        return curve


def number(value: float) -> str:
    """A number as a script has it: as short as it can be read back."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(float(value))
