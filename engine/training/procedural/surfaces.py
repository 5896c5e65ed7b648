"""Painters of textures: (size, generator) -> linear light (3, size, size), 1 is diffuse white."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from ...color import WHITE, from_model
from .brushes import between, colors, fractal_noise, integer, log_uniform, rotated, uniform, upright
from .lettering import page, sign


def to_linear(display: Tensor) -> Tensor:
    """Display values in [0, 1] to linear light."""
    return from_model(display.clamp(0, 1) * WHITE)


def _clouds(size: int, generator: Generator) -> Tensor:
    finest = log_uniform(2, 16, generator)
    slope = uniform(1.1, 2.0, generator)
    weight = 0.5 + 0.25 * fractal_noise(1, size, finest, slope, generator)
    tint = 0.08 * fractal_noise(3, size, finest * 2, slope, generator)
    return to_linear(between(weight, generator) + tint)


def _stripes(size: int, generator: Generator) -> Tensor:
    x, _ = rotated(size, generator)
    wave = torch.sin(x * (2 * math.pi / log_uniform(4, 48, generator)))
    return to_linear(between(_hardened(wave, generator), generator) + _wear(size, generator))


def _checks(size: int, generator: Generator) -> Tensor:
    x, y = rotated(size, generator)
    turn = 2 * math.pi / log_uniform(8, 64, generator)
    wave = _hardened(torch.sin(x * turn) * torch.sin(y * turn), generator)
    return to_linear(between(wave, generator) + _wear(size, generator))


def _gradient(size: int, generator: Generator) -> Tensor:
    x, _ = rotated(size, generator)
    grain = uniform(0, 0.05, generator) * fractal_noise(1, size, 3, 1.2, generator)
    return to_linear(between(0.5 + x / size, generator) + grain)


def _speckle(size: int, generator: Generator) -> Tensor:
    noise = fractal_noise(1, size, log_uniform(3, 12, generator), 1.1, generator)
    weight = ((noise - uniform(0.5, 1.5, generator)) * 3).clamp(0, 1)
    return to_linear(between(weight, generator))


def _leaves(size: int, generator: Generator) -> Tensor:
    """Foliage: clumps before clumps, the nearer ones brighter, each leaf a little different."""
    finest = log_uniform(2.5, 8, generator)
    green = torch.tensor([0.4, 0.55, 0.2])[:, None, None]
    tint = green + 0.2 * (torch.rand(3, 1, 1, generator=generator) - 0.5)
    image = 0.25 * tint.expand(3, size, size)
    for shade in (0.45, 0.65, 0.85, 1.1):
        clump = fractal_noise(1, size, finest, 1.05, generator)
        vein = 1 + 0.12 * fractal_noise(3, size, finest, 1.1, generator)
        image = torch.where(clump > 0.7, shade * tint * vein * (0.8 + 0.2 * clump), image)
    return to_linear(image)


def _page(size: int, generator: Generator) -> Tensor:
    """Print: letters well apart in lightness from the ground."""
    ground, ink = colors(generator)
    bright, dark = 0.65 + 0.35 * ground, 0.3 * ink
    if integer(2, generator):
        bright, dark = dark, bright
    image = bright + (dark - bright) * page(size, generator)
    return to_linear(image + _wear(size, generator))


def _poster(size: int, generator: Generator) -> Tensor:
    """A sign: large letters over soft noise."""
    ground, ink = colors(generator)
    image = 0.5 * ground + 0.08 * fractal_noise(3, size, 6, 1.4, generator)
    return to_linear(image + (0.6 + 0.4 * ink - image) * sign(size, generator))


def _facade(size: int, generator: Generator) -> Tensor:
    """Windows in rows; no two have quite the same shade, and some are lit, far above white."""
    x, y = upright(size)
    wide, tall = log_uniform(10, 48, generator), log_uniform(10, 48, generator)
    column, row = (x / wide).floor().long(), (y / tall).floor().long()
    inside = ((x / wide - column - 0.5).abs() < uniform(0.2, 0.4, generator)) & (
        (y / tall - row - 0.5).abs() < uniform(0.2, 0.4, generator)
    )
    column, row = column - column.min(), row - row.min()
    shape = int(row.max()) + 1, int(column.max()) + 1
    pane = 0.25 * torch.rand(shape, generator=generator)
    lit = torch.rand(shape, generator=generator) < uniform(0, 0.3, generator)
    light = torch.where(lit, uniform(0.6, 6, generator), pane.square())[row, column]
    warm = torch.tensor([1.0, 0.85, 0.6])[:, None, None]
    wall = to_linear(colors(generator)[0] * 0.8 + 0.1 + 2 * _wear(size, generator))
    return torch.where(inside, warm * light, wall)


def _lamps(size: int, generator: Generator) -> Tensor:
    """Lamps over the dark: discs of light up to 60 times white, soft or sharp."""
    image = to_linear(0.12 + 0.06 * fractal_noise(3, size, 4, 1.5, generator))
    x, y = upright(size)
    for _ in range(4 + integer(24, generator)):
        radius = log_uniform(1.2, size / 20, generator)
        left, top = (uniform(-size / 2, size / 2, generator) for _ in range(2))
        distance = torch.hypot(x - left, y - top) - radius
        shape = (0.5 - distance / log_uniform(1.0, radius + 1, generator)).clamp(0, 1)
        color = 0.4 + 0.6 * torch.rand(3, 1, 1, generator=generator)
        image = image + color * shape * log_uniform(0.8, 60, generator)
    return image


def _glints(size: int, generator: Generator) -> Tensor:
    """Speculars on water or metal: thin lines and spots far above white over a smooth tone."""
    noise = fractal_noise(1, size, log_uniform(4, 12, generator), 1.5, generator)
    slope = torch.hypot(*torch.gradient(noise[0])) + 1e-3
    line = (1 - (noise / slope).abs() / log_uniform(0.8, 2.5, generator)).clamp(0, 1)
    spot = (noise - 1.8).clamp(0, 1)
    ground = to_linear(between(0.5 + 0.2 * noise, generator) * 0.6)
    gleam = (0.5 + 0.5 * fractal_noise(1, size, 24, 1.5, generator)).clamp(0, 1)
    return ground + (line * gleam + spot) * log_uniform(0.5, 12, generator)


def _bricks(size: int, generator: Generator) -> Tensor:
    x, y = upright(size)
    tall = log_uniform(6, 24, generator)
    row = (y / tall).floor()
    along = x / (tall * uniform(1.6, 3, generator)) + 0.5 * (row % 2)
    joint = ((y / tall - row) < 0.12) | ((along - along.floor()) < 0.07)
    pick = (along.floor() * 17 + row * 31).long() % 64
    shade = 0.75 + 0.5 * (torch.rand(64, generator=generator)[pick] - 0.5)
    brick, mortar = colors(generator)
    image = torch.where(joint, 0.3 + 0.5 * mortar, brick * shade)
    return to_linear(image + 2 * _wear(size, generator))


def _wear(size: int, generator: Generator) -> Tensor:
    """Uneven light and dirt: no two places of a pattern look the same."""
    return uniform(0, 0.06, generator) * fractal_noise(1, size, 4, 1.3, generator)


def _hardened(wave: Tensor, generator: Generator) -> Tensor:
    return 0.5 + 0.5 * (wave * log_uniform(1, 4, generator)).clamp(-1, 1)[None]


SURFACES: tuple[Callable[[int, Generator], Tensor], ...] = (
    _clouds,
    _page,
    _stripes,
    _facade,
    _gradient,
    _leaves,
    _lamps,
    _checks,
    _poster,
    _speckle,
    _bricks,
    _glints,
)
