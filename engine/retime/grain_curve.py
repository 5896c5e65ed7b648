"""How much grain (film grain, sensor noise) two neighbors have, by how bright they are.

Grain is what differs where the frames show the same: each is sampled along the motion, by whole
pixels, so that nothing is averaged, and compared block by block. What a shift by less than a pixel
explains is not grain, nor is a change of exposure. Texture and wrong motion add to what differs
and never take from it, while grain is in every block: of the blocks of one brightness those are
asked that differ least, and what goes with their texture, as half a pixel of motion does, is left
out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..memory import frames

BLOCK = 18  # pixels, across and down; its outer ones serve the gradients
_BLOCKS = 16384  # looked at, at most
_ROWS, _AT_ONCE = 8, 1024  # rows of blocks that are cut at a time; blocks that are measured
_FLOOR, _OF_FLOOR = (
    0.1,
    0.92,
)  # this quantile of the blocks of a level, and what it is of their mean
_OWN = 0.15  # of its variance: the texture that grain has itself, about
_LEVELS, _OF_A_LEVEL = 12, 24  # at most so many levels, of so many blocks or more


class GrainCurve(NamedTuple):
    """The variance of grain at some levels, ascending, both (C, n)."""

    levels: Tensor
    variances: Tensor

    def variance(self, level: Tensor) -> Tensor:
        """The variance at levels (C, H, W), straight between those that were measured."""
        found = [
            _between(values.contiguous(), known, variances)
            for values, known, variances in zip(level, self.levels, self.variances, strict=True)
        ]
        return torch.stack(found)


class Blocks(NamedTuple):
    """Blocks of both frames that show the same, (C, n, BLOCK, BLOCK)."""

    first: Tensor
    second: Tensor

    def brightening(self) -> Tensor:
        """The second frame's light over the first's, (C,), by the brighter half of the blocks."""
        one, other = (side.mean((2, 3)) for side in self)
        both = (one + other).abs()
        lit = both >= both.median(1, keepdim=True).values
        ratio = (other / one.clamp(min=1e-12)).masked_fill(~lit, float("nan"))
        return ratio.nanmedian(1).values.clamp(0, 1e6)

    def parts(self) -> list[Blocks]:
        """Some at a time, for what needs many temporaries."""
        starts = range(0, self.first.shape[1], _AT_ONCE)
        return [Blocks(*(side[:, n : n + _AT_ONCE] for side in self)) for n in starts]

    def evenly_lit(self, gain: Tensor | None = None) -> Blocks:
        """Both as bright as their mean, by how much the second of all blocks is brighter."""
        gain = (self.brightening() if gain is None else gain)[:, None, None, None]
        return Blocks(self.first * (1 + gain) / 2, self.second * (1 + 1 / gain.clamp(min=1e-6)) / 2)


def grain_curve(blocks: Blocks) -> GrainCurve:
    """The grain of frames in any range, at the levels that the blocks have."""
    gain = blocks.brightening()
    parts = [_measured(part, gain) for part in blocks.parts()]
    level, variance, texture = (torch.cat(one, dim=1) for one in zip(*parts, strict=True))
    count = max(1, min(_LEVELS, level.shape[1] // _OF_A_LEVEL))
    levels, variances = [], []
    for some in level.argsort(dim=1).tensor_split(count, dim=1):
        levels.append(level.gather(1, some).mean(1))
        variances.append(_floor(variance.gather(1, some), texture.gather(1, some)))
    return GrainCurve(torch.stack(levels, 1), torch.stack(variances, 1))


def _measured(blocks: Blocks, gain: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Level, variance and texture of blocks, (C, n) each."""
    level = ((blocks.first + blocks.second) / 2).mean((2, 3))
    return level, *_residual(blocks.evenly_lit(gain))


