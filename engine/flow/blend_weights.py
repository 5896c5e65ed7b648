"""Blend weights: how much each warped picture counts, from what can be seen without the truth.

Six pictures of one in-between, three of each frame, in pairs that go by the same motion; as many
again for each other estimate of the motion (ensemble.py). Four things speak for a picture: that its
frame is the nearer one; that something of its frame arrives at this place at all (visibility, by
the coverage of the splatting); that the other picture of its pair looks the same (photometric
error); and that all the others do. Each is a number, their sum the logarithm of the weight. What is
compared is compared around each pixel, at half of the frame's size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from .warp import backward_warp
from .windows import box_mean

WARPS = 6  # pictures that one estimate of the motion makes of the two frames
PAIR = 0.06  # of the model's range: a pair that differs by so much counts a third
OTHERS = 0.03  # a picture that is so much further from the others than the best counts a third
VISIBLE, _NOTHING = 0.5, 0.1  # counts as the root of the coverage, and of this where that is 0
WINDOW = 5  # pixels, across and down
_LEAST = 1e-3  # of the way between the frames: at the frames themselves, logarithms end
_STRIP = 256  # rows at a time, so that 8K needs no more temporaries

# Of some rows, where each picture is sampled from: (B, 2, rows, w), x and y in pixels of the
# frames, first and second in turn, estimate after estimate.
Displacements = Callable[[slice], Sequence[Tensor]]


def blend_weights(
    frames: Sequence[Tensor], displacements: Displacements, coverage: Tensor, fraction: Tensor
) -> Tensor:
    """How much each picture counts, (B, pictures, h, w), adding up to 1.

    `frames` are first and second, (B, 3, h, w) in the model's range; `displacements` are in their
    pixels; `coverage` is how much of first and second is here by each estimate,
    (B, 2 * estimates, h, w); `fraction` (B,).
    """
    weight = fraction.float().clamp(_LEAST, 1 - _LEAST)[:, None, None, None]
    nearer = torch.log(torch.cat([1 - weight, weight], dim=1))
    tops = range(0, coverage.shape[-2], _STRIP)
    rows = [_weights_of_rows(frames, displacements, coverage, nearer, top) for top in tops]
    return torch.cat(rows, dim=-2)


def _weights_of_rows(
    frames: Sequence[Tensor],
    displacements: Displacements,
    coverage: Tensor,
    nearer: Tensor,
    top: int,
) -> Tensor:
    """A strip of rows from `top`."""
    errors = _errors(frames, displacements, coverage.shape[-2], top)
    here = coverage[..., top : top + _STRIP, :].clamp(max=1)
    visibility = VISIBLE * torch.log(here + _NOTHING)
    pairs = errors.shape[1] // coverage.shape[1]  # of an estimate
    known = [(nearer + one).repeat(1, pairs, 1, 1) for one in torch.split(visibility, 2, dim=1)]
    return torch.softmax(torch.cat(known, dim=1) - errors, dim=1)


def _errors(
    frames: Sequence[Tensor], displacements: Displacements, height: int, top: int
) -> Tensor:
    """What speaks against the pictures, (B, pictures, rows, w), in a strip of rows from `top`."""
    margin = WINDOW // 2
    start, end = max(0, top - margin), min(height, top + _STRIP + margin)
    pictures = [
        backward_warp(frames[number % 2], displacement, (start, 0))
        for number, displacement in enumerate(displacements(slice(start, end)))
    ]
    to_others, in_pair = _photometric_errors(pictures)
    nearest = to_others.amin(dim=1, keepdim=True)
    errors = in_pair / PAIR + (to_others - nearest) / OTHERS
    return errors[..., top - start : top - start + _STRIP, :]


def _photometric_errors(pictures: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """How far each picture is from the others on average, and from the other of its pair."""
    count = len(pictures)
    batch, _, height, width = pictures[0].shape
    total = pictures[0].new_zeros(batch, count, height, width)
    pair = torch.zeros_like(total)
    for one in range(count):
        for other in range(one + 1, count):
            error = (pictures[one] - pictures[other]).abs().mean(dim=1)
            total[:, one] += error / (count - 1)
            total[:, other] += error / (count - 1)
            if one // 2 == other // 2:
                pair[:, one] = pair[:, other] = error
    return box_mean(total, WINDOW), box_mean(pair, WINDOW)
