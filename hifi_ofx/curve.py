"""Curves of source frames over output frames: keys, and what lies between them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.exact import exact, frame_in_words

INTERPOLATIONS = ("linear", "cubic")


@dataclass(frozen=True)
class Curve:
    """Keys (output frame, source frame), both ascending in output; see `at` for between them."""

    keys: tuple[tuple[Fraction, Fraction], ...]
    interpolation: str = "linear"

    def __post_init__(self) -> None:
        if self.interpolation not in INTERPOLATIONS:
            raise InvalidSetting(
                f"Interpolation {self.interpolation!r} does not exist.", "Use linear or cubic."
            )
        if len(self.keys) < 2:
            raise InvalidSetting(
                f"The curve has {len(self.keys)} key(s); it needs at least 2.",
                "Give rows of output frame, source frame.",
            )
        for (before, _), (after, _) in zip(self.keys, self.keys[1:]):
            if after == before:
                raise InvalidSetting(
                    f"The curve has two keys at output frame {frame_in_words(after)}.",
                    "Remove one.",
                )
            if after < before:
                raise InvalidSetting(
                    f"The curve goes from output frame {frame_in_words(before)} "
                    f"back to {frame_in_words(after)}.",
                    "Sort the rows by output frame.",
                )

    def at(self, output: Fraction) -> Fraction:
        """The source frame at an output frame between the first and the last key.

        Linear, or monotone cubic: a Hermite spline with the tangents of Fritsch and Butland (1984),
        which stays between its two keys, so it neither overshoots nor runs backwards. The
        arithmetic is rational, hence exact.
        """
        index = max(0, min(bisect_right(self._outputs, output) - 1, len(self.keys) - 2))
        ahead = output - self._outputs[index]
        coefficients = self._polynomials[index]
        value = coefficients[-1]
        for coefficient in coefficients[-2::-1]:
            value = value * ahead + coefficient
        return value

    @cached_property
    def _outputs(self) -> list[Fraction]:
        return [output for output, _ in self.keys]

    @cached_property
    def _polynomials(self) -> list[tuple[Fraction, ...]]:
        """For each span the coefficients of 1, h, h² …, h being the way from its first key."""
        pairs = list(zip(self.keys, self.keys[1:]))
        widths = [x1 - x0 for (x0, _), (x1, _) in pairs]
        slopes = [(y1 - y0) / width for ((_, y0), (_, y1)), width in zip(pairs, widths)]
        starts = [y0 for (_, y0), _ in pairs]
        if self.interpolation == "linear" or len(slopes) == 1:
            return list(zip(starts, slopes))
        tangents = _tangents(widths, slopes)
        spans = zip(starts, widths, slopes, tangents, tangents[1:])
        return [
            (y, m0, (3 * slope - 2 * m0 - m1) / width, (m0 + m1 - 2 * slope) / width**2)
            for y, width, slope, m0, m1 in spans
        ]

    def to_json(self) -> dict[str, Any]:
        """The curve as a JSON object; files may have the same form."""
        keys = [[str(output), str(source)] for output, source in self.keys]
        return {"keys": keys, "interpolation": self.interpolation}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Curve:
        """The curve that `to_json` described."""
        return cls(keys_of(data["keys"], "The curve"), data.get("interpolation") or "linear")


def _tangents(widths: list[Fraction], slopes: list[Fraction]) -> list[Fraction]:
    inner = [_tangent(*four) for four in zip(widths, widths[1:], slopes, slopes[1:])]
    start = _end_tangent(widths[0], widths[1], slopes[0], slopes[1])
    end = _end_tangent(widths[-1], widths[-2], slopes[-1], slopes[-2])
    return [start, *inner, end]


def _tangent(h0: Fraction, h1: Fraction, d0: Fraction, d1: Fraction) -> Fraction:
    """Weighted harmonic mean of the two slopes; 0 where the curve turns (Fritsch, Butland 1984)."""
    if d0 * d1 <= 0:
        return Fraction(0)
    w0, w1 = h0 + 2 * h1, 2 * h0 + h1
    return (w0 + w1) / (w0 / d0 + w1 / d1)


def _end_tangent(h0: Fraction, h1: Fraction, d0: Fraction, d1: Fraction) -> Fraction:
    """One-sided three-point slope, limited so that the first span stays monotone."""
    tangent = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if tangent * d0 <= 0:
        return Fraction(0)
    return tangent if abs(tangent) <= 3 * abs(d0) else 3 * d0


def keys_of(rows: Any, name: str) -> tuple[tuple[Fraction, Fraction], ...]:
    """The keys in rows of two numbers. Raises InvalidSetting in the name of what has them."""
    hint = "Each row is an output frame and a source frame, for example 1001, 1001.5."
    if not isinstance(rows, (list, tuple)):
        raise InvalidSetting(f"{name} has no list of keys.", hint)
    keys = []
    for count, row in enumerate(rows, 1):
        pair: Sequence[Any] = row if isinstance(row, (list, tuple)) else ()
        if len(pair) != 2:
            raise _no_pair(name, count, pair, hint)
        message = f"{name}: row {count} is not two numbers."
        keys.append((exact(str(pair[0]), message, hint), exact(str(pair[1]), message, hint)))
    return tuple(keys)


def _no_pair(name: str, count: int, row: Sequence[Any], hint: str) -> InvalidSetting:
    message = f"{name}: row {count} does not have two numbers."
    if len(row) == 1 and re.fullmatch(r"[-+0-9.eE]+", str(row[0])):
        hint = f"Write the output frame before the source frame: {1000 + count}, {row[0]}."
    elif len(row) in (3, 4) and all(re.fullmatch(r"-?[0-9]+", str(cell)) for cell in row):
        hint += " With decimal commas, separate the two by a semicolon: 1001;1001,5."
    return InvalidSetting(message, hint)
