"""Light that the views of the motion network lose, and that the search finds.

A lamp that goes by more than its own width is not there at the coarse levels where the motion
network begins: it moves it too little, or takes it for hidden. The search compares small blocks,
and both frames agree along what it finds. On film this neither gains nor loses
(docs/experiments.md); a lamp a hundred times as bright as white is lost without it.

Values are in the model's range and not clamped: the brighter, the more is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from ..color import WHITE
from ..paper.patches import Box
from .candidates import Candidates, warp_candidates
from .search_boxes import CELL, SearchBox, Size, cells_of, search_boxes
from .settled import asked
from .views import PairFlow
from .windows import box_max, box_mean

LOST = 0.4 * WHITE  # the views' photometric error, beyond twice the search's
PERHAPS = 0.75  # of that: below, what the search finds counts for hardly anything
WINDOW, AROUND = 5, 9  # pixels: compared over, and what belongs to it
HIGHLIGHT = 1.1 * WHITE  # brighter than anything that a display shows
_TILE = 256, 512  # pixels that are looked at at a time


def found_by_search(views: Candidates, search: Candidates) -> Tensor:
    """Where both frames agree along the search and a highlight does not along the views.

    (1, 1, h, w) in [0, 1]. Of highlights alone: beside a limb that passes the search finds the same
    ground in both frames, which agrees as well, and would take the limb away.
    """
    apart = 2 * _error(search)
    lost = _surely(_error(views) - apart) * _bright(views)
    dimmer = torch.minimum(search.first, search.second).amax(dim=1, keepdim=True)
    hidden = _surely(dimmer - _brightest(views) - apart) * (dimmer > HIGHLIGHT)
    found = torch.maximum(lost, hidden)
    return box_mean(box_max(found, AROUND), 5)


def lost_light(
    first: Tensor,
    second: Tensor,
    views: Sequence[PairFlow],
    size: Size,
    check: Callable[[], None],
) -> tuple[SearchBox, ...]:
    """Where a highlight of one frame (3, H, W) has none of the other at its place by the views.

    Boxes of frames of (height, width) `size`, which are searched. `check` is called in between.
    """
    full = first.shape[-2], first.shape[-1]
    cells = cells_of(size)
    if not _has_highlights(first, second):
        return ()
    rows, columns = (_cell_of(*sides) for sides in zip(full, size, strict=True))
    for inner, outer in _tiles(*full):
        check()
        lost = loses_light(_candidates(first, second, views, outer))[inner.within(outer).region]
        y, x = lost[0, 0].cpu().nonzero(as_tuple=True)
        cells[rows[y + inner.top], columns[x + inner.left]] = True
    return search_boxes(cells, size, full)


def loses_light(views: Candidates) -> Tensor:
    """Where a highlight of one frame has none of the other at its place, (1, 1, h, w)."""
    return (_error(views) > PERHAPS * LOST) & _bright(views)


def _has_highlights(first: Tensor, second: Tensor) -> bool:
    """Whether a frame is anywhere brighter than what a display shows."""
    return bool(torch.maximum(first.amax(), second.amax()) > HIGHLIGHT)


def _candidates(first: Tensor, second: Tensor, views: Sequence[PairFlow], box: Box) -> Candidates:
    """What all views make of the frames in a box."""
    flow, mask = (
        torch.cat(parts) for parts in zip(*(v.at(box) for v in asked(views, box)), strict=True)
    )
    return warp_candidates(first[None], second[None], flow, mask, box)


def _tiles(height: int, width: int) -> Iterator[tuple[Box, Box]]:
    """What is told at a time, and what is looked at for it."""
    for top in range(0, height, _TILE[0]):
        for left in range(0, width, _TILE[1]):
            inner = Box(top, left, min(_TILE[0], height - top), min(_TILE[1], width - left))
            yield inner, inner.grown(WINDOW // 2, height, width)


def _cell_of(full: int, side: int) -> Tensor:
    """Of each pixel of a full side the cell of the smaller one that it lies in."""
    return ((torch.arange(full) + 0.5) * (side / full) / CELL).long()


def _bright(candidates: Candidates) -> Tensor:
    """Where any picture is brighter than what a display shows, (1, 1, h, w)."""
    return _brightest(candidates) > HIGHLIGHT


def _brightest(candidates: Candidates) -> Tensor:
    """The brightest channel of any picture, (1, 1, h, w)."""
    brightest = torch.maximum(candidates.first, candidates.second)
    return brightest.amax(dim=(0, 1), keepdim=True)


def _surely(lost: Tensor) -> Tensor:
    """Whether so much of the model's range is LOST, softly."""
    return torch.sigmoid((lost / LOST - 1) / 0.15)


def _error(candidates: Candidates) -> Tensor:
    """By how much the two warped frames differ around each pixel, (1, 1, h, w)."""
    error = (candidates.first - candidates.second).abs()
    return box_mean(error.mean(dim=(0, 1), keepdim=True), WINDOW)
