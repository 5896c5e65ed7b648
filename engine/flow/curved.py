"""Motion that curves: what four frames in a row know and two cannot.

Between two frames motion is taken to be straight and even; a thrown ball and a shaken camera are
off that. With one frame more on either side the acceleration is known at both frames of the pair,
in pixels a frame and frame: A = flow to the frame before + flow to the one after. Let it change
evenly in between. Then a pixel lies off its linear place by

    o(t) = -t (1 - t) / 6 [(2 - t) A0 + (1 + t) A1]

since o'' = (1 - t) A0 + t A1 and o(0) = o(1) = 0; with A0 = A1 = A it is -t (1 - t) A / 2. What
straight motion puts at q - o belongs at q: flows F from the in-between become F(q - o) - o.

A difference of two flows is noise, most of it. So it counts as far as both are sure, is averaged
widely around where its pixel is at t, and leaves out what is small. Where nothing is sure motion
stays straight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from ..paper.patches import Box
from .steps import Field, Step
from .views import PairFlow
from .warp import backward_warp, bilinear

Size = tuple[int, int]  # (height, width)

CELL = 4  # pixels of the frame that share an offset
SMOOTH = 8.0  # pixels: sigma of the average (docs/experiments.md)
NOISE = 0.1  # pixels of offset that are none; four times of it are left almost whole
FURTHEST = 1 / 40  # of the frame's longer side: the longest offset
_UNSURE = 0.05  # of a pixel that is sure: what speaks for motion that is straight


@dataclass(frozen=True)
class Bend:
    """How far an in-between's pixels lie off the places of straight motion."""

    offsets: Tensor  # (1, 2, h, w), x and y in pixels, a value a cell
    size: Size  # of the frames

    @property
    def furthest(self) -> float:
        """Pixels of the longest offset along an axis."""
        return float(self.offsets.abs().max())

    def at(self, box: Box) -> Tensor:
        """The offset (1, 2, h, w) at the pixels of a box."""
        rows = (torch.arange(box.top, box.top + box.height) + 0.5) / CELL - 0.5
        columns = (torch.arange(box.left, box.left + box.width) + 0.5) / CELL - 0.5
        return bilinear(self.offsets, columns[None, None], rows[None, :, None])

    def around(self, box: Box) -> Box:
        """The part of the frame that values inside a box come from."""
        return box.grown(math.ceil(self.furthest) + 1, *self.size)

    def bent(self, straight: Tensor, outer: Box, box: Box) -> Tensor:
        """Flows F, x and y in turn, and what comes after four of them, as they are along the bend.

        `straight` is (N, 4 or more, h, w) at the pixels of `outer`, the result those of `box`.
        """
        offset = self.at(box).to(straight.device)
        origin = box.top - outer.top, box.left - outer.left
        moved = backward_warp(straight, -offset.expand(len(straight), -1, -1, -1), origin)
        moved[:, :4] -= offset.repeat(1, 2, 1, 1)
        return moved


class BentView(NamedTuple):
    """What one view found of a pair, for one fraction, as it is along motion that curves."""

    straight: PairFlow
    bend: Bend

    @property
    def size(self) -> Size:
        """(height, width) of the pair's frames."""
        return self.straight.size

    def at(self, box: Box | None = None) -> tuple[Tensor, Tensor]:
        """Flow (B, 4, h, w) in pixels and the mask's logit (B, 1, h, w) in a box of the frame."""
        box = box or Box(0, 0, *self.size)
        outer = self.bend.around(box)
        found = torch.cat(self.straight.at(outer), dim=1)
        flow, mask = torch.split(self.bend.bent(found, outer, box), [4, 1], dim=1)
        return flow, mask


def bend(before: Step, pair: Step, after: Step, fraction: float, size: Size) -> Bend | None:
    """The bend at `fraction` of a pair's way, of frames of `size`; None where there is none.

    The steps lead to the pair's first frame, through it, and from its second.
    """
    t = fraction
    at_first = _carried(
        before.back + pair.there, before.trust_back * pair.trust_there, t * pair.there, size
    )
    at_second = _carried(
        pair.back + after.there, pair.trust_back * after.trust_there, (1 - t) * pair.back, size
    )
    offsets = _bounded(-t * (1 - t) / 6 * ((2 - t) * at_first + (1 + t) * at_second), size)
    return Bend(offsets[None].float(), size) if offsets.any() else None


def _carried(acceleration: Field, trust: Field, way: Field, size: Size) -> Tensor:
    """Acceleration where its pixels are once they went their way: (2, h, w), a value a cell."""
    cells = tuple(math.ceil(side / CELL) for side in size)
    ratio = np.array([size[1] / trust.shape[1], size[0] / trust.shape[0]], np.float32)
    rows, columns = np.indices(trust.shape, dtype=np.float32)
    places = ((np.stack([columns, rows], axis=-1) + 0.5) * ratio + way) / CELL
    inside = ((places >= 0) & (places < cells[::-1])).all(axis=-1)
    x, y = places[inside].astype(np.intp).T
    sure = trust[inside] * float(ratio.prod()) / CELL**2
    values = (sure * acceleration[inside][:, 0], sure * acceleration[inside][:, 1], sure)
    index, count = y * cells[1] + x, cells[0] * cells[1]
    sums = [np.bincount(index, value, count).reshape(cells) for value in values]
    around = _averaged(torch.from_numpy(np.stack(sums)).double())  # of nothing they are integers
    return around[:2] / (around[2:] + _UNSURE)


def _averaged(sums: Tensor) -> Tensor:
    """The mean of cells (C, h, w) by a Gaussian around each; outside of the frame there is 0."""
    sigma = SMOOTH / CELL
    radius = math.ceil(4 * sigma)
    along = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / sigma) ** 2).to(sums)
    along = along / along.sum()
    down = F.conv2d(sums[:, None], along[None, None, :, None], padding=(radius, 0))
    return F.conv2d(down, along[None, None, None], padding=(0, radius))[:, 0]


def _bounded(offsets: Tensor, size: Size) -> Tensor:
    """Offsets (2, h, w) without what is noise, softly, and none of them too long."""
    length = offsets.norm(dim=0, keepdim=True).clamp(min=1e-9)
    real = 1 - (NOISE / length).square().clamp(max=1)
    found: Tensor = offsets * real * (FURTHEST * max(size) / length).clamp(max=1)
    return found
