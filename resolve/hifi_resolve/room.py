"""Room for a slow-motion clip: Resolve slows the clip itself, and what lies behind moves.

From 21.1 on (`TimelineItem.SetSpeed` with RippleTimeline). What was measured there: the used source
stays, linked sound goes along, and what runs across the clip's end on another track is cut at it.
So tracks with such a clip are locked meanwhile, and keep their place. The whole timeline is looked
at afterwards.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from . import calls, sound
from .answers import ResolveError, identity, if_any, sure
from .clip import Clip, items, numbers_of_tracks
from .restore import Undo, attempt, undone

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem

Place = tuple[int, int]  # start and length of an item, in record frames
Track = tuple[str, int]  # kind and index
Kept = list[Any]  # an item on a track that kept its place, as a note has it: _kept

_NEAR = 0.01  # per cent: speeds come as decimals


def make(
    clip: Clip,
    speed: Fraction,
    keep_sound: bool,
    undo: Undo,
    held: Sequence[Kept] = (),
    ours: Sequence[TimelineItem] = (),
) -> tuple[int, list[Kept]]:
    """Run the clip at a speed, 1 at 100 %, and move what lies behind.

    With `keep_sound`, linked sound stays as it is. `held` is on tracks to keep in place in any
    case: what an earlier run kept. `ours` are slow-motion clips of earlier runs, which will go.
    Taken back when `undo` runs.

    Returns:
        The clip's new length, and what kept its place.

    Raises:
        ResolveError: The timeline is not as it should be afterwards.
    """
    before, staying = (
        _places(clip.timeline),
        {*running_across(clip, ours), *tracks_with(clip, held)},
    )
    across = staying.union(running_across(clip))
    kept = [
        _kept(kind, item) for kind, track, item in _all(clip.timeline) if (kind, track) in staying
    ]
    fixed = across | _locked(clip.timeline)
    along = {identity(item) for item in (sound.of(clip) if not keep_sound else [])}
    undo.add(
        f"{clip.name}'s speed",
        lambda: _back(clip, keep_sound, sorted(across), before),
    )
    _set(clip, speed, keep_sound, sorted(across))
    length = calls.duration(clip.item)
    if abs(length - clip.duration * clip.speed / speed) > 1 or not _runs_at(clip, speed):
        raise _not_made(clip, 1)
    _check(clip, before, fixed, along | {identity(clip.item)}, length)
    return length, kept


def _kept(kind: str, item: TimelineItem) -> Kept:
    return [kind, identity(item), calls.start(item), item.GetName()]


def tracks_with(clip: Clip, held: Sequence[Kept]) -> set[Track]:
    """The tracks that have something of what kept its place: tracks have no IDs, and their numbers
    change. In a copy of the timeline, items have other IDs, and lie at the same place."""
    ids, places = {entry[1] for entry in held}, {(e[0], *e[2:]) for e in held}
    return {
        (kind, track)
        for kind, track, item in (_all(clip.timeline) if held else ())
        if identity(item) in ids or (kind, calls.start(item), item.GetName()) in places
    }


def running_across(clip: Clip, besides: Iterable[TimelineItem] = ()) -> dict[Track, str]:
    """Tracks with a clip that runs across this one's end, and its name."""
    end = clip.start + clip.duration
    ours = {identity(item) for item in (clip.item, *sound.of(clip), *besides)}
    return {
        (kind, track): item.GetName() or "a clip"
        for kind in ("video", "audio")
        for track, item in items(clip.timeline, kind)
        if identity(item) not in ours
        and calls.start(item) < end < calls.start(item) + calls.duration(item)
    }


def stays(clip: Clip, held: Sequence[Kept] = ()) -> dict[Track, str]:
    """The tracks that will stay where they are, and why."""
    across = {track: f"{name} runs across" for track, name in running_across(clip).items()}
    before = dict.fromkeys(tracks_with(clip, held), "as before")
    return {**dict.fromkeys(_locked(clip.timeline), "locked"), **before, **across}


def moving(clip: Clip, fixed: Container[Track]) -> int:
    """How many clips on video tracks will move."""
    end = clip.start + clip.duration
    return sum(
        calls.start(item) >= end and ("video", track) not in fixed
        for track, item in items(clip.timeline)
    )


def staying(tracks: Mapping[Track, str]) -> str:
    """Which tracks will stay where they are, and why, in words; "" when all move."""
    names = ", ".join(f"{kind[0].upper()}{n} ({why})" for (kind, n), why in sorted(tracks.items()))
    return f"Tracks that stay as they are: {names}." if names else ""


