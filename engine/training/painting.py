"""Procedural textures and masks: what the moving layers show, and their outlines.

Everything is painted once, at the start of a run, from a generator; scenes place it by affine maps.
Textures are (3, N, N) in [0, 1], masks (1, N, N) in [0, 1] with edges about a pixel soft.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


def paint_textures(count: int, size: int, generator: Generator) -> Tensor:
    """uint8 (count, 3, size, size): cloud noise, stripes, checks, gradients and speckle in turn."""
    painters = (_clouds, _stripes, _checks, _gradient, _speckle)
    images = [painters[n % len(painters)](size, generator) for n in range(count)]
    return to_bytes(torch.stack(images)) if images else torch.empty(0, 3, size, size).byte()


def paint_masks(count: int, size: int, generator: Generator) -> Tensor:
    """uint8 (count, 1, size, size): discs, blobs, polygons, bars, wires, fences and foliage."""
    painters = (_disc, _blob, _polygon, _bar, _wire, _fence, _foliage, _soft_disc)
    masks = [painters[n % len(painters)](size, generator) for n in range(count)]
    return to_bytes(torch.stack(masks))


def to_bytes(image: Tensor) -> Tensor:
    """[0, 1] to uint8."""
    return image.clamp(0, 1).mul(255).round_().to(torch.uint8)


def uniform(low: float, high: float, generator: Generator) -> float:
    """One number, uniform."""
    return low + (high - low) * float(torch.rand((), generator=generator))


def log_uniform(low: float, high: float, generator: Generator) -> float:
    """One number whose logarithm is uniform."""
    return math.exp(uniform(math.log(low), math.log(high), generator))


def fractal_noise(
    channels: int, size: int, finest: float, slope: float, generator: Generator
) -> Tensor:
    """Octaves of smooth noise, (channels, size, size), mean 0 and deviation 1.

    `finest`: pixels of the smallest feature; `slope`: amplitude of an octave against the next
    finer one's.
    """
    total = torch.zeros(channels, size, size)
    cells, amplitude = 4.0, 1.0
    while size / cells >= finest:
        noise = torch.randn(1, channels, int(cells), int(cells), generator=generator)
        total += amplitude * F.interpolate(noise, (size, size), mode="bicubic")[0]
        cells, amplitude = cells * 2, amplitude / slope
    return (total - total.mean()) / (total.std() + 1e-6)


def _colors(generator: Generator) -> tuple[Tensor, Tensor]:
    two = torch.rand(2, 3, 1, 1, generator=generator)
    gray = two.mean(1, keepdim=True)
    two = gray + (two - gray) * uniform(0.0, 1.0, generator)
    return two[0], two[1]


def _between(weight: Tensor, generator: Generator) -> Tensor:
    dark, light = _colors(generator)
    return dark + (light - dark) * weight


def _rotated(size: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Pixel coordinates from the center, turned by a random angle."""
    line = torch.arange(size) - (size - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    angle = uniform(0, 2 * math.pi, generator)
    cos, sin = math.cos(angle), math.sin(angle)
    return cos * x + sin * y, cos * y - sin * x


def _clouds(size: int, generator: Generator) -> Tensor:
    finest = log_uniform(2, 16, generator)
    slope = uniform(1.1, 2.0, generator)
    weight = 0.5 + 0.25 * fractal_noise(1, size, finest, slope, generator)
    tint = 0.08 * fractal_noise(3, size, finest * 2, slope, generator)
    return _between(weight, generator) + tint


def _stripes(size: int, generator: Generator) -> Tensor:
    x, _ = _rotated(size, generator)
    wave = torch.sin(x * (2 * math.pi / log_uniform(4, 48, generator)))
    return _between(_hardened(wave, generator), generator)[:, :, :]


def _checks(size: int, generator: Generator) -> Tensor:
    x, y = _rotated(size, generator)
    turn = 2 * math.pi / log_uniform(8, 64, generator)
    return _between(_hardened(torch.sin(x * turn) * torch.sin(y * turn), generator), generator)


def _gradient(size: int, generator: Generator) -> Tensor:
    x, _ = _rotated(size, generator)
    grain = uniform(0, 0.05, generator) * fractal_noise(1, size, 3, 1.2, generator)
    return _between(0.5 + x / size, generator) + grain


def _speckle(size: int, generator: Generator) -> Tensor:
    noise = fractal_noise(1, size, log_uniform(3, 12, generator), 1.1, generator)
    return _between(((noise - uniform(0.5, 1.5, generator)) * 3).clamp(0, 1), generator)


def _hardened(wave: Tensor, generator: Generator) -> Tensor:
    return 0.5 + 0.5 * (wave * log_uniform(1, 4, generator)).clamp(-1, 1)[None]


def _edge(distance: Tensor, softness: float = 1.0) -> Tensor:
    """1 inside (distance in pixels < 0), 0 outside, linear over about `softness` pixels."""
    return (0.5 - distance / (softness + 0.5)).clamp(0, 1)[None]


def _ellipse(size: int, generator: Generator) -> Tensor:
    x, y = _rotated(size, generator)
    radius = log_uniform(size / 64, size / 6, generator)
    aspect = log_uniform(0.6, 1.6, generator)
    return torch.hypot(x * aspect, y / aspect) - radius


def _disc(size: int, generator: Generator) -> Tensor:
    return _edge(_ellipse(size, generator))


def _soft_disc(size: int, generator: Generator) -> Tensor:
    return _edge(_ellipse(size, generator), log_uniform(2, size / 16, generator))


def _blob(size: int, generator: Generator) -> Tensor:
    x, y = _rotated(size, generator)
    radius = log_uniform(size / 24, size / 5, generator)
    bumps = 0.35 * radius * fractal_noise(1, size, size / 24, 1.8, generator)[0]
    return _edge(torch.hypot(x, y) - radius + bumps)


def _polygon(size: int, generator: Generator) -> Tensor:
    sides = int(uniform(3, 7.99, generator))
    planes = []
    for _ in range(sides):
        x, _ = _rotated(size, generator)
        planes.append(x - log_uniform(size / 40, size / 6, generator))
    return _edge(torch.stack(planes).amax(0))


def _bar(size: int, generator: Generator) -> Tensor:
    x, y = _rotated(size, generator)
    thick = log_uniform(1.5, size / 16, generator)
    long = log_uniform(size / 16, size, generator)
    return _edge(torch.maximum(x.abs() - thick, y.abs() - long))


def _wire(size: int, generator: Generator) -> Tensor:
    x, y = _rotated(size, generator)
    sag = uniform(0, 0.15, generator) * size * (y / (size / 2)) ** 2
    return _edge((x - sag).abs() - log_uniform(0.5, 2, generator))


def _fence(size: int, generator: Generator) -> Tensor:
    x, y = _rotated(size, generator)
    period = log_uniform(6, 40, generator)
    thick = period * uniform(0.12, 0.35, generator)
    lines = thick - (x % period - period / 2).abs()
    if uniform(0, 1, generator) < 0.5:
        lines = torch.maximum(lines, thick - (y % period - period / 2).abs())
    return _edge(-lines)


def _foliage(size: int, generator: Generator) -> Tensor:
    noise = fractal_noise(1, size, log_uniform(4, 16, generator), 1.2, generator)[0]
    return ((noise - uniform(0, 1.2, generator)) * 4).clamp(0, 1)[None]
