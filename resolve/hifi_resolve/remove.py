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
from typing import TYPE_CHECKING, Optional

from . import room, sound, takes
from .answers import ResolveError, identity, media_of, sure, text
from .clip import Clip, items, tracks_of
from .origin import Earlier
from .pool import FOLDER, clips_in, ours_in
from .restore import Undo, attempt, delete_items, timelines

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Project, Resolve, Timeline, TimelineItem


def sound_back(clip: Clip, runs: Sequence[Earlier], undo: Undo) -> None:
    """Switch on what earlier runs switched off; off again when `undo` runs."""
    off = {key for run in runs for key in run.note.get("sound off", ())}
    for _, item in items(clip.timeline, "audio"):
        if identity(item) in off:
            if not sure(item.GetClipEnabled):
                off_again = functools.partial(sound.switch, item, False)
                undo.add(f"the sound of {item.GetName()}", off_again)
            if not attempt(functools.partial(sound.switch, item, True)):
                raise ResolveError(
                    f"Resolve did not switch on the sound of {item.GetName()}.",
                    "Unlock its track.",
                )


def room_back(clip: Clip, runs: Sequence[Earlier], undo: Undo) -> Clip:
    """Take back the room of earlier runs, and what their sound got longer; the clip before them."""
    made = [run for run in runs if run.place == "room"]
    if not made or clip.speed == made[0].first_speed:
        return clip
    first = made[0].first_speed
    sound_kept = bool(made[0].note.get("sound kept"))
    length, _ = room.make(clip, first, sound_kept, undo, held_by(made), items_of(runs))
    return dataclasses.replace(clip, duration=length, speed=first)


def nearer(clip: Clip, runs: Sequence[Earlier]) -> tuple[int, set[room.Track]]:
    """Record frames that what lies behind comes nearer then, and the tracks that will stay."""
    made = [run for run in runs if run.place == "room"]
    if not made or clip.speed == made[0].first_speed:
        return 0, set()
    length = round(clip.duration * clip.speed / made[0].first_speed)
    return clip.duration - length, room.tracks_with(clip, held_by(made))


def held_by(runs: Sequence[Earlier]) -> list[room.Kept]:
    """What kept its place when earlier runs made room."""
    return [kept for run in runs for kept in run.note.get("held", ())]


def items_of(runs: Sequence[Earlier]) -> list[TimelineItem]:
    """The slow-motion clips of earlier runs that are items of their own."""
    return [run.item for run in runs if run.item is not None]


def results(resolve: Resolve, project: Project, clip: Clip, runs: Sequence[Earlier]) -> list[str]:
    """Delete earlier slow-motion clips; notes on what has to be deleted by hand.

    Raises ResolveError when the first cannot be taken from the timeline. From then on there is no
    way back: what does not go is a note.
    """
    notes: list[str] = []
    for number, run in enumerate(runs):
        try:
            notes += _result(resolve, project, clip, run)
        except ResolveError:
            if not number:
                raise
            notes.append("Delete an earlier slow-motion clip by hand: Resolve did not.")
    return notes


def _result(resolve: Resolve, project: Project, clip: Clip, run: Earlier) -> list[str]:
    """Delete one; notes. Raises ResolveError as long as nothing is deleted."""
    timeline, alone = clip.timeline, _alone(clip.timeline, [run.item] if run.item else [])
    if not _from_timeline(resolve, clip, run):
        raise ResolveError(
            "Resolve did not take the earlier slow-motion clip from the timeline.",
            "Delete it by hand, and run the script on the original.",
        )
    notes = _tracks_gone(timeline, alone) + _sound_gone(resolve, project, timeline, run)
    if not attempt(functools.partial(_from_pool, project, [run.media])):
        notes.append(f"Delete {run.media.GetName()} in {FOLDER} by hand, if nothing uses it.")
    return notes


def _from_timeline(resolve: Resolve, clip: Clip, run: Earlier) -> bool:
    if run.item is None:
        return takes.drop(clip.item, run.media)
    return attempt(functools.partial(delete_items, resolve, clip.timeline, [run.item]))


def _alone(timeline: Timeline, gone: Sequence[TimelineItem], kind: str = "video") -> list[int]:
    """The tracks with nothing on them but these items, from the top down."""
    mine = {identity(item) for item in gone}
    there = [[identity(item) for item in track] for track in tracks_of(timeline, kind)]
    return [n for n, found in reversed([*enumerate(there, 1)]) if found and mine.issuperset(found)]


def _tracks_gone(timeline: Timeline, tracks: Sequence[int], kind: str = "video") -> list[str]:
    """Delete tracks that are empty now, from the top down; notes."""
    return [
        f"Delete the empty {kind} track {track} by hand."
        for track in tracks
        if not attempt(functools.partial(_empty_track_gone, timeline, track, kind))
    ]


def _empty_track_gone(timeline: Timeline, track: int, kind: str) -> bool:
    there = tracks_of(timeline, kind)
    if len(there) < track or there[track - 1] or len(there) == 1:
        return False
    timeline.DeleteTrack(kind, track)  # type: ignore[arg-type]  # video or audio
    return len(tracks_of(timeline, kind)) == len(there) - 1


def _sound_gone(resolve: Resolve, project: Project, timeline: Timeline, run: Earlier) -> list[str]:
    """Delete the sound that a run stretched, its track and its clip in the media pool; notes."""
    path = run.folder / sound.FILE
    by_hand = [f"Delete the stretched sound {path.parent.name}/{path.name} by hand."]
    try:
        mine = [item for _, item in items(timeline, "audio") if _is_of(media_of(item), path)]
        alone, media = _alone(timeline, mine, "audio"), [media_of(item) for item in mine]
    except ResolveError:
        return by_hand if path.exists() else []
    if not mine:
        return []
    if not attempt(lambda: delete_items(resolve, timeline, mine, "audio")):
        return by_hand
    notes = _tracks_gone(timeline, alone, "audio")
    return notes if attempt(lambda: _from_pool(project, media)) else notes + by_hand


def _is_of(media: Optional[MediaPoolItem], path: Path) -> bool:
    return media is not None and Path(text(media, "File Path")) == path


def _from_pool(project: Project, media: Sequence[MediaPoolItem]) -> bool:
    """Delete clips that no timeline uses any more; whether none of them is left."""
    gone = {identity(entry) for entry in media}
    if gone & _used(project):
        return True
    project.GetMediaPool().DeleteClips(list(media))
    root = project.GetMediaPool().GetRootFolder()
    return not any(identity(clip) in gone for f in ours_in(root) for clip in clips_in(f))


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
