"""Samples that stop early: where the first views of a pair agree, no further ones are asked.

How much they differ is seen in their pictures. What still differs lies in a box, which further
views see alone, with as much around it as its motion needs; elsewhere they are taken to find what
the first ones did.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..paper.deviation import CELL, deviation
from ..paper.patches import Box
from .motion_network import MULTIPLE
from .views import PairFlow, View, ViewFlow
from .warp import warp_part
from .windows import length

Find = Callable[[Tensor, Tensor, Sequence[View]], tuple[ViewFlow, ...]]

_CPU = torch.device("cpu")
_STEP = 2  # every other pixel is looked at
_AROUND = 64  # pixels of picture around what moves, for the network to see where it is
_WORTHWHILE = 0.8  # of the frame: a larger box is as well the whole
_STRIP = 256  # rows; a multiple of a cell


class PartFlow(NamedTuple):
    """What a view found in a part of the frame; elsewhere, what another one found."""

    view_flow: ViewFlow  # of the pair cut to `seen`
    other: PairFlow
    seen: Box
    kept: Box  # of what it saw; what lies further out is too near the cut

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pair's frames."""
        return self.other.size

    def at(self, box: Box | None = None) -> tuple[Tensor, Tensor]:
        """Flow (B, 4, h, w) in pixels and the mask's logit (B, 1, h, w) in a box of the frame."""
        box = box or Box(0, 0, *self.size)
        flow, mask = self.other.at(box)
        part = box.common(self.kept)
        if part is None:
            return flow, mask
        flow, mask = flow.clone(), mask.clone()
        ours = self.view_flow.at(part.within(self.seen))
        for whole, found in zip((flow, mask), ours, strict=True):
            whole[part.within(box).region] = found
        return flow, mask


def sampled(
    find: Find,
    first: Tensor,
    second: Tensor,
    known: ViewFlow,
    views: Sequence[View],
    tolerance: float,
    device: torch.device = _CPU,
) -> tuple[PairFlow, ...]:
    """What views find of two frames (1, 3, H, W) in [0, 1], no more of them than are needed.

    `known` is what an earlier view found. The first of `views` sees all of the frames, too; where
    these two differ by more than `tolerance`, so do the others. Whether they do is found out on
    `device`; frames may lie in other memory.
    """
    found, whole = find(first, second, views[:1]), Box(0, 0, *first.shape[-2:])
    seen = kept = whole
    if tolerance and len(views) > 1:
        part = unsettled(first, second, (known, *found), tolerance, device)
        if part is None:
            return found
        seen, kept = part
    if seen == whole:
        return (*found, *find(first, second, views[1:]))
    further = find(first[seen.region], second[seen.region], views[1:])
    both = known, *found
    parts = (PartFlow(one, both[n % 2], seen, kept) for n, one in enumerate(further))
    return (*found, *parts)


def unsettled(
    first: Tensor,
    second: Tensor,
    view_flows: Sequence[ViewFlow],
    tolerance: float,
    device: torch.device = _CPU,
) -> tuple[Box, Box] | None:
    """What has to be seen, and what of that is kept, where views differ; None where they agree.

    Frames (1, 3, H, W) in [0, 1]; views agree where their standard deviation is `tolerance` at
    most, over a few cells. Both boxes are the whole frame where that is most of it.
    """
    size = view_flows[0].size
    deviation, motion = _cells(first, second, view_flows, device)
    differs = deviation > tolerance
    if not differs.any():
        return None
    box = _around(differs, size)
    margin = _AROUND + math.ceil(float(motion[differs].max()))
    seen = _on_grid(box.grown(margin + _AROUND, *size), size)
    whole = Box(0, 0, *size)
    if seen.height * seen.width > _WORTHWHILE * whole.height * whole.width:
        return whole, whole
    return seen, box.grown(_AROUND, *size)


def asked(view_flows: Sequence[PairFlow], box: Box) -> list[PairFlow]:
    """The views that were asked about a box of the frame."""
    return [one for one in view_flows if not isinstance(one, PartFlow) or box.common(one.kept)]


def _cells(
    first: Tensor, second: Tensor, view_flows: Sequence[ViewFlow], device: torch.device
) -> tuple[Tensor, Tensor]:
    """Of every cell (h, w): the views' standard deviation around it, and how far it moves.

    By every other pixel both ways, strip by strip.
    """
    height, width = view_flows[0].size
    columns, variances, motions = torch.arange(0, width, _STEP, device=device), [], []
    for top in range(0, height, _STRIP):
        box = Box(top, 0, min(_STRIP, height - top), width)
        rows = torch.arange(top, top + box.height, _STEP, device=device)
        found = [[_every_other(part).to(device) for part in one.at(box)] for one in view_flows]
        pictures = [_picture(first, second, flow, mask, rows, columns) for flow, mask in found]
        variances.append(torch.cat(pictures).var(0))
        flow = found[0][0]
        moved = length(flow[:, 2:] - flow[:, :2])
        motions.append(F.max_pool2d(moved, CELL // _STEP, ceil_mode=True))
    spread = deviation(torch.cat(variances, dim=-2), CELL // _STEP)
    return spread, torch.cat(motions, dim=-2)[0, 0]


def _every_other(image: Tensor) -> Tensor:
    return image[..., ::_STEP, ::_STEP]


def _picture(
    first: Tensor, second: Tensor, flow: Tensor, mask: Tensor, rows: Tensor, columns: Tensor
) -> Tensor:
    """What one view makes of both frames at some rows and columns, (1, 3, h, w)."""
    one, other = (
        warp_part(frame, way, rows, columns)
        for frame, way in zip((first, second), flow.chunk(2, dim=1), strict=True)
    )
    return torch.lerp(other, one, torch.sigmoid(mask))


def _around(cells: Tensor, size: tuple[int, int]) -> Box:
    """The box of a frame of `size` that holds all cells (h, w) that are true."""
    ends = []
    for axis, side in ((1, size[0]), (0, size[1])):
        there = cells.any(axis).nonzero()
        ends.append((int(there[0]) * CELL, min(side, (int(there[-1]) + 1) * CELL)))
    (top, bottom), (left, right) = ends
    return Box(top, left, bottom - top, right - left)


def _on_grid(box: Box, size: tuple[int, int]) -> Box:
    """The box grown to lines of a grid of the network's coarsest cells, inside the frame."""
    top, left = (start // MULTIPLE * MULTIPLE for start in (box.top, box.left))
    bottom, right = (
        min(side, math.ceil(end / MULTIPLE) * MULTIPLE)
        for side, end in zip(size, (box.top + box.height, box.left + box.width), strict=True)
    )
    return Box(top, left, bottom - top, right - left)
