"""Source frames that are missing or empty, and what a plan makes of them."""

from __future__ import annotations

import itertools
from collections.abc import Collection
from typing import NamedTuple

from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import RetimePlan, fill_missing

from ..plate.source import Source


class Whole(NamedTuple):
    """A plan that makes do with the source frames there are."""

    plan: RetimePlan
    frames: list[int]  # source frames that hold a picture, ascending; not all were looked at
    notes: list[str]


def without_gaps(plan: RetimePlan, source: Source, request: RenderRequest) -> Whole:
    """The plan with everything that is missing filled by the request's policy.

    Files are looked at that frames of the plan are made of, or may stand in. Raises MissingFrames.
    """
    footage, there = request.footage, source.frames()
    empty: dict[int, str] = {}
    looked_at: set[int] = set()
    filled, notes = plan, list[str]()
    while near := _near(plan, filled, request, there) - looked_at:
        looked_at |= near
        empty.update(source.empty(sorted(near)))
        filled, notes = fill_missing(
            plan,
            [n for n in there if n not in empty],
            footage.missing,
            request.source,
            footage.longest_gap,
            empty,
        )
    if notes and footage.missing == "hold" and footage.holds == "interpolate":
        notes.append(
            "Missing frames are held, also where repeated frames are interpolated across: to have "
            "them made from the frames around them, set missing frames to interpolate."
        )
    return Whole(filled, [n for n in there if n not in empty], notes)


def _near(
    plan: RetimePlan, filled: RetimePlan, request: RenderRequest, there: Collection[int]
) -> set[int]:
    """The source frames on disk that decide a plan."""
    footage, beyond = request.footage, request.quality.beyond
    needed = (one for one in (*plan.frames, *filled.frames) if not one.black)
    near = (one.around(footage.context(one.is_made, beyond)) for one in needed)
    return set(itertools.chain.from_iterable(near)).intersection(there)
