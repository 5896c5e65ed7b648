"""In which order frames are made, and what is read and looked for while one is at work."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hifi_ofx.retime import PlannedFrame


class Step(NamedTuple):
    """One moment to be made; the one after it, and the next in-between of another pair."""

    moment: PlannedFrame
    following: PlannedFrame | None
    coming: PlannedFrame | None


def steps(frames: Iterable[PlannedFrame]) -> Iterator[tuple[PlannedFrame, list[Step]]]:
    """Each frame, with the moments that it is made of."""
    frames = list(frames)
    every = _with_next([moment for frame in frames for moment in frame.moments])
    for frame in frames:
        yield frame, list(itertools.islice(every, len(frame.moments)))


def _with_next(moments: list[PlannedFrame]) -> Iterator[Step]:
    found: list[Step] = []
    following: PlannedFrame | None = None
    inbetween: PlannedFrame | None = None  # the next one
    other: PlannedFrame | None = None  # the next one of another pair than that
    for moment in reversed(moments):
        if moment.is_made:
            if inbetween and _pair(inbetween) != _pair(moment):
                other = inbetween
            inbetween = moment
            found.append(Step(moment, following, other))
        else:
            found.append(Step(moment, following, inbetween))
        following = moment
    return reversed(found)


def _pair(planned: PlannedFrame) -> tuple[int, int]:
    return planned.left, planned.right
