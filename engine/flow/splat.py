"""Forward splatting: motion carried along itself to where its pixels are at another time.

Where several pixels arrive, those count more that agree with the other frame, and those that move
unlike what is around them, as what is in front does (the importance of Niklaus and Liu, "Softmax
Splatting for Video Frame Interpolation", 2020); where none arrives, motion is filled in from
around.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .warp import backward_warp
from .windows import box_mean, length

_AGREES = 0.03  # a photometric error, in model values, that makes a match a third as likely
_CELLS = 6  # along the shorter side, over which the usual motion of a place is averaged
_IN_FRONT, _MOST = 0.5, 4.0  # what moves a pixel more than its surroundings counts e^0.5 times
_STRIP = 128  # rows
_ENOUGH = 0.2  # of a pixel that must arrive for its motion to count alone


def importance(image: Tensor, other: Tensor, flow: Tensor) -> Tensor:
    """How much each pixel counts where several arrive at one place: (B, 1, h, w), above 0.

    `flow` (B, 2, h, w) leads from `image` to `other`, (B, 3, h, w) in the model's range.
    """
    error = (image - backward_warp(other, flow)).abs().mean(dim=1, keepdim=True)
    photometric_error = box_mean(error, 3)
    height, width = flow.shape[-2:]
    down, across = (max(1, round(_CELLS * side / min(height, width))) for side in (height, width))
    usual = F.adaptive_avg_pool2d(flow, (down, across))
    around = F.interpolate(usual, (height, width), mode="bilinear")
    unlike = length(flow - around)
    agrees = torch.exp(-photometric_error / _AGREES) + 1e-3
    return agrees * torch.exp((_IN_FRONT * unlike).clamp(max=_MOST))


def forward_splat(flow: Tensor, share: Tensor, importance: Tensor) -> tuple[Tensor, Tensor]:
    """Every pixel's flow (B, 2, h, w), carried along `share` (B, 1, 1, 1) of itself.

    Beside it the coverage, (B, 1, h, w): how much arrived at each pixel, about 1, 0 where nothing.
    """
    batch, _, height, width = flow.shape
    total = flow.new_zeros(batch, 4, height, width)  # flow times weight, weight, coverage
    for top in range(0, height, _STRIP):  # strip by strip, so that 8K needs no more temporaries
        rows = slice(top, top + _STRIP)
        _add_rows(total, flow[..., rows, :], share[:, 0], importance[..., rows, :], top)
    return filled(total[:, :2], total[:, 2:3]), total[:, 3:].clamp(max=2)


def _add_rows(total: Tensor, flow: Tensor, share: Tensor, weight: Tensor, top: int) -> None:
    """Add a strip of rows from `top` to the four pixels around where each of its pixels goes."""
    height, width = total.shape[-2:]
    rows = torch.arange(top, top + flow.shape[-2], device=flow.device, dtype=torch.float32)[:, None]
    columns = torch.arange(width, device=flow.device, dtype=torch.float32)
    x, y = columns + share * flow[:, 0], rows + share * flow[:, 1]
    values = torch.cat([flow * weight, weight, torch.ones_like(weight)], dim=1).flatten(2)
    for right in (0, 1):
        for below in (0, 1):
            column, row = x.floor() + right, y.floor() + below
            part = (1 - (x - column).abs()) * (1 - (y - row).abs())  # bilinear, (B, h, w)
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            part = (part * inside).flatten(1)[:, None]
            index = row.clamp(0, height - 1).long() * width + column.clamp(0, width - 1).long()
            index = index.flatten(1)[:, None].expand(-1, 4, -1)
            total.flatten(2).scatter_add_(2, index, values * part)


def filled(total: Tensor, weight: Tensor) -> Tensor:
    """total / weight, and where the weight is small the same from coarser and coarser pixels."""
    if min(total.shape[-2:]) < 2:
        return total / weight.clamp(min=1e-6)
    coarser = filled(*(F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
                       for x in (total, weight)))  # fmt: skip
    around = F.interpolate(coarser, (total.shape[-2], total.shape[-1]), mode="bilinear")
    lacking = (_ENOUGH - weight).clamp(min=0)
    return (total + lacking * around) / (weight + lacking).clamp(min=1e-6)
