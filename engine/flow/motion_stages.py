"""The motion network on frames of any size: coarse to fine, patch by patch, in little memory.

Every block of the network works on cells, pixels of the frame reduced by 16, 8, 4, 2 and 1. What
it found stays at its cells, and is looked up between them where the next block needs it. So no
block needs the whole frame at full size at once: it is run over patches of cells, with as much
around them as its convolutions see, and the result is the same whatever the patches are.

Depth is the octave that motion is first looked for at. At depth d the whole network runs on the
frame reduced by 2^(d-1). Each finer stage then doubles that, and its blocks from the second on
refine the flow and the mask that they are handed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..memory import frames
from ..paper.patches import Box, oriented
from .motion_network import FOUND, REDUCED, MotionBlocks
from .seen_pair import SeenPair, Size, seen_pair
from .warp import bilinear, warp_part

PATCH = (512, 768)  # cells of a patch, down and across, without what is around it
_AROUND = 40  # cells around a patch: what a block's convolutions see
_LONGER, _STEP = 1.25, 4  # than asked for, a patch at most; cells that a block reduces to one


class Level(NamedTuple):
    """What one block found, at its cells: flow to add, the mask's logit, features."""

    reduced: int  # pixels of the frame that a cell is wide
    found: Tensor  # (B, 13, h, w), flow in pixels of the frame; flow alone where another follows


class PixelFlow(NamedTuple):
    """The motion of a pair at every pixel."""

    found: Tensor  # (B, 5, h, w): flow in pixels, the mask's logit; as large as frames are padded
    size: Size  # of the frames

    def at(self, box: Box | None = None) -> tuple[Tensor, Tensor]:
        """Flow (B, 4, h, w) in pixels and the mask's logit (B, 1, h, w) in a box of the frame."""
        inside = self.found[(box or Box(0, 0, *self.size)).region]
        return inside[:, :4], inside[:, 4:]


def find(
    network: MotionBlocks,
    first: Tensor,
    second: Tensor,
    fraction: Tensor,
    depth: int = 1,
    patch: Size = PATCH,
    before_block: Callable[[], None] = lambda: None,
) -> PixelFlow:
    """Motion at `fraction` (B,) between two pictures (B, 3, H, W), display-encoded in [0, 1].

    Pictures may lie in other memory than the network: only what a patch needs is brought to its
    device, and what was found is kept where the pictures are. `before_block` is called before the
    network is, and may raise Cancelled.
    """
    pair = seen_pair(network, first, second)
    return found_in(network, pair, fraction, depth, patch, before_block)


def found_in(
    network: MotionBlocks,
    pair: SeenPair,
    fraction: Tensor,
    depth: int = 1,
    patch: Size = PATCH,
    before_block: Callable[[], None] = lambda: None,
) -> PixelFlow:
    """As `find`, in a pair whose features are there already."""
    levels: tuple[Level, ...] = ()
    if depth > 1:
        half = seen_pair(network, *pair.halved())
        levels = (_doubled(found_in(network, half, fraction, depth - 1, patch, before_block)),)
        del half
    for number in range(depth > 1, len(REDUCED)):
        found = _block(network, number, pair.sides, levels, fraction, patch, before_block)
        if number + 1 < len(REDUCED):
            levels = (*(Level(one.reduced, one.found[:, :4].clone()) for one in levels), found)
    return PixelFlow(found.found, pair.size)


