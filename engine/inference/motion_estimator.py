"""The motion of a pair of images: by views of the motion network, by the search, or by both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from hifi_ofx.quality import Quality
from hifi_ofx.waiting import Check, unasked

from ..color import WHITE
from ..flow.curved import Bend, BentView, bend
from ..flow.ensemble import members_for
from ..flow.estimate import ReducedPair, searched_size
from ..flow.exposure import evenly_exposed
from ..flow.intermediate import intermediate_flow
from ..flow.lost_light import lost_light
from ..flow.motion_network import MotionBlocks
from ..flow.motion_stages import found_in
from ..flow.octave import deepest_for, octave
from ..flow.prefetch import fingerprint
from ..flow.searched_light import SearchedLight
from ..flow.searches import Searches
from ..flow.seen_pair import SeenPair, seen_pair
from ..flow.settled import sampled
from ..flow.steps import Steps
from ..flow.views import VIEWS, PairFlow, View, ViewFlow, view_flows
from ..memory import frames
from ..memory.bounded_cache import BoundedCache
from .interpolator import Around, Images
from .spans import Spanned, span

_PAIRS = 2  # whose octave is remembered: with a matte, a pair of frames is two of images


class PairMotion(NamedTuple):
    """The motion of one in-between, and the pictures that its candidates are weighed by."""

    views: tuple[PairFlow, ...]
    searched: tuple[Tensor, ...]  # intermediate flow by member, (1, n C, h, w), straight
    evidence: tuple[Tensor, Tensor]  # the main color of both frames, (3, H, W)
    bend: Bend | None = None
    blend: Tensor | None = None  # how far cells of every layer are the blend (vanished.py)
    light: tuple[SearchedLight, ...] = ()  # what views lose of it


class Told(NamedTuple):
    """Who is told of the work; both may raise Cancelled."""

    before_call: Callable[[], None] = lambda: None  # of the network, and of each use of a search
    check: Check = unasked  # all the time


class MotionEstimator:
    """Motion of image pairs in the model's range. What belongs to a pair is found once for it."""

    def __init__(self, network: MotionBlocks) -> None:
        self._network = network
        self._searches, self._steps = Searches(), Steps()
        self._octaves: BoundedCache[bytes, int] = BoundedCache(_PAIRS)

    def prefetches(self, quality: Quality) -> bool:
        """Whether the search has to be made, which a thread beside the network can do.

        What views lose, and has to be searched for, is not known before they are there.
        """
        return quality.motion != "learned"

    def prefetch(self, images: Images, quality: Quality, check: Check = unasked) -> None:
        """Search for the motion of a pair that comes later, in the background."""
        self._searches.prefetch(images, _members(quality), check)

    @span("motion")
    def motion(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Fraction,
        quality: Quality,
        around: Around | None,
        told: Told,
    ) -> PairMotion:
        """The motion of two images (3, H, W) at a fraction; it curves with what is `around`."""
        bent = self._bend(first, second, fraction, around, told) if around else None
        views: tuple[PairFlow, ...] = ()
        if quality.motion != "search":
            straight = self._views(first, second, fraction, quality, told)
            views = tuple(BentView(view, bent) for view in straight) if bent else straight
        searched: tuple[Tensor, ...] = ()
        light: tuple[SearchedLight, ...] = ()
        if quality.motion == "learned":
            light = self._light(first, second, fraction, views, told)
        else:
            searched = self._searched(first, second, fraction, _members(quality), told)
        return PairMotion(views, searched, (first, second), bent, light=light)

    @span("search")
    def _bend(
        self, first: Tensor, second: Tensor, fraction: Fraction, around: Around, told: Told
    ) -> Bend | None:
        """How the pair's motion curves; steps from frame to frame are shared by the pairs."""
        images = around.images()
        before = self._steps.between(next(images), first, told.check)
        pair = self._steps.between(first, second, told.check)
        after = self._steps.between(second, next(images), told.check)
        size = first.shape[-2], first.shape[-1]
        return bend(before, pair, after, float(fraction), size)

    def _views(
        self, first: Tensor, second: Tensor, fraction: Fraction, quality: Quality, told: Told
    ) -> tuple[PairFlow, ...]:
        """What sample after sample finds; the octave of a pair is found once."""
        network, depth = Spanned(self._network), quality.cascade_depth
        share, others = torch.tensor([float(fraction)]), VIEWS[1 : quality.samples]
        pair, this = _seen_as_it_is(network, first, second)
        tried = None
        if not depth:
            depth, tried = self._octave_of(pair, this, quality, told)
        if tried is None or fraction != Fraction(1, 2):
            possible = min(depth, deepest_for(pair.size))
            first_view = found_in(network, pair, share, possible, quality.patch, told.before_call)
            tried = ViewFlow(VIEWS[0], first_view)
        pictures = pair.pictures
        if others:
            pictures = frames.copied(pictures[0]), frames.copied(pictures[1])
        del pair  # features, which other views have of their own

        def find(one: Tensor, other: Tensor, views: Sequence[View]) -> tuple[ViewFlow, ...]:
            possible = min(depth, deepest_for((one.shape[-2], one.shape[-1])))
            return view_flows(
                network, one, other, share, views, possible, 1, quality.patch, told.before_call
            )

        found = sampled(find, *pictures, tried, others, quality.early_stop, network.device)
        return (tried, *found)

    def _octave_of(
        self, pair: SeenPair, this: bytes, quality: Quality, told: Told
    ) -> tuple[int, ViewFlow | None]:
        """The depth of a pair; and what the first view found halfway, if that was not known."""
        known = self._octaves.get(this)
        if known is not None:
            return known, None
        found = octave(Spanned(self._network), pair, quality.patch, told.before_call)
        self._octaves.keep(this, found.depth)
        return found.depth, found.view_flow

    def _searched(
        self, first: Tensor, second: Tensor, fraction: Fraction, members: int, told: Told
    ) -> tuple[Tensor, ...]:
        """Intermediate flow by member; each counts as a call, wherever it was searched for."""
        with span("search"):
            flows = self._searches.between(first, second, members, told.check)
        share, found = torch.tensor([float(fraction)]), []
        for flow in flows:
            told.before_call()
            found.append(intermediate_flow(first[None], second[None], share, flow))
        return tuple(found)

    def _light(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Fraction,
        views: Sequence[PairFlow],
        told: Told,
    ) -> tuple[SearchedLight, ...]:
        """What the search finds around light that views lose; it counts as one call."""
        boxes = lost_light(first, second, views, searched_size(first), told.check)
        if not boxes:
            return ()
        told.before_call()
        with span("search"):
            pair, share = ReducedPair.of(first, second), torch.tensor([float(fraction)])
            flows = self._searches.inside(pair, [box.place for box in boxes], told.check)
            return tuple(
                SearchedLight.of(pair, share, *found) for found in zip(boxes, flows, strict=True)
            )


def display_encoded(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Two images (3, H, W) in the model's range as pictures (1, 3, H, W) in [0, 1], exposed alike.

    Their bright end is brought to one level, so that a plate that is twice as bright is seen alike.
    """
    size = first.shape[-2], first.shape[-1]
    one, other = (
        image.div_(WHITE).clamp_(0, 1) for image in evenly_exposed(first[None], second[None], size)
    )
    return one, other


def _seen_as_it_is(network: MotionBlocks, first: Tensor, second: Tensor) -> tuple[SeenPair, bytes]:
    """A pair (3, H, W) in the model's range as the first view sees it, and what tells it."""
    pictures = display_encoded(first, second)
    return seen_pair(network, *pictures), fingerprint(*pictures)


def _members(quality: Quality) -> int:
    """Members of the search's ensemble: a candidate beside views, or samples by themselves."""
    return members_for(quality.samples) if quality.motion == "search" else 1
