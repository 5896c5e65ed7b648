"""Views of a pair: the same frames turned, mirrored, or in the other order.

The motion network finds other motion in a pair that is mirrored, or whose frames change places.
Its views are estimates of one motion that err in different places: their mean errs less, and where
they differ the motion is not known. A view is one of the eight symmetries of a rectangle's grid
and one of the two orders of the frames, with the octave that it starts at (stages.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from ..paper.patches import Box
from .motion_network import MotionBlocks
from .motion_stages import PATCH, PixelFlow, found_in
from .seen_pair import SeenPair, seen_pair


class View(NamedTuple):
    """One way to see a pair: transposed first, then its columns and rows reversed."""

    transposed: bool = False
    mirrored: bool = False  # left to right
    flipped: bool = False  # top to bottom
    reversed: bool = False  # the second frame first

    def of(self, image: Tensor) -> Tensor:
        """An image (…, H, W) as it is in this view."""
        seen = image.transpose(-1, -2) if self.transposed else image
        return seen.flip(self._axes) if self._axes else seen

    def pair(self, first: Tensor, second: Tensor, fraction: Tensor) -> tuple[Tensor, ...]:
        """Both frames (…, H, W) and the fraction between them, in this view."""
        if self.reversed:
            first, second, fraction = second, first, 1 - fraction
        return self.of(first), self.of(second), fraction

    def undone(self, flow: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Flow (B, 4, h, w) and mask (B, 1, h, w) of this view as those of the pair itself."""
        if self._axes:
            flow, mask = flow.flip(self._axes), mask.flip(self._axes)
        across, down = (-1.0 if turned else 1.0 for turned in (self.mirrored, self.flipped))
        flow = flow * torch.tensor([across, down] * 2, device=flow.device)[:, None, None]
        if self.transposed:
            flow, mask = flow.transpose(-1, -2)[:, [1, 0, 3, 2]], mask.transpose(-1, -2)
        return (flow[:, [2, 3, 0, 1]], -mask) if self.reversed else (flow, mask)

    def box(self, box: Box, size: tuple[int, int]) -> Box:
        """Where a box of a frame of (height, width) pixels is in this view."""
        top, left, height, width = box
        if self.transposed:
            top, left, height, width, size = left, top, width, height, (size[1], size[0])
        top = size[0] - top - height if self.flipped else top
        left = size[1] - left - width if self.mirrored else left
        return Box(top, left, height, width)

    @property
    def _axes(self) -> list[int]:
        return [axis for axis, turned in ((-1, self.mirrored), (-2, self.flipped)) if turned]


def _view(name: str) -> View:
    """A view by the first letters of what it is."""
    return View(*(letter in name for letter in "tmfr"))


# In the order that samples take them: the frames as they are, which published figures are of; then,
# of those left, the one whose picture, added to the mean, errs least on the training clips, each
# source of clips counting alike.
VIEWS = tuple(
    _view(name)
    for name in (
        "", "tf", "tmr", "mfr", "tfr", "m", "tm", "tmfr",
        "mf", "tmf", "fr", "tr", "r", "mr", "t", "f",
    )
)  # fmt: skip


class PairFlow(Protocol):
    """What an estimate found of a pair, looked up where it is needed."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pair's frames."""

    def at(self, box: Box | None = None) -> tuple[Tensor, Tensor]:
        """Flow (B, 4, h, w) in pixels and the mask's logit (B, 1, h, w) in a box of the frame."""


class ViewFlow(NamedTuple):
    """What one view found of a pair, for each fraction that was asked for."""

    view: View
    found: PixelFlow  # of the turned pair

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pair's frames."""
        height, width = self.found.size
        return (width, height) if self.view.transposed else (height, width)

    def at(self, box: Box | None = None) -> tuple[Tensor, Tensor]:
        """Flow (B, 4, h, w) in pixels and the mask's logit (B, 1, h, w) in a box of the frame."""
        box = box or Box(0, 0, *self.size)
        return self.view.undone(*self.found.at(self.view.box(box, self.size)))


def view_flows(
    network: MotionBlocks,
    first: Tensor,
    second: Tensor,
    fractions: Tensor,
    views: Sequence[View],
    depth: int = 1,
    batch: int = 1,
    patch: tuple[int, int] = PATCH,
    before_block: Callable[[], None] = lambda: None,
) -> tuple[ViewFlow, ...]:
    """What each view finds of one pair at each of the fractions (F,).

    Pictures are (1, 3, H, W), display-encoded in [0, 1]. Views of one shape and fractions go
    through the network together, as many at a time as `batch` says.
    """
    asked = [(view, fraction) for view in views for fraction in fractions]
    found: dict[tuple[View, int], PixelFlow] = {}
    for shape in (False, True):
        same = [
            (index % len(fractions), *one)
            for index, one in enumerate(asked)
            if one[0].transposed == shape
        ]
        for start in range(0, len(same), batch):
            part = same[start : start + batch]
            seen, times = _seen_by([one[1:] for one in part], network, first, second)
            together = found_in(network, seen, times, depth, patch, before_block)
            del seen  # before the next are made
            for place, (number, view, _) in enumerate(part):
                found[view, number] = PixelFlow(together.found[place : place + 1], together.size)
    every = range(len(fractions))
    return tuple(ViewFlow(view, _joined([found[view, n] for n in every])) for view in views)


def _seen_by(
    asked: Sequence[tuple[View, Tensor]], network: MotionBlocks, first: Tensor, second: Tensor
) -> tuple[SeenPair, Tensor]:
    """A batch of the pair as each view sees it, and the fractions (B,) there."""
    pairs = [view.pair(first, second, fraction[None]) for view, fraction in asked]
    one, other, times = (
        side[0] if len(side) == 1 else torch.cat(side) for side in zip(*pairs, strict=True)
    )
    return seen_pair(network, one, other), times


def _joined(parts: Sequence[PixelFlow]) -> PixelFlow:
    """Several as a batch."""
    if len(parts) == 1:
        return parts[0]
    return PixelFlow(torch.cat([part.found for part in parts]), parts[0].size)
