"""Keys of a curve as text and back, and what a hand does to them: all of it exact.

A key is (output frame, source frame). Speed is source frames for an output frame.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from ..curve import Curve
from ..retime import RetimePlan

Key = tuple[Fraction, Fraction]
Keys = tuple[Key, ...]

_GRAIN = 4  # a dragged key lies on a quarter of a source frame


def curve_of(text: str, interpolation: str) -> Curve:
    """The curve in lines of output and source frame. Raises InvalidSetting."""
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    rows = [re.split(r"\s*[,;\t]\s*|\s+", line) for line in lines if line]
    return Curve.from_json({"keys": rows, "interpolation": interpolation})


def text_of(keys: Sequence[Key]) -> str:
    """Keys as lines; what `curve_of` reads."""
    return "\n".join(f"{_plain(output)}, {_plain(source)}" for output, source in keys)


def keys_of(plan: RetimePlan) -> Keys:
    """The first and the last frame of a plan as keys: where a curve begins from."""
    ends = plan.frames[0], plan.frames[-1]
    return tuple((Fraction(frame.output), frame.left + frame.fraction) for frame in ends)


def moved(keys: Keys, index: int, output: float, source: float) -> Keys:
    """One key somewhere else, on a whole output frame between its neighbors."""
    low = keys[index - 1][0] + 1 if index else None
    high = keys[index + 1][0] - 1 if index + 1 < len(keys) else None
    place = Fraction(round(output))
    place = place if low is None else max(place, low)
    place = place if high is None else min(place, high)
    grain = Fraction(round(source * _GRAIN), _GRAIN)
    return (*keys[:index], (place, grain), *keys[index + 1 :])


def added(keys: Keys, output: float, interpolation: str) -> Keys:
    """One key more, on the curve; the same keys where there is one, and outside of them."""
    place = Fraction(round(output))
    if not keys[0][0] < place < keys[-1][0] or place in [key[0] for key in keys]:
        return keys
    return tuple(sorted((*keys, (place, Curve(keys, interpolation).at(place)))))


def removed(keys: Keys, index: int) -> Keys:
    """One key less; two stay."""
    return keys if len(keys) <= 2 else (*keys[:index], *keys[index + 1 :])


def speeds(keys: Keys) -> list[Key]:
    """For each span between two keys its middle output frame and its mean speed."""
    return [
        ((left[0] + right[0]) / 2, (right[1] - left[1]) / (right[0] - left[0]))
        for left, right in zip(keys, keys[1:])
    ]


def with_speed(keys: Keys, span: int, speed: float) -> Keys:
    """A span at another speed: it shows the same source frames in more or fewer output frames, and
    what comes after it moves along.
    """
    left, right = keys[span], keys[span + 1]
    way = abs(right[1] - left[1])
    length = max(1, round(way / Fraction(max(speed, 1e-3)))) if way else right[0] - left[0]
    later = left[0] + length - right[0]
    return (*keys[: span + 1], *((output + later, source) for output, source in keys[span + 1 :]))


def fitted(keys: Keys, frames: int) -> Keys:
    """The same curve in so many output frames; at least one for each key."""
    first, last = keys[0][0], keys[-1][0]
    steps = max(len(keys), frames) - 1
    found = [first + round((key[0] - first) * steps / (last - first)) for key in keys]
    for index in range(1, len(found)):
        found[index] = max(found[index], found[index - 1] + 1)
    return tuple((Fraction(output), key[1]) for output, key in zip(found, keys))


def _plain(value: Fraction) -> str:
    """1001.25 where that is exact, else 3003/2."""
    short = f"{float(value):.4f}".rstrip("0").rstrip(".")
    return short if Fraction(short) == value else str(value)
