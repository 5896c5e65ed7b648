"""Grain that in-betweens get back: what averaging took from them, and no more.

Warped and averaged, grain fades to two thirds; between untouched frames that pulses. How strong it
is, by brightness and channel, how its pixels and channels go together, is measured where the two
frames show the same (grain_curve.py). How much of it an in-between lacks is measured too, cell by
cell and mostly where there is no texture. Fresh grain of that kind makes up the difference. It
belongs to the output frame, and is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .. import color
from ..inference.interpolator import InBetween
from .grain_curve import BLOCK, Blocks, GrainCurve, blocks_along, grain_curve

_REACH = 4  # pixels that grain goes together over, at most
_CELL = 8  # pixels of a cell that grain is compared over
_EVERYWHERE = 0.05  # what the whole frame says counts so much beside the cells around
_SEEN = color.WHITE / 255  # the model's range: a step of an 8-bit display
_LEAST = 1e-4  # of a frame's range: grain below it is none

Noise = Callable[[tuple[int, int]], Tensor]  # normal noise (3, height, width) of an output frame


class Grain(NamedTuple):
    """The grain of two frames."""

    curve: GrainCurve
    kernel: Tensor  # (2 _REACH + 1, same): what makes noise go together as grain does
    mixing: Tensor  # (3, 3): how channels do


def with_grain(
    image: Tensor, middle: InBetween, pair: tuple[Tensor, Tensor], display: bool, noise: Noise
) -> Tensor:
    """An in-between's image with its neighbors' grain, all (3, H, W) in the model's range.

    `middle` says how its neighbors `pair` moved; `display` whether they are display-referred: else
    grain is of light, so that it makes nothing brighter. As it is where there is no grain.
    """
    ranged = (lambda x: x) if display else color.from_model
    first, second = (ranged(frame) for frame in pair)
    blocks = blocks_along(first, second, middle.vectors)
    if blocks is None:
        return image
    grain = measured(blocks)
    if float(grain.curve.variances.max().sqrt()) < _LEAST * float(first.abs().amax()):
        return image
    made = ranged(image)
    level = _around(made)
    variance = grain.curve.variance(level)
    moved = _along(first, second, middle.vectors)
    strength = (variance * _lacking(made, moved, variance)).sqrt() * _differs(*pair)
    strength *= _visible(variance.sqrt(), level, display)
    fresh = strength * _like(grain, noise, (made.shape[-2], made.shape[-1]))
    lowest, highest = (bound(first, second) for bound in (_lowest, _highest))
    room = torch.minimum(made - lowest, highest - made).clamp(min=0)  # alike up and down
    grainy = made + torch.minimum(torch.maximum(fresh, -room), room)
    return torch.where(strength > 0, grainy if display else color.to_model(grainy), image)


def _visible(sigma: Tensor, level: Tensor, display: bool) -> Tensor:
    """0 for grain that a display hardly shows, 1 from 1.6 times on: what is measured of clean
    pictures that move is no more, and must not be given to them.
    """
    shown = sigma if display else color.to_model(level + sigma) - color.to_model(level)
    return ((shown.abs() / _SEEN - 1) / 0.6).clamp(0, 1)


def measured(blocks: Blocks) -> Grain:
    """The grain of blocks that show the same in both frames."""
    curve = grain_curve(blocks)
    lit = blocks.evenly_lit()
    apart = (lit.first - lit.second)[..., 1:-1, 1:-1]
    apart = apart - apart.mean((2, 3), keepdim=True)
    level = ((blocks.first + blocks.second) / 2).mean((2, 3))
    usual = curve.variance(level[:, :, None])[..., 0].mul(2).sqrt().clamp(min=1e-9)
    apart = apart / usual[..., None, None]
    power = apart.square().mean((0, 2, 3))
    near = (power - 1).abs().argsort()[: max(1, len(power) // 4)]  # no texture, no other thing
    lags = _together(apart[:, near])
    whole = GrainCurve(curve.levels, curve.variances * _hidden(lags))
    return Grain(whole, _kernel(lags), _mixing(apart[:, near]))


def _together(apart: Tensor) -> Tensor:
    """How pixels so many rows and columns apart go together, 1 in the middle, in (3, n, b, b).

    With what was lost with the mean of each block.
    """
    side = BLOCK - 2
    spectrum = torch.fft.rfft2(apart, (2 * side, 2 * side)).abs().square().mean((0, 1))
    every = torch.fft.irfft2(spectrum, (2 * side, 2 * side)).roll((side, side), (0, 1))
    lags = torch.arange(-_REACH, _REACH + 1)
    common = side - lags.abs()
    found = every[side + lags[0] : side + lags[-1] + 1, side + lags[0] : side + lags[-1] + 1]
    found = found / (common[:, None] * common)
    found = found + found.sum().clamp(min=0) / (side**2 - found.numel())
    whole: Tensor = found / found[_REACH, _REACH].clamp(min=1e-12)
    return whole


def _hidden(lags: Tensor) -> float:
    """The variance of grain beside that in blocks whose mean and slopes were taken out.

    They hide little of fine grain, for which grain_curve has an allowance, and more of coarse.
    """
    pixels = (BLOCK - 2) ** 2
    free = pixels / max(1.0, float(lags.square().sum()))
    mean = max(0.0, float(lags.sum())) / pixels
    return 1 / max(0.5, (1 - mean) * (1 - 2 / max(free, 4.0)))


def _kernel(lags: Tensor) -> Tensor:
    """What white noise is convolved with so that its pixels go together alike."""
    wide = F.pad(lags, (0, 2 * _REACH, 0, 2 * _REACH))
    spectrum = torch.fft.fft2(wide.roll((-_REACH, -_REACH), (0, 1))).real.clamp(min=0)
    kernel = torch.fft.ifft2(spectrum.sqrt()).real.roll((_REACH, _REACH), (0, 1))
    kernel = kernel[: len(lags), : len(lags)]
    whole: Tensor = kernel / kernel.square().sum().sqrt().clamp(min=1e-9)
    return whole


def _mixing(apart: Tensor) -> Tensor:
    """What independent channels are mixed by to go together as those of (3, n, b, b) do."""
    flat = apart.flatten(1)
    flat = flat / flat.square().mean(1, keepdim=True).sqrt().clamp(min=1e-9)
    together = flat @ flat.T / flat.shape[1]
    steady = 0.98 * together + 0.02 * torch.eye(3)
    steady.fill_diagonal_(1.0)
    mixing: Tensor = torch.linalg.cholesky(steady)
    return mixing


def _like(grain: Grain, noise: Noise, size: tuple[int, int]) -> Tensor:
    """Fresh grain of variance 1, (3, H, W)."""
    white = noise((size[0] + 2 * _REACH, size[1] + 2 * _REACH))
    mixed = torch.einsum("ij,jhw->ihw", grain.mixing, white)
    fresh: Tensor = F.conv2d(mixed[:, None], grain.kernel[None, None])
    return fresh[:, 0]


def _lacking(made: Tensor, moved: tuple[Tensor, Tensor], variance: Tensor) -> Tensor:
    """Which share of the grain's variance is not there, (3, H, W) in [0, 1], smooth."""
    of_both = (_fine(moved[0]) + _fine(moved[1])) / 2
    usual = _cells(variance).clamp(min=1e-12)
    share = (of_both - _fine(made)) / usual
    plain = 1 / (1 + (of_both / usual).square())
    total = plain.sum((1, 2), keepdim=True)
    everywhere = (share * plain).sum((1, 2), keepdim=True) / total.clamp(min=1e-9)
    floor = _EVERYWHERE * total / plain[0].numel()
    near = [F.avg_pool2d(part, 5, 1, 2, count_include_pad=False) for part in (share * plain, plain)]
    found = ((near[0] + floor * everywhere) / (near[1] + floor).clamp(min=1e-12)).clamp(0, 1)
    return _enlarged(found, made)


