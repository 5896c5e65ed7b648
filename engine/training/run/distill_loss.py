"""What a distillation makes small."""

from __future__ import annotations

import torch
from torch import Tensor

from ..distill_settings import DistillSettings
from .pool import Pool
from .teacher import Answer

_SOFT = 1e-3  # of white: below it errors count by their squares


def loss(answer: Answer, crops: Pool, settings: DistillSettings) -> Tensor:
    """How far an answer is from the truth, from the teacher's picture and from its motion."""
    pictures = torch.lerp(
        charbonnier(answer.picture - crops.truth),
        charbonnier(answer.picture - crops.taught),
        settings.teaching,
    )
    off = (crops.trust * charbonnier(answer.flow - crops.flow)).mean()
    return pictures.mean() + settings.flow_weight * off


def charbonnier(error: Tensor) -> Tensor:
    """The absolute value, smooth at 0 (Charbonnier et al., 1994)."""
    return (error.square() + _SOFT**2).sqrt()
