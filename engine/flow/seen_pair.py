"""Two pictures as the motion network sees them: with their features, made once.

What is seen does not depend on the fraction between the pictures, nor on the octave that motion is
first looked for at.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..memory import frames
from .motion_network import ENCODED, MULTIPLE, MotionBlocks

_STRIP = 512  # rows that are encoded at a time
_HALO = 16  # rows around a strip: more than the encoder sees

Size = tuple[int, int]  # height, width


class SeenPair(NamedTuple):
    """Two pictures and their features, where the pictures are, in the network's precision."""

    sides: tuple[Tensor, Tensor]  # (B, 3 + ENCODED, h, w): as large as pictures are padded
    pictures: tuple[Tensor, Tensor]  # (B, 3, H, W); of single precision they are parts of the sides

    @property
    def size(self) -> Size:
        """(height, width) of the pictures."""
        return self.pictures[0].shape[-2], self.pictures[0].shape[-1]

    def halved(self) -> tuple[Tensor, Tensor]:
        """Both pictures, half as large."""
        first, second = self.pictures
        return _halved(first), _halved(second)


def seen_pair(network: MotionBlocks, first: Tensor, second: Tensor) -> SeenPair:
    """Two pictures (B, 3, H, W), display-encoded in [0, 1], with their features."""
    one, other = _encoded(network, first), _encoded(network, second)
    if network.dtype != torch.float32:
        return SeenPair((one, other), (first, second))
    height, width = first.shape[-2:]
    first, second = (side[:, :3, :height, :width] for side in (one, other))
    return SeenPair((one, other), (first, second))


def _encoded(network: MotionBlocks, picture: Tensor) -> Tensor:
    """A picture and its features, (B, 3 + ENCODED, h, w), made strip by strip.

    Its lower and right border is repeated until both sides are multiples of MULTIPLE.
    """
    height, width = (math.ceil(side / MULTIPLE) * MULTIPLE for side in picture.shape[-2:])
    size = len(picture), 3 + ENCODED, height, width
    made = frames.empty(size, network.dtype, picture.device)
    _lay(picture, made[:, :3])
    for top in range(0, height, _STRIP):
        start, end = max(0, top - _HALO), min(height, top + _STRIP + _HALO)
        strip = made[:, :3, start:end].to(network.device)
        features = network.encode(strip)[..., top - start : top - start + _STRIP, :]
        made[:, 3:, top : top + _STRIP] = features.to(picture.device)
    return made


def _lay(picture: Tensor, wide: Tensor) -> None:
    """Write a picture (B, 3, H, W) into a larger one, whose border is repeated."""
    height, width = picture.shape[-2:]
    wide[..., :height, :width] = picture
    wide[..., :height, width:] = wide[..., :height, width - 1 : width]
    wide[..., height:, :] = wide[..., height - 1 : height, :]


def _halved(picture: Tensor) -> Tensor:
    """Half as large, by the mean of what a pixel covers."""
    half = [math.ceil(side / 2) for side in picture.shape[-2:]]
    if not any(side % 2 for side in picture.shape[-2:]):
        return F.avg_pool2d(picture, 2)  # the same, five times as fast
    return F.interpolate(picture, half, mode="area")
