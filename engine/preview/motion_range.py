"""How far things move between two frames.

An estimate for a warning before a render, not part of any picture.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from hifi_ofx.preview import Motion

from ..color import WHITE
from ..flow.warp import backward_warp
from ..paper.cascade import resize

LONGEST = 480  # pixels of the pictures that are searched
_MISSED, _SHARE = 2.0, 0.1  # pixels, or share of the motion, that there and back may miss by


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


def found(flows: Tensor, scale: float, followed: float, depth_helps: bool) -> Motion:
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
        followed=followed,
        unmatched=float(unmatched.float().mean()),
        depth_helps=depth_helps,
    )


def _bytes(image: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    shown = (image.cpu() * (255 / WHITE)).clamp(0, 255).round().to(torch.uint8)
    return np.ascontiguousarray(shown.permute(1, 2, 0).numpy())
