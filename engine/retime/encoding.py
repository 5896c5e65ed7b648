"""How stored values become those of the model's range, and back."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from .. import color


@dataclass(frozen=True)
class Encoding:
    """How stored values become the model's, and back."""

    to_model: Callable[[Tensor], Tensor]
    from_model: Callable[[Tensor], Tensor]
    gain: float | None = None  # of scene-linear light, before the curve

    @property
    def largest(self) -> float:
        """The largest stored value that the model's range has room for."""
        return color.LARGEST / self.gain if self.gain else math.inf


DISPLAY = Encoding(color.display_to_model, lambda value: value / color.WHITE)


def scene_linear(stops: int = 0) -> Encoding:
    """The model's curve for light that is brought up by so many stops for it."""
    gain = 2.0**stops
    return Encoding(
        lambda light: color.to_model(light * gain),
        lambda value: color.from_model(value).div_(gain),
        gain,
    )


SCENE_LINEAR = scene_linear()
