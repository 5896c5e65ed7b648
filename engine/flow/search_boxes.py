"""Where the search is asked for light: boxes around what the views lose, on a grid.

A lamp that is lost is one cell of it or two; with as much around as its motion may need this is a
twentieth of a frame. Boxes lie on a grid, so that they stay in place while things move a little,
and do not overlap. Where they are most of the frame it is searched as a whole.

Sizes and boxes are those of the frames as they are searched (estimate.py), unless said otherwise.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..paper.patches import Box

CELL = 32  # pixels, across and down
AROUND = 2  # cells on each side of what is lost: a lamp may have moved by so much
MOST = 0.6  # of the frame: boxes that are more are as well the whole of it
COUNTS = 16  # pixels of the frame itself around a cell with lost light, in which the search counts

Size = tuple[int, int]


class SearchBox(NamedTuple):
    """A part of the frame that is searched, and where in it what was found counts."""

    place: Box
    counts: Box  # in pixels of the frame itself


def cells_of(size: Size) -> Tensor:
    """No cell of a frame of (height, width): (rows, columns) of booleans."""
    return torch.zeros(*(math.ceil(side / CELL) for side in size), dtype=torch.bool)


def search_boxes(lost: Tensor, size: Size, full: Size) -> tuple[SearchBox, ...]:
    """Boxes around the cells (rows, columns) that have lost light; none where there are none.

    `size` is (height, width) of the frame that is searched, `full` of the frame itself.
    """
    rows, columns = lost.shape
    found: list[tuple[Box, Box]] = []  # cells that are searched, and those that are lost
    for row, column in lost.nonzero().tolist():
        cell = Box(row, column, 1, 1)
        _add(found, cell.grown(AROUND, rows, columns), cell)
    places = [_times_cell(grown, size) for grown, _ in found]
    whole = Box(0, 0, *size)
    if sum(place.height * place.width for place in places) > MOST * math.prod(size):
        return (SearchBox(whole, Box(0, 0, *full)),)
    counting = (_of_frame(_times_cell(cells, size), size, full) for _, cells in found)
    return tuple(SearchBox(*pair) for pair in zip(places, counting, strict=True))


def _add(found: list[tuple[Box, Box]], grown: Box, cells: Box) -> None:
    """Put a box among others; those that it overlaps become one with it, until none does."""
    while True:
        near = [pair for pair in found if grown.common(pair[0])]
        if not near:
            found.append((grown, cells))
            return
        for pair in near:
            found.remove(pair)
            grown, cells = _both(grown, pair[0]), _both(cells, pair[1])


def _both(one: Box, other: Box) -> Box:
    """The box that holds two."""
    top, left = min(one.top, other.top), min(one.left, other.left)
    below = max(one.top + one.height, other.top + other.height)
    right = max(one.left + one.width, other.left + other.width)
    return Box(top, left, below - top, right - left)


def _times_cell(cells: Box, size: Size) -> Box:
    """Cells as pixels of a frame of (height, width)."""
    top, left, height, width = (CELL * number for number in cells)
    return Box(top, left, min(height, size[0] - top), min(width, size[1] - left))


def _of_frame(box: Box, size: Size, full: Size) -> Box:
    """A box in pixels of the frame itself, with COUNTS around it."""
    down, across = full[0] / size[0], full[1] / size[1]
    top, left = math.floor(box.top * down), math.floor(box.left * across)
    below = math.ceil((box.top + box.height) * down)
    right = math.ceil((box.left + box.width) * across)
    return Box(top, left, below - top, right - left).grown(COUNTS, *full)
