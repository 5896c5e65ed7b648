"""Motion-compensated interpolation by OpenCV's DIS optical flow, the baseline to beat.

Dense Inverse Search (Kroeger et al., 2016), medium preset, on 8-bit luma of what a display shows.
The flow is taken both ways and its two halves averaged; each frame is moved along it, linearly in
time, and the two are averaged by how near they are.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .pictures import display

Array = npt.NDArray[Any]


def motion_compensated(first: Tensor, second: Tensor) -> Callable[[Fraction], Tensor]:
    """In-betweens of two images (3, H, W) in the model's range, by their fraction.

    Raises ImportError without OpenCV.
    """
    motion = symmetric_flow(_luma(first), _luma(second))
    pixels = [np.ascontiguousarray(image.permute(1, 2, 0).numpy()) for image in (first, second)]

    def between(fraction: Fraction) -> Tensor:
        t = float(fraction)
        from_first = _moved(pixels[0], -t * motion)
        from_second = _moved(pixels[1], (1 - t) * motion)
        blended = from_first + np.float32(t) * (from_second - from_first)
        return torch.from_numpy(blended).permute(2, 0, 1).contiguous()

    return between


def symmetric_flow(first: Array, second: Array) -> Array:
    """The motion (H, W, 2) in pixels, x and y, from one 8-bit gray image to another.

    Half the flow there less the flow back, both at the same pixel.
    """
    import cv2

    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    there = dis.calc(first, second, None)  # type: ignore[call-overload]
    back = dis.calc(second, first, None)  # type: ignore[call-overload]
    motion: Array = (there - back) / 2
    return motion


def _luma(image: Tensor) -> Array:
    """8-bit luma (H, W) of an image (3, H, W) in the model's range, as displayed."""
    import cv2

    shown = display(image).permute(1, 2, 0).mul(255).round_().to(torch.uint8).numpy()
    return cv2.cvtColor(np.ascontiguousarray(shown), cv2.COLOR_RGB2GRAY)


def _moved(pixels: Array, offset: Array) -> Array:
    """Pixels (H, W, 3) sampled at each position plus its offset (H, W, 2); edges continue."""
    import cv2

    height, width = offset.shape[:2]
    x, y = offset[..., 0], offset[..., 1]
    x = x + np.arange(width, dtype=np.float32)[None, :]
    y = y + np.arange(height, dtype=np.float32)[:, None]
    return cv2.remap(
        pixels, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
