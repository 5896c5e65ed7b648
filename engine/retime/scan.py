"""Cuts and repeats in a stretch of a clip, found as a retime finds them, to mark a timeline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import pairwise

from hifi_ofx.preview import Shots
from hifi_ofx.quality import Footage
from hifi_ofx.retime import PlannedFrame

from ..plate.source import Source
from . import shots
from .inbetweens import signature_of
from .shots import Signature


def scan(
    source: Source, footage: Footage, first: int, last: int, check: Callable[[], None]
) -> Shots:
    """What lies between neighboring source frames from `first` to `last`, marks by hand left out.

    `check` is called before each frame is read, and raises Cancelled where nobody waits any more.
    """
    there = source.frames()
    settings = replace(footage, cut_marks="", cuts="nearest", holds="keep", hold_marks="")

    @cache
    def signature(number: int) -> Signature | None:
        check()
        return signature_of(source.read(number)) if number in there else None

    cuts, repeats = [], []
    for left, right in pairwise(n for n in there if first <= n <= last):
        halfway = PlannedFrame(0, left, right, Fraction(1, 2))
        found, _ = shots.resolve(halfway, signature, settings, there[0], there[-1])
        one, other = signature(left), signature(right)
        if not found.fraction:
            cuts.append(right)
        elif one and other and shots.change(one, other) <= footage.hold_threshold:
            repeats.append(right)
    return Shots((first, last), tuple(cuts), tuple(repeats))
