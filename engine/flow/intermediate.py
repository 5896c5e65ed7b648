"""Intermediate flow: the motion between two frames, as seen from a time in between.

Not in the paper, whose network learns correspondence from 30 million videos. Here each pixel's
motion is carried along itself to the in-between (forward splatting), and says where its pictures
are sampled from in both frames (backward warping); blend weights say how much each counts.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..paper.cascade import half_size
from .blend_weights import WARPS, blend_weights
from .exposure import evenly_exposed
from .splat import forward_splat, importance

Size = tuple[int, int]


class IntermediateFlow(NamedTuple):
    """What one estimate of the motion says of one in-between, at about half of the frame's size.

    Motion is (x, y) in pixels of the full frame. As one tensor, (B, CHANNELS, h, w), in this order.
    """

    from_first: Tensor  # (B, 2, h, w) first to second, splatted from the first frame
    from_second: Tensor  # (B, 2, h, w) first to second, splatted from the second frame
    forward: Tensor  # (B, 2, h, w) first to second, seen from the first frame
    backward: Tensor  # (B, 2, h, w) second to first, seen from the second frame
    coverage: Tensor  # (B, 2, h, w) how much of first and second arrives here: 1, or 0 where none
    weights: Tensor  # (B, WARPS, h, w) blend weights; they add up to 1 over all estimates

    @classmethod
    def of(cls, channels: Tensor) -> IntermediateFlow:
        """One estimate's (B, CHANNELS, h, w), by name."""
        return cls(*torch.split(channels, list(_WIDTHS), dim=1))

    def displacements(self, fraction: Tensor) -> list[Tensor]:
        """Where the WARPS pictures are sampled from: (B, 2, h, w), first and second in turn.

        `fraction` is (B, 1, 1, 1).
        """
        pairs = [
            (-fraction * motion, (1 - fraction) * motion)
            for motion in (self.from_first, self.from_second)
        ]
        pairs.append((fraction * self.backward, (1 - fraction) * self.forward))
        return [displacement for pair in pairs for displacement in pair]


_WIDTHS = (2, 2, 2, 2, 2, WARPS)
CHANNELS = sum(_WIDTHS)
_MOTION = 8  # the first of them, which are motion
_IN_FRONT = 100.0  # times as important is what is known to be


def estimates(stacked: Tensor) -> list[IntermediateFlow]:
    """The estimates of (B, n CHANNELS, h, w), by name."""
    return [IntermediateFlow.of(channels) for channels in torch.split(stacked, CHANNELS, dim=1)]


def intermediate_flow(first: Tensor, second: Tensor, fraction: Tensor, flows: Tensor) -> Tensor:
    """The flows of a pair as seen from its in-between at `fraction` (B,): (B, n CHANNELS, h, w).

    Frames are (B, 3, H, W) in the model's range; `flows` are those of n estimates, four channels
    each (estimate.py), in pixels of the full frame.
    """
    small = evenly_exposed(first, second, _size(flows))
    return intermediate_flow_at(small, _size(first), _size(flows), fraction, flows)


