"""Whether the frames before and after a pair say how its motion curves, and why not where not.

They do where all four follow each other evenly within one shot. Like cuts and holds this is decided
from single source frames, so that it is the same in whichever chunk of the retime it is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from torch import Tensor

from hifi_ofx.errors import MismatchedFrames
from hifi_ofx.quality import Footage
from hifi_ofx.retime import PlannedFrame

from ..inference.interpolator import Around
from ..plate.frame import Frame, Part, pairs
from .shots import Signature, change, difference

MADE_OF = "hifi:source"  # metadata of frames that a retime wrote: the source frames they are of
Reason = str  # why motion is taken to be straight; "" where it need not be
NOT_THERE = "the frame before the two or the one after them is not there"


def off_the_beat(
    planned: PlannedFrame,
    there: Sequence[int],
    signature_of: Callable[[int], Signature | None],
    footage: Footage,
) -> Reason:
    """Why the four frames around an in-between do not follow each other evenly in one shot."""
    if planned.right - planned.left > 1:
        return "there are frames between the two that are missing or repeat"
    return apart(planned.around(1), there, signature_of, footage)


def apart(
    four: Sequence[int],
    there: Sequence[int],
    signature_of: Callable[[int], Signature | None],
    footage: Footage,
) -> Reason:
    """Why four source frames, at even distances, do not follow each other in one shot.

    Whether a cut lies between the middle two is not asked.
    """
    if four[0] not in there or four[-1] not in there:
        return NOT_THERE
    signatures = [signature_of(number) for number in four]
    for (number, one), (following, other) in pairwise(zip(four, signatures, strict=True)):
        if one is None or other is None:
            return NOT_THERE
        if number != four[1] and _is_cut(number, following, one, other, footage):
            return "a cut lies before the two frames or after them"
        if change(one, other) <= footage.hold_threshold:
            return "one of the frames repeats another"
    return ""


def unlike(left: Frame, right: Frame, before: Frame, after: Frame) -> Reason:
    """Why the frames themselves do not go together."""
    if any(MADE_OF in frame.parts[0].metadata for frame in (left, right, before, after)):
        return "the plate was retimed before, and its frames need not be evenly apart"
    try:
        pairs(left, before)
        pairs(left, after)
    except MismatchedFrames:
        return "the frame before or after the two has other layers or another size"
    return ""


def parts_around(
    left: Frame, around: tuple[Frame, Frame] | None
) -> Sequence[tuple[Part, Part] | None]:
    """For each part of the left frame, the same one of the frame before and of the one after."""
    if around is None:
        return [None] * len(left.parts)
    before, after = (pairs(left, frame) for frame in around)
    return [(one, other) for (_, one), (_, other) in zip(before, after, strict=True)]


def images_of(parts: tuple[Part, Part] | None, image: Callable[[Part], Tensor]) -> Around | None:
    """The images of the parts around, made when they are asked for."""
    return None if parts is None else Around(lambda: map(image, parts))


def _is_cut(
    number: int, following: int, one: Signature, other: Signature, footage: Footage
) -> bool:
    marked = footage.marked_between(number, following)
    if marked is not None or footage.cuts == "ignore":
        return bool(marked)
    return difference(one, other).is_cut(footage)
