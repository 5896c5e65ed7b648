"""Rendered training samples: random scenes at first, second and a time between, in model range."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from ...color import LARGEST, half_table, to_model
from .movement import picked
from .palette import Palette
from .rendering import Scene, expose, render
from .scenery import random_scene, some

__all__ = ["Palette", "Samples", "random_fraction", "random_scene", "render", "render_samples"]

BLURRED = 0.05  # share of samples with motion blur
SUB_TIMES = (4, 8)  # a blurred sample's exposures at each time: for a short smear, for a long one
SPACING = 1.5  # pixels between them at most: the shutter closes earlier where it would be more


@dataclass(frozen=True)
class Samples:
    """first, second, middle: (B, 3, H, W) in the model's range; fraction: (B,) in (0, 1)."""

    first: Tensor
    second: Tensor
    middle: Tensor
    fraction: Tensor

    def to(self, device: torch.device) -> Samples:
        """The same samples on another device."""
        return Samples(*(getattr(self, name).to(device) for name in self.__dataclass_fields__))


def render_samples(
    palette: Palette,
    batch: int,
    size: int,
    largest: float,
    generator: Generator,
    middles: bool = False,
) -> Samples:
    """Scenes at times 0, fraction and 1, displaced by up to about `largest` pixels.

    `middles`: every fraction is 1/2, for networks that know no other. Some scenes have motion
    blur, drifting exposure, or grain on first and second (the in-between is what it is without).
    """
    scene = random_scene(palette, batch, size, largest, generator)
    fraction = torch.full((batch,), 0.5) if middles else random_fraction(batch, generator)
    times = torch.stack([torch.zeros(batch), fraction, torch.ones(batch)], dim=1)
    drift = 0.15 * torch.randn(batch, 1, generator=generator) * some(0.12, (batch, 1), generator)
    device = palette.device
    exposure = (1 + drift * (times - 0.5)).to(device)[..., None, None, None]
    frames = shaped(_filmed(scene, times.to(device), size, generator) * exposure)
    first, middle, second = frames.unbind(1)
    grain = 0.012 * torch.rand(batch, generator=generator) * some(0.15, (batch,), generator)
    for number in grain.nonzero()[:, 0].tolist():
        noise = torch.randn(2, *first.shape[1:], generator=generator).mul_(grain[number]).to(device)
        first[number] += noise[0]
        second[number] += noise[1]
    return Samples(first, second, middle, fraction.to(device))


def random_fraction(batch: int, generator: Generator) -> Tensor:
    """(B,): half of them 1/2, which is what a x2 retime asks for; the rest uniform in (0, 1)."""
    anywhere = torch.rand(batch, generator=generator).clamp_(0.02, 0.98)
    return torch.where(torch.rand(batch, generator=generator) < 0.5, 0.5, anywhere)


def shaped(light: Tensor) -> Tensor:
    """Linear light to the model's range; on a CPU by the table of halves, which is far faster."""
    if light.device.type != "cpu":
        return to_model(light)
    bits = light.clamp(0, LARGEST).half().view(torch.int16).flatten()
    table = torch.from_numpy(half_table())
    return table.index_select(0, bits.int()).view(light.shape)  # no light is negative: bits >= 0


def _filmed(scene: Scene, times: Tensor, size: int, generator: Generator) -> Tensor:
    """Frames (B, N, 3, H, W) of linear light; a share of the scenes through an open shutter."""
    batch = len(times)
    fastest = scene.layers.displacement(size / 4).where(scene.masks >= 0, 0).amax(1)
    displacement = fastest + scene.camera.displacement(size / 4)
    open_for = 0.1 + 0.5 * torch.rand(batch, generator=generator)
    blurred = torch.rand(batch, generator=generator) < BLURRED
    few, many = SUB_TIMES
    smear = open_for * displacement.cpu()
    counts = torch.where(smear > SPACING * few, many, few).where(blurred, 1)
    shutter = open_for * (SPACING * many / smear.clamp(min=1e-6)).clamp(max=1)
    frames = torch.empty(*times.shape, 3, size, size, device=times.device)
    for count in sorted(set(counts.tolist())):
        index = (counts == count).nonzero()[:, 0].to(times.device)
        part = picked(scene, index)
        if count == 1:
            frames[index] = render(part, times[index], size)
        else:
            opened = shutter.to(times.device)[index]
            frames[index] = expose(part, times[index], size, opened, count)
    return frames
