"""Painters of masks: (size, generator) -> coverage (1, size, size) in [0, 1].

The repeating ones are upright and repeat along x, so that a scene can move them by periods. They
end somewhere and no two of their bars are alike, as in the world: else two frames would not say
how far they went.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from .brushes import edge, fractal_noise, integer, log_uniform, rotated, uniform, upright
from .lettering import page, sign


def _ellipse(size: int, generator: Generator) -> Tensor:
    x, y = rotated(size, generator)
    radius = log_uniform(size / 64, size / 5, generator)
    aspect = log_uniform(0.6, 1.6, generator)
    return torch.hypot(x * aspect, y / aspect) - radius


def _disc(size: int, generator: Generator) -> Tensor:
    return edge(_ellipse(size, generator))


def _soft_disc(size: int, generator: Generator) -> Tensor:
    return edge(_ellipse(size, generator), log_uniform(2, size / 16, generator))


def _blob(size: int, generator: Generator) -> Tensor:
    x, y = rotated(size, generator)
    radius = log_uniform(size / 24, size / 4, generator)
    bumps = 0.35 * radius * fractal_noise(1, size, size / 24, 1.8, generator)[0]
    return edge(torch.hypot(x, y) - radius + bumps, log_uniform(1, 4, generator))


def _polygon(size: int, generator: Generator) -> Tensor:
    planes = []
    for _ in range(3 + integer(5, generator)):
        x, _ = rotated(size, generator)
        planes.append(x - log_uniform(size / 40, size / 5, generator))
    return edge(torch.stack(planes).amax(0))


def _bar(size: int, generator: Generator) -> Tensor:
    x, y = rotated(size, generator)
    thick = log_uniform(1.5, size / 16, generator)
    long = log_uniform(size / 16, size, generator)
    return edge(torch.maximum(x.abs() - thick, y.abs() - long))


def _wire(size: int, generator: Generator) -> Tensor:
    """One to four wires that sag alike."""
    x, y = rotated(size, generator)
    sag = uniform(0, 0.15, generator) * size * (y / (size / 2)) ** 2
    thick = log_uniform(0.4, 2, generator)
    offsets = [uniform(-0.3, 0.3, generator) * size for _ in range(1 + integer(4, generator))]
    return edge(torch.stack([(x - sag - offset).abs() - thick for offset in offsets]).amin(0))


def _foliage(size: int, generator: Generator) -> Tensor:
    noise = fractal_noise(1, size, log_uniform(3, 16, generator), 1.2, generator)[0]
    x, y = upright(size)
    crown = 2.5 * (torch.hypot(x, y) / (size / 2) - 0.5).clamp(min=0)
    return ((noise - crown - uniform(-0.3, 1.0, generator)) * 4).clamp(0, 1)[None]


def _branches(size: int, generator: Generator) -> Tensor:
    """Thin crooked lines: the zero crossings of smooth noise."""
    noise = fractal_noise(1, size, log_uniform(12, 40, generator), 1.6, generator)[0]
    slope = torch.hypot(*torch.gradient(noise)) + 1e-3
    return edge(noise.abs() / slope - log_uniform(0.5, 2.5, generator))


def _plate(size: int, generator: Generator) -> Tensor:
    """A card with its corners rounded: what holds a photograph or text."""
    x, y = rotated(size, generator)
    wide, tall = (log_uniform(size / 16, size / 3, generator) for _ in range(2))
    corner = uniform(0, 0.3, generator) * min(wide, tall)
    out = torch.hypot((x.abs() - wide + corner).clamp(0), (y.abs() - tall + corner).clamp(0))
    return edge(out - corner - 0.5)


OUTLINES: tuple[Callable[[int, Generator], Tensor], ...] = (
    _disc,
    _blob,
    _polygon,
    _wire,
    _plate,
    _foliage,
    sign,
    _soft_disc,
    _bar,
    _branches,
    page,
)


def fence(size: int, generator: Generator) -> tuple[Tensor, float]:
    """Bars, railings, grids, meshes or blinds, and their period along x in pixels."""
    period = log_uniform(5, 40, generator)
    x, y = upright(size)
    bars = _bars(x, period, uniform(0.1, 0.4, generator), generator)
    kind = integer(4, generator)
    if kind == 1:  # a grid
        bars = torch.minimum(bars, _bars(y, log_uniform(5, 40, generator), 0.2, generator))
    elif kind == 2:  # a railing: two or three beams across
        for _ in range(2 + integer(2, generator)):
            bars = torch.minimum(bars, _beam(y, size, generator))
    elif kind == 3:  # the wall between windows
        bars = torch.minimum(bars, _bars(y, period * uniform(0.6, 1.8, generator), 0.3, generator))
    ends = torch.maximum(_end(x, size, generator), _end(y, size, generator))
    return edge(torch.maximum(bars, ends), 0.5), period


def _bars(x: Tensor, period: float, share: float, generator: Generator) -> Tensor:
    """Distance to bars whose widths and places vary; now and then one is missing or thick."""
    number = (x / period).floor()
    count = int(number.max() - number.min()) + 1
    slot = (number - number.min()).long()
    shift = 0.06 * period * torch.randn(count, generator=generator)
    thick = 0.5 * share * period * (1 + 0.15 * torch.randn(count, generator=generator))
    odd = torch.rand(count, generator=generator)
    thick = torch.where(odd < 0.07, -period, torch.where(odd > 0.92, 1.6 * thick, thick))
    thick = torch.where(odd < 0.07, thick, thick.clamp(min=0.5))
    return (x - (number + 0.5) * period - shift[slot]).abs() - thick[slot]


def _beam(y: Tensor, size: int, generator: Generator) -> Tensor:
    place = uniform(-0.4, 0.4, generator) * size
    return (y - place).abs() - log_uniform(1, 5, generator)


def _end(x: Tensor, size: int, generator: Generator) -> Tensor:
    """Outside of a stretch of 30 % to all of the texture."""
    half_length = size * math.sqrt(uniform(0.03, 0.25, generator))
    return x.abs() - half_length
