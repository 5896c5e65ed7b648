"""What is hidden, filled in smoothly from what is seen around it.

Pull and push over a pyramid (Gortler, Grzeszczuk, Szeliski and Cohen, The Lumigraph, 1996): what is
known is averaged to half of the size again and again, and what is unknown takes the coarser
picture's value.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def filled(image: Tensor, known: Tensor) -> Tensor:
    """The image (C, H, W), with what is unknown filled in. known: (1, H, W) in [0, 1].

    Where `known` is 1 it is the image's own values, to the bit; 0 where nothing is known at all.
    """
    return torch.where(known == 1, image, _filled((image * known)[None], known[None])[0])


def _filled(weighed: Tensor, known: Tensor) -> Tensor:
    """The same of (1, C, H, W), with the image times `known`, (1, 1, H, W)."""
    height, width = known.shape[-2:]
    if height * width == 1:
        return weighed / known.clamp(min=torch.finfo(known.dtype).tiny)
    sums, counts = (
        F.avg_pool2d(one, 2, ceil_mode=True, count_include_pad=False) for one in (weighed, known)
    )
    share = (4 * counts).clamp(max=1) / counts.clamp(min=torch.finfo(known.dtype).tiny)
    coarse = _filled(sums * share, counts * share)
    around = F.interpolate(coarse, (height, width), mode="bilinear")
    return weighed + (1 - known) * around
