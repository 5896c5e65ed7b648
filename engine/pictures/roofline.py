"""A roofline: what programs reach, beside what memory and arithmetic of a device allow.

Operations a second over operations a byte, both axes by powers of ten (Williams et al. 2009).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np

from .contact_sheet import Image, Words, lettered

_SIZE = 800, 1400  # pixels, down and across
_LEFT, _RIGHT, _TOP, _BOTTOM = 110, 400, 90, 70  # around the plot
_PAPER, _GRID = 28, (60, 60, 60)
_INK, _PALE = (0.93, 0.93, 0.93), (0.68, 0.68, 0.68)
_COLORS = ((235, 120, 60), (90, 180, 240), (120, 210, 110), (220, 190, 70), (200, 130, 230))
_LETTERS = 17  # pixels
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"))


class Roof(NamedTuple):
    """What a device allows."""

    name: str
    flops: float  # a second
    bandwidth: float  # bytes a second


class Point(NamedTuple):
    """What a program reaches, below one of the roofs."""

    name: str
    intensity: float  # operations a byte
    flops: float  # a second
    roof: int = 0


def roofline(title: str, roofs: Sequence[Roof], points: Sequence[Point]) -> Image:
    """The picture (H, W, 3), with a legend of the points beside it."""
    across = _powers([one.intensity for one in points] + [r.flops / r.bandwidth for r in roofs])
    up = _powers([one.flops for one in points] + [roof.flops for roof in roofs])
    canvas = np.full((*_SIZE, 3), _PAPER, np.uint8)
    words = [_words(title, _LEFT, 50, bold=True)]
    words += _grid(canvas, across, up)
    for number, roof in enumerate(roofs):
        words.append(_roof(canvas, across, up, roof, _COLORS[number % len(_COLORS)]))
    for number, point in enumerate(points):
        color = _COLORS[point.roof % len(_COLORS)]
        words += _point(canvas, across, up, point, number, color)
    return lettered((canvas / np.float32(255)).astype(np.float32), words)


def _powers(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten around some values."""
    below = math.floor(math.log10(min(values)) + 1e-9)
    return below, max(below + 1, math.ceil(math.log10(max(values)) - 1e-9))


def _place(across: tuple[int, int], up: tuple[int, int], x: float, y: float) -> tuple[int, int]:
    """Where in the picture a point of the plot is."""
    height, width = _SIZE[0] - _TOP - _BOTTOM, _SIZE[1] - _LEFT - _RIGHT
    right = (math.log10(x) - across[0]) / (across[1] - across[0])
    above = (math.log10(y) - up[0]) / (up[1] - up[0])
    return round(_LEFT + right * width), round(_TOP + (1 - above) * height)


def _grid(canvas: np.ndarray, across: tuple[int, int], up: tuple[int, int]) -> list[Words]:
    words = [_words("operations a byte", _LEFT, _SIZE[0] - 14, pale=True)]
    words.append(_words("operations a second", 12, _TOP - 14, pale=True))
    for power in range(across[0], across[1] + 1):
        ends = [_place(across, up, 10.0**power, 10.0**side) for side in up]
        cv2.line(canvas, ends[0], ends[1], _GRID, 1, cv2.LINE_AA)
        words.append(_words(f"{10.0**power:g}", ends[0][0] - 8, ends[0][1] + 26, pale=True))
    for power in range(up[0], up[1] + 1):
        ends = [_place(across, up, 10.0**side, 10.0**power) for side in across]
        cv2.line(canvas, ends[0], ends[1], _GRID, 1, cv2.LINE_AA)
        words.append(_words(_amount(10.0**power), 20, ends[0][1] + 6, pale=True))
    return words


def _roof(
    canvas: np.ndarray,
    across: tuple[int, int],
    up: tuple[int, int],
    roof: Roof,
    color: tuple[int, int, int],
) -> Words:
    """Bandwidth up to where arithmetic ends it."""
    ridge = roof.flops / roof.bandwidth
    start = max(10.0 ** across[0], 10.0 ** up[0] / roof.bandwidth)
    ends = ((start, start * roof.bandwidth), (ridge, roof.flops), (10.0 ** across[1], roof.flops))
    places = [_place(across, up, *end) for end in ends]
    for one, other in zip(places[:-1], places[1:], strict=True):
        cv2.line(canvas, one, other, color, 2, cv2.LINE_AA)
    left, top = places[-1]
    return _words(f"{roof.name}: {_amount(roof.flops)}", left - 170, top - 8)


def _point(
    canvas: np.ndarray,
    across: tuple[int, int],
    up: tuple[int, int],
    point: Point,
    number: int,
    color: tuple[int, int, int],
) -> list[Words]:
    """A dot with its number, and its line of the legend."""
    left, top = _place(across, up, point.intensity, point.flops)
    cv2.circle(canvas, (left, top), 7, color, -1, cv2.LINE_AA)
    line = _TOP + 20 + round(1.6 * _LETTERS) * number
    legend = f"{number + 1}  {point.name}: {_amount(point.flops)}"
    return [
        _words(f"{number + 1}", left + 10, top + 6),
        _words(legend, _SIZE[1] - _RIGHT + 10, line),
    ]


def _words(text: str, left: int, baseline: int, bold: bool = False, pale: bool = False) -> Words:
    return Words(text, left, baseline, _LETTERS, bold, _PALE if pale else _INK)


def _amount(value: float) -> str:
    """A number with the prefix that suits it."""
    size, letter = next((pair for pair in _PREFIXES if value >= pair[0]), (1.0, ""))
    return f"{value / size:.3g} {letter}".strip()
