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
    places = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=1)
    grid = places.permute(0, 2, 3, 1)
    return F.grid_sample(image.float(), grid, mode, padding_mode="border", align_corners=False)


def warp_part(frame: Tensor, displacement: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """A frame (B, C, H, W) sampled from where `displacement` (N, 2, h, w; x, y) points to.

    `rows` (h,) and `columns` (w,) say which pixels of the frame are displaced; B is N or 1.
    Bilinear; beyond the border the border's pixels go on. Only the part of the frame that is met
    comes to the memory of the displacement.
    """
    height, width = frame.shape[-2:]
    x = (columns + displacement[:, 0]).clamp(0, width - 1)
    y = (rows[:, None] + displacement[:, 1]).clamp(0, height - 1)
    left, top = int(x.amin()), int(y.amin())
    near = frame[..., top : int(y.amax()) + 2, left : int(x.amax()) + 2].to(x.device).float()
    return bilinear(near.expand(len(x), -1, -1, -1), x - left, y - top)


def bilinear(image: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """An image (B, C, H, W) at places in its pixels; x and y broadcast to (B, h, w)."""
    height, width = image.shape[-2:]
    x, y = x * (2 / max(width - 1, 1)) - 1, y * (2 / max(height - 1, 1)) - 1
    shape = len(x), y.shape[-2], x.shape[-1]
    places = torch.stack([x.expand(shape), y.expand(shape)], dim=1)  # faster as planes than pairs
    grid = places.permute(0, 2, 3, 1)
    return F.grid_sample(
        image, grid.expand(len(image), -1, -1, -1), padding_mode="border", align_corners=True
    )
