"""The timeline's marks in and out: what of a clip lies between them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Optional

from .answers import ResolveError, has
from .clip import Clip

if TYPE_CHECKING:
    from fusionscript import Timeline


def of(timeline: Timeline) -> Optional[tuple[int, int]]:
    """The record frames marked in and out, both shown; None without marks, or before 19.1.

    Resolve counts them from the timeline's start. (Typed scripting interface of 21.1, MarkInOut.)
    """
    if not has(timeline, "GetMarkInOut"):
        return None
    video: dict[str, Any] = dict((timeline.GetMarkInOut() or {}).get("video") or {})
    if "in" not in video and "out" not in video:
        return None
    first = int(timeline.GetStartFrame())
    last = int(timeline.GetEndFrame())
    return first + int(video.get("in", 0)), first + int(video.get("out", last - first))


def inside(clip: Clip) -> Optional[tuple[int, int]]:
    """First record frame and length of the clip's marked part; None when that is not a part."""
    marked = of(clip.timeline)
    if marked is None:
        return None
    begin, end = max(marked[0], clip.start), min(marked[1] + 1, clip.start + clip.duration)
    whole = (begin, end) == (clip.start, clip.start + clip.duration)
    return None if whole or end - begin < 2 else (begin, end - begin)


def between(clip: Clip) -> Clip:
    """The clip's part between the marks, as a clip of its own. Raises ResolveError without one.

    At mixed rates it starts with the source frame that is shown at the mark in.
    """
    part = inside(clip)
    if part is None:
        raise ResolveError(
            f"No marks in and out are inside of {clip.name}.",
            "Set them (I and O), or slow the whole clip.",
        )
    begin, length = part
    gone = (begin - clip.start) * clip.ratio * clip.speed
    offset = clip.offset + gone.numerator // gone.denominator
    return dataclasses.replace(clip, start=begin, duration=length, offset=offset)
