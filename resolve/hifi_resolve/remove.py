"""Taking an earlier slow-motion clip out of the project, once the new one is there.

What can be taken back comes first: sound that was switched off, room that was made. What is deleted
comes last. Files on disk stay.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from . import room, sound
from .answers import ResolveError, identity, media_of, same, text
from .clip import Clip, items, tracks_of
from .origin import Earlier
from .pool import FOLDER, clips_in, folders_in
from .restore import Undo, attempt, delete_items, timelines

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Project, Resolve, Timeline, TimelineItem


def sound_back(clip: Clip, runs: Sequence[Earlier], undo: Undo) -> None:
    """Switch on what earlier runs switched off; off again when `undo` runs."""
    off = {key for run in runs for key in run.note.get("sound off", ())}
    for _, item in items(clip.timeline, "audio"):
        if identity(item) in off and not item.GetClipEnabled():
            undo.add(f"the sound of {item.GetName()}", functools.partial(sound.switch, item, False))
            if not attempt(functools.partial(sound.switch, item, True)):
                raise ResolveError(
                    f"Resolve did not switch on the sound of {item.GetName()}.",
                    "Unlock its track.",
                )


def room_back(clip: Clip, runs: Sequence[Earlier], keep_sound: bool, undo: Undo) -> Clip:
    """Take back the room of earlier runs; the clip as it was before them."""
    made = [run for run in runs if run.place == "room"]
    if not made or clip.speed == made[0].first_speed:
        return clip
    first = made[0].first_speed
    length, _ = room.make(clip, first, keep_sound, undo, held_by(made))
    return dataclasses.replace(clip, duration=length, speed=first)


def held_by(runs: Sequence[Earlier]) -> list[room.Track]:
    """Tracks that kept their place when earlier runs made room."""
    return [(str(kind), int(track)) for run in runs for kind, track in run.note.get("held", ())]


def results(resolve: Resolve, project: Project, clip: Clip, runs: Sequence[Earlier]) -> list[str]:
    """Delete earlier slow-motion clips; notes on what has to be deleted by hand.

    Raises ResolveError when one of them cannot be taken from the timeline.
    """
    notes: list[str] = []
    for run in runs:
        track = _track_of(clip.timeline, run.item)
        if not attempt(functools.partial(_from_timeline, resolve, clip, run)):
            raise ResolveError(
                "Resolve did not take the earlier slow-motion clip from the timeline.",
                "Delete it by hand, and run the script on the original.",
            )
        if track and not attempt(functools.partial(_empty_track_gone, clip.timeline, track)):
            notes.append(f"Delete the empty video track {track} by hand.")
        notes += _sound_gone(resolve, project, clip.timeline, run)
        if not attempt(functools.partial(_from_pool, project, [run.media])):
            notes.append(f"Delete {run.media.GetName()} in {FOLDER} by hand, if nothing uses it.")
    return notes


def _from_timeline(resolve: Resolve, clip: Clip, run: Earlier) -> bool:
    if run.item is not None:
        return delete_items(resolve, clip.timeline, [run.item])
    return _take_gone(clip.item, run.media)


def _take_gone(item: TimelineItem, media: MediaPoolItem) -> bool:
    """Delete the take that shows a result, and select the first where that one was selected."""
    mine = _take_of(item, media)
    if mine is None:
        return True
    selected = int(item.GetSelectedTakeIndex() or 0)
    kept = 1 if selected == mine else selected
    # Nobody says whether a deleted take changes which one is selected.
    shown: dict[str, Any] = dict(item.GetTakeByIndex(kept) or {})
    item.DeleteTakeByIndex(mine)
    now = _take_of(item, shown["mediaPoolItem"]) if shown else None
    if now is not None:
        item.SelectTakeByIndex(now)
    return _take_of(item, media) is None


def _take_of(item: TimelineItem, media: MediaPoolItem) -> Optional[int]:
    for index in range(1, int(item.GetTakesCount() or 0) + 1):
        take: Any = item.GetTakeByIndex(index) or {}
        if same(dict(take).get("mediaPoolItem"), media):
            return index
    return None


def _track_of(timeline: Timeline, item: Optional[TimelineItem]) -> int:
    """The track that an item has for itself; 0 when others are on it, too."""
    for number, found in enumerate(tracks_of(timeline), 1):
        if item is not None and len(found) == 1 and same(found[0], item):
            return number
    return 0


def _empty_track_gone(timeline: Timeline, track: int) -> bool:
    there = tracks_of(timeline)
    if len(there) < track or there[track - 1] or len(there) == 1:
        return False
    timeline.DeleteTrack("video", track)
    return len(tracks_of(timeline)) == len(there) - 1


def _sound_gone(resolve: Resolve, project: Project, timeline: Timeline, run: Earlier) -> list[str]:
    """Delete the sound that a run stretched, its track and its clip in the media pool."""
    path = run.folder / sound.FILE
    mine = [
        (track, item) for track, item in items(timeline, "audio") if _is_of(media_of(item), path)
    ]
    if not mine:
        return []
    media = [media_of(item) for _, item in mine]
    gone = attempt(lambda: delete_items(resolve, timeline, [i for _, i in mine], "audio"))
    there = tracks_of(timeline, "audio")
    for track in sorted({track for track, _ in mine}, reverse=True):
        if not there[track - 1] and len(there) > 1:
            timeline.DeleteTrack("audio", track)
    if gone and attempt(lambda: _from_pool(project, media)):
        return []
    return [f"Delete the stretched sound {path.parent.name}/{path.name} by hand."]


def _is_of(media: Optional[MediaPoolItem], path: Path) -> bool:
    return media is not None and Path(text(media, "File Path")) == path


def _from_pool(project: Project, media: Sequence[MediaPoolItem]) -> bool:
    """Delete clips that no timeline uses any more; whether none of them is left."""
    gone = {identity(entry) for entry in media}
    if gone & _used(project):
        return True
    project.GetMediaPool().DeleteClips(list(media))
    root = project.GetMediaPool().GetRootFolder()
    mine = [f for f in folders_in(root) if f.GetName() == FOLDER]
    return not any(identity(clip) in gone for f in mine for clip in clips_in(f))


def _used(project: Project) -> set[str]:
    found = set()
    for timeline in timelines(project):
        for kind in ("video", "audio"):
            for _, item in items(timeline, kind):
                media = media_of(item)
                if media is not None:
                    found.add(identity(media))
    return found


def sentence(clip: Clip, speed: Fraction) -> str:
    """What is said when a clip runs at its own speed again."""
    return f"{clip.name} runs at {float(speed):.0%} again; its slow-motion clip is gone."
