"""Candidates for an in-between: what each view_flow of the motion makes of the two frames.

An view_flow of any kind (a view of the motion network, the search, the still picture) makes three
things: the first frame brought to the in-between, the second one, and how much of the first is
seen. They are kept apart, because what speaks for an view_flow is how its two pictures agree, and
because whoever chooses between view_flows, today weights by evidence, may be a network one day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..paper.patches import Box


class Candidates(NamedTuple):
    """N candidates of one in-between; images may have any number of channels."""

    first: Tensor  # (N, C, h, w): the first frame, brought to the in-between
    second: Tensor  # (N, C, h, w): the second one
    seen: Tensor  # (N, 1, h, w) in [0, 1]: how much of the first is seen here

    @property
    def pictures(self) -> Tensor:
        """The in-between by each candidate, (N, C, h, w)."""
        return torch.lerp(self.second, self.first, self.seen)


def warp_candidates(
    first: Tensor, second: Tensor, flow: Tensor, mask: Tensor, box: Box | None = None
) -> Candidates:
    """What motion makes of two whole frames (1, C, H, W), inside a box of them.

    `flow` (N, 4, h, w) in pixels and the mask's logit (N, 1, h, w) are those of the box. Frames are
    not clamped: highlights and negative values are warp_candidates as they are.
    """
    origin = (box.top, box.left) if box else (0, 0)
    ways = flow.chunk(2, dim=1)
    sides = [sampled(frame, way, origin) for frame, way in zip((first, second), ways, strict=True)]
    return Candidates(sides[0], sides[1], torch.sigmoid(mask.float()))


def still(first: Tensor, second: Tensor, fraction: float, box: Box | None = None) -> Candidates:
    """The frames as they stand (1, C, H, W): right where nothing moves."""
    sides = [frame if box is None else frame[box.region] for frame in (first, second)]
    return Candidates(sides[0], sides[1], torch.full_like(sides[0][:, :1], 1 - fraction))


def together(candidates: Sequence[Candidates]) -> Candidates:
    """Several candidates' tensors as one set of them."""
    firsts, seconds, seen = zip(*candidates, strict=True)
    return Candidates(torch.cat(firsts), torch.cat(seconds), torch.cat(seen))


def sampled(frame: Tensor, way: Tensor, origin: tuple[int, int] = (0, 0)) -> Tensor:
    """A frame (1, C, H, W) taken from where displacements (N, 2, h, w; x, y) of a box point to.

    `origin` is top and left of the box. Bilinear; the border goes on beyond itself. Only the part
    of the frame that is met comes to the memory of the displacements.
    """
    height, width = frame.shape[-2:]
    rows = torch.arange(way.shape[-2], device=way.device, dtype=torch.float32) + origin[0]
    columns = torch.arange(way.shape[-1], device=way.device, dtype=torch.float32) + origin[1]
    x = (columns + way[:, 0]).clamp(0, width - 1)
    y = (rows[:, None] + way[:, 1]).clamp(0, height - 1)
    left, top = int(x.amin()), int(y.amin())
    near = frame[..., top : int(y.amax()) + 2, left : int(x.amax()) + 2].to(way.device).float()
    sides = near.shape[-1], near.shape[-2]
    places = (
        (place - start) * (2 / max(side - 1, 1)) - 1
        for place, start, side in zip((x, y), (left, top), sides, strict=True)
    )
    return F.grid_sample(
        near.expand(len(way), -1, -1, -1), torch.stack(list(places), dim=-1),
        padding_mode="border", align_corners=True,
    )  # fmt: skip
