"""How far things move between two frames, and how far weights can follow at a cascade depth.

An estimate for a warning before a render, not part of any picture.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from hifi_ofx.preview import Motion
from hifi_ofx.quality import Quality

from ..color import WHITE
from ..flow import cost_volume
from ..flow.warp import backward_warp
from ..inference.networks import warps
from ..paper.cascade import Size, depth, resize
from ..paper.unet import NetworkConfig

LONGEST = 480  # pixels of the pictures that are searched
_MISSED, _SHARE = 2.0, 0.1  # pixels, or share of the motion, that there and back may miss by


def motion_range(config: NetworkConfig, quality: Quality, size: Size) -> float:
    """Pixels of a frame of (height, width) that things may move by to be followed, about.

    Weights that warp search the frames themselves, whatever the cascade. Others compare a few cells
    of their coarsest level at the base stage, and every stage above it doubles what that is.
    """
    if warps(config):
        from ..flow.search import CELLS, RADIUS  # needs OpenCV, as such weights do

        return RADIUS * math.sqrt(size[0] * size[1] / min(CELLS))
    base = min(quality.patch[1], size[1] / 2 ** (depth(quality, size) - 1))
    seen = min(float(cost_volume.RADIUS * 2 ** (len(config.widths) + 1)), base / 2)
    return float(seen * 2 ** (depth(quality, size) - 1))


def dense_flows(first: Tensor, second: Tensor) -> Tensor | None:
    """Motion both ways of two small images, (1, 4, h, w), as `estimate.pair_flow`; None without
    OpenCV. The plain dense search alone, which takes a few hundredths of a second.
    """
    try:
        from ..flow.search import ONE_THREAD, dense
    except ImportError:
        return None
    one, other = (_bytes(image) for image in (first, second))
    with ONE_THREAD:
        ways = np.concatenate([dense(one, other), dense(other, one)], axis=-1)
    return torch.from_numpy(ways).permute(2, 0, 1)[None]


def small(image: Tensor) -> Tensor:
    """The image (3, H, W) at most LONGEST pixels long."""
    height, width = image.shape[-2:]
    scale = min(1.0, LONGEST / max(height, width))
    return resize(image, (max(16, round(height * scale)), max(16, round(width * scale))))


def found(flows: Tensor, scale: float, reach: float) -> Motion:
    """What the first view of flows (1, C, h, w) says, their pixels being `scale` of the plate's."""
    forth, back = flows[:, :4].float().cpu().chunk(2, dim=1)
    length = forth.norm(dim=1)
    missed = (forth + backward_warp(back, forth)).norm(dim=1)
    unmatched = missed > torch.clamp(_SHARE * length, min=_MISSED)
    sure = length[~unmatched] if bool((~unmatched).any()) else length.flatten()
    flat = sure[:: max(1, sure.numel() // 100_000)]  # quantile() has a limit
    return Motion(
        typical=float(flat.median()) * scale,
        large=float(flat.quantile(0.99)) * scale,
        reach=reach,
        unmatched=float(unmatched.float().mean()),
    )


def _bytes(image: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    shown = (image.cpu() * (255 / WHITE)).clamp(0, 255).round().to(torch.uint8)
    return np.ascontiguousarray(shown.permute(1, 2, 0).numpy())
