"""The guides of a pair, sample by sample: how its frames are aligned at each stage of a cascade.

A network that sees both frames aligned says the same whatever the noise is, when it is `direct`.
What its samples differ by is the motion they go by: sample n goes by look n (looks.py).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..memory import give_back
from . import intermediate


class Guided(NamedTuple):
    """How a stage's frames are aligned: the guide of its size, (1, GUIDE, h, w), and fraction."""

    guide: Tensor
    fraction: Tensor  # (1,)


class Guides:
    """The guide of every sample of two whole frames (3, H, W).

    `flows` are those of the pair by look; after the last look the samples begin with the first
    again. One guide is kept, the latest: those of all samples would be several frames in memory.
    """

    def __init__(
        self, first: Tensor, second: Tensor, fraction: float, flows: intermediate.Looks
    ) -> None:
        self._pair, self._fraction, self._flows = (first, second), fraction, flows
        self._latest = 0, self._made(0)

    def at_stage(self, sample: int, frame: Tensor) -> Guided:
        """The guide of a sample for a stage, whose frames are as large as this one."""
        look = sample % len(self._flows)
        if self._latest[0] != look:
            del self._latest  # before the next is made: two are not needed
            self._latest = look, self._made(look)
        first = self._pair[0]
        return at_stage(self._latest[1], (first.shape[-2], first.shape[-1]), frame)

    def _made(self, look: int) -> Guided:
        return guided_by(*self._pair, self._fraction, self._flows[look])


def guided_by(first: Tensor, second: Tensor, fraction: float, flows: Tensor) -> Guided:
    """The guide of two whole frames (3, H, W) by their flows (1, 4, h, w)."""
    share = torch.tensor([fraction], device=first.device)
    guide = intermediate.guide(first[None], second[None], share, flows)
    give_back()
    return Guided(guide, share)


def at_stage(guided: Guided, full: tuple[int, int], frame: Tensor) -> Guided:
    """The guide for a stage: motion in its pixels, at about half of its size."""
    height, width = frame.shape[-2:]
    if (height, width) == full:
        return guided
    size = math.ceil(height / 2), math.ceil(width / 2)
    ratio = height / full[0], width / full[1]
    return guided._replace(guide=intermediate.resized(guided.guide, size, ratio))
