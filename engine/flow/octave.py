"""The octave that motion is looked for at, by evidence: how deep the stages of a pair begin.

At depth 1 the network sees the frame at 1/16 first, and loses what moves further than a few of its
coarsest cells. A deeper start finds larger motion, and loses what is small and fast. So depth is
decided pair by pair, halfway between the frames, by how well the two warped frames agree: one more
stage is tried where motion is large, and kept where it takes a good part of the disagreement away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from ..paper.patches import Box
from .candidates import warp_candidates
from .motion_network import MotionBlocks
from .motion_stages import PATCH, found_in
from .seen_pair import SeenPair
from .views import View, ViewFlow
from .windows import length

NEAR = 24.0  # pixels between the frames: where less than 5 % move further, depth 1 is enough
BETTER = 0.88  # one more stage must leave less than this share of what disagrees
DEEPEST = 4
_SMALLEST = 96  # pixels along the shorter side of the smallest stage
_STRIP = 256  # rows


class Octave(NamedTuple):
    """How deep a pair's stages begin, and what the view that it was tried with found halfway."""

    depth: int
    view_flow: ViewFlow


def octave(
    network: MotionBlocks,
    pair: SeenPair,
    patch: tuple[int, int] = PATCH,
    before_block: Callable[[], None] = lambda: None,
) -> Octave:
    """The depth for one pair of pictures, by the view that sees them as they are.

    It belongs to the pair, whatever fractions are asked for, so that motion stays one motion.
    """
    half = torch.tensor([0.5])
    found, left = None, 0.0
    for depth in range(1, deepest_for(pair.size) + 1):
        tried = ViewFlow(View(), found_in(network, pair, half, depth, patch, before_block))
        disagrees, furthest = _seen(*pair.pictures, tried)
        if found is not None and disagrees >= BETTER * left:
            break
        found, left = Octave(depth, tried), disagrees
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


def _seen(first: Tensor, second: Tensor, view_flow: ViewFlow) -> tuple[float, float]:
    """How much both warped frames differ on average; how far all but 5 % of the pixels move."""
    height, width = view_flow.size
    total, lengths = 0.0, []
    for top in range(0, height, _STRIP):
        box = Box(top, 0, min(_STRIP, height - top), width)
        flow, mask = view_flow.at(box)
        sides = warp_candidates(first, second, flow, mask, box)
        total += (sides.first - sides.second).abs().sum().item()
        lengths.append(length((flow[:, 2:] - flow[:, :2])[..., ::4, ::4]).flatten())
    every = torch.cat(lengths)
    furthest = every.kthvalue(max(1, int(0.95 * len(every)))).values.item()
    return total / first.numel(), furthest
