"""Cuts and repeats in a stretch of a clip, found as a retime finds them, to mark a timeline."""

from __future__ import annotations

from collections.abc import Callable

from hifi_ofx.preview import Shots
from hifi_ofx.quality import Footage

from ..plate.source import Source
from . import shots
from .synthesis import display_color


def scan(
    source: Source, footage: Footage, first: int, last: int, check: Callable[[], None]
) -> Shots:
    """What lies between neighboring source frames from `first` to `last`, marks by hand left out.

    `check` is called before each frame is read, and raises Cancelled where nobody waits any more.
    """
    cuts, repeats = [], []
    before: shots.Signature | None = None
    for number in (n for n in source.frames() if first <= n <= last):
        check()
        here = shots.signature(display_color(source.read(number)))
        if before is not None:
            if shots.difference(before, here).is_cut(footage):
                cuts.append(number)
            elif shots.change(before, here) <= footage.hold_threshold:
                repeats.append(number)
        before = here
    return Shots((first, last), tuple(cuts), tuple(repeats))
