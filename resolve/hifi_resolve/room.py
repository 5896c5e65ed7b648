"""Room for a slow-motion clip: Resolve slows the clip itself, and what lies behind moves.

From 21.1 on (`TimelineItem.SetSpeed` with RippleTimeline). What was measured there: the used source
stays, linked sound goes along, and what runs across the clip's end on another track is cut at it.
So tracks with such a clip are locked meanwhile, and keep their place. The whole timeline is looked
at afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

from . import calls, sound
from .answers import ResolveError, identity, needed
from .clip import Clip, items
from .restore import Undo, undone

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem

Place = tuple[int, int]  # start and length of an item, in record frames
Track = tuple[str, int]  # kind and index

_NEAR = 0.01  # per cent: speeds come as decimals


def make(
    clip: Clip, speed: Fraction, keep_sound: bool, undo: Undo, held: Iterable[Track] = ()
) -> tuple[int, list[Track]]:
    """Run the clip at a speed, 1 at 100 %, and move what lies behind.

    With `keep_sound`, linked sound stays as it is. `held` are tracks to keep in place in any case:
    those that an earlier run kept. Taken back when `undo` runs.

    Returns:
        The clip's new length, and the tracks that kept their place.

    Raises:
        ResolveError: The timeline is not as it should be afterwards.
    """
    before, across = _places(clip.timeline), {*running_across(clip), *held}
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
    return length, sorted(across)


def running_across(clip: Clip) -> dict[Track, str]:
    """Tracks with a clip that runs across this one's end, and its name."""
    end, ours = clip.start + clip.duration, {identity(clip.item)}
    ours |= {identity(item) for item in sound.of(clip)}
    return {
        (kind, track): item.GetName() or "a clip"
        for kind in ("video", "audio")
        for track, item in items(clip.timeline, kind)
        if identity(item) not in ours
        and calls.start(item) < end < calls.start(item) + calls.duration(item)
    }


def moving(clip: Clip) -> int:
    """How many clips on video tracks lie behind."""
    end = clip.start + clip.duration
    return sum(calls.start(item) >= end for _, item in items(clip.timeline))


def staying(clip: Clip) -> str:
    """Which tracks will stay where they are, and why; "" when all move."""
    across = running_across(clip)
    names = ", ".join(f"{kind[0].upper()}{n} ({name})" for (kind, n), name in across.items())
    return f"Where a clip runs across, its track stays as it is: {names}." if names else ""


def sentence(clip: Clip, speed: Fraction) -> str:
    """What will move, and what will not."""
    count, length = moving(clip), round(clip.duration * clip.speed / speed)
    clips = "1 clip behind it moves" if count == 1 else f"{count} clips behind it move"
    return f"{clips} by {length - clip.duration} frames. {staying(clip)}".strip()


def _set(clip: Clip, speed: Fraction, keep_sound: bool, held: list[Track]) -> None:
    timeline = clip.timeline
    linked = sound.of(clip) if keep_sound else []
    with undone(always=True) as back:
        for track in held:
            _lock(timeline, track, back)
        if linked:
            together = [clip.item, *linked]
            back.add("the link to its sound", lambda: bool(timeline.SetClipsLinked(together, True)))
            needed(timeline.SetClipsLinked(together, False), "unlink the clip's sound")
        options = {"Percentage": float(100 * speed), "PitchCorrection": True}
        clip.item.SetSpeed({**options, "RippleTimeline": True})  # type: ignore[attr-defined]  # 21.1


def _back(clip: Clip, keep_sound: bool, held: list[Track], before: dict[str, Place]) -> bool:
    # Its speed may have changed although nothing moved.
    if _places(clip.timeline) != before or not _runs_at(clip, clip.speed):
        _set(clip, clip.speed, keep_sound, held)
    return _places(clip.timeline) == before and _runs_at(clip, clip.speed)


def _runs_at(clip: Clip, speed: Fraction) -> bool:
    said = dict(clip.item.GetSpeed() or {}).get("Percentage")  # type: ignore[attr-defined]  # 21.1
    return said is not None and abs(said - float(100 * speed)) < _NEAR


def _lock(timeline: Timeline, track: Track, back: Undo) -> None:
    if timeline.GetIsTrackLocked(*track):  # type: ignore[arg-type]  # video or audio
        return
    name = f"the lock of {track[0]} track {track[1]}"
    back.add(name, lambda: _locked_is(timeline, track, False))
    if not _locked_is(timeline, track, True):
        raise ResolveError(f"Resolve did not lock {track[0]} track {track[1]}.", "Lock it by hand.")


def _locked_is(timeline: Timeline, track: Track, locked: bool) -> bool:
    timeline.SetTrackLock(*track, locked)  # type: ignore[arg-type]  # as above
    return bool(timeline.GetIsTrackLocked(*track)) == locked  # type: ignore[arg-type]  # as above


def _locked(timeline: Timeline) -> set[Track]:
    return {
        (kind, track)
        for kind in ("video", "audio")
        for track in range(1, int(timeline.GetTrackCount(kind) or 0) + 1)
        if timeline.GetIsTrackLocked(kind, track)
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
