"""Matching the two frames and moving them: how a small network says what it would say in pixels.

Not in the paper, whose network learns correspondence from 30 million videos. A small network gets
there with a thousandth of that when it is shown which displacements match, and may point at the
pixels it wants instead of painting them anew.

Motion is that of the picture from the first frame to the second, in pixels, seen from the
in-between: what is here came from `-fraction * motion` and goes to `(1 - fraction) * motion`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

REACH = 3  # displacements of -3 … 3 cells are tried, down and across
LEVELS = (1, 2, 3)  # of the U-Net: cells of 4, 8 and 16 pixels
CHANNELS = len(LEVELS) + 8  # shares of the matches; motion; two displacements; mix; coarse share
_PIXELS = 8.0  # that a network output of 1 displaces by


class Matching(nn.Module):
    """How well each displacement matches at one level, and the motion that follows from it."""

    def __init__(self, level: int, width: int) -> None:
        super().__init__()
        self.cell = 2 ** (level + 1)
        self.sharpness = nn.Parameter(torch.tensor(5.0))  # log of 1 / the difference that matters
        self.project = nn.Conv2d((2 * REACH + 1) ** 2 + 3, width, 1)

    def forward(self, first: Tensor, second: Tensor, fraction: Tensor) -> tuple[Tensor, Tensor]:
        """Features (B, width, h, w) and motion in pixels (B, 2, h, w), h = H / cell."""
        first, second = (F.avg_pool2d(image.float(), self.cell) for image in (first, second))
        steps = displacements(first)  # (D, 2), in cells
        cost = self._cost(first, second, fraction, steps)  # (B, D, h, w)
        likely = torch.softmax(-cost * self.sharpness.exp(), dim=1)
        motion = torch.einsum("bdhw,dc->bchw", likely, steps)
        best = cost.amin(dim=1, keepdim=True) * self.sharpness.exp()
        features = self.project(torch.cat([likely, motion / REACH, best.clamp(max=4)], dim=1))
        return features, motion * self.cell

    def _cost(self, first: Tensor, second: Tensor, fraction: Tensor, steps: Tensor) -> Tensor:
        """Mean difference around each cell, with both frames moved to the in-between."""
        batch, count = len(first), len(steps)
        back = -fraction.float()[:, None, None] * steps  # (B, D, 2)
        moved = [
            displaced(image.repeat_interleave(count, 0), by.reshape(batch * count, 2, 1, 1))
            for image, by in ((first, back), (second, back + steps))
        ]
        apart = (moved[0] - moved[1]).abs().mean(dim=1, keepdim=True)
        around = F.avg_pool2d(F.pad(apart, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
        return around.reshape(batch, count, *first.shape[-2:])


def displacements(like: Tensor) -> Tensor:
    """Every (x, y) of whole cells within reach, (D, 2), on the device of `like`."""
    along = torch.arange(-REACH, REACH + 1, device=like.device, dtype=torch.float32)
    return torch.cartesian_prod(along, along)


def moved_difference(
    said: Tensor, matched: list[Tensor], condition: Tensor, fraction: Tensor
) -> Tensor:
    """The motion-compensated picture less the frame blend, (B, 3, H, W): zero for `said` zero.

    `said` is the network's (B, CHANNELS, h, w), `matched` the motion found at each level; both of
    any size. `condition` is (B, 9, H, W), `fraction` (B,).
    """
    first, second, coarse = condition.float().chunk(3, dim=1)
    size = (first.shape[-2], first.shape[-1])
    said = F.interpolate(said.float(), size, mode="bilinear")
    weight = fraction.float()[:, None, None, None]
    shares, own, back, forth, mix, keep = torch.split(said, [len(matched), 2, 2, 2, 1, 1], dim=1)
    motion = _PIXELS * own
    for share, found in zip(torch.split(shares, 1, dim=1), matched, strict=True):
        motion = motion + share * F.interpolate(found, size, mode="bilinear")
    mixed = torch.lerp(
        displaced(first, _PIXELS * back - weight * motion),
        displaced(second, _PIXELS * forth + (1 - weight) * motion),
        torch.sigmoid(torch.logit(weight, eps=1e-3) + mix),
    )
    has_coarse = coarse.flatten(1).abs().amax(1).gt(0).float()[:, None, None, None]
    mixed = mixed + has_coarse * keep * (coarse - mixed)
    return torch.sub(mixed, torch.lerp(first, second, weight))


def displaced(image: Tensor, displacement: Tensor) -> Tensor:
    """Each pixel taken from where `displacement` (B, 2, H or 1, W or 1; x, y in pixels) points to.

    Bilinear; beyond the border the border's pixels go on.
    """
    height, width = image.shape[-2:]
    rows = torch.arange(height, device=image.device, dtype=image.dtype)
    columns = torch.arange(width, device=image.device, dtype=image.dtype)
    shape = (len(image), height, width)
    x = (columns + displacement[:, 0]).expand(shape)
    y = (rows[:, None] + displacement[:, 1]).expand(shape)
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    moved: Tensor = F.grid_sample(image, grid, padding_mode="border", align_corners=False)
    return moved