def _fine(image: Tensor) -> Tensor:
    """The power of what is finer than a cell, by cell."""
    return _cells((image - _around(image)).square_())


def _cells(image: Tensor) -> Tensor:
    cells: Tensor = F.avg_pool2d(image[None], _CELL, ceil_mode=True, count_include_pad=False)[0]
    return cells


def _around(image: Tensor) -> Tensor:
    return _enlarged(_cells(image), image)


def _enlarged(cells: Tensor, like: Tensor) -> Tensor:
    size = like.shape[-2], like.shape[-1]
    padded = cells.shape[-2] * _CELL, cells.shape[-1] * _CELL  # cells may reach beyond the border
    whole = F.interpolate(cells[None], padded, mode="bilinear")[0]
    return whole[:, : size[0], : size[1]]


def _along(first: Tensor, second: Tensor, vectors: Tensor | None) -> tuple[Tensor, Tensor]:
    """Both frames brought to the in-between by whole pixels, so that their grain stays whole."""
    if vectors is None:
        return first, second
    height, width = first.shape[-2:]
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    one, other = (
        frame[
            :,
            (rows + vectors[2 * n + 1].round().long()).clamp(0, height - 1),
            (columns + vectors[2 * n].round().long()).clamp(0, width - 1),
        ]
        for n, frame in enumerate((first, second))
    )
    return one, other


def _differs(first: Tensor, second: Tensor) -> Tensor:
    """1 where the frames differ near a pixel, 0 where they are the same: no grain there."""
    differs = (first != second).any(0, keepdim=True).float()
    return F.max_pool2d(differs[None], 3, 1, 1)[0]


def _lowest(first: Tensor, second: Tensor) -> Tensor:
    return torch.minimum(first.amin((1, 2)), second.amin((1, 2)))[:, None, None]


def _highest(first: Tensor, second: Tensor) -> Tensor:
    return torch.maximum(first.amax((1, 2)), second.amax((1, 2)))[:, None, None]
