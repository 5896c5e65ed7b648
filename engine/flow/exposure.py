"""Both frames as if they were exposed alike, whatever the plate's exposure: for matching only.

Motion is where the light goes, not how much of it there is. What compares the frames of a pair
sees them after their bright end was brought to one level, so that a plate that is twice as bright
is matched as the plate is, a dark one is not matched in its last few bits, and nothing clips that
is not a highlight. Black says nothing of the exposure: around a small element, where it is most of
the picture, it counts no more often than what is there.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..color import from_model, to_model
from ..memory import frames

BRIGHT = 0.98  # the share of pixels that are no highlights
LEVEL = 0.6  # what the brightest of those becomes, where 1 is diffuse white
RANGE = 32.0  # at most this much brighter or darker: five stops
_ROWS = 256  # about as many are looked at for the level
_STRIP = 128  # rows


def evenly_exposed(first: Tensor, second: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Both frames (B, 3, H, W) at size (h, w), in the model's range, with the same gain a pair."""
    small = [_at_size(image.float(), size) for image in (first, second)]
    gain = _gain(*small)
    for image in small:  # strip by strip, so that 8K needs no more temporaries
        for top in range(0, size[0], _STRIP):
            strip = image[..., top : top + _STRIP, :]
            strip.copy_(to_model(from_model(strip) * gain))
    return small[0], small[1]


def _at_size(image: Tensor, size: tuple[int, int]) -> Tensor:
    """A copy of an image (B, 3, H, W) at (height, width), each value the mean of its pixels."""
    if image.shape[-2:] == size:
        return frames.copied(image)
    return F.interpolate(image, size, mode="area")


def _gain(first: Tensor, second: Tensor) -> Tensor:
    """What brings the bright end of each pair to LEVEL, (B, 1, 1, 1). Black stays black."""
    step = max(1, first.shape[-2] // _ROWS)
    every = torch.cat([image[..., ::step, ::step] for image in (first, second)], dim=-1)
    brightness = from_model(every).abs().mean(dim=1).flatten(1)
    bright = torch.stack([pair.kthvalue(_rank(pair)).values for pair in brightness]).clamp(min=1e-6)
    return (LEVEL / bright).clamp(1 / RANGE, RANGE)[:, None, None, None]


def _rank(brightness: Tensor) -> int:
    """Which of the sorted values (n,) the level is, from 1 on."""
    counted = min(len(brightness), 2 * int(brightness.count_nonzero()))
    return min(len(brightness) - counted + max(1, int(BRIGHT * counted)), len(brightness))
