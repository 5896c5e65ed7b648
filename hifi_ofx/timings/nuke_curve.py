"""A curve as Nuke writes it into scripts: `curve L x1001 1 x1010 5 s0.5`.

The grammar: learn.foundry.com, NDK guide, "Curve serialisation format". What slopes and handles
mean: the Python guide, "AnimationKey". Evaluated in floating point, as Nuke does.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from hifi_ofx.errors import InvalidSetting

CONSTANT, LINEAR, SMOOTH, CATMULL_ROM, CUBIC = "KLSRC"
_SLICES = 16  # of a span, for Simpson's rule; one is exact where handles have their usual length
_TOKEN = re.compile(r"([KLSRCkl]|[xstuv]?[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)", re.IGNORECASE)
_HINT = "Bake it to a key a frame in Nuke's curve editor (Edit > Generate), and save again."


@dataclass(frozen=True)
class Key:
    """One key: its place, how the way to the next is made, and slopes that were set by hand.

    left, right: lengths of the handles, 1 being a third of the span.
    """

    x: float
    y: float
    kind: str = SMOOTH
    left_slope: float | None = None
    right_slope: float | None = None
    left: float = 1.0
    right: float = 1.0


@dataclass(frozen=True)
class NukeCurve:
    """Keys, ascending."""

    keys: tuple[Key, ...]
    is_extended: bool = False  # goes on past its ends in a straight line

    def at(self, x: float) -> float:
        """The value at a place; past the ends that of the first or last key."""
        first, last = self.keys[0], self.keys[-1]
        if x <= first.x or len(self.keys) == 1:
            return first.y
        if x >= last.x:
            return last.y
        index = bisect_right([key.x for key in self.keys], x) - 1
        return self._within(index, x)

    def integral(self, start: float, end: float) -> float:
        """The area under the curve from start to end."""
        places = [key.x for key in self.keys if start < key.x < end]
        edges = [start, *places, end]
        return sum(self._area(one, other) for one, other in zip(edges, edges[1:]))

    @cached_property
    def guesses(self) -> bool:
        """Whether frames depend on a slope at its ends, which Nuke's documents do not say."""
        if len(self.keys) < 2:
            return False
        (first, second), (before, last) = self.keys[:2], self.keys[-2:]
        smooth = SMOOTH, CATMULL_ROM
        start = first.right_slope is None and first.kind in smooth and second.x - first.x > 1
        end = last.left_slope is None and last.kind in smooth and last.x - before.x > 1
        return start or (end and before.kind != CONSTANT)

    def _area(self, start: float, end: float) -> float:
        middle = (start + end) / 2
        if not self.keys[0].x < middle < self.keys[-1].x:
            return (end - start) * self.at(middle)
        index = bisect_right([key.x for key in self.keys], middle) - 1
        width = (end - start) / _SLICES
        values = [self._within(index, start + n * width) for n in range(_SLICES + 1)]
        inner = 4 * sum(values[1:-1:2]) + 2 * sum(values[2:-1:2])
        return (values[0] + inner + values[-1]) * width / 3

    def _within(self, index: int, x: float) -> float:
        """The value between a key and the next: a Bezier curve with handles along the slopes."""
        key, following = self.keys[index : index + 2]
        if key.kind == CONSTANT and key.right_slope is None:
            return key.y
        width = following.x - key.x
        right, left = key.right * width / 3, following.left * width / 3
        xs = key.x, key.x + right, following.x - left, following.x
        outgoing, incoming = self._slopes[index][1], self._slopes[index + 1][0]
        ys = key.y, key.y + outgoing * right, following.y - incoming * left, following.y
        usual = key.right == following.left == 1
        return _bezier(ys, (x - key.x) / width if usual else _parameter(xs, x))

    @cached_property
    def _slopes(self) -> list[tuple[float, float]]:
        """Of each key, to the left and to the right."""
        found = []
        for index, key in enumerate(self.keys):
            left, right = self._made_slopes(index, key)
            found.append(
                (
                    left if key.left_slope is None else key.left_slope,
                    right if key.right_slope is None else key.right_slope,
                )
            )
        return found

    def _made_slopes(self, index: int, key: Key) -> tuple[float, float]:
        before = _slope(*self.keys[index - 1 : index + 1]) if index else None
        after = _slope(*self.keys[index : index + 2]) if index < len(self.keys) - 1 else None
        if before is None or after is None:
            alone = before if after is None else after
            return alone or 0.0, alone or 0.0
        if key.kind in (LINEAR, CONSTANT):
            return before, after
        around = _slope(self.keys[index - 1], self.keys[index + 1])
        slope = around if key.kind == CATMULL_ROM else _kept_inside(around, before, after)
        return slope, slope


