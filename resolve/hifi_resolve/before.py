"""What a run will do, said before anything is rendered."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hifi_ofx.quality import PRESETS

from . import abilities, color, covered, marks, remove, room, sound, source, transitions
from .answers import ResolveError, text
from .clip import Clip
from .look import Subject
from .origin import Earlier
from .wishes import Wishes

if TYPE_CHECKING:
    from fusionscript import Resolve

CLIPS = 60
"""How many clips behind are told to the dialog: nobody slows a clip over more of them."""


def speed_of(subject: Subject, wishes: Wishes) -> Fraction:
    """The speed that is wished for; without one, that which is set in Resolve, or a half."""
    if wishes.speed is not None:
        return wishes.speed
    set_in_resolve = subject.clip.speed != 1 and not subject.earlier
    return subject.clip.speed if set_in_resolve else Fraction(1, 2)


def check(subject: Subject, wishes: Wishes, speed: Fraction) -> None:
    """Raise ResolveError for what this version, or this timeline, does not allow."""
    place = wishes.placement
    if place.place == "room" and "room" not in subject.abilities.can:
        hit = covered.sentence(_behind(subject), subject.clip.frames_at(speed))
        raise ResolveError(
            f"Resolve {subject.abilities.version} cannot make room: its scripts move no clips.",
            f"Place it above. {hit}".strip(),
        )
    if place.marks and place.place != "above":
        raise ResolveError(
            "A part between marks cannot replace its clip, nor make room.", "Place it above."
        )
    if place.marks and place.audio != "keep":
        raise ResolveError(
            "The sound of a part between marks can be kept alone.",
            "Cut the clip at the marks, and slow the part.",
        )
    if place.marks and "marks" not in subject.abilities.can:
        raise ResolveError(
            f"Resolve {subject.abilities.version} does not tell scripts where its marks are.",
            "Cut the clip at the marks, and slow the part.",
        )


def sentences(resolve: Resolve, subject: Subject, wishes: Wishes, speed: Fraction) -> list[str]:
    """What will be covered, moved, hidden or lost."""
    place, fades = wishes.placement.place, transitions.at(resolve, subject.clip)
    return [*_about_place(subject, place, speed), *_always(subject, place, fades)]


def lasting(subject: Subject) -> list[str]:
    """Those of the sentences that are to be looked at afterwards, too."""
    found = list(subject.abilities.missing()) if source.why_not_direct(subject.clip) else []
    if subject.clip.item.GetFusionCompCount():
        found.append("The clip's Fusion composition is not part of the slow-motion clip.")
    return found


def _about_place(subject: Subject, place: str, speed: Fraction) -> list[str]:
    clip, length = subject.clip, subject.clip.frames_at(speed)
    if place == "room":
        return [room.sentence(clip, speed, remove.held_by(subject.earlier))]
    if place == "replace":
        return [_cut(clip, length)] if length > clip.duration else []
    words = covered.sentence(_behind(subject), length)
    return [words] if words else []


def _cut(clip: Clip, length: int) -> str:
    return f"{length} frames are made; the clip's place shows the first {clip.duration} of them."


def _always(subject: Subject, place: str, fades: tuple[int, int]) -> list[str]:
    clip = subject.clip
    found = [*lasting(subject), _fades(fades, place)]
    if source.why_not_direct(clip):
        kind = " ".join(text(clip.media, key) for key in ("Format", "Video Codec"))
        found += [color.outlook(subject.project), color.raw_note(kind)]
    if "span" not in subject.abilities.can and clip.ratio != 1:
        found.append(
            "Make sure that the clip runs at 100 %: this version does not tell, at mixed rates."
        )
    if subject.earlier:
        found.append(_earlier(subject.earlier))
    return [sentence for sentence in found if sentence]


def _fades(found: tuple[int, int], place: str) -> str:
    where = [name for name, length in zip(("start", "end"), found) if length]
    if not where:
        return ""
    ends = " and ".join(where)
    if place == "replace":
        return f"The transitions at its {ends} stay."
    return f"The transitions at its {ends} stay on the original, beneath the slow-motion clip."


def _earlier(runs: tuple[Earlier, ...]) -> str:
    count = "An earlier slow-motion clip" if len(runs) == 1 else f"{len(runs)} earlier ones"
    return f"{count} of this clip will be taken away; the files stay."


def _behind(subject: Subject) -> list[covered.Behind]:
    return covered.behind(subject.clip, subject.earlier, "insert" not in subject.abilities.can)


def question(resolve: Resolve, subject: Subject, wishes: Wishes) -> dict[str, Any]:
    """All that the dialog shows, as JSON; hifi_ofx.panel.slow_motion reads it."""
    clip = subject.clip
    found, marked = sound.of(clip), marks.inside(clip)
    fades, fixed = transitions.at(resolve, clip), _fixed(subject)
    return {
        "clip": clip.name,
        "frames": clip.duration,
        "start": clip.start,
        "track": clip.track,
        "rate": clip.timeline_rate.spelling,
        "source rate": clip.rate.spelling,
        "clip speed": str(clip.speed),
        "first speed": str(subject.first_speed),
        "earlier": bool(subject.earlier),
        "speed": str(speed_of(subject, wishes)),
        "place": wishes.placement.place,
        "audio": wishes.placement.audio,
        "no room": _no_room(subject),
        "moving": room.moving(clip, fixed),
        "staying": room.staying(fixed),
        "behind": [[o.name, o.track, o.start, o.end] for o in _behind(subject)[:CLIPS]],
        "sound": bool(found),
        "no stretch": sound.why_not(clip, found),
        "marks": list(marked) if marked else None,
        "lines": {place: _always(subject, place, fades) for place in ("above", "replace", "room")},
        "presets": list(PRESETS),
        "version": subject.abilities.version,
    }


def _fixed(subject: Subject) -> dict[room.Track, str]:
    """The tracks that will stay where they are, where a version makes room at all."""
    can = "room" in subject.abilities.can
    return room.stays(subject.clip, remove.held_by(subject.earlier)) if can else {}


def _no_room(subject: Subject) -> str:
    if "room" in subject.abilities.can:
        return ""
    return abilities.ABILITIES["room"].without
