"""Frames of any size in one small cell, with where they are wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor
from torch.nn import functional as F

from ..contact_sheet import Image

HEIGHT, WIDTH = 270, 480  # of a cell, in pixels
_AROUND = 0.11  # the gray of the sheet, where a frame of another shape leaves some


@dataclass(frozen=True)
class Thumbnail:
    """A frame in a cell (HEIGHT, WIDTH, 3), and its error as a map (HEIGHT, WIDTH), both 0 to 1."""

    image: Image
    error: Image


def thumbnail(image: Tensor, truth: Tensor) -> Thumbnail:
    """The cell of an image (3, H, W), 0 to 1, and of its error, the mean over RGB."""
    error = (image - truth).abs().mean(dim=0, keepdim=True)
    return Thumbnail(_in_cell(_shrunk(image), _AROUND), _in_cell(_shrunk(error), 0)[..., 0])


def _shrunk(image: Tensor) -> Image:
    """(C, H, W) to what fits the cell (h, w, C), each pixel the mean of those it stands for."""
    height, width = image.shape[-2:]
    scale = min(HEIGHT / height, WIDTH / width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    resized = F.interpolate(image[None], size, mode="area")[0]
    shrunk: Image = resized.permute(1, 2, 0).numpy()
    return shrunk


def _in_cell(image: Image, around: float) -> Image:
    height, width, channels = image.shape
    cell = np.full((HEIGHT, WIDTH, channels), around, np.float32)
    top, left = (HEIGHT - height) // 2, (WIDTH - width) // 2
    cell[top : top + height, left : left + width] = image
    return cell
