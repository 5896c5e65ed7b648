"""What stands in front of all that moves, as burnt-in letters do over a pan.

The motion network takes letters along with the pan: it doubles them, and its motion is wrong all
around them. They are told from the frames: a structure that is the same in both, where what is
around moves on, though by that motion it should be elsewhere in either frame. The motion of what is
behind is averaged around the letters, without them; along it each frame shows what the letters of
the other one hide. A few pixels that happen to be alike are no letters: of the structures that
contradict the motion around, a good part has to stand.

Frames are (1, C, H, W) in the model's range, main color first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..paper.patches import Box
from .candidate_weights import contrast, distance, wide_mean
from .candidates import Candidates, shown
from .views import PairFlow
from .warp import bilinear, warp_part
from .windows import box_max, box_mean, length

STRUCTURE, CHANGED = 0.06, 0.3  # contrast of a structure; what of it a pixel may differ by
APART = 0.1  # what is so far from where the motion around leads contradicts it
STANDING, OVER = 0.2, 41  # the part of what contradicts that stands at least, over so many pixels
CROWD, CROWDED = 13, 0.1  # and the part of all pixels
ALIKE, STROKE = 0.05, 8  # what differs less belongs to a letter so many pixels away
MOVING, EVENLY = 2.0, 0.3  # pixels of motion behind, and how even it is where it meets a letter
MOST, SO = 0.5, 0.5  # the part of all around that moves so, and how much of it may differ
BETTER = 0.06  # by how much frames agree more along the motion behind than along the views
_CELL = 4  # pixels that share the motion behind
_NEAR, _FAR, _UNSURE = 7, 21, 0.02  # cells it is averaged over; where letters are dense, more
_NONE = 0.1  # less than that stands nowhere
_AWAY, _REACH = 9, 5  # pixels around a structure that it disturbs


class Standing(NamedTuple):
    """What stands in a whole frame, and how what is behind moves."""

    letters: Tensor  # (1, 1, H, W) of bytes: 255 where something stands
    motion: Tensor  # (1, 4, H / 4, W / 4) from the in-between to first and second, in pixels

    def behind(self, first: Tensor, second: Tensor, fraction: float, box: Box) -> Candidates:
        """What is behind, in a box: each frame counts where nothing stands before it."""
        rows, columns = _grid(box, self.motion.device)
        flow = _at(self.motion, columns, rows)
        sides, free = [], []
        for frame, way in zip((first, second), flow.chunk(2, dim=1), strict=True):
            sides.append(warp_part(frame, way, rows, columns))
            free.append(1 - warp_part(self.letters, way, rows, columns) / 255 + 1e-3)
        one, other = free[0] * (1 - fraction), free[1] * fraction
        return Candidates(sides[0], sides[1], one / (one + other))

    def weights(self, weights: Tensor, views: Candidates, behind: Candidates, box: Box) -> Tensor:
        """Weights (N, 1, h, w) with that of what is behind before that of the still picture."""
        rows, columns = _grid(box, self.motion.device)
        here, *hidden = self._hides(rows, columns)
        touched = box_max(torch.maximum(here, torch.maximum(*hidden)), _REACH)
        error = box_mean(distance(shown(views.first), shown(views.second)), 3)
        error = box_max(error.mean(0, keepdim=True), 5)
        seen = (1 - hidden[0]) * (1 - hidden[1])
        along = box_mean(distance(shown(behind.first), shown(behind.second)) * seen, 3)
        disturbed = box_mean(touched, 5) * _more(error - along, BETTER)
        front = 1 - here
        rest = weights[:-1] * (1 - disturbed) * front
        back = disturbed * (1 - weights[-1:]) * front * (1 - hidden[0] * hidden[1])
        return torch.cat([rest, back, 1 - rest.sum(0, keepdim=True) - back])

    def _hides(self, rows: Tensor, columns: Tensor) -> list[Tensor]:
        """How far letters are here, and where first and second frame would be looked at."""
        flow = _at(self.motion, columns, rows)
        ways = (torch.zeros_like(flow[:, :2]), *flow.chunk(2, dim=1))
        return [warp_part(self.letters, way, rows, columns) / 255 for way in ways]


def standing(
    first: Tensor,
    second: Tensor,
    view: PairFlow,
    tiles: Iterable[tuple[Box, Box]],
    device: torch.device,
    check: Callable[[], None],
) -> Standing | None:
    """What stands before all that moves by a view of a pair; nothing where nothing does.

    `tiles` are what is looked at at a time, and what of it counts; `check` is called in between.
    """
    tiles = tuple(tiles)
    motion = _motion_behind(first, second, view, tiles, device, check)
    if not (_across(motion[:, :4]) > MOVING).any():
        return None
    letters = torch.zeros_like(first[:, :1], dtype=torch.uint8)
    for inner, outer in tiles:
        check()
        found = _letters(first, second, motion, outer)[inner.within(outer).region]
        letters[inner.region] = (255 * found).round().byte()
    return Standing(letters, motion[:, :4]) if letters.any() else None


def _motion_behind(
    first: Tensor,
    second: Tensor,
    view: PairFlow,
    tiles: Iterable[tuple[Box, Box]],
    device: torch.device,
    check: Callable[[], None],
) -> Tensor:
    """The motion around each pixel of what does not stand, and whether most of all moves like that.

    (1, 5, H / 4, W / 4): to first and second in pixels; and in [0, 1].
    """
    size = (-(-side // _CELL) for side in first.shape[-2:])
    sums = torch.zeros(1, 9, *size, device=device)
    for inner, outer in tiles:
        check()
        part = inner.within(outer).region
        pair = [shown(side[outer.region].to(device)) for side in (first, second)]
        stands = box_max(_same(*pair)[0].float(), _AWAY)
        counts = (1 - stands + 1e-3)[part]
        flow = view.at(inner)[0].to(device)
        cells = F.avg_pool2d(
            torch.cat([flow * counts, flow, counts], 1),
            _CELL,
            ceil_mode=True,
            count_include_pad=False,
        )
        top, left = inner.top // _CELL, inner.left // _CELL
        sums[..., top : top + cells.shape[-2], left : left + cells.shape[-1]] = cells
    found = sums[:, 4:8]
    near, far = (box_mean(box_mean(sums, n), n) for n in (_NEAR, _FAR))
    sums = near + _UNSURE * far
    motion = sums[:, :4] / sums[:, 8:]
    so = (_across(found - motion) < SO * _across(motion)).float()
    return torch.cat([motion, _more(box_mean(box_mean(so, _FAR), _FAR), MOST)], 1)


def _letters(first: Tensor, second: Tensor, motion: Tensor, box: Box) -> Tensor:
    """Where something stands in a box, (1, 1, h, w) in [0, 1]."""
    rows, columns = _grid(box, motion.device)
    here = _at(motion, columns, rows)
    flow, motion = here[:, :4], motion[:, :4]
    moves = here[:, 4:] * _moves_evenly(motion, flow, rows, columns)
    if not moves.any():
        return moves
    one, other = (shown(side[box.region].to(motion.device)) for side in (first, second))
    across = flow[:, 2:] - flow[:, :2]
    onward = shown(warp_part(second, across, rows, columns))
    back = shown(warp_part(first, -across, rows, columns))
    elsewhere = torch.minimum(
        box_mean(distance(one, onward), 3), box_mean(distance(other, back), 3)
    )
    same, structure = _same(one, other)
    contradicts = _more(elsewhere, APART)
    stands = same * moves * contradicts
    share = wide_mean(stands, OVER) / (wide_mean(contradicts * structure, OVER) + 0.01)
    stands = stands * torch.sigmoid((share / STANDING - 1) / 0.1)
    stands = stands * _more(box_mean(stands, CROWD), CROWDED)
    if stands.max() < _NONE:
        return torch.zeros_like(stands)
    alike = torch.sigmoid((ALIKE - distance(one, other)) / (0.16 * ALIKE)) * moves
    for _ in range(STROKE):
        stands = torch.maximum(stands, box_max(stands, 3) * alike)
    return box_mean(box_max(stands, 3), 3)


def _same(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    """Structures that are the same in both pictures; and all structures, (1, 1, h, w)."""
    height = contrast((one + other) / 2)
    structure = height > STRUCTURE
    same = distance(one, other) < CHANGED * height
    return same & structure, structure


def _moves_evenly(motion: Tensor, flow: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Where what would hide a pixel halfway moves as its surroundings do: (1, 1, h, w).

    It does where a pan goes on; it does not at the rim of a hand that passes.
    """
    speed = _across(flow)
    moves = torch.sigmoid((speed - MOVING) / 0.3)
    moves = moves * (speed > MOVING / 2)  # so that nothing is looked at where all stands
    for way in flow.chunk(2, dim=1):
        there = _at(motion, columns - way[:, 0], rows[:, None] - way[:, 1])
        differs = _across(there - flow) / speed.clamp(min=1)
        moves = moves * torch.sigmoid((EVENLY - differs) / 0.05)
    return moves


def _across(flow: Tensor) -> Tensor:
    """Pixels from first to second, (1, 1, h, w)."""
    return length(flow[:, 2:] - flow[:, :2])


def _more(amount: Tensor, than: float) -> Tensor:
    """Whether an amount is clearly more, softly."""
    return torch.sigmoid((amount / than - 1) / 0.15)


def _grid(box: Box, device: torch.device) -> tuple[Tensor, Tensor]:
    """Rows (h,) and columns (w,) of a box."""
    return (
        torch.arange(box.top, box.top + box.height, device=device, dtype=torch.float32),
        torch.arange(box.left, box.left + box.width, device=device, dtype=torch.float32),
    )


def _at(motion: Tensor, columns: Tensor, rows: Tensor) -> Tensor:
    """Motion at places in pixels of the frame."""
    y = rows[:, None] if rows.dim() == 1 else rows
    x, y = ((place + 0.5) / _CELL - 0.5 for place in (columns, y))
    return bilinear(motion, x[None] if x.dim() == 1 else x, y)
