"""How layers and the camera move: exact at every time, straight or bent, rigid or not.

Time 0 is the first frame, 1 the second. `late` is the time since 1/2; an accelerating path is
`late + bend * (late^2 - 1/4)`, which has the same ends. Lengths are pixels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

# A pose: place of the center, turn in radians, log of the magnification, shear, and perspective
# (how much nearer, per pixel of the layer, its right and its lower side are).
X, Y, ANGLE, SIZE, SHEAR, TILT_X, TILT_Y = range(7)
POSE = 7


@dataclass(frozen=True)
class Motion:
    """Projective motions of any leading shape."""

    pose: Tensor  # (…, POSE) in the middle of the path
    change: Tensor  # (…, POSE) from first to second
    bend: Tensor  # (…) acceleration, in [-1, 1]: at 1 it starts at rest
    shake: Tensor  # (…, 2) pixels of a swing on top
    rhythm: Tensor  # (…, 2) swings between first and second, and phase in radians

    @staticmethod
    def still(*shape: int) -> Motion:
        """At rest in the center."""
        pose, pair = torch.zeros(*shape, POSE), torch.zeros(*shape, 2)
        return Motion(pose, pose.clone(), torch.zeros(shape), pair, pair.clone())

    def path(self, times: Tensor) -> Tensor:
        """How far along the change times (…, N) are: from -1/2 to 1/2, (…, N)."""
        late = times - 0.5
        return late + self.bend[..., None] * (late.square() - 0.25)

    def inverse(self, times: Tensor) -> Tensor:
        """Frame to layer coordinates at times (…, N): homographies (…, N, 3, 3)."""
        along = self.path(times)[..., None]
        pose = (self.pose[..., None, :] + self.change[..., None, :] * along).unbind(-1)
        swings, phase = self.rhythm[..., None, :].unbind(-1)
        swing = torch.sin(2 * math.pi * swings * (times - 0.5) + phase)
        x = pose[X] + self.shake[..., None, 0] * swing
        y = pose[Y] + self.shake[..., None, 1] * swing
        shrink = torch.exp(-pose[SIZE])
        cos, sin = shrink * torch.cos(pose[ANGLE]), shrink * torch.sin(pose[ANGLE])
        row_y = torch.stack([-sin, cos, sin * x - cos * y], dim=-1)
        row_x = torch.stack([cos, sin, -cos * x - sin * y], dim=-1) - pose[SHEAR][..., None] * row_y
        one = torch.zeros_like(row_x)
        one[..., 2] = 1
        row_w = one - pose[TILT_X][..., None] * row_x - pose[TILT_Y][..., None] * row_y
        return torch.stack([row_x, row_y, row_w], dim=-2)

    def displacement(self, radius: float) -> Tensor:
        """About the largest within a radius, at its fastest, (…) pixels from 0 to 1."""
        turning = self.change[..., [ANGLE, SIZE, SHEAR]].abs().sum(-1) * radius
        swinging = 2 * math.pi * self.rhythm[..., 0].abs() * _length(self.shake)
        return (turning + _length(self.change[..., :2])) * (1 + self.bend.abs()) + swinging


@dataclass(frozen=True)
class Ripple:
    """Non-rigid motion: K smooth waves over a layer, growing along its path; none in the middle."""

    amplitude: Tensor  # (…, K, 2) pixels from first to second
    wave: Tensor  # (…, K, 2) radians per pixel
    phase: Tensor  # (…, K) radians

    @staticmethod
    def none(*shape: int) -> Ripple:
        """Rigid layers."""
        pair = torch.zeros(*shape, 1, 2)
        return Ripple(pair, pair.clone(), torch.zeros(*shape, 1))

    def largest_shift(self) -> Tensor:
        """The largest shift at either end of the path, (…) pixels."""
        return 0.75 * _length(self.amplitude).sum(-1)

    def shift(self, x: Tensor, y: Tensor, along: Tensor) -> tuple[Tensor, Tensor]:
        """Where points (M, P) of M layers are looked up, `along` (M, 1) their paths."""
        moved_x, moved_y = x, y
        for amplitude, wave, phase in zip(
            self.amplitude.unbind(-2), self.wave.unbind(-2), self.phase.unbind(-1), strict=True
        ):
            push = torch.sin(x * wave[:, :1] + y * wave[:, 1:] + phase[:, None]) * along
            moved_x = moved_x + amplitude[:, :1] * push
            moved_y = moved_y + amplitude[:, 1:] * push
        return moved_x, moved_y


def _length(vectors: Tensor) -> Tensor:
    return torch.hypot(*vectors.unbind(-1))


Tensors = TypeVar("Tensors")


def moved(value: Tensors, device: torch.device) -> Tensors:
    """A dataclass of tensors on a device."""
    return _each(value, lambda tensor: tensor.to(device))


def picked(value: Tensors, index: Any) -> Tensors:
    """A dataclass of tensors at an index of their leading shape."""
    return _each(value, lambda tensor: tensor[index])


def _each(value: Tensors, change: Callable[[Tensor], Tensor]) -> Tensors:
    """The same with every tensor in it changed; what is no Motion, Ripple or tensor stays."""
    entries = {entry.name: getattr(value, entry.name) for entry in fields(value)}  # type: ignore[arg-type]
    changed: dict[str, Any] = {
        name: change(entry) if isinstance(entry, Tensor) else _each(entry, change)
        for name, entry in entries.items()
        if isinstance(entry, (Tensor, Motion, Ripple))
    }
    return replace(value, **changed)  # type: ignore[type-var]
