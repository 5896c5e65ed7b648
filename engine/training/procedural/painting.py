"""Procedural textures and masks: what the moving layers show, and their outlines.

Everything is painted once, at the start of a run, from a generator; scenes place and bend it.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from .outlines import OUTLINES, fence
from .surfaces import SURFACES


def paint_textures(count: int, size: int, generator: Generator) -> Tensor:
    """Linear light as float16 (count, 3, size, size), every kind of surface in turn."""
    images = [SURFACES[n % len(SURFACES)](size, generator).clamp(min=0) for n in range(count)]
    return torch.stack(images).half() if images else torch.empty(0, 3, size, size).half()


def paint_masks(count: int, size: int, generator: Generator) -> Tensor:
    """uint8 (count, 1, size, size), every kind of outline in turn."""
    return to_bytes(
        torch.stack([OUTLINES[n % len(OUTLINES)](size, generator) for n in range(count)])
    )


def paint_fences(count: int, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Masks that repeat along x, uint8 (count, 1, size, size), and their periods (count,)."""
    painted = [fence(size, generator) for _ in range(count)]
    masks = to_bytes(torch.stack([mask for mask, _ in painted]))
    return masks, torch.tensor([period for _, period in painted])


def to_bytes(image: Tensor) -> Tensor:
    """[0, 1] to uint8."""
    return image.clamp(0, 1).mul(255).round_().to(torch.uint8)
