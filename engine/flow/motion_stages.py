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
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..paper.patches import Box, oriented
from .motion_network import ENCODED, FEATURES, MULTIPLE, REDUCED, MotionBlocks, padded
from .warp import bilinear, warp_part

PATCH = (512, 768)  # cells of a patch, down and across, without what is around it
_AROUND = 48  # cells around a patch: more than a block's convolutions see
_STRIP = 512  # rows that are encoded at a time
_HALO = 16  # rows around a strip: more than the encoder sees
_FOUND = 4 + 1 + FEATURES  # channels: flow, mask, features


Size = tuple[int, int]  # height, width


class Level(NamedTuple):
    """What one block found, at its cells: flow to add, the mask's logit, features."""

    reduced: int  # pixels of the frame that a cell is wide
    found: Tensor  # (B, 13, h, w), flow in pixels of the frame


class BlockFlows(NamedTuple):
    """The motion of a pair, block by block; `at` gives it at the pixels of a box."""

    levels: tuple[Level, ...]
    size: tuple[int, int]  # (height, width) of the frames

    def at(self, box: Box | None = None) -> tuple[Tensor, Tensor]:
        """Flow (B, 4, h, w) in pixels and the mask's logit (B, 1, h, w) in a box of the frame."""
        box = box or Box(0, 0, *self.size)
        device = self.levels[-1].found.device
        rows = torch.arange(box.top, box.top + box.height, device=device)
        columns = torch.arange(box.left, box.left + box.width, device=device)
        flow, mask, _ = _sampled_levels(self.levels, rows, columns, device)
        return flow, mask


def find(
    network: MotionBlocks,
    first: Tensor,
    second: Tensor,
    fraction: Tensor,
    depth: int = 1,
    patch: Size = PATCH,
    before_block: Callable[[], None] = lambda: None,
) -> BlockFlows:
    """Motion at `fraction` (B,) between two pictures (B, 3, H, W), display-encoded in [0, 1].

    Pictures may lie in other memory than the network: only what a patch needs is brought to its
    device, and what was found is kept where the pictures are. `before_block` is called before the
    network is, and may raise Cancelled.
    """
    size = first.shape[-2], first.shape[-1]
    levels: tuple[Level, ...] = ()
    if depth > 1:
        half = [math.ceil(side / 2) for side in size]
        smaller = [F.interpolate(one, half, mode="area") for one in (first, second)]
        coarse = find(network, smaller[0], smaller[1], fraction, depth - 1, patch, before_block)
        levels = tuple(_doubled(level) for level in coarse.levels)
    seen = [encoded(network, padded(picture, MULTIPLE)) for picture in (first, second)]
    for number in range(1 if levels else 0, len(REDUCED)):
        levels = (*levels, _block(network, number, seen, levels, fraction, patch, before_block))
        levels = (*(_flow_only(level) for level in levels[:-1]), levels[-1])
    return BlockFlows(levels, size)


def encoded(network: MotionBlocks, picture: Tensor) -> Tensor:
    """A picture and its features, (B, 3 + ENCODED, H, W), where the picture is.

    In the network's precision. Made strip by strip; the height is a multiple of MULTIPLE.
    """
    batch, _, height, width = picture.shape
    made = picture.new_empty(batch, 3 + ENCODED, height, width, dtype=network.dtype)
    made[:, :3] = picture
    for top in range(0, height, _STRIP):
        start, end = max(0, top - _HALO), min(height, top + _STRIP + _HALO)
        strip = picture[..., start:end, :].to(network.device, network.dtype)
        features = network.encode(strip)[..., top - start : top - start + _STRIP, :]
        made[:, 3:, top : top + _STRIP] = features.to(picture.device)
    return made


