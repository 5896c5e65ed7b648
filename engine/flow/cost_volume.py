"""A cost volume: how well each displacement matches, and the motion that follows from it.

Not in the paper, whose network learns correspondence from 30 million videos. Motion is that of the
picture from the first frame to the second, in pixels, seen from the in-between: what is here came
from `-fraction * motion` and goes to `(1 - fraction) * motion`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .warp import backward_warp

RADIUS = 3  # displacements of -3 … 3 cells are tried, down and across
LEVELS = (1, 2, 3)  # of the U-Net: cells of 4, 8 and 16 pixels


class CostVolume(nn.Module):
    """The cost of every displacement at one level of the U-Net, as features and as motion."""

    def __init__(self, level: int, width: int) -> None:
        super().__init__()
        self.cell = 2 ** (level + 1)
        self.sharpness = nn.Parameter(torch.tensor(5.0))  # log of 1 / the error that matters
        self.project = nn.Conv2d((2 * RADIUS + 1) ** 2 + 3, width, 1)

    def forward(self, first: Tensor, second: Tensor, fraction: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, width, h, w) and motion in pixels (B, 2, h, w), h = H / cell."""
        first, second = (F.avg_pool2d(image.float(), self.cell) for image in (first, second))
        steps = displacements(first)  # (D, 2), in cells
        cost = self._cost(first, second, fraction, steps)  # (B, D, h, w)
        likely = torch.softmax(-cost * self.sharpness.exp(), dim=1)
        motion = torch.einsum("bdhw,dc->bchw", likely, steps)
        best = cost.amin(dim=1, keepdim=True) * self.sharpness.exp()
        features = self.project(torch.cat([likely, motion / RADIUS, best.clamp(max=4)], dim=1))
        return features, motion * self.cell

    def _cost(self, first: Tensor, second: Tensor, fraction: Tensor, steps: Tensor) -> Tensor:
        """Photometric error around each cell, with both frames warped to the in-between."""
        batch, count, (height, width) = first.shape[0], len(steps), first.shape[-2:]
        back = -fraction.float()[:, None, None] * steps  # (B, D, 2)
        warped = [
            backward_warp(
                image.repeat_interleave(count, 0),
                by.reshape(batch * count, 2, 1, 1).expand(-1, -1, height, width),
            )
            for image, by in ((first, back), (second, back + steps))
        ]
        error = (warped[0] - warped[1]).abs().mean(dim=1, keepdim=True)
        around = F.avg_pool2d(F.pad(error, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
        return around.reshape(batch, count, height, width)


def displacements(like: Tensor) -> Tensor:
    """Every (x, y) of whole cells within RADIUS, (D, 2), on the device of `like`."""
    along = torch.arange(-RADIUS, RADIUS + 1, device=like.device, dtype=torch.float32)
    return torch.cartesian_prod(along, along)
