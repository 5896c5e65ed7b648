"""Clips on a timeline, exactly where and as long as they should be, or not at all."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, Optional

from . import calls, takes
from .answers import ResolveError, identity, whole
from .clip import Clip, items, tracks_of
from .restore import Undo, attempt, delete_items

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Project, Resolve, Timeline, TimelineItem


def append_exactly(
    resolve: Resolve,
    project: Project,
    timeline: Timeline,
    media: MediaPoolItem,
    number: int,
    frames: tuple[int, int],
    record: Optional[int] = None,
    track: int = 1,
) -> TimelineItem:
    """Put source frames (first, last) of a media item on the current timeline; the new item.

    `number` is that of the media's first frame. Accounts differ on whether the end frame is part of
    the range and whether frames are numbered as files are, and an append that finds no room is
    dropped without a word: so each reading is tried, twice, and the timeline is asked what it got.
    An item whose call answered nothing is deleted, too: it may be gone after the project is saved.
    Raises ResolveError when none is right; what was appended is deleted then.
    """
    first, last = frames
    start = timeline.GetStartFrame() if record is None else record
    readings = list(itertools.product(dict.fromkeys((number, 0)), (last + 1, last)))
    for base, end in readings * 2:
        entry: dict[str, Any] = {
            "mediaPoolItem": media,
            "startFrame": base + first,
            "endFrame": base + end,
            "mediaType": 1,
            "trackIndex": track,
            "recordFrame": start,
        }
        before = {identity(item) for _, item in items(timeline)}
        said = project.GetMediaPool().AppendToTimeline([entry])  # type: ignore[arg-type]  # this form is lost in the stubs
        new = [item for _, item in items(timeline) if identity(item) not in before]
        if said and len(new) == 1 and _lies(new[0], start, last - first + 1, first):
            return new[0]
        if new and not attempt(functools.partial(delete_items, resolve, timeline, new)):
            break
    raise ResolveError(
        f"Resolve did not place {media.GetName()} with {last - first + 1} frames at frame {start} "
        f"of {timeline.GetName()}.",
        "Check that the timeline's frame rate is the clip's, and that its tracks are not locked.",
    )


def _lies(item: TimelineItem, start: int, duration: int, offset: int) -> bool:
    there = (calls.start(item), calls.duration(item), calls.left_offset(item))
    return there == (start, duration, offset)


def add_track(resolve: Resolve, timeline: Timeline, below: int, undo: Undo) -> int:
    """Add a video track right above another one, else on top of all; its index.

    Raises ResolveError when there is none afterwards.
    """
    before = _layout(timeline)
    wanted = below + 1 if below < len(before) else 0

    def added() -> bool:
        return len(_layout(timeline)) > len(before)

    undo.add("a video track, to be deleted", lambda: _taken_away(timeline, before))
    if wanted:
        calls.add_video_track(timeline, wanted)
    if not added():
        timeline.AddTrack("video")  # type: ignore[call-overload]  # the stubs lack its default
    if not added():
        raise ResolveError("Resolve did not add a video track.", "Unlock the timeline's tracks.")
    return _new_track(before, _layout(timeline), wanted or len(before) + 1)


def _layout(timeline: Timeline) -> list[list[str]]:
    """The items of every video track, by ID."""
    return [[identity(item) for item in track] for track in tracks_of(timeline)]


def _new_track(before: list[list[str]], after: list[list[str]], wanted: int) -> int:
    """The index whose removal gives the tracks as they were; the wanted one where it can be."""
    fitting = [
        index
        for index, found in enumerate(after, 1)
        if not found and after[: index - 1] + after[index:] == before
    ]
    return wanted if wanted in fitting else fitting[-1]


def _taken_away(timeline: Timeline, before: list[list[str]]) -> bool:
    after = _layout(timeline)
    if len(after) > len(before):
        # The new item was deleted by then: the track it was on is empty.
        fitting = [
            i for i, found in enumerate(after) if not found and after[:i] + after[i + 1 :] == before
        ]
        if fitting:
            timeline.DeleteTrack("video", fitting[-1] + 1)
    return _layout(timeline) == before


def on_track(
    resolve: Resolve, project: Project, clip: Clip, result: MediaPoolItem, frames: tuple[int, int],
    undo: Undo,
) -> TimelineItem:  # fmt: skip
    """Put the result on a new track above the clip, at the clip's start."""
    track = add_track(resolve, clip.timeline, clip.track, undo)
    here = clip.timeline
    before = {identity(item) for _, item in items(here)}
    undo.add("the slow-motion clip, to be deleted", lambda: _cleared(resolve, here, before))
    number = whole(result, "Start")
    return append_exactly(
        resolve, project, here, result, number, frames, record=clip.start, track=track
    )


def _cleared(resolve: Resolve, timeline: Timeline, before: set[str]) -> bool:
    new = [item for _, item in items(timeline) if identity(item) not in before]
    return not new or delete_items(resolve, timeline, new)


def as_take(clip: Clip, result: MediaPoolItem, frames: tuple[int, int], undo: Undo) -> None:
    """Put the result into the clip as a take, and select it. The clip's own picture is take 1."""
    item = clip.item
    before, selected = takes.count(item), takes.selected(item)
    number = whole(result, "Start")
    if selected:
        undo.add("which take is selected", lambda: takes.select(item, selected))
    undo.add("the slow-motion take, to be deleted", lambda: takes.drop_last(item, before))
    item.AddTake(result, number + frames[0], number + frames[1])
    new = takes.count(item)
    if new <= before:
        raise ResolveError("Resolve did not add the take.", "Place it on a track.")
    if not attempt(lambda: takes.select(item, new)):
        raise ResolveError("Resolve did not select the new take.", "Place it on a track.")
