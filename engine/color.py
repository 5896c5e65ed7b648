"""Scene-linear light to the model's range and back (decision 6).

One curve for every shot and frame, so that nothing pulses; only by whole stops is a plate brought
to a usual level before it (stops.py). Odd (negative light is treated as
positive light is), strictly monotonic, smooth at diffuse white, and invertible to half-float
precision from -65504 to 65504. Below diffuse white it is the sRGB curve, so that the network sees
what a display shows; above, it is logarithmic, so that highlights survive.

    |linear|  0 … 1      model 0 … WHITE      WHITE * sRGB(linear)
    |linear|  1 … 65504  model WHITE … 1      WHITE + ROLL * ln(1 + SLOPE / ROLL * (linear - 1))

Display-referred images (PNG, video, …) need no shaper: they are WHITE * value.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

WHITE = 0.5  # the model value of diffuse white
LARGEST = 65504.0  # the largest half float, model value 1
SLOPE = WHITE * 1.055 / 2.4  # of the sRGB segment at diffuse white: the two segments join smoothly
ROLL = 0.0390050830320816  # solves WHITE + ROLL * ln(1 + SLOPE / ROLL * (LARGEST - 1)) = 1

_TOE = 0.04045 / 12.92  # below it sRGB is a straight line


def to_model(linear: Tensor) -> Tensor:
    """Scene-linear values, any shape, to the model's range [-1, 1]."""
    light = linear.abs().clamp_(max=LARGEST)
    curve = light.clamp(min=_TOE).pow_(1 / 2.4).mul_(1.055).sub_(0.055)
    value = torch.where(light <= _TOE, 12.92 * light, curve).mul_(WHITE)
    if _beyond(light, 1):
        highlight = (light - 1).clamp_(min=0).mul_(SLOPE / ROLL).log1p_().mul_(ROLL).add_(WHITE)
        value = torch.where(light <= 1, value, highlight)
    return torch.copysign(value, linear)


@lru_cache(maxsize=4)
def half_table(gain: float = 1.0) -> npt.NDArray[np.float32]:
    """`to_model` of each of the 65536 halves times a gain, by its bits: exact, and much faster.

    NaN becomes 0, infinity the largest half.
    """
    halves = np.arange(65536, dtype=np.uint16).view(np.float16).astype(np.float32)
    finite = np.nan_to_num(halves, nan=0, posinf=LARGEST, neginf=-LARGEST)
    table: npt.NDArray[np.float32] = to_model(torch.from_numpy(finite * np.float32(gain))).numpy()
    return table


def from_model(value: Tensor) -> Tensor:
    """The inverse of `to_model`: model values, any shape, to scene-linear. Clamps to [-1, 1]."""
    magnitude = value.abs().clamp_(max=1)
    display = magnitude.clamp(max=WHITE).div_(WHITE)
    curve = display.clamp(min=0.04045).add_(0.055).div_(1.055).pow_(2.4)
    light = torch.where(display <= 0.04045, display / 12.92, curve)
    if _beyond(magnitude, WHITE):
        highlight = magnitude.sub_(WHITE).clamp_(min=0).div_(ROLL).expm1_().mul_(ROLL / SLOPE)
        light = light.add_(highlight).clamp_(max=LARGEST)
    return torch.copysign(light, value)


def _beyond(values: Tensor, bound: float) -> bool:
    """Whether any value is more, or is no number: highlights cost as much as all else."""
    return bool(values.numel()) and not values.amax() <= bound


def display_to_model(display: Tensor) -> Tensor:
    """Display-referred values in [0, 1], any shape, to the model's range."""
    return display * WHITE


def model_to_display(value: Tensor) -> Tensor:
    """The inverse of `display_to_model`, clamped to [0, 1]."""
    return (value / WHITE).clamp_(0, 1)