def _block(
    network: MotionBlocks,
    number: int,
    seen: Sequence[Tensor],
    levels: Sequence[Level],
    fraction: Tensor,
    patch: Size,
    before_block: Callable[[], None],
) -> Level:
    """One block over the whole frame, patch by patch."""
    reduced = REDUCED[number]
    height, width = (side // reduced for side in seen[0].shape[-2:])
    size = len(seen[0]), FOUND[number], height, width
    found = frames.empty(size, device=seen[0].device)
    for inner in cell_boxes((height, width), patch):
        before_block()
        outer = inner.grown(_AROUND, height, width)
        cells = _cells(network, number, seen, levels, fraction, outer)
        found[inner.region] = cells[inner.within(outer).region].to(found.device)
        del cells  # before the next are made
    return Level(reduced, found)


def _cells(
    network: MotionBlocks,
    number: int,
    seen: Sequence[Tensor],
    levels: Sequence[Level],
    fraction: Tensor,
    box: Box,
) -> Tensor:
    """What a block finds in a box of cells; of the last one the flow is that of all blocks."""
    reduced, last = REDUCED[number], number + 1 == len(REDUCED)
    inputs, flow = _inputs(network, seen, levels, fraction, box, reduced)
    cells = network.block(number)(inputs, flow).float()
    cells[:, :4] *= reduced
    if last and flow is not None:
        cells[:, :4] += flow
    return cells


def cell_boxes(size: Size, patch: Size) -> list[Box]:
    """The patches that (height, width) cells are worked on in, side by side.

    They are alike, and up to a quarter longer than asked for where that makes fewer of them.
    """
    down, across = map(_even, size, oriented(patch, size))
    return [
        Box(top, left, min(down, size[0] - top), min(across, size[1] - left))
        for top in range(0, size[0], down)
        for left in range(0, size[1], across)
    ]


def _even(side: int, patch: int) -> int:
    """How long patches are along a side: multiples of what a block reduces by."""
    count = math.ceil(side / (_LONGER * patch))
    return math.ceil(side / count / _STEP) * _STEP


def largest_patch(size: Size, patch: Size) -> int:
    """How many cells the largest patch of (height, width) cells has, with what is around it."""
    outer = (inner.grown(_AROUND, *size) for inner in cell_boxes(size, patch))
    return max(box.height * box.width for box in outer)


def _inputs(
    network: MotionBlocks,
    seen: Sequence[Tensor],
    levels: Sequence[Level],
    fraction: Tensor,
    box: Box,
    reduced: int,
) -> tuple[Tensor, Tensor | None]:
    """What a block sees of a box of cells, and the flow there, in cells.

    Bilinear reducing takes the mean of a cell's middle four pixels. They never lie on both sides
    of a coarser cell's middle, so of what coarser blocks found it is the value in between.
    """
    rows = _middles(box.top, box.height, reduced, network.device)
    columns = _middles(box.left, box.width, reduced, network.device)
    flow, known = _known(levels, rows, columns)
    if reduced == 1:
        sides = _sides(seen, flow, rows, columns)
    else:
        sides = _of_four(seen, levels, rows, columns)
    parts = [*(side[:, :3] for side in sides), *(side[:, 3:] for side in sides)]
    parts.append(fraction.to(network.device)[:, None, None, None].expand_as(sides[0][:, :1]))
    inputs = torch.cat([*parts, *known], dim=1).to(network.dtype)
    return inputs, None if flow is None else flow / reduced


def _middles(start: int, count: int, reduced: int, device: torch.device) -> Tensor:
    """Where the middles of cells are along a side, (count,) in pixels of the frame."""
    return torch.arange(start, start + count, device=device) * reduced + (reduced - 1) / 2


def _of_four(
    seen: Sequence[Tensor], levels: Sequence[Level], rows: Tensor, columns: Tensor
) -> list[Tensor]:
    """The mean of each cell's middle four pixels, wherever they move to, in both pictures."""
    sums: list[Tensor] = []
    for place in product((rows - 0.5, rows + 0.5), (columns - 0.5, columns + 0.5)):
        flow, _ = _known([_flow_only(level) for level in levels], *place)
        sides = _sides(seen, flow, *place)
        sums = [one.add_(other) for one, other in zip(sums, sides, strict=True)] if sums else sides
    return [one.div_(4) for one in sums]


def _known(
    levels: Sequence[Level], rows: Tensor, columns: Tensor
) -> tuple[Tensor | None, list[Tensor]]:
    """The flow of all levels (B, 4, h, w) in pixels; mask and features of the last one.

    A coarser stage hands no features on: those of its last block are not what a second block was
    trained with.
    """
    flow: Tensor | None = None
    others: list[Tensor] = []
    for level in levels:
        here = _between(level, rows, columns)
        flow = here[:, :4] if flow is None else flow + here[:, :4]
        others = [F.pad(here[:, 4:], (0, 0, 0, 0, 0, FOUND[0] - here.shape[1]))]
    return flow, others


def _sides(
    seen: Sequence[Tensor], flow: Tensor | None, rows: Tensor, columns: Tensor
) -> list[Tensor]:
    """Both pictures and their features at the pixels of rows and columns, or where they move to."""
    if flow is None:
        at = rows.long(), columns.long()
        return [_picked(one, *at) for one in seen]
    ways = flow.chunk(2, dim=1)
    return [warp_part(one, way, rows, columns) for one, way in zip(seen, ways, strict=True)]


def _between(level: Level, rows: Tensor, columns: Tensor) -> Tensor:
    """A level's values at pixels, (B, C, rows, columns); beyond the outer cells they go on."""
    found = level.found
    places = [(axis + 0.5) / level.reduced - 0.5 for axis in (rows, columns)]
    starts, ends = [], []
    for place, side in zip(places, found.shape[-2:], strict=True):
        starts.append(min(max(int(place[0].floor()), 0), side - 1))
        ends.append(min(int(place[-1].floor()) + 2, side))
    near = found[..., starts[0] : ends[0], starts[1] : ends[1]].to(rows.device)
    y, x = (place - start for place, start in zip(places, starts, strict=True))
    return bilinear(near, x[None, None], y[None, :, None])


def _picked(seen: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """What is seen at these rows and columns; only that comes to their device."""
    near = seen[..., rows.to(seen.device), :][..., columns.to(seen.device)]
    return near.to(rows.device).float()


def _doubled(coarse: PixelFlow) -> Level:
    """The motion of a frame of half the size, as a level of the whole frame."""
    found = coarse.found
    found[:, :4] *= 2
    return Level(2, found)


def _flow_only(level: Level) -> Level:
    """A level without mask and features."""
    return Level(level.reduced, level.found[:, :4])
