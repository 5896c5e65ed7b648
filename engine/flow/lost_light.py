"""Light that the views of the motion network lose, and that the search finds.

A lamp that goes by more than its own width is not there at the coarse levels where the motion
network begins: it moves it too little, or takes it for hidden. The search compares small blocks,
and both frames agree along what it finds. On film this neither gains nor loses
(docs/experiments.md); a lamp a hundred times as bright as white is lost without it.

Values are in the model's range and not clamped: the brighter, the more is lost.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..color import WHITE
from .candidates import Candidates
from .windows import box_max, box_mean

LOST = 0.4 * WHITE  # the views' photometric error, beyond twice the search's
WINDOW, AROUND = 5, 9  # pixels: compared over, and what belongs to it
HIGHLIGHT = 1.1 * WHITE  # brighter than anything that a display shows


def found_by_search(views: Candidates, search: Candidates) -> Tensor:
    """Where both frames agree along the search and a highlight does not along the views.

    (1, 1, h, w) in [0, 1]. Of highlights alone: beside a limb that passes the search finds the same
    ground in both frames, which agrees as well, and would take the limb away.
    """
    lost = (_error(views) - 2 * _error(search)) / LOST
    found = torch.sigmoid((lost - 1) / 0.15) * _bright(views)
    return box_mean(box_max(found, AROUND), 5)


def has_highlights(first: Tensor, second: Tensor) -> bool:
    """Whether a frame is anywhere brighter than what a display shows."""
    return bool(torch.maximum(first.amax(), second.amax()) > HIGHLIGHT)


def loses_light(view: Candidates) -> bool:
    """Whether a highlight of one frame has none of the other at its place."""
    return bool(((_error(view) > LOST) & _bright(view)).any())


def _bright(candidates: Candidates) -> Tensor:
    """Where any picture is brighter than what a display shows, (1, 1, h, w)."""
    brightest = torch.maximum(candidates.first, candidates.second)
    return brightest.amax(dim=(0, 1), keepdim=True) > HIGHLIGHT


def _error(candidates: Candidates) -> Tensor:
    """By how much the two warped frames differ around each pixel, (1, 1, h, w)."""
    error = (candidates.first - candidates.second).abs()
    return box_mean(error.mean(dim=(0, 1), keepdim=True), WINDOW)
