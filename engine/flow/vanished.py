"""What both frames show and an in-between has nowhere: it fails softly, as a blend of the frames.

Something that jumps by more than its own size may be found by no candidate. Where it was, the
in-between then shows the second frame, where it will be the first one, and it is gone. A blend
would have it in both places, faintly. So the in-between is held against the blend, cell by cell:

- what it lacks in one place it has in another, if it moved: amounts that are alike but for their
  sign cancel, first with what is near, then over ever larger surroundings (`_cancelled`), so that
  nothing is counted twice;
- what moved before another ground looks like more or less than it was, and still it is something
  that neither frame shows in that place: that accounts for as much as it differs by;
- what one frame alone shows may be hidden in the other, or have come in at the border: it counts
  only if all of it is gone, away from the border.

What is left over, and is most of what a cell differs by from the blend, has vanished. Brighter or
darker is the same. Figures were chosen on drawn scenes and training clips (docs/experiments.md).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..color import WHITE
from .warp import bilinear
from .windows import box_max

FAINT = 0.03  # of white: cells that differ by less are alike
VANISHED, SURELY = 0.6, 0.75  # shares of what a cell differs by: from here on, and wholly
_CELL, _CELLS = 8, 256  # pixels a cell; more in pictures that are so many cells long
_AROUND = 3, 5, 9, 17, 33, 65  # cells across that are looked at, one after the other
_NEW = 0.25  # of what the frames differ by: something outside of both of them
_AT_ALL, _ALL = 0.3, 0.72  # a share that makes a cell belong to something; that of all its cells
_NOTHING = 1e-5


def vanished(first: Tensor, second: Tensor, made: Tensor, fraction: float) -> Tensor | None:
    """How far each cell of an in-between is to be the frames' blend, (1, h, w) in [0, 1].

    All three are pictures (3, H, W) in the model's range. None where nothing has vanished.
    """
    one, other, here = (_cells(picture) for picture in (first, second, made))
    off = here - torch.lerp(one, other, fraction)
    counts = (off.abs() - FAINT).clamp(min=0)
    lacks, has = _cancelled(counts * (off < 0), counts * (off > 0))
    beyond = torch.maximum(here - torch.maximum(one, other), torch.minimum(one, other) - here)
    left = (lacks + has) * (beyond < _NEW * (one - other).abs())
    whole = off.abs().sum(0, keepdim=True).clamp(min=_NOTHING)
    if not (left.sum(0, keepdim=True) > VANISHED * whole).any():
        return None
    gone, _ = _cancelled(left.sum(0, keepdim=True), beyond.clamp(min=0).sum(0, keepdim=True))
    share = gone / whole
    share = share * ~(_in_one_frame(share > _AT_ALL, one - other) & ~_all_gone(share))
    weight = ((share - VANISHED) / (SURELY - VANISHED)).clamp(0, 1)
    return box_max(weight[None], 3)[0] if weight.any() else None


def at_rows(weight: Tensor, rows: slice, size: tuple[int, int]) -> Tensor:
    """What `vanished` says at pixels of some rows of a picture of (height, width): (1, n, W)."""
    cell = cell_size(size)
    y = (torch.arange(rows.start, rows.stop) + 0.5) / cell - 0.5
    x = (torch.arange(size[1]) + 0.5) / cell - 0.5
    return bilinear(weight[None], x[None, None], y[None, :, None])[0]


def cell_size(size: tuple[int, int]) -> int:
    """How many pixels of a picture a cell has, across and down."""
    return _CELL * -(-max(size) // (_CELL * _CELLS))


def _cells(picture: Tensor) -> Tensor:
    """The means of cells of a picture (3, H, W), white is 1."""
    cell = cell_size((picture.shape[-2], picture.shape[-1]))
    means = F.avg_pool2d(picture[None], cell, ceil_mode=True, count_include_pad=False)
    return means[0] / WHITE


def _cancelled(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """What is left of two amounts (C, h, w) once each cancelled the other around it, near first.

    Every cell of the one asks of all of the other around it alike; the other gives what it has.
    """
    for size in _AROUND:
        near = _sum_around(other, size)
        asks = torch.where(near > _NOTHING, one / near.clamp(min=_NOTHING), 0.0)
        asked = _sum_around(asks, size)
        given = _sum_around(other / asked.clamp(min=1), size)
        one = (one - asks * given).clamp(min=0)
        other = other * (1 - asked.clamp(max=1))
    return one, other


def _sum_around(amounts: Tensor, size: int) -> Tensor:
    """The sum over size x size cells around each one; nothing lies beyond the border."""
    side = min(size, 2 * max(amounts.shape[-2:]) - 1)  # odd
    before, after = side // 2 + 1, side // 2
    sums = F.pad(amounts.double(), (before, after, before, after)).cumsum(-1).cumsum(-2)
    rows = sums[..., side:, :] - sums[..., :-side, :]
    return (rows[..., side:] - rows[..., :-side]).clamp(min=0).float()


def _in_one_frame(gone: Tensor, difference: Tensor) -> Tensor:
    """Whether most of what is gone from cells (1, h, w) is in one of the frames alone.

    `difference` is that of the frames, whose signs are opposite where something was and will be.
    """
    amounts = difference * gone
    one, other = _cancelled(amounts.clamp(min=0), (-amounts).clamp(min=0))
    return (one + other).sum(0, keepdim=True) > 0.5 * amounts.abs().sum(0, keepdim=True)


def _all_gone(share: Tensor) -> Tensor:
    """Which cells (1, h, w) belong to something that is gone as a whole, away from the border."""
    parts = _connected(share > _AT_ALL)
    edges = torch.cat([parts[0, 0], parts[0, -1], parts[0, :, 0], parts[0, :, -1]])
    inside = set(parts.flatten().tolist()) - set(edges.tolist()) - {0.0}
    whole = [part for part in inside if share[parts == part].median() > _ALL]
    return torch.isin(parts, torch.tensor(whole))


def _connected(mask: Tensor) -> Tensor:
    """Cells (1, h, w) that touch, by a number for each part; 0 where the mask is not."""
    numbers = mask * torch.arange(1.0, mask.numel() + 1).view_as(mask)
    while True:
        grown = mask * box_max(numbers[None], 3)[0]
        if torch.equal(grown, numbers):
            return numbers
        numbers = grown
