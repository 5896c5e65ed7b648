"""The target of networks that see both frames warped: x is a difference from their blend.

Such a network says the same whatever the noise is, when it is `direct`. What its samples differ by
is the motion they go by: sample n goes by member n of the flow ensemble (ensemble.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..memory.heap import give_back
from ..paper.patches import Box, patchify
from ..paper.target import Condition
from .estimate import FlowEnsemble
from .intermediate import for_size, intermediate_flow
from .warped import WarpedFrames, warp_frames

_STRIP = 128  # rows


class Warped:
    """The target for two whole frames (3, H, W), whose stages are those of their in-between.

    After the last member of `flows` the samples begin with the first again. The intermediate flow
    of one member is kept, the latest: those of all samples would be several frames in memory.
    """

    def __init__(
        self,
        first: Tensor,
        second: Tensor,
        fraction: float,
        flows: FlowEnsemble,
        difference: float,
    ) -> None:
        self._pair, self._flows, self._difference = (first, second), flows, difference
        self._fraction = torch.tensor([fraction], device=first.device)
        self._latest = 0, self._intermediate(0)

    def stage(self, condition: Condition, sample: int) -> WarpedStage:
        """The stage of a sample, with the intermediate flow at its size."""
        member = sample % len(self._flows)
        if self._latest[0] != member:
            del self._latest  # before the next is made: two are not needed
            self._latest = member, self._intermediate(member)
        first = self._pair[0]
        flow = for_size(self._latest[1], (first.shape[-2], first.shape[-1]), condition.first)
        return WarpedStage(condition, flow, self._fraction, self._difference)

    def _intermediate(self, member: int) -> Tensor:
        first, second = self._pair
        flow = intermediate_flow(first[None], second[None], self._fraction, self._flows[member])
        give_back()
        return flow


class WarpedStage:
    """A stage whose frames are warped along `flow`, (1, n CHANNELS, h, w), box by box.

    `difference` is the unit of x.
    """

    def __init__(
        self, condition: Condition, flow: Tensor, fraction: Tensor, difference: float
    ) -> None:
        self._condition, self._flow = condition, flow
        self._fraction, self._difference = fraction, difference
        self._blend = torch.empty_like(condition.first)  # wherever a box was seen so far

    def seen(self, boxes: Sequence[Box]) -> Tensor:
        """First, second and coarse, and both frames warped: (boxes, 9 + WARPED, h, w)."""
        warped = [self._warped(box) for box in boxes]
        return torch.cat([patchify(self._condition, boxes), torch.cat(warped)], dim=1)

    def image(self, x: Tensor) -> Tensor:
        """The blend, and the difference from it that x stands for."""
        return x.mul_(self._difference).add_(self._blend)

    def x(self, image: Tensor) -> Tensor:
        """The difference of an image from the blend, in its unit."""
        return (image - self.blend()).div_(self._difference)

    def blend(self) -> Tensor:
        """The blend of the warped frames, (3, H, W): what an untrained network gives."""
        height, width = self._blend.shape[-2:]
        for top in range(0, height, _STRIP):  # strip by strip, so that 8K needs no temporaries
            self._warped(Box(top, 0, min(_STRIP, height - top), width))
        return self._blend

    def _warped(self, box: Box) -> Tensor:
        first, second, _ = self._condition
        warped = warp_frames(first[None], second[None], self._flow, self._fraction, box)
        self._blend[box.region] = WarpedFrames.of(warped).blend()[0]
        return warped