def parse(text: str, name: str) -> NukeCurve:
    """The curve in `curve …`, without its braces. Raises InvalidSetting in the name of its knob."""
    words = text.split()[1:]
    keys: list[Key] = []
    kind, extended, x = SMOOTH, False, None
    for word in words:
        if word in ("i", "I"):
            continue  # not shown, or only traced
        if not _TOKEN.fullmatch(word):
            raise InvalidSetting(f"{name}: {word[:30]!r} in its curve is not understood.", _HINT)
        if word in "KLSRC":
            kind = word
        elif word in "kl":
            extended |= word == "l"
        elif word[0] == "x":
            x = float(word[1:])
        elif word[0] in "stuv":
            keys[-1:] = [_with_tangent(keys, word, name)]
        else:
            keys.append(Key(_next_x(keys) if x is None else x, float(word), kind))
            x = None
    _check(keys, name)
    return NukeCurve(tuple(keys), extended)


def _check(keys: Sequence[Key], name: str) -> None:
    if not keys:
        raise InvalidSetting(f"{name}: its curve has no keys.", "Key it, and save again.")
    if any(key.kind == CUBIC and key.right_slope is None for key in keys):
        raise InvalidSetting(f"{name}: its curve is cubic, which is not read exactly.", _HINT)
    if any(other.x <= one.x for one, other in zip(keys, keys[1:])):
        raise InvalidSetting(f"{name}: its curve's keys do not ascend.", _HINT)


def _next_x(keys: Sequence[Key]) -> float:
    """Where a key lies that does not say so: as far as the last from the one before it."""
    if len(keys) < 2:
        return keys[-1].x + 1 if keys else 0.0
    return 2 * keys[-1].x - keys[-2].x


def _with_tangent(keys: Sequence[Key], word: str, name: str) -> Key:
    if not keys:
        raise InvalidSetting(f"{name}: {word!r} in its curve belongs to no key.", _HINT)
    key, value = keys[-1], float(word[1:])
    if word[0] == "s":  # of both sides, unless another follows
        return replace(key, left_slope=value, right_slope=value)
    if word[0] == "t":
        return replace(key, right_slope=value)
    return replace(key, left=value) if word[0] == "u" else replace(key, right=value)


def _slope(one: Key, other: Key) -> float:
    return (other.y - one.y) / (other.x - one.x)


def _kept_inside(slope: float, before: float, after: float) -> float:
    """The slope, less steep where a handle would leave the range of the keys on either side."""
    if before * after <= 0:
        return 0.0
    most = 3 * min(abs(before), abs(after))
    return max(-most, min(most, slope))


def _bezier(points: Sequence[float], t: float) -> float:
    a, b, c, d = points
    s = 1 - t
    return a * s**3 + 3 * b * s * s * t + 3 * c * s * t * t + d * t**3


def _parameter(xs: Sequence[float], x: float) -> float:
    """Where on a Bezier curve its x is reached, by halving."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _bezier(xs, middle) < x:
            low = middle
        else:
            high = middle
    return (low + high) / 2
