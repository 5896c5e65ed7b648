"""The way back from a slow-motion clip to the clip that it was made of.

Every run leaves `retime.json` beside its frames: what was slowed, where it lay, and how. A second
run on the slow-motion clip reads it and slows the original again; on the original, it finds the
slow-motion clips that were made of it. Either way, the new result takes the place of the old one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from hifi_ofx.codec import json_value

from . import calls, takes
from .answers import ResolveError, identity, media_of, same, text
from .clip import items
from .source import pattern_of

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Timeline, TimelineItem

NOTE = "retime.json"


@dataclass(frozen=True)
class Earlier:
    """An earlier run's result in the timeline: its own item, or a take of the original."""

    note: dict[str, Any]
    folder: Path
    item: Optional[TimelineItem]  # None: a take
    media: MediaPoolItem

    @property
    def place(self) -> str:
        """Where it was put: above, replace or room."""
        return str(self.note.get("place", "above"))

    @property
    def first_speed(self) -> Fraction:
        """The speed that the clip itself ran at, before that run."""
        return Fraction(str(self.note.get("clip speed", 1)))


def note_of(media: Optional[MediaPoolItem]) -> Optional[tuple[dict[str, Any], Path]]:
    """The note beside a clip's frames, and their folder; None when they are none of ours."""
    pattern = pattern_of(text(media, "File Path")) if media is not None else None
    if pattern is None:
        return None
    folder = Path(pattern).parent
    try:
        note = json_value((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return (dict(note), folder) if isinstance(note, dict) and "item" in note else None


def original(timeline: Timeline, item: TimelineItem) -> TimelineItem:
    """The clip that an item was made of; the item itself when it is none of ours.

    Raises ResolveError when the original is not in the timeline any more.
    """
    found = note_of(media_of(item))
    if found is None:
        return item
    note = found[0]
    for _, other in items(timeline):
        if identity(other) == note["item"]:
            return _with_first_take(other) if same(other, item) else other
    for _, other in items(timeline):  # a copy of the timeline has IDs of its own
        media = media_of(other)
        there = media is not None and text(media, "File Path") == note.get("media")
        if there and calls.start(other) == note.get("start"):
            return other
    raise ResolveError(
        f"{item.GetName()} is a slow-motion clip of {note.get('clip')}, which is not in this "
        "timeline any more.",
        f"Put {note.get('media')} back where it was, and run the script on it.",
    )


def _with_first_take(item: TimelineItem) -> TimelineItem:
    """The item, which shows a take of ours. Raises ResolveError when that is all that is left."""
    if takes.count(item) > 1:
        return item
    raise ResolveError(
        f"{item.GetName()} was replaced for good: its first take is gone.",
        "Put the original back from the media pool, and run the script on it.",
    )


def earlier(timeline: Timeline, clip: TimelineItem) -> list[Earlier]:
    """The results of earlier runs on a clip that lie in its timeline, or among its takes."""
    found = []
    for _, other in items(timeline):
        media = media_of(other)
        note = note_of(media)
        if note is None or media is None or same(other, clip):
            continue
        if same(original(timeline, other), clip):
            found.append(Earlier(note[0], note[1], other, media))
    return found + _takes(clip)


def _takes(clip: TimelineItem) -> list[Earlier]:
    """Results among a clip's takes, whichever of them is selected."""
    found = []
    for index in range(1, takes.count(clip) + 1):
        media = takes.media(clip, index)
        note = note_of(media)
        if note is not None and media is not None:
            found.append(Earlier(note[0], note[1], None, media))
    return found
