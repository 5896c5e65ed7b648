"""How much to believe each of the warped pictures, from what can be seen without the truth.

Six pictures of one in-between, three of each frame, in pairs that go by the same motion; as many
again for each other view of the frames (looks.py). Four things speak for a picture: that its frame
is the nearer one; that something of its frame arrives at this place at all, which nothing does
where it is hidden; that the other picture of its pair looks the same; and that all the others do.
Each is a number, their sum the logarithm of how much the picture counts. What is compared is
compared around each pixel, at half of the frame's size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from .warp import taken

PAIR = 0.06  # of the model's range: a pair that differs by so much counts a third
OTHERS = 0.03  # a picture that is so much further from the others than the best counts a third
ARRIVES, _NOTHING = 0.5, 0.1  # counts as the root of what arrives, and of this where nothing does
AROUND = 5  # pixels, across and down
_LEAST = 1e-3  # of the way between the frames: at the frames themselves, logarithms end
_STRIP = 256  # rows at a time, so that 8K needs no more temporaries

# Of some rows, where each picture is taken from: (B, 2, rows, w), x and y in pixels of the frames,
# first and second in turn, view after view.
Ways = Callable[[slice], Sequence[Tensor]]


def shares(frames: Sequence[Tensor], ways: Ways, arrived: Tensor, fraction: Tensor) -> Tensor:
    """How much each picture counts, (B, pictures, h, w), adding up to 1.

    `frames` are first and second, (B, 3, h, w) in the model's range; `ways` where each picture is
    taken from, in their pixels; `arrived` how much of first and second is here by each view,
    (B, 2 * views, h, w).
    """
    weight = fraction.float().clamp(_LEAST, 1 - _LEAST)[:, None, None, None]
    nearer = torch.log(torch.cat([1 - weight, weight], dim=1))
    tops = range(0, arrived.shape[-2], _STRIP)
    return torch.cat([_shares(frames, ways, arrived, nearer, top) for top in tops], dim=-2)


def _shares(
    frames: Sequence[Tensor], ways: Ways, arrived: Tensor, nearer: Tensor, top: int
) -> Tensor:
    """A strip of rows from `top`."""
    doubt = _doubt(frames, ways, arrived.shape[-2], top)
    here = ARRIVES * torch.log(arrived[..., top : top + _STRIP, :].clamp(max=1) + _NOTHING)
    pairs = doubt.shape[1] // arrived.shape[1]  # of a view
    known = [(nearer + view).repeat(1, pairs, 1, 1) for view in torch.split(here, 2, dim=1)]
    return torch.softmax(torch.cat(known, dim=1) - doubt, dim=1)


def box_mean(image: Tensor, size: int) -> Tensor:
    """The mean of size x size pixels around each one, fewer at the border."""
    return F.avg_pool2d(image, size, 1, size // 2, count_include_pad=False)


def _doubt(frames: Sequence[Tensor], ways: Ways, height: int, top: int) -> Tensor:
    """What speaks against the pictures, (B, pictures, rows, w), in a strip of rows from `top`."""
    reach = AROUND // 2
    start, end = max(0, top - reach), min(height, top + _STRIP + reach)
    pictures = [
        taken(frames[number % 2], way, (start, 0))
        for number, way in enumerate(ways(slice(start, end)))
    ]
    apart, pair = _apart(pictures)
    doubt = pair / PAIR + (apart - apart.amin(dim=1, keepdim=True)) / OTHERS
    return doubt[..., top - start : top - start + _STRIP, :]


def _apart(pictures: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """How far each picture is from the others on average, and from the other of its pair."""
    count = len(pictures)
    batch, _, height, width = pictures[0].shape
    total = pictures[0].new_zeros(batch, count, height, width)
    pair = torch.zeros_like(total)
    for one in range(count):
        for other in range(one + 1, count):
            apart = (pictures[one] - pictures[other]).abs().mean(dim=1)
            total[:, one] += apart / (count - 1)
            total[:, other] += apart / (count - 1)
            if one // 2 == other // 2:
                pair[:, one] = pair[:, other] = apart
    return box_mean(total, AROUND), box_mean(pair, AROUND)
