"""Searches for the motion of pairs, or in boxes of them: each is made once.

Of whole pairs it may be made early, in the background.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Tensor

from hifi_ofx.waiting import Check, attended, unasked

from ..memory.bounded_cache import BoundedCache
from ..paper.patches import Box
from .estimate import FlowEnsemble, ReducedPair, flow_ensemble, light_flow
from .prefetch import Images, Prefetch, fingerprint

_PAIRS = 2  # that are remembered: with a matte, a pair of frames is two of images


class Searches:
    """What was found of the latest pairs, and what is being searched for a later one."""

    def __init__(self) -> None:
        self._known: BoundedCache[bytes, FlowEnsemble] = BoundedCache(_PAIRS)
        self._prefetched: list[Prefetch] = []  # of this pair and the next
        self._inside: BoundedCache[bytes, dict[Box, Tensor]] = BoundedCache(_PAIRS)

    def prefetch(self, images: Images, members: int, check: Check = unasked) -> None:
        """Search a pair that comes later, in the background; it ends where `check` raises."""
        self._prefetched = [*self._prefetched[-1:], Prefetch(images, members, check)]

    def between(
        self, first: Tensor, second: Tensor, members: int, check: Check = unasked
    ) -> FlowEnsemble:
        """At least so many members of a pair, (3, H, W) each in the model's range.

        Raises HifiError without OpenCV, and at once whatever `check` raises.
        """
        this = fingerprint(first, second)
        flows = self._known.get(this)
        if flows is None or len(flows) < members:
            early = (flows for flows in self._early(this, check) if len(flows) >= members)
            flows = next(early, None) or flow_ensemble(first[None], second[None], members, check)
            self._known.keep(this, flows)
        return flows

    def inside(
        self, pair: ReducedPair, boxes: Sequence[Box], check: Check = unasked
    ) -> list[Tensor]:
        """What `light_flow` (estimate.py) finds in boxes of a pair.

        What the pair was asked for last is known. Raises as `between` does.
        """
        this = fingerprint(*pair.seen)
        known = self._inside.get(this) or {}
        new = [box for box in boxes if box not in known]
        if new:
            found = attended(lambda: light_flow(pair, new, check), check)
            known = {**known, **dict(zip(new, found, strict=True))}
            self._inside.keep(this, {box: known[box] for box in boxes})
        return [known[box] for box in boxes]

    def _early(self, fingerprint: bytes, check: Check) -> Iterator[FlowEnsemble]:
        for prefetched in self._prefetched:
            flows = prefetched.of(fingerprint, check)
            if flows is not None:
                yield flows
