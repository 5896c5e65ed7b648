"""Two pictures through each other, as in the middle of a dissolve: no motion explains the change.

Nearly all of the picture changes, and in most places the frames differ along the motion that was
found nearly as much as they do where they stand. There a blend is what a dissolve is made of; where
one of the two layers prevails, its motion is followed as ever. That the shot fades says nothing:
both frames are brought to one brightness first, and where that takes much they are left alone.

Figures were chosen on dissolves between training clips and between photographs that pan, and so
that none of 220 pairs of training clips is taken for one (docs/experiments.md).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from ..paper.patches import Box
from .candidates import shown
from .vanished import cell_size
from .views import PairFlow
from .warp import warp_part
from .windows import box_mean

CHANGED, NEARLY_ALL = 0.02, 0.85  # of white; and the part of the picture that changes by more
UNEXPLAINED, MOST = 0.75, 0.85  # of a change, along the motion; and the part where it is so
BRIGHTER = 1.25  # times as bright: no dissolve goes so fast
BLEND = 0.65, 0.95  # of a change: what is left of it from which a blend counts, and wholly
_NEAR, _AROUND = 5, 7  # cells that are looked at together to tell a dissolve, and for the blend
_EVEN = 2e-3  # of white
_STEP = 4  # samples a cell, across and down
_ROWS = 32  # cells that are looked at at a time


def dissolving(
    first: Tensor, second: Tensor, view: PairFlow, check: Callable[[], None]
) -> Tensor | None:
    """How far each cell of a pair's in-between is to be the blend, (1, h, w) as `vanished`.

    Frames are (3, H, W) in the model's range; `check` is called in between. None where the pair is
    no dissolve.
    """
    size = first.shape[-2], first.shape[-1]
    step = max(1, cell_size(size) // _STEP)
    one, other = (shown(frame[None, :, ::step, ::step]) for frame in (first, second))
    gains = _gains(one, other)
    change = _cells(one, other, gains)
    changes = box_mean(change, _NEAR) > CHANGED
    if changes.float().mean() < NEARLY_ALL or max(gains) > BRIGHTER * min(gains):
        return None
    strips = []
    for top in range(0, size[0], _ROWS * cell_size(size)):
        check()
        box = Box(top, 0, min(_ROWS * cell_size(size), size[0] - top), size[1])
        strips.append(_cells(*_along(first, second, view, box, step), gains))
    left = torch.cat(strips, dim=2)
    if (_share(left, change, _NEAR)[changes] > UNEXPLAINED).float().mean() < MOST:
        return None
    start, full = BLEND
    return ((_share(left, change, _AROUND) - start) / (full - start)).clamp(0, 1)[0]


def _along(
    first: Tensor, second: Tensor, view: PairFlow, box: Box, step: int
) -> tuple[Tensor, Tensor]:
    """What a display shows of both frames along the motion, at every so many pixels of a box."""
    flow = view.at(box)[0][..., ::step, ::step]
    rows = torch.arange(box.top, box.top + box.height, step, device=flow.device)
    columns = torch.arange(0, box.width, step, device=flow.device)
    one, other = (
        shown(warp_part(frame[None], way, rows, columns)).cpu()
        for frame, way in zip((first, second), flow.chunk(2, dim=1), strict=True)
    )
    return one, other


def _gains(first: Tensor, second: Tensor) -> tuple[float, float]:
    """What brings both pictures to one brightness: motion goes on in a fade."""
    one, other = (max(float(side.mean()), _EVEN) for side in (first, second))
    middle = (one + other) / 2
    return middle / one, middle / other


def _cells(one: Tensor, other: Tensor, gains: tuple[float, float]) -> Tensor:
    """By how much the means of cells differ in two pictures of samples, (1, 1, h, w).

    Means, so that grain, which nothing explains either, is no dissolve.
    """
    differs = gains[0] * one - gains[1] * other
    means = F.avg_pool2d(differs, _STEP, ceil_mode=True, count_include_pad=False)
    return means.abs().mean(1, keepdim=True)


def _share(left: Tensor, change: Tensor, size: int) -> Tensor:
    """How much of a change around each cell is left along the motion."""
    return box_mean(left, size) / (box_mean(change, size) + _EVEN)
