"""The octave that motion is looked for at, by evidence: how deep the stages of a pair begin.

At depth 1 the network sees the frame at 1/16 first, and loses what moves further than a few of its
coarsest cells. A deeper start finds larger motion, and loses what is small and fast. So depth is
decided pair by pair, halfway between the frames, by how well the two warped frames agree: one more
stage is tried where motion is large, and kept where it takes a good part of the disagreement away.
Only the coarse blocks are run for that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..paper.patches import Box
from .motion_network import MotionBlocks
from .motion_stages import PATCH, Begun, begin, seen
from .warp import backward_warp
from .windows import length

NEAR = 24.0  # pixels between the frames: where less than 5 % move further, depth 1 is enough
BETTER = 0.86  # one more stage must leave less than this share of what disagrees
DEEPEST = 4
_SMALLEST = 96  # pixels along the shorter side of the smallest stage
_STRIP = 256  # rows


class Octave(NamedTuple):
    """How deep a pair's stages begin, and what the coarse blocks found of it halfway."""

    depth: int
    begun: Begun


def octave(
    network: MotionBlocks,
    first: Tensor,
    second: Tensor,
    patch: tuple[int, int] = PATCH,
    before_block: Callable[[], None] = lambda: None,
) -> Octave:
    """The depth for one pair of pictures (1, 3, H, W), display-encoded in [0, 1].

    It belongs to the pair, whatever fractions are asked for, so that motion stays one motion.
    """
    pair, half = (first, second), torch.tensor([0.5])
    seen_of_pair, deepest = seen(network, pair), deepest_for((first.shape[-2], first.shape[-1]))
    found, left = None, 0.0
    for depth in range(1, deepest + 1):
        begun = begin(network, pair, seen_of_pair, half, depth, patch, before_block)
        disagrees, furthest = _evidence(pair, begun)
        if found is not None and disagrees >= BETTER * left:
            break
        found, left = Octave(depth, begun), disagrees
        if furthest < NEAR:
            break
    assert found is not None  # depth 1 is always tried
    return found


def deepest_for(size: tuple[int, int]) -> int:
    """How deep a frame of (height, width) may begin: its smallest stage is still a picture."""
    depth = 1
    while depth < DEEPEST and min(size) >= _SMALLEST * 2**depth:
        depth += 1
    return depth


def _evidence(pair: tuple[Tensor, Tensor], begun: Begun) -> tuple[float, float]:
    """How much both warped frames differ on average; how far all but 5 % of the pixels move."""
    height, width = begun.size
    total, lengths = 0.0, []
    for top in range(0, height, _STRIP):
        box = Box(top, 0, min(_STRIP, height - top), width)
        flow = begun.flow(box)
        ways = zip(pair, flow.chunk(2, dim=1), strict=True)
        one, other = (backward_warp(*side, (top, 0)) for side in ways)
        total += (one - other).abs().sum().item()
        lengths.append(length((flow[:, 2:] - flow[:, :2])[..., ::4, ::4]).flatten())
    every = torch.cat(lengths)
    furthest = every.kthvalue(max(1, int(0.95 * len(every)))).values.item()
    return total / pair[0].numel(), furthest