def intermediate_flow_at(
    small: tuple[Tensor, Tensor],
    full: Size,
    size: Size,
    fraction: Tensor,
    flows: Tensor,
    front: tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    """The same of frames that are evenly exposed and as large as `flows`, or the same part of them.

    `full` and `size` are (height, width) of whole frames before and after they were made smaller.
    What is in `front` of either frame, (B, 1, h, w) of booleans, goes before what it meets.
    """
    scale = _scale(size, full, flows.device)  # to pixels of this size
    weight = fraction.float()[:, None, None, None]
    count = flows.shape[1] // 4
    made = flows.new_empty(len(flows), count * CHANNELS, *_size(flows))
    parts = torch.split(made, CHANNELS, dim=1)
    for flow, part in zip(torch.split(flows, 4, dim=1), parts, strict=True):
        _splat(small, flow, weight, scale, part, front)

    def displacements(rows: slice) -> list[Tensor]:
        return [
            displacement
            for part in parts
            for displacement in _in_pixels(part, scale, rows).displacements(weight)
        ]

    coverage = torch.cat([part[:, _MOTION:-WARPS] for part in parts], dim=1)
    weights = blend_weights(small, displacements, coverage, fraction)
    for part, of_part in zip(parts, torch.split(weights, WARPS, dim=1), strict=True):
        part[:, -WARPS:] = of_part
    return made


def _splat(
    frames: tuple[Tensor, Tensor],
    flow: Tensor,
    weight: Tensor,
    scale: Tensor,
    part: Tensor,
    front: tuple[Tensor, Tensor] | None,
) -> None:
    """Write all but the weights of one estimate into `part`, (B, CHANNELS, h, w)."""
    forward, backward = (way * scale for way in flow.chunk(2, dim=1))
    counts = importance(frames[0], frames[1], forward), importance(frames[1], frames[0], backward)
    for count, before in zip(counts, front or (), strict=False):
        count[before] *= _IN_FRONT
    into = IntermediateFlow.of(part)
    from_first, into.coverage[:, :1] = forward_splat(forward, weight, counts[0])
    from_second, into.coverage[:, 1:] = forward_splat(backward, 1 - weight, counts[1])
    into.from_first[:], into.from_second[:] = from_first / scale, -from_second / scale
    part[:, 4:_MOTION] = flow


def _in_pixels(part: Tensor, scale: Tensor, rows: slice) -> IntermediateFlow:
    """Some rows of an estimate with its motion in pixels of its own size."""
    here = part[:, :, rows]
    motion = here[:, :_MOTION] * scale.repeat(4, 1, 1)
    return IntermediateFlow.of(torch.cat([motion, here[:, _MOTION:]], dim=1))


def for_size(flow: Tensor, full: Size, frame: Tensor) -> Tensor:
    """The intermediate flow of frames of (height, width) `full`, for frames as large as `frame`.

    It is then about half of their size; for frames of that very size it stays as it is.
    """
    size = _size(frame)
    if size == full:
        return flow
    return resized(flow, half_size(frame), (size[0] / full[0], size[1] / full[1]))


def resized(flow: Tensor, size: Size, ratio: tuple[float, float]) -> Tensor:
    """Intermediate flow at (height, width) `size`, its motion (down, across) times `ratio`."""
    down, across = ratio
    scale = torch.tensor([across, down] * 4 + [1.0] * (2 + WARPS), device=flow.device)
    scale = scale.repeat(flow.shape[1] // CHANNELS)
    smaller = size[0] <= flow.shape[-2] and size[1] <= flow.shape[-1]
    at_size = F.interpolate(flow, size, mode="area" if smaller else "bilinear")
    return at_size * scale[:, None, None]


def searched_vectors(flow: Tensor, fraction: float, size: Size) -> Tensor:
    """Displacements to both frames of (height, width), and visibility of the first: (5, H, W).

    Of the first estimate in `flow` (1, n CHANNELS, h, w); both of its motions count alike.
    """
    estimate = IntermediateFlow.of(F.interpolate(flow[:, :CHANNELS], size, mode="bilinear"))
    motion = (estimate.from_first + estimate.from_second)[0] / 2
    first = estimate.weights[0, 0::2].sum(0, keepdim=True)
    second = estimate.weights[0, 1::2].sum(0, keepdim=True)
    seen = first / (first + second).clamp(min=1e-6)
    return torch.cat([-fraction * motion, (1 - fraction) * motion, seen])


def _size(image: Tensor) -> Size:
    return image.shape[-2], image.shape[-1]


def _scale(size: Size, full: Size, device: torch.device) -> Tensor:
    ratio = [size[1] / full[1], size[0] / full[0]]
    return torch.tensor(ratio, device=device)[:, None, None]
