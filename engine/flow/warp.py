"""Backward warping: each pixel sampled from where a displacement points to."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def backward_warp(
    image: Tensor,
    displacement: Tensor,
    origin: tuple[int, int] = (0, 0),
    mode: str = "bilinear",
) -> Tensor:
    """Each pixel of a box sampled from where `displacement` (B, 2, h, w; x, y) points to.

    `image` is the whole frame (B, C, H, W), `origin` top and left of the box in it. Bilinear, or
    bicubic; beyond the border the border's pixels go on.
    """
    height, width = image.shape[-2:]
    rows = torch.arange(displacement.shape[-2], device=image.device, dtype=torch.float32)
    columns = torch.arange(displacement.shape[-1], device=image.device, dtype=torch.float32)
    x = columns + origin[1] + displacement[:, 0]
    y = rows[:, None] + origin[0] + displacement[:, 1]
    grid = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=-1)
    return F.grid_sample(image.float(), grid, mode, padding_mode="border", align_corners=False)


def box_mean(image: Tensor, size: int) -> Tensor:
    """The mean of size x size pixels around each one, fewer at the border."""
    return F.avg_pool2d(image, size, 1, size // 2, count_include_pad=False)
