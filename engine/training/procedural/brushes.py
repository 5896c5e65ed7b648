"""What the painters of textures and outlines share: random numbers, coordinates, noise, edges.

Images are (C, N, N) tensors; distances are pixels.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


def uniform(low: float, high: float, generator: Generator) -> float:
    """One number, uniform."""
    return low + (high - low) * float(torch.rand((), generator=generator))


def log_uniform(low: float, high: float, generator: Generator) -> float:
    """One number whose logarithm is uniform."""
    return math.exp(uniform(math.log(low), math.log(high), generator))


def integer(limit: int, generator: Generator) -> int:
    """One whole number out of 0 … limit - 1."""
    return int(torch.randint(limit, (), generator=generator))


def fractal_noise(
    channels: int, size: int, finest: float, slope: float, generator: Generator
) -> Tensor:
    """Octaves of smooth noise, (channels, size, size), mean 0 and deviation 1.

    `finest`: pixels of the smallest feature; `slope`: amplitude of an octave against the next
    finer one's.
    """
    total = torch.zeros(channels, size, size)
    cells, amplitude = 4.0, 1.0
    while cells == 4.0 or size / cells >= finest:  # always one of them
        noise = torch.randn(1, channels, int(cells), int(cells), generator=generator)
        total += amplitude * F.interpolate(noise, (size, size), mode="bicubic")[0]
        cells, amplitude = cells * 2, amplitude / slope
    return (total - total.mean()) / (total.std() + 1e-6)


def colors(generator: Generator) -> tuple[Tensor, Tensor]:
    """Two display colors (3, 1, 1), from gray to saturated."""
    two = torch.rand(2, 3, 1, 1, generator=generator)
    gray = two.mean(1, keepdim=True)
    two = gray + (two - gray) * uniform(0.0, 1.0, generator)
    return two[0], two[1]


def between(weight: Tensor, generator: Generator) -> Tensor:
    """Two random colors mixed by weights (1, N, N) in [0, 1]."""
    dark, light = colors(generator)
    return dark + (light - dark) * weight


def upright(size: int) -> tuple[Tensor, Tensor]:
    """x and y (N, N) of every pixel from the center."""
    line = torch.arange(size) - (size - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    return x, y


def rotated(size: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Pixel coordinates from the center, turned by a random angle."""
    x, y = upright(size)
    angle = uniform(0, 2 * math.pi, generator)
    cos, sin = math.cos(angle), math.sin(angle)
    return cos * x + sin * y, cos * y - sin * x


def edge(distance: Tensor, softness: float = 1.0) -> Tensor:
    """1 inside (distance in pixels < 0), 0 outside, linear over about `softness` pixels."""
    return (0.5 - distance / (softness + 0.5)).clamp(0, 1)[None]
