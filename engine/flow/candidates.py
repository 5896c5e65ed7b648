"""Candidates for an in-between: what each estimate of the motion makes of the two frames.

An estimate of any kind (a view of the motion network, the search, the still picture) makes three
things: the first frame brought to the in-between, the second one, and how much of the first is
seen. They are kept apart, because what speaks for an estimate is how its two pictures agree, and
because whoever chooses between estimates, today weights by evidence, may be a network one day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from ..color import WHITE
from ..paper.patches import Box
from .warp import warp_part


class Candidates(NamedTuple):
    """N candidates of one in-between; images may have any number of channels."""

    first: Tensor  # (N, C, h, w): the first frame, brought to the in-between
    second: Tensor  # (N, C, h, w): the second one
    seen: Tensor  # (N, 1, h, w) in [0, 1]: how much of the first is seen here

    def to(self, device: torch.device) -> Candidates:
        """The same in another memory."""
        return Candidates(*(part.to(device) for part in self))

    @property
    def pictures(self) -> Tensor:
        """The in-between by each candidate, (N, C, h, w)."""
        return torch.lerp(self.second, self.first, self.seen)


def warp_candidates(
    first: Tensor, second: Tensor, flow: Tensor, mask: Tensor, box: Box | None = None
) -> Candidates:
    """What motion makes of two whole frames (1, C, H, W), inside a box of them.

    `flow` (N, 4, h, w) in pixels and the mask's logit (N, 1, h, w) are those of the box. Frames are
    not clamped: highlights and negative values are warped as they are.
    """
    box = box or Box(0, 0, *first.shape[-2:])
    rows = torch.arange(box.top, box.top + box.height, device=flow.device)
    columns = torch.arange(box.left, box.left + box.width, device=flow.device)
    sides = [
        warp_part(frame, displacement, rows, columns)
        for frame, displacement in zip((first, second), flow.chunk(2, dim=1), strict=True)
    ]
    return Candidates(sides[0], sides[1], torch.sigmoid(mask.float()))


def still(first: Tensor, second: Tensor, fraction: float, box: Box | None = None) -> Candidates:
    """The frames as they stand (1, C, H, W): right where nothing moves."""
    sides = [frame if box is None else frame[box.region] for frame in (first, second)]
    return Candidates(sides[0], sides[1], torch.full_like(sides[0][:, :1], 1 - fraction))


def pictures_of(candidates: Sequence[Candidates]) -> Tensor:
    """The in-betweens (N, C, h, w) by several candidates."""
    return torch.cat([one.pictures for one in candidates])


def shown(pictures: Tensor) -> Tensor:
    """The main color of pictures (N, C, h, w) in the model's range, as a display shows it."""
    return (pictures[:, :3] / WHITE).clamp(0, 1)
