"""The clip's sound: left as it is, as long as the picture at its own pitch, or switched off."""

from __future__ import annotations

import functools
import os
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hifi_ofx.child import engine_environment
from hifi_ofx.errors import EngineError
from hifi_ofx.interpreter import engine_python

from . import calls
from .answers import ResolveError, has, identity, if_any, media_of, same, sure, text, whole
from .clip import Clip, items, tracks_of
from .engine import no_console
from .pool import clips_in
from .restore import Undo, attempt, delete_items

if TYPE_CHECKING:
    from fusionscript import MediaPool, MediaPoolItem, Project, Resolve, Timeline, TimelineItem

FILE = "sound.wav"


def of(clip: Clip) -> list[TimelineItem]:
    """The items on audio tracks that belong to a clip.

    Those that are linked to it; where Resolve does not tell (before 19.0), those of the same media
    that start and end with it.
    """
    told = if_any(clip.item.GetLinkedItems, None) if has(clip.item, "GetLinkedItems") else None
    if told is not None:
        linked = {identity(item) for item in told}
        return [item for _, item in items(clip.timeline, "audio") if identity(item) in linked]
    place = clip.start, clip.duration
    return [
        item
        for _, item in items(clip.timeline, "audio")
        if (calls.start(item), calls.duration(item)) == place and same(media_of(item), clip.media)
    ]


def why_not(clip: Clip, found: list[TimelineItem]) -> str:
    """Why the sound cannot be stretched; "" when it can, or when there is none."""
    other = [item for item in found if not same(media_of(item), clip.media)]
    if other:
        return f"The sound is in a file of its own ({other[0].GetName()}), whose start is not known"
    return ""


def stretched(clip: Clip, folder: Path, speed: Fraction) -> Path:
    """Write the clip's sound, `speed` as fast, at its own pitch. Raises EngineError.

    The engine's Python does it: hosts have no ffmpeg.
    """
    target = folder / FILE
    seconds = (clip.end - clip.offset) / clip.rate.fps
    words = ["-m", "engine", "stretch", clip.path, str(target)]
    words += ["--start", str(clip.offset / clip.rate.fps), "--seconds", str(seconds)]
    done = subprocess.run(
        [engine_python(), *words, "--speed", str(speed)],
        env=engine_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        creationflags=no_console(),
    )
    if done.returncode or not target.is_file():
        said = done.stderr.decode("utf-8", "replace").strip()[-500:]
        raise EngineError(f"The sound was not stretched. {said}", "Choose to keep it as it is.")
    return target


def switch_off(found: list[TimelineItem], undo: Undo) -> None:
    """Disable items; they are enabled again when `undo` runs. Raises ResolveError."""
    for item in found:
        if sure(item.GetClipEnabled):
            undo.add(f"the sound of {item.GetName()}", functools.partial(switch, item, True))
            if not attempt(functools.partial(switch, item, False)):
                raise ResolveError(
                    f"Resolve did not switch off the sound of {item.GetName()}.",
                    "Unlock its track, or keep the sound as it is.",
                )


def switch(item: TimelineItem, on: bool) -> bool:
    """Enable or disable an item; whether it is."""
    item.SetClipEnabled(on)
    return sure(item.GetClipEnabled) == on


def place(
    resolve: Resolve, project: Project, clip: Clip, media: MediaPoolItem, length: int, undo: Undo
) -> TimelineItem:
    """Put the stretched sound on an audio track of its own, beneath the slow-motion clip.

    Raises ResolveError when it does not lie there afterwards.
    """
    timeline, pool = clip.timeline, project.GetMediaPool()
    count = len(tracks_of(timeline, "audio"))
    before = {identity(item) for _, item in items(timeline, "audio")}
    undo.add("an audio track, to be deleted", lambda: _track_gone(timeline, count))
    undo.add("the stretched sound, to be deleted", lambda: _cleared(resolve, timeline, before))
    timeline.AddTrack("audio", "stereo")
    frames = whole(media, "Frames")
    entry: dict[str, Any] = {
        "mediaPoolItem": media,
        "startFrame": 0,
        "endFrame": min(length, frames),
        "mediaType": 2,
        "trackIndex": count + 1,
        "recordFrame": clip.start,
    }
    pool.AppendToTimeline([entry])  # type: ignore[arg-type]  # this form is lost in the stubs
    new = [item for _, item in items(timeline, "audio") if identity(item) not in before]
    if len(new) != 1 or calls.start(new[0]) != clip.start:
        raise ResolveError(
            f"Resolve did not place the stretched sound at frame {clip.start}.",
            "Choose to keep the sound as it is.",
        )
    return new[0]


def imported(pool: MediaPool, folder: Any, path: Path, undo: Undo) -> MediaPoolItem:
    """Import the sound into the folder of the media pool that is open. Raises ResolveError."""
    before = {identity(clip) for clip in clips_in(folder)}
    undo.add("the imported sound, to be deleted", lambda: _clips_gone(pool, folder, before))
    calls.import_file(pool, str(path))
    new = [clip for clip in clips_in(folder) if identity(clip) not in before]
    if len(new) != 1 or Path(text(new[0], "File Path")) != path:
        raise ResolveError(f"Resolve did not import {path}.", "Keep the sound as it is.")
    made: MediaPoolItem = new[0]
    return made


def _clips_gone(pool: MediaPool, folder: Any, before: set[str]) -> bool:
    new = [clip for clip in clips_in(folder) if identity(clip) not in before]
    if new:
        pool.DeleteClips(new)
    return not [clip for clip in clips_in(folder) if identity(clip) not in before]


def _cleared(resolve: Resolve, timeline: Timeline, before: set[str]) -> bool:
    new = [item for _, item in items(timeline, "audio") if identity(item) not in before]
    return not new or delete_items(resolve, timeline, new, "audio")


def _track_gone(timeline: Timeline, count: int) -> bool:
    there = tracks_of(timeline, "audio")
    if len(there) > count and not there[-1]:
        timeline.DeleteTrack("audio", len(there))
    return len(tracks_of(timeline, "audio")) == count
