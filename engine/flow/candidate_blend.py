"""The in-between that views, search and still picture make together, tile by tile.

Weights come from what a display shows of each candidate (candidate_weights.py). They are applied
to the frames' own values, so that highlights, negative values and every further channel follow the
same motion; and to light itself where that is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from hifi_ofx.waiting import Check, unasked

from ..color import WHITE
from ..paper.patches import Box
from .candidate_weights import candidate_weights, foremost, mixed, spread, with_fine_detail
from .candidates import Candidates, pictures_of, shown, still, warp_candidates
from .lost_light import found_by_search
from .settled import asked
from .standing import Standing, standing
from .views import PairFlow

_TILE = 384, 768  # pixels made at a time; multiples of 4, as surroundings are looked at in steps
_EVEN = 1e-4  # of the model's range: what differs less is one color
_AROUND = 48  # pixels around a tile: more than weights look at


# What the search makes of two frames inside a box, (1, C, h, w) each, beside what views make there;
# None where it was not asked.
Search = Callable[[Box, Candidates], Candidates | None]


class Sources(NamedTuple):
    """Two frames, and what the search makes of them where it is asked too."""

    first: Tensor  # (1, C, H, W)
    second: Tensor  # (1, C, H, W)
    search: Search | None = None

    def candidates(self, flow: Tensor, mask: Tensor, fraction: float, box: Box) -> list[Candidates]:
        """The views, the search where there is one, and the still picture, inside a box."""
        views = warp_candidates(self.first, self.second, flow, mask, box)
        found = None if self.search is None else self.search(box, views)
        others = [] if found is None else [found]
        others.append(still(self.first, self.second, fraction, box))
        return [views, *(other.to(flow.device) for other in others)]


class CandidateBlend(NamedTuple):
    """A tile of an in-between, and what it came from."""

    image: Tensor  # (1, C, h, w), in the frames' own values
    variance: Tensor  # (1, C, h, w), over the candidates by how much each counts
    weights: Tensor  # (N, 1, h, w): views; search and what letters hide, if any; still picture
    flow: Tensor  # (1, 4, h, w) in pixels, by the view that counts most; 0 where the frames stand
    seen: Tensor  # (1, 1, h, w) in [0, 1]: how much of the first frame is seen
    light: Tensor  # (1, C, h, w), as the image, of the frames' light; C is 0 where none was given

    def cut(self, box: Box) -> CandidateBlend:
        """What lies in a box of it."""
        return CandidateBlend(*(part[box.region] for part in self))


def blend_candidates(
    frames: Sources,
    light: Sources | None,
    view_flows: Sequence[PairFlow],
    fraction: float,
    share: float,
    device: torch.device,
    check: Check = unasked,
) -> Iterator[tuple[Box, CandidateBlend]]:
    """The in-between of two frames in the model's range, main color first: every tile of it.

    Frames may lie in other memory: only what a tile needs is brought to the device.

    The search is one more candidate; it counts `share` where it is as near the views as they are to
    each other.
    `light` are further frames, of light, that are averaged alike. `check` is called tile by tile,
    and may raise.
    """
    is_empty = _shows_nothing(frames)
    tiles = tuple(_tiles(*frames.first.shape[-2:]))
    front = None
    if not is_empty:
        front = standing(*frames[:2], view_flows[0], tiles, device, check)
    for inner, outer in tiles:
        check()
        parts = frames, light, view_flows, fraction, share, device, is_empty, front, outer
        yield inner, _blended(*parts).cut(inner.within(outer))  # nothing is kept of it here


def largest_tile(size: tuple[int, int]) -> int:
    """How many pixels the largest tile of (height, width) has, with what is looked at around it."""
    return max(outer.height * outer.width for _, outer in _tiles(*size))


def _tiles(height: int, width: int) -> Iterator[tuple[Box, Box]]:
    """What is made at a time, and what is looked at for it."""
    for top in range(0, height, _TILE[0]):
        for left in range(0, width, _TILE[1]):
            inner = Box(top, left, min(_TILE[0], height - top), min(_TILE[1], width - left))
            yield inner, inner.grown(_AROUND, height, width)


def _blended(
    frames: Sources,
    light: Sources | None,
    view_flows: Sequence[PairFlow],
    fraction: float,
    share: float,
    device: torch.device,
    is_empty: bool,
    front: Standing | None,
    box: Box,
) -> CandidateBlend:
    """What lies in a box of the in-between; `is_empty` where no motion leads to the frames.

    `front` is what stands before all that moves.
    """
    motion = zip(*(one.at(box) for one in asked(view_flows, box)), strict=True)
    flow, mask = (torch.cat(parts).to(device) for parts in motion)
    candidates = frames.candidates(flow, mask, fraction, box)
    pictures = pictures_of(candidates)
    weights = _weights(candidates, pictures, (flow[:, 2:] - flow[:, :2]).mean(0, True), share)
    if front is not None:
        behind = front.behind(frames.first, frames.second, fraction, box)
        weights = front.weights(weights, candidates[0], behind, box)
        candidates.insert(-1, behind)
        pictures = pictures_of(candidates)
    if is_empty:
        weights = torch.zeros_like(weights)
        weights[-1] = 1
    seen = mixed(torch.cat([one.seen for one in candidates]), weights)
    del candidates  # as large as the pictures, twice
    lit = light and light.candidates(flow, mask, fraction, box)
    if light and lit and front is not None:
        lit.insert(-1, front.behind(light.first, light.second, fraction, box))
    return CandidateBlend(
        with_fine_detail(pictures, weights, WHITE),
        spread(pictures, weights),
        weights,
        _usual(flow, weights),
        seen,
        pictures[:1, :0] if lit is None else with_fine_detail(pictures_of(lit), weights),
    )


def _weights(
    candidates: Sequence[Candidates], pictures: Tensor, motion: Tensor, share: float
) -> Tensor:
    """How much each of the pictures of views, search and still picture counts, (N, 1, h, w)."""
    views, *found, stands = candidates
    search = len(views.seen)
    return candidate_weights(
        shown(pictures[:search]),
        _photometric_error(views),
        shown(pictures[search : search + 1]) if found else None,
        shown(torch.cat([stands.first, stands.second])),
        motion,
        found_by_search(_color(views), _color(found[0])) if found else None,
        share,
    ).weights


def _shows_nothing(frames: Sources) -> bool:
    """Whether either frame is one even color, as at the end of a fade: no motion leads to it."""
    return any(
        bool((side[:, :3].amax((2, 3)) - side[:, :3].amin((2, 3))).max() < _EVEN)
        for side in frames[:2]
    )


def _photometric_error(views: Candidates) -> Tensor:
    """By how much the two warped frames of the views differ on average, (1, 1, h, w)."""
    error = (shown(views.first) - shown(views.second)).abs()
    return error.mean(dim=(0, 1), keepdim=True)


def _color(candidates: Candidates) -> Candidates:
    """The main color of candidates."""
    return Candidates(candidates.first[:, :3], candidates.second[:, :3], candidates.seen)


def _usual(flow: Tensor, weights: Tensor) -> Tensor:
    """The flow of the view that counts most, (1, 4, h, w); none where the frames stand."""
    return mixed(flow, foremost(weights[: len(flow)])) * (weights[-1:] < 0.5)
