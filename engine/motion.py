"""Moving the two frames towards each other: what a network with `motion` says in few numbers.

Not in the paper, whose network learns correspondence from 30 million videos. A small network gets
there with a thousandth of that when it may point at the pixels it wants instead of repainting them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

CHANNELS = 6  # two displacements (x, y), the mix of the moved frames, the share of the coarse image
_REACH = 8.0  # pixels that an output of 1 displaces by


def moved_difference(motion: Tensor, condition: Tensor, fraction: Tensor) -> Tensor:
    """The motion-compensated picture less the frame blend, (B, 3, H, W): zero for motion zero.

    `motion` is (B, 6, h, w) at any size, `condition` (B, 9, H, W), `fraction` (B,).
    """
    first, second, coarse = condition.float().chunk(3, dim=1)
    size = (first.shape[-2], first.shape[-1])
    motion = F.interpolate(motion.float(), size, mode="bilinear")
    weight = fraction.float()[:, None, None, None]
    moved_first = displaced(first, _REACH * motion[:, 0:2])
    moved_second = displaced(second, _REACH * motion[:, 2:4])
    mixed = torch.lerp(moved_first, moved_second, _around(weight, motion[:, 4:5]))
    has_coarse = coarse.flatten(1).abs().amax(1).gt(0).float()[:, None, None, None]
    mixed = mixed + has_coarse * motion[:, 5:6] * (coarse - mixed)
    return mixed - torch.lerp(first, second, weight)


def displaced(image: Tensor, displacement: Tensor) -> Tensor:
    """Each pixel taken from where `displacement` (B, 2, H, W; x, y in pixels) points to.

    Bilinear; beyond the border the border's pixels go on.
    """
    height, width = image.shape[-2:]
    rows = torch.arange(height, device=image.device, dtype=image.dtype)
    columns = torch.arange(width, device=image.device, dtype=image.dtype)
    x = columns + displacement[:, 0]
    y = rows[:, None] + displacement[:, 1]
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    return F.grid_sample(image, grid, padding_mode="border", align_corners=False)


def _around(weight: Tensor, change: Tensor) -> Tensor:
    """A weight in (0, 1) pushed up or down by `change`, which is 0 for no change."""
    return torch.sigmoid(torch.logit(weight, eps=1e-3) + change)
