"""Rendered training samples: layers that move, evaluated exactly at the times that are asked for.

Every layer is a texture and a mask under its own motion (translation, rotation and zoom, all linear
in time), below one camera motion for the scene. A frame at any time comes from the motion at that
time, never from warping another frame, so the in-between is the truth.

Shapes: B scenes, L layers (the first is the background), N times, T texture side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from ..color import ROLL, SLOPE, WHITE

SMALLEST_MOTION = 0.25  # pixels between first and second


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


@dataclass(frozen=True)
class Motion:
    """Similarity motions, any leading shape. At time 1/2 they are at position, angle and size."""

    position: Tensor  # (…, 2) x and y in pixels from the center of the frame
    velocity: Tensor  # (…, 2) pixels between first and second
    angle: Tensor  # (…) radians
    spin: Tensor  # (…) radians between first and second
    size: Tensor  # (…) log of the magnification
    zoom: Tensor  # (…) change of that log between first and second

    def inverse(self, times: Tensor) -> Tensor:
        """Frame to layer coordinates, (…, N, 3, 3), at times (…, N)."""
        late = times - 0.5
        angle = self.angle[..., None] + self.spin[..., None] * late
        shrink = torch.exp(-self.size[..., None] - self.zoom[..., None] * late)
        place = self.position[..., None, :] + self.velocity[..., None, :] * late[..., None]
        cos, sin = shrink * torch.cos(angle), shrink * torch.sin(angle)
        x, y = place.unbind(-1)
        zero, one = torch.zeros_like(x), torch.ones_like(x)
        rows = [cos, sin, -cos * x - sin * y, -sin, cos, sin * x - cos * y, zero, zero, one]
        return torch.stack(rows, dim=-1).reshape(*x.shape, 3, 3)


@dataclass(frozen=True)
class Scene:
    """Layers back to front. Textures (B, L, 3, T, T) where 1 is white; masks (B, L, 1, T, T)."""

    textures: Tensor
    masks: Tensor
    layers: Motion  # (B, L)
    camera: Motion  # (B,)


def render(scene: Scene, times: Tensor, size: int) -> Tensor:
    """The scene at times (B, N): (B, N, 3, size, size), 1 is white. Outside, textures mirror."""
    count = times.shape[1]
    layer_count = scene.textures.shape[1]
    repeated = times[:, None].expand(-1, layer_count, -1)
    maps = scene.layers.inverse(repeated) @ scene.camera.inverse(times)[:, None]  # (B, L, N, 3, 3)
    grid = _grid(maps.flatten(0, 1), size, scene.textures.shape[-1])
    sprites = torch.cat([scene.textures, scene.masks], dim=2).flatten(0, 1)
    seen = F.grid_sample(sprites, grid, padding_mode="reflection", align_corners=False)
    seen = seen.reshape(-1, layer_count, 4, count, size, size)
    return _composite(seen).transpose(1, 2)


def _grid(maps: Tensor, size: int, texture_size: int) -> Tensor:
    """Sampling grid (M, N size, size, 2) of the frames under maps (M, N, 3, 3)."""
    line = torch.arange(size, device=maps.device) - (size - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], dim=-1).flatten(0, 1)  # (H W, 3)
    grid = points @ maps[..., :2, :].transpose(-1, -2) * (2 / texture_size)  # (M, N, H W, 2)
    return grid.reshape(len(maps), -1, size, 2)


def _composite(seen: Tensor) -> Tensor:
    """Over, back to front: (B, L, 4, N, H, W) to (B, 3, N, H, W). The background is opaque."""
    image = seen[:, 0, :3]
    for layer in seen[:, 1:].unbind(1):
        image = torch.lerp(image, layer[:, :3], layer[:, 3:])
    return image


def to_model_range(image: Tensor) -> Tensor:
    """Display values, where what is above 1 counts as linear light above white (see color.py)."""
    over = (image - 1).clamp_(min=0)
    return image.clamp(0, 1).mul_(WHITE).add_(over.mul_(SLOPE / ROLL).log1p_().mul_(ROLL))


@dataclass(frozen=True)
class Palette:
    """Textures, uint8 (N, 3, T, T), and masks, uint8 (M, 1, T, T), to make scenes of."""

    textures: Tensor
    masks: Tensor


def random_scene(
    palette: Palette, batch: int, size: int, largest: float, generator: Generator
) -> Scene:
    """Scenes for frames of `size` pixels with displacements up to `largest` pixels.

    The generator is a CPU one: the same scenes on every device.
    """
    device = palette.textures.device
    layers = 2 + int(torch.randint(4, (), generator=generator))  # background and 1 to 4 more
    shape = (batch, layers)
    chosen = torch.randint(len(palette.textures), shape, generator=generator)
    shapes = torch.randint(len(palette.masks), shape, generator=generator)
    textures = palette.textures[chosen.to(device)].float().div_(255)
    masks = palette.masks[shapes.to(device)].float().div_(255)
    gain, lift = (value.to(device)[..., None, None, None] for value in _grade(shape, generator))
    return Scene(
        textures.mul_(gain).add_(lift),
        masks,
        _on(device, _layer_motion(shape, size, largest, generator)),
        _on(device, _camera_motion(batch, largest, generator)),
    )


def render_samples(
    palette: Palette, batch: int, size: int, largest: float, generator: Generator
) -> Samples:
    """Scenes at times 0, fraction and 1; a tenth of them each with grain or drifting exposure."""
    scene = random_scene(palette, batch, size, largest, generator)
    fraction = random_fraction(batch, generator)
    times = torch.stack([torch.zeros(batch), fraction, torch.ones(batch)], dim=1)
    drift = 0.1 * torch.randn(batch, 1, generator=generator) * _some(0.1, (batch, 1), generator)
    device = palette.textures.device
    exposure = (1 + drift * (times - 0.5)).to(device)[..., None, None, None]
    frames = to_model_range(render(scene, times.to(device), size) * exposure)
    grain = 0.01 * torch.rand(batch, generator=generator) * _some(0.1, (batch,), generator)
    if grain.any():
        noise = torch.randn(frames.shape, generator=generator)
        frames += (grain[:, None, None, None, None] * noise).to(device)
    first, middle, second = frames.unbind(1)
    return Samples(first, second, middle, fraction.to(device))


def random_fraction(batch: int, generator: Generator) -> Tensor:
    """(B,): half of them 1/2, which is what a x2 retime asks for; the rest uniform in (0, 1)."""
    anywhere = torch.rand(batch, generator=generator).clamp_(0.02, 0.98)
    return torch.where(torch.rand(batch, generator=generator) < 0.5, 0.5, anywhere)


def _some(share: float, shape: tuple[int, ...], generator: Generator) -> Tensor:
    return (torch.rand(shape, generator=generator) < share).float()


def _grade(shape: tuple[int, ...], generator: Generator) -> tuple[Tensor, Tensor]:
    """Exposure and black level of every layer; a few are lit far above white."""
    gain = 0.4 + 0.7 * torch.rand(shape, generator=generator)
    lit = _some(0.04, shape, generator) * 8 * torch.rand(shape, generator=generator)
    lift = 0.15 * (torch.rand(shape, generator=generator) - 0.3).clamp(min=0)
    return gain + lit, lift


def _displacement(
    shape: tuple[int, ...], largest: float, still: float, generator: Generator
) -> Tensor:
    """(…, 2) pixels: any direction, log-uniform length, a share of them exactly zero."""
    span = math.log(max(largest, SMALLEST_MOTION) / SMALLEST_MOTION)
    length = SMALLEST_MOTION * torch.exp(span * torch.rand(shape, generator=generator))
    length = length * (1 - _some(still, shape, generator))
    direction = 2 * math.pi * torch.rand(shape, generator=generator)
    return torch.stack([length * torch.cos(direction), length * torch.sin(direction)], dim=-1)


def _turns(shape: tuple[int, ...], scale: float, share: float, generator: Generator) -> Tensor:
    return scale * torch.randn(shape, generator=generator) * _some(share, shape, generator)


def _layer_motion(
    shape: tuple[int, int], size: int, largest: float, generator: Generator
) -> Motion:
    return Motion(
        position=size * (torch.rand(*shape, 2, generator=generator) - 0.5),
        velocity=_displacement(shape, largest, 0.15, generator),
        angle=2 * math.pi * torch.rand(shape, generator=generator),
        spin=_turns(shape, min(0.15, largest / size), 0.5, generator),
        size=0.6 * torch.rand(shape, generator=generator) - 0.3,
        zoom=_turns(shape, min(0.08, largest / size), 0.5, generator),
    )


def _camera_motion(batch: int, largest: float, generator: Generator) -> Motion:
    shape = (batch,)
    return Motion(
        position=torch.zeros(batch, 2),
        velocity=_displacement(shape, largest, 0.4, generator),
        angle=torch.zeros(shape),
        spin=_turns(shape, 0.02, 0.3, generator),
        size=torch.zeros(shape),
        zoom=_turns(shape, 0.03, 0.3, generator),
    )


def _on(device: torch.device, motion: Motion) -> Motion:
    return Motion(*(getattr(motion, name).to(device) for name in motion.__dataclass_fields__))
