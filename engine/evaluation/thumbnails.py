"""Frames of any size in one small cell, with where they are wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from ..pictures.contact_sheet import Image
from ..pictures.heat import heat

HEIGHT, WIDTH = 270, 480  # of a cell, in pixels
LARGEST_ERROR = 0.25  # the mean over RGB from which on an error is nearly white
_AROUND = 0.11  # the gray of the sheet, where a frame of another shape leaves some


@dataclass(frozen=True)
class Thumbnail:
    """A frame in a cell (HEIGHT, WIDTH, 3), 0 to 1, and its error as a heat map of that size."""

    image: Image
    error: Image


def thumbnail(image: Tensor, truth: Tensor) -> Thumbnail:
    """The cell of an image (3, H, W), 0 to 1, and of its error, the mean over RGB."""
    error = (image - truth).abs().mean(dim=0, keepdim=True)
    return Thumbnail(
        _in_cell(_shrunk(image)), _in_cell(heat(_shrunk(error)[..., 0], LARGEST_ERROR))
    )


def _shrunk(image: Tensor) -> Image:
    """(C, H, W) to what fits the cell (h, w, C), each pixel the mean of those it stands for."""
    height, width = image.shape[-2:]
    scale = min(HEIGHT / height, WIDTH / width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    resized = F.interpolate(image[None], size, mode="area")[0]
    shrunk: Image = resized.permute(1, 2, 0).numpy()
    return shrunk


def _in_cell(image: Image) -> Image:
    height, width = image.shape[:2]
    cell = np.full((HEIGHT, WIDTH, 3), _AROUND, np.float32)
    top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
    cell[top : top + height, left : left + width] = image
    return cell