def _block(
    network: MotionBlocks,
    number: int,
    seen: Sequence[Tensor],
    levels: Sequence[Level],
    fraction: Tensor,
    patch: Size,
    before_block: Callable[[], None],
) -> Level:
    """One block over the whole frame, patch by patch; nobody asks for the last one's features."""
    reduced, kept = REDUCED[number], _FOUND if number + 1 < len(REDUCED) else _FOUND - FEATURES
    height, width = (side // reduced for side in seen[0].shape[-2:])
    found = seen[0].new_empty(len(seen[0]), kept, height, width, dtype=torch.float32)
    for inner in cell_boxes((height, width), patch):
        before_block()
        outer = inner.grown(_AROUND, height, width)
        inputs, flow = _inputs(network, seen, levels, fraction, outer, reduced)
        cells = network.block(number)(inputs, flow).float()
        cells[:, :4] *= reduced
        found[inner.region] = cells[:, :kept][inner.within(outer).region].to(found.device)
    return Level(reduced, found)


def cell_boxes(size: Size, patch: Size) -> list[Box]:
    """The patches that (height, width) cells are worked on in, side by side."""
    down, across = oriented(patch, size)
    return [
        Box(top, left, min(down, size[0] - top), min(across, size[1] - left))
        for top in range(0, size[0], down)
        for left in range(0, size[1], across)
    ]


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
    """What a block sees of a box of cells, reduced already; and the flow there, in cells."""
    device = network.device
    rows, columns = (
        _points(start, count, reduced).to(device)
        for start, count in ((box.top, box.height), (box.left, box.width))
    )
    known = _sampled_levels(levels, rows, columns, device) if levels else None
    ways = known[0].chunk(2, dim=1) if known else (None, None)
    sides = [_sampled(one, way, rows, columns) for one, way in zip(seen, ways, strict=True)]
    parts = [*(side[:, :3] for side in sides), *(side[:, 3:] for side in sides)]
    parts.append(fraction.to(device)[:, None, None, None].expand_as(sides[0][:, :1]))
    parts += known[1:] if known else ()
    inputs = torch.cat([_cells(part, reduced) for part in parts], dim=1).to(network.dtype)
    return inputs, _cells(known[0], reduced) / reduced if known else None


def _points(start: int, count: int, reduced: int) -> Tensor:
    """The rows or columns of the frame that bilinear reducing reads: a cell's middle two."""
    cells = torch.arange(start, start + count)
    if reduced == 1:
        return cells
    middle = cells * reduced + reduced // 2
    return torch.stack([middle - 1, middle], dim=1).flatten()


def _cells(points: Tensor, reduced: int) -> Tensor:
    """Values at a cell's middle points, as the cell's value."""
    return points if reduced == 1 else F.avg_pool2d(points, 2)


def _sampled_levels(
    levels: Sequence[Level], rows: Tensor, columns: Tensor, device: torch.device
) -> tuple[Tensor, Tensor, Tensor]:
    """Flow, mask and features at the pixels of these rows and columns, bilinear between cells.

    Flow is the sum of all levels; mask and features are the last one's. A coarser stage hands no
    features on: those of its last block are not what a second block was trained with.
    """
    parts = [_between(level, rows, columns, device) for level in levels]
    flow, last = torch.stack([part[:, :4] for part in parts]).sum(0), parts[-1]
    if last.shape[1] < _FOUND:
        last = F.pad(last, (0, 0, 0, 0, 0, _FOUND - last.shape[1]))
    return flow, last[:, 4:5], last[:, 5:]


def _between(level: Level, rows: Tensor, columns: Tensor, device: torch.device) -> Tensor:
    """A level's values at pixels, (B, C, rows, columns); beyond the outer cells they go on."""
    found = level.found
    places = [(axis + 0.5) / level.reduced - 0.5 for axis in (rows, columns)]
    starts, ends = [], []
    for place, side in zip(places, found.shape[-2:], strict=True):
        starts.append(min(max(int(place[0].floor()), 0), side - 1))
        ends.append(min(int(place[-1].floor()) + 2, side))
    near = found[..., starts[0] : ends[0], starts[1] : ends[1]].to(device)
    y, x = (place - start for place, start in zip(places, starts, strict=True))
    return bilinear(near, x[None, None], y[None, :, None])


def _sampled(seen: Tensor, way: Tensor | None, rows: Tensor, columns: Tensor) -> Tensor:
    """A picture and its features at the pixels of these rows and columns, or where they move to.

    Only the part that is met comes to the device of the rows.
    """
    if way is None:
        near = seen[..., rows.to(seen.device), :][..., columns.to(seen.device)]
        return near.to(rows.device).float()
    return warp_part(seen, way, rows, columns)


def _doubled(level: Level) -> Level:
    """A level of a frame of half the size, as one of the whole frame; later blocks start anew."""
    found = level.found.clone()
    found[:, :4] *= 2
    return Level(level.reduced * 2, found)


def _flow_only(level: Level) -> Level:
    """A level that another one follows: only its flow still counts, and is kept."""
    return Level(level.reduced, level.found[:, :4].clone())