def blocks_along(
    first: Tensor,
    second: Tensor,
    vectors: Tensor | None,
    ranged: Callable[[Tensor], Tensor] = lambda values: values,
) -> Blocks | None:
    """Blocks of two images (C, H, W) along displacements (4 or more, H, W), else as they stand.

    In the range that `ranged` brings values to. None where the images are smaller than a block.
    """
    height, width = first.shape[-2:]
    down, across = height // BLOCK, width // BLOCK
    if not down * across:
        return None
    some = torch.arange(0, down, max(1, round(down * across / _BLOCKS)))
    size = len(some) * across, BLOCK, BLOCK
    blocks = Blocks(*(frames.empty((len(image), *size)) for image in (first, second)))
    for start in range(0, len(some), _ROWS):
        rows = (some[start : start + _ROWS, None] * BLOCK + torch.arange(BLOCK)).flatten()
        here = slice(start * across, start * across + len(rows) // BLOCK * across)
        ways = _whole_pixels(vectors, rows, across * BLOCK)
        for side, image, way in zip(blocks, (first, second), ways, strict=True):
            side[:, here] = _cut(ranged(_moved(image, rows, way).float()))
    return blocks


def _moved(image: Tensor, rows: Tensor, way: Tensor) -> Tensor:
    """Some rows of an image (C, H, W), each pixel from where `way` (2, n, w) leads: (C, n, w)."""
    height, width = image.shape[-2:]
    x = (torch.arange(way.shape[-1], dtype=torch.int32) + way[0]).clamp_(0, width - 1)
    y = (rows[:, None].int() + way[1]).clamp_(0, height - 1)
    which = y.mul_(width).add_(x)  # one number a pixel is looked up twice as fast as two
    return image.flatten(1).index_select(1, which.flatten()).view(len(image), *which.shape)


def _cut(rows: Tensor) -> Tensor:
    """Rows of blocks (C, n BLOCK, m BLOCK) as blocks (C, n m, BLOCK, BLOCK)."""
    channels, height, width = rows.shape
    parts = rows.reshape(channels, height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return parts.permute(0, 1, 3, 2, 4).flatten(1, 2)


def _whole_pixels(vectors: Tensor | None, rows: Tensor, width: int) -> list[Tensor]:
    """Displacements (2, rows, width) to both frames, less than a pixel apart from each other."""
    if vectors is None:
        return [torch.zeros(2, len(rows), width, dtype=torch.int32)] * 2
    ways = vectors[:4, rows, :width]
    to_first = ways[:2].round()
    return [to_first.int(), (ways[2:] - ways[:2]).round_().add_(to_first).int()]


def _floor(variance: Tensor, texture: Tensor) -> Tensor:
    """The variance of the grain in blocks of one brightness (C, n): (C,).

    What plain blocks differ by, less what that would be if it grew with texture from nothing.
    """
    order = texture.argsort(dim=1).tensor_split(3, dim=1)
    some = [each for each in order if each.shape[1]]
    floors = [variance.gather(1, each).quantile(_FLOOR, dim=1) for each in some]
    plain, rich = (texture.gather(1, each).mean(1) for each in (some[0], some[-1]))
    slope = (floors[-1] - floors[0]).clamp(min=0) / (rich - plain).clamp(min=1e-12)
    return (floors[0] - plain * slope).clamp(min=0) / _OF_FLOOR


def _residual(blocks: Blocks) -> tuple[Tensor, Tensor]:
    """The variance of a single frame that no shift explains, and texture beside it, (C, n)."""
    mean = (blocks.first + blocks.second) / 2
    smooth = F.avg_pool2d(mean, 3, 1)  # one pixel less on each side
    gradients = [
        F.pad(smooth.diff(dim=axis), pad) for axis, pad in ((3, (0, 1)), (2, (0, 0, 0, 1)))
    ]
    apart, right, down = (
        part - part.mean((2, 3), keepdim=True)
        for part in ((blocks.first - blocks.second)[..., 1:-1, 1:-1], *gradients)
    )
    xx, xy, yy = ((a * b).sum((2, 3)) for a, b in ((right, right), (right, down), (down, down)))
    xd, yd = ((part * apart).sum((2, 3)) for part in (right, down))
    floor = 1e-12 + 1e-3 * (xx + yy)
    determinant = (xx + floor) * (yy + floor) - xy.square()
    explained = xd.square() * (yy + floor) - 2 * xd * yd * xy + yd.square() * (xx + floor)
    rest = apart.square().sum((2, 3)) - explained / determinant
    freedom = (BLOCK - 2) ** 2 - 3
    variance = rest.clamp(min=0) / (2 * freedom)
    texture = (xx + yy) / (BLOCK - 2) ** 2
    return variance, (texture - _OWN * variance).clamp(min=0)


def _between(values: Tensor, known: Tensor, heights: Tensor) -> Tensor:
    """Straight between known places, ascending (n,); beyond them as at the last."""
    if len(known) == 1:
        return heights[0].expand(values.shape)
    right = torch.searchsorted(known.contiguous(), values, out_int32=True).flatten()
    right = right.clamp_(1, len(known) - 1)
    before = known.roll(1)
    start, length, low, high = (
        part.index_select(0, right).view(values.shape)
        for part in (before, (known - before).clamp(min=1e-12), heights.roll(1), heights)
    )
    share = (values - start).div_(length).clamp_(0, 1)
    return torch.lerp(low, high, share)
