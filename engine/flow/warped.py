"""Both frames warped to the in-between along intermediate flow, and their mix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..paper.cascade import resize
from ..paper.patches import Box
from .blend_weights import WARPS
from .candidates import Candidates
from .curved import Bend
from .intermediate import IntermediateFlow, estimates, intermediate_flow
from .warp import backward_warp

_MAP = 768  # pixels along the longer side of a map of photometric error
_STRIP = 128  # rows
_FAINT = 1e-6  # weighed as much at least, so that no estimate's share is nothing over nothing


class WarpedFrames(NamedTuple):
    """What is known of an in-between inside a box; as one tensor in this order, (B, WARPED, h, w).

    Each picture is the mix of that picture of all estimates; motion is the first estimate's.
    """

    pictures: Tensor  # (B, 3 WARPS, h, w) in pairs of first and second
    motion: Tensor  # (B, 6, h, w) from_first, from_second less that, coverage
    weights: Tensor  # (B, WARPS, h, w) blend weights

    @classmethod
    def of(cls, channels: Tensor) -> WarpedFrames:
        """(B, WARPED, h, w) by name."""
        return cls(*torch.split(channels, [3 * WARPS, 6, WARPS], dim=1))

    def blend(self) -> Tensor:
        """The pictures by their blend weights: (B, 3, h, w)."""
        pictures = self.pictures.chunk(WARPS, dim=1)
        blend = torch.zeros_like(pictures[0])
        for number, picture in enumerate(pictures):
            blend.addcmul_(picture, self.weights[:, number : number + 1])
        return blend

    def sides(self) -> tuple[Tensor, Tensor]:
        """First and second, each by the weights of its own pictures: (B, 3, h, w)."""
        pictures = torch.stack(self.pictures.chunk(WARPS, dim=1), dim=1)
        counted = (self.weights + _FAINT)[:, :, None]
        first, second = (
            (pictures[:, side::2] * counted[:, side::2]).sum(1) / counted[:, side::2].sum(1)
            for side in (0, 1)
        )
        return first, second

    def mean(self, fraction: Tensor) -> Tensor:
        """The plain average, those of the nearer frame counting more: (B, 3, h, w)."""
        weight = fraction.float()[:, None, None, None]
        pictures = torch.stack(self.pictures.chunk(WARPS, dim=1))  # (WARPS, B, 3, h, w)
        return torch.lerp(pictures[0::2].mean(0), pictures[1::2].mean(0), weight)


class FlowPart(NamedTuple):
    """Which part of a frame intermediate flow is known in."""

    place: Box  # in pixels of the flow
    whole: tuple[int, int]  # (height, width) of the flow of all of the frame

    def across(self, x: Tensor) -> Tensor:
        """Places across the frame, -1 to 1, as places across the part."""
        return _within(x, self.whole[1], self.place.left, self.place.width)

    def down(self, y: Tensor) -> Tensor:
        """Places down the frame, -1 to 1, as places down the part."""
        return _within(y, self.whole[0], self.place.top, self.place.height)


def _within(place: Tensor, whole: int, start: int, length: int) -> Tensor:
    return place if length == whole else ((place + 1) * (whole / 2) - start) * (2 / length) - 1


WARPED = 4 * WARPS + 6  # channels of WarpedFrames as one tensor


def warp_frames(
    first: Tensor,
    second: Tensor,
    flow: Tensor,
    fraction: Tensor,
    box: Box | None = None,
    bend: Bend | None = None,
    part: FlowPart | None = None,
) -> Tensor:
    """Both frames (B, 3, H, W) warped by intermediate flow, inside a box: (B, WARPED, h, w).

    Where motion curves, `bend` says how; where the flow is known in a part of the frame, `part`
    says in which. The box is then needed.
    """
    offset = bend.at(box).to(flow.device) if bend and box else None
    known = estimates(_inside(flow, (first.shape[-2], first.shape[-1]), box, offset, part))
    weight = fraction.float()[:, None, None, None]
    origin = (box.top, box.left) if box else (0, 0)
    warped = [_pictures(first, second, estimate, weight, origin, offset) for estimate in known]
    counts = [estimate.weights for estimate in known]
    one = known[0]
    motion = [one.from_first, one.from_second - one.from_first, one.coverage]
    return torch.cat([*_mixed(warped, counts), *motion, torch.stack(counts).sum(0)], dim=1)


def searched_blend(
    first: Tensor, second: Tensor, fraction: float, flow: Tensor, bend: Bend | None = None
) -> Tensor:
    """The in-between of two frames (3, H, W) along intermediate flow of the search alone."""
    share = torch.tensor([fraction], device=first.device)
    (height, width), strips = first.shape[-2:], []
    for top in range(0, height, _STRIP):  # so that 8K needs no temporaries of the whole frame
        box = Box(top, 0, min(_STRIP, height - top), width)
        warped = warp_frames(first[None], second[None], flow, share, box, bend)
        strips.append(WarpedFrames.of(warped).blend()[0])
    return torch.cat(strips, dim=-2)


def searched_candidate(
    first: Tensor,
    second: Tensor,
    fraction: float,
    flow: Tensor,
    box: Box,
    bend: Bend | None = None,
    part: FlowPart | None = None,
) -> Candidates:
    """What the search makes of two frames (1, C, H, W) along intermediate flow: one candidate.

    What lies in a box of it, so that 8K needs no temporaries of the whole frame.
    """
    share = torch.tensor([fraction], device=first.device)
    sides = []
    for one, other in zip(torch.split(first, 3, 1), torch.split(second, 3, 1), strict=True):
        warped = WarpedFrames.of(warp_frames(one, other, flow, share, box, bend, part))
        sides.append(warped.sides())
    seen = warped.weights[:, 0::2].sum(1, keepdim=True)
    firsts, seconds = zip(*sides, strict=True)
    return Candidates(torch.cat(firsts, dim=1), torch.cat(seconds, dim=1), seen)


def _pictures(
    first: Tensor,
    second: Tensor,
    estimate: IntermediateFlow,
    weight: Tensor,
    origin: tuple[int, int],
    offset: Tensor | None,
) -> list[Tensor]:
    """The WARPS pictures of one estimate, (B, 3, h, w)."""
    ways = estimate.displacements(weight)
    if offset is not None:
        ways = [way - offset for way in ways]
    return [
        backward_warp((first, second)[number % 2], way, origin, "bicubic")  # no blur
        for number, way in enumerate(ways)
    ]


def _mixed(warped: Sequence[Sequence[Tensor]], counts: Sequence[Tensor]) -> Sequence[Tensor]:
    """Each of the WARPS pictures over all estimates, by their blend weights."""
    if len(warped) == 1:
        return warped[0]
    total = sum(counts) + len(counts) * _FAINT
    mixed = [torch.zeros_like(picture) for picture in warped[0]]
    for pictures, count in zip(warped, counts, strict=True):
        share = (count + _FAINT) / total
        for number, picture in enumerate(pictures):
            mixed[number].addcmul_(picture, share[:, number : number + 1])
    return mixed


def _inside(
    flow: Tensor,
    size: tuple[int, int],
    box: Box | None,
    offset: Tensor | None,
    part: FlowPart | None,
) -> Tensor:
    """The intermediate flow at every pixel of a box of the frame, which is about twice as large.

    Where there is an offset (1, 2, h, w), it is that of the pixel it leads from.
    """
    if box is None:
        return F.interpolate(flow, size, mode="bilinear")
    rows = torch.arange(box.height, device=flow.device) + box.top
    columns = torch.arange(box.width, device=flow.device) + box.left
    y = ((2 * rows + 1) / size[0] - 1)[:, None].expand(-1, box.width)
    x = ((2 * columns + 1) / size[1] - 1)[None].expand(box.height, -1)
    if offset is not None:
        x, y = x - offset[0, 0] * (2 / size[1]), y - offset[0, 1] * (2 / size[0])
    if part is not None:
        x, y = part.across(x), part.down(y)
    grid = torch.stack([x, y], dim=-1).expand(len(flow), -1, -1, -1)
    return F.grid_sample(flow, grid, padding_mode="border", align_corners=False)


def photometric_error(first: Tensor, second: Tensor, fraction: float, flows: Tensor) -> Tensor:
    """By how much two frames (3, H, W), each warped to the in-between, differ: (h, w).

    `flows` are an ensemble's first member (estimate.py). At most _MAP pixels long.
    """
    height, width = first.shape[-2:]
    scale = min(1.0, _MAP / max(height, width))
    size = max(2, round(height * scale)), max(2, round(width * scale))
    one, other = (resize(image, size)[None] for image in (first, second))
    ratio = torch.tensor([size[1] / width, size[0] / height]).repeat(flows.shape[1] // 2)
    half = max(1, size[0] // 2), max(1, size[1] // 2)
    here = F.interpolate(flows.float().cpu(), half, mode="area") * ratio[:, None, None]
    share = torch.tensor([fraction])
    flow = intermediate_flow(one, other, share, here)
    pictures = WarpedFrames.of(warp_frames(one, other, flow, share)).pictures.chunk(WARPS, dim=1)
    apart = torch.stack(pictures[0::2]).mean(0) - torch.stack(pictures[1::2]).mean(0)
    return apart.abs().mean(1)[0]
