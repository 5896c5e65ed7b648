"""Light that views lose, searched for in boxes around it: one more candidate, there alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor

from ..color import WHITE
from ..paper.patches import Box
from .candidates import Candidates
from .curved import Bend
from .estimate import ReducedPair
from .intermediate import intermediate_flow_at
from .search_boxes import SearchBox
from .warped import FlowPart, searched_candidate


class SearchedLight(NamedTuple):
    """Intermediate flow of the search in one box."""

    flow: Tensor  # (1, n CHANNELS, h, w)
    part: FlowPart
    counts: Box  # in pixels of the frame: where it is looked up

    @classmethod
    def of(cls, pair: ReducedPair, fraction: Tensor, box: SearchBox, flow: Tensor) -> SearchedLight:
        """At a `fraction` (1,), from what the search found in a box, (1, 4 * PER_MEMBER, h, w).

        A highlight goes before what it meets: a mix of both motions is neither.
        """
        (one, other), seen = (
            [side[box.place.region] for side in sides] for sides in (pair.exposed, pair.seen)
        )
        lit = [side.amax(1, keepdim=True) > WHITE for side in seen]
        ways = pair.full, pair.size, fraction, flow
        along = intermediate_flow_at((one, other), *ways, (lit[0], lit[1]))
        return cls(along, FlowPart(box.place, pair.size), box.counts)


def light_candidate(
    first: Tensor,
    second: Tensor,
    fraction: float,
    searched: Sequence[SearchedLight],
    bend: Bend | None,
    box: Box,
    views: Candidates,
) -> Candidates | None:
    """What the search makes of two frames (1, C, H, W) in a box, where it was asked.

    None where it was not. In the rest of the box it is the view whose frames agree least, which
    found_by_search (lost_light.py) never takes.
    """
    here = [(one, box.common(one.counts)) for one in searched]
    if not any(inner for _, inner in here):
        return None
    made = _least_agreed(views)
    for one, inner in here:
        if inner:
            found = searched_candidate(first, second, fraction, one.flow, inner, bend, one.part)
            for whole, part in zip(made, found, strict=True):
                whole[inner.within(box).region] = part.to(whole.device)
    return made


def _least_agreed(views: Candidates) -> Candidates:
    """Of each pixel the view whose main color differs most between the frames, as one candidate."""
    apart = (views.first[:, :3] - views.second[:, :3]).abs().mean(dim=1, keepdim=True)
    which = apart.argmax(dim=0, keepdim=True)
    return Candidates(*(part.gather(0, which.expand(-1, part.shape[1], -1, -1)) for part in views))
