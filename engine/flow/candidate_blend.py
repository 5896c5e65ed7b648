"""The in-between that views, search and still picture make together, strip by strip.

Weights come from what a display shows of each candidate (candidate_weights.py). They are applied
to the frames' own values, so that highlights, negative values and every further channel follow the
same motion; and to light itself where that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from hifi_ofx.waiting import Check, unasked

from ..color import WHITE
from ..paper.patches import Box
from .candidate_weights import SEARCH, candidate_weights, mixed, spread
from .candidates import Candidates, still, together, warp_candidates
from .lost_light import found_by_search
from .views import ViewFlow

_STRIP = 256  # rows made at a time; a multiple of 4, as surroundings are looked at in steps
_EVEN = 1e-4  # of the model's range: what differs less is one color
_AROUND = 48  # rows around a strip: more than weights look at


class Sources(NamedTuple):
    """Two frames, and what the search made of them where it is asked too."""

    first: Tensor  # (1, C, H, W)
    second: Tensor  # (1, C, H, W)
    search: Candidates | None = None  # (1, C, H, W) each

    def candidates(self, flow: Tensor, mask: Tensor, fraction: float, box: Box) -> list[Candidates]:
        """The views, the search where there is one, and the still picture, inside a box."""
        views = warp_candidates(self.first, self.second, flow, mask, box)
        found = [] if self.search is None else [self.search.within(box)]
        return [views, *found, still(self.first, self.second, fraction, box)]


class CandidateBlend(NamedTuple):
    """An in-between, and what it came from; all of one frame or strip."""

    image: Tensor  # (1, C, h, w), in the frames' own values
    variance: Tensor  # (1, C, h, w), over the candidates by how much each counts
    weights: Tensor  # (N, 1, h, w): views, the search where there is one, the still picture
    flow: Tensor  # (1, 4, h, w) in pixels, by the view that counts most; 0 where the frames stand
    seen: Tensor  # (1, 1, h, w) in [0, 1]: how much of the first frame is seen
    light: Tensor  # (1, C, h, w), as the image, of the frames' light; C is 0 where none was given

    def cut(self, rows: slice) -> CandidateBlend:
        """Some of its rows."""
        return CandidateBlend(*(part[..., rows, :] for part in self))


def blend_candidates(
    first: Tensor,
    second: Tensor,
    view_flows: Sequence[ViewFlow],
    fraction: float,
    number: int = 0,
    search: Candidates | None = None,
    share: float = SEARCH,
    light: Sources | None = None,
    check: Check = unasked,
) -> CandidateBlend:
    """The in-between of two frames (1, C, H, W) in the model's range, main color first.

    `number` says which of the fractions that view_flows were asked for is `fraction`. `search` is
    one more candidate of the same frames, (1, C, H, W) each; it counts `share` where it is as near
    the views as they are to each other. `light` are further frames, of light, that are averaged
    alike. `check` is called strip by strip, and may raise.
    """
    height, width = first.shape[-2:]
    frames = Sources(first, second, search)
    strips = []
    for inner, outer in _strips(height, width):
        check()
        strips.append(_strip(frames, light, view_flows, fraction, number, share, inner, outer))
    return CandidateBlend(*(torch.cat(parts, dim=-2) for parts in zip(*strips, strict=True)))


def _strips(height: int, width: int) -> Iterator[tuple[Box, Box]]:
    """What is made at a time, and what is looked at for it."""
    for top in range(0, height, _STRIP):
        rows = min(_STRIP, height - top)
        start, end = max(0, top - _AROUND), min(height, top + rows + _AROUND)
        yield Box(top, 0, rows, width), Box(start, 0, end - start, width)


def _strip(
    frames: Sources,
    light: Sources | None,
    view_flows: Sequence[ViewFlow],
    fraction: float,
    number: int,
    share: float,
    inner: Box,
    outer: Box,
) -> CandidateBlend:
    motion = [[part[number : number + 1] for part in one.at(outer)] for one in view_flows]
    flow, mask = (torch.cat(parts) for parts in zip(*motion, strict=True))
    views, *found, stands = candidates = frames.candidates(flow, mask, fraction, outer)
    pair_motion = (flow[:, 2:] - flow[:, :2]).mean(dim=0, keepdim=True)
    weights = candidate_weights(
        _shown(views.pictures),
        _photometric_error(views),
        _shown(found[0].pictures) if found else None,
        _shown(torch.cat([stands.first, stands.second])),
        pair_motion,
        found_by_search(_color(views), _color(found[0])) if found else None,
        share,
    ).weights
    if _shows_nothing(frames):
        weights = torch.zeros_like(weights)
        weights[-1] = 1
    every = together(candidates)
    pictures = every.pictures
    lit = [] if light is None else light.candidates(flow, mask, fraction, outer)
    whole = CandidateBlend(
        mixed(pictures, weights),
        spread(pictures, weights),
        weights,
        _usual(flow, weights),
        mixed(every.seen, weights),
        mixed(together(lit).pictures if lit else pictures[:, :0], weights),
    )
    start = inner.top - outer.top
    return whole.cut(slice(start, start + inner.height))


def _shows_nothing(frames: Sources) -> bool:
    """Whether either frame is one even color, as at the end of a fade: no motion leads to it."""
    return any(
        bool((side[:, :3].amax((2, 3)) - side[:, :3].amin((2, 3))).max() < _EVEN)
        for side in frames[:2]
    )


def _photometric_error(views: Candidates) -> Tensor:
    """By how much the two warped frames of the views differ on average, (1, 1, h, w)."""
    error = (_shown(views.first) - _shown(views.second)).abs()
    return error.mean(dim=(0, 1), keepdim=True)


def _color(candidates: Candidates) -> Candidates:
    """The main color of candidates."""
    return Candidates(candidates.first[:, :3], candidates.second[:, :3], candidates.seen)


def _shown(pictures: Tensor) -> Tensor:
    """The main color of pictures (N, C, h, w) in the model's range, as a display shows it."""
    return (pictures[:, :3] / WHITE).clamp(0, 1)


def _usual(flow: Tensor, weights: Tensor) -> Tensor:
    """The flow of the view that counts most, (1, 4, h, w); none where the frames stand."""
    among = weights[: len(flow)].argmax(dim=0, keepdim=True)
    chosen = flow.gather(0, among.expand(1, 4, -1, -1))
    return chosen * (weights[-1:] < 0.5)