def sentence(clip: Clip, speed: Fraction, held: Sequence[Kept] = ()) -> str:
    """What will move, and what will not."""
    fixed, length = stays(clip, held), round(clip.duration * clip.speed / speed)
    count = moving(clip, fixed)
    clips = "1 clip behind it moves" if count == 1 else f"{count} clips behind it move"
    return f"{clips} by {length - clip.duration} frames. {staying(fixed)}".strip()


def _set(clip: Clip, speed: Fraction, keep_sound: bool, held: list[Track]) -> None:
    timeline = clip.timeline
    linked = sound.of(clip) if keep_sound else []
    with undone(always=True) as back:
        for track in held:
            _lock(timeline, track, back)
        if linked:
            back.add("the link to its sound", lambda: _link(clip, linked, True))
            if not attempt(lambda: _link(clip, linked, False)):
                raise ResolveError("Resolve did not unlink the clip's sound.", "Unlink it by hand.")
        options = {"Percentage": float(100 * speed), "PitchCorrection": True}
        clip.item.SetSpeed({**options, "RippleTimeline": True})  # type: ignore[attr-defined]  # 21.1


def _link(clip: Clip, sounds: list[TimelineItem], linked: bool) -> bool:
    """Link a clip's sound to it, or unlink it; whether that is so. A yes alone says nothing."""
    clip.timeline.SetClipsLinked([clip.item, *sounds], linked)
    return len(sound.of(clip)) == (len(sounds) if linked else 0)


def _back(clip: Clip, keep_sound: bool, held: list[Track], before: dict[str, Place]) -> bool:
    # Its speed may have changed although nothing moved.
    if _places(clip.timeline) != before or not _runs_at(clip, clip.speed):
        # A slow-motion clip of an earlier run ends with the long clip, and runs across the short.
        now = dataclasses.replace(clip, duration=calls.duration(clip.item))
        _set(clip, clip.speed, keep_sound, sorted({*held, *running_across(now)}))
    return _places(clip.timeline) == before and _runs_at(clip, clip.speed)


def _runs_at(clip: Clip, speed: Fraction) -> bool:
    said = if_any(clip.item.GetSpeed, {}).get("Percentage")  # type: ignore[attr-defined]  # 21.1
    return said is not None and abs(said - float(100 * speed)) < _NEAR


def _lock(timeline: Timeline, track: Track, back: Undo) -> None:
    if _is_locked(timeline, track):
        return
    name = f"the lock of {track[0]} track {track[1]}"
    back.add(name, lambda: _locked_is(timeline, track, False))
    if not _locked_is(timeline, track, True):
        raise ResolveError(f"Resolve did not lock {track[0]} track {track[1]}.", "Lock it by hand.")


def _locked_is(timeline: Timeline, track: Track, locked: bool) -> bool:
    timeline.SetTrackLock(*track, locked)  # type: ignore[arg-type]  # video or audio
    return _is_locked(timeline, track) == locked


def _is_locked(timeline: Timeline, track: Track) -> bool:
    return sure(lambda: timeline.GetIsTrackLocked(*track))  # type: ignore[arg-type]  # video or audio


def _locked(timeline: Timeline) -> set[Track]:
    return {
        (kind, track)
        for kind in ("video", "audio")
        for track in numbers_of_tracks(timeline, kind)
        if _is_locked(timeline, (kind, track))
    }


def _places(timeline: Timeline) -> dict[str, Place]:
    return {identity(item): _place(item) for _, _, item in _all(timeline)}


def _all(timeline: Timeline) -> list[tuple[str, int, TimelineItem]]:
    return [
        (kind, track, item) for kind in ("video", "audio") for track, item in items(timeline, kind)
    ]


def _place(item: TimelineItem) -> Place:
    return calls.start(item), calls.duration(item)


def _check(
    clip: Clip, before: dict[str, Place], held: set[Track], along: set[str], length: int
) -> None:
    """Raise ResolveError where an item is not where it should be."""
    end, delta = clip.start + clip.duration, length - clip.duration
    wrong = abs(len(before) - len(_places(clip.timeline)))
    for kind, track, item in _all(clip.timeline):
        start, size = before.get(identity(item), (-1, -1))
        if identity(item) in along:
            wanted = start, length
        elif start >= end and (kind, track) not in held:
            wanted = start + delta, size
        else:
            wanted = start, size
        wrong += _place(item) != wanted
    if wrong:
        raise _not_made(clip, wrong)


def _not_made(clip: Clip, wrong: int) -> ResolveError:
    return ResolveError(
        f"Resolve did not make room behind {clip.name} ({wrong} clips are not where they should "
        "be).",
        "Unlock the tracks, or place the slow-motion clip above.",
    )
