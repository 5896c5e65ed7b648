"""What a version of Resolve lets a script do, and what is done where it does not.

Asked once, before anything is rendered, with `dir`: `hasattr` is always true on Resolve's objects.
docs/resolve.md has the same list as a table, version by version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .answers import has


@dataclass(frozen=True)
class Ability:
    """One thing that a version can or cannot: the calls it takes, and the way without them."""

    what: str
    calls: tuple[tuple[str, str], ...]
    without: str
    said: str = ""  # before a render, where the version cannot


ABILITIES = {
    "selection": Ability(
        "Takes the selected clip",
        (("Timeline", "GetSelectedClips"),),
        "the clip under the playhead is taken",
    ),
    "insert": Ability(
        "Places it right above the clip",
        # It came with AddTrack's options.
        (("Timeline", "GetTrackSubType"),),
        "a new track on top of all is used, and covers all tracks below",
    ),
    "span": Ability(
        "Sees a retime by the span of its source",
        (("TimelineItem", "GetSourceStartTime"), ("TimelineItem", "GetSourceEndTime")),
        "an EDL of the timeline alone tells",
    ),
    "presets": Ability(
        "Puts all of the Deliver page's settings back",
        (("Project", "DeleteRenderPreset"),),
        "format and mode are put back; look at the Deliver page before your next delivery",
        said="Resolve {version} does not let scripts put the Deliver page's settings back, but for "
        "format and mode: look at it before your next delivery.",
    ),
    "marks": Ability(
        "Slows what lies between the marks",
        (("Timeline", "GetMarkInOut"),),
        "the whole clip is slowed",
    ),
    "linked": Ability(
        "Finds the clip's sound by its links",
        (("TimelineItem", "GetLinkedItems"),),
        "sound of the same media at the same place is taken for it",
    ),
    "rename": Ability(
        "Names the result in the media pool",
        (("MediaPoolItem", "SetName"),),
        "it has the name of its files",
    ),
    "speed": Ability(
        "Reads a speed that is set, and takes it as the wish",
        (("TimelineItem", "GetSpeed"),),
        "a clip that is retimed is refused",
    ),
    "room": Ability(
        "Makes room: what lies behind moves",
        (("TimelineItem", "SetSpeed"),),
        "what will be covered is said",
    ),
}


@dataclass(frozen=True)
class Abilities:
    """What this Resolve can."""

    version: str
    can: frozenset[str]

    def missing(self) -> list[str]:
        """Sentences on what this version cannot, for those who render."""
        return [
            ability.said.format(version=self.version)
            for name, ability in ABILITIES.items()
            if ability.said and name not in self.can
        ]


def ask(version: str, things: Mapping[str, Any]) -> Abilities:
    """What there is, on one object of each kind."""
    can = {
        name
        for name, ability in ABILITIES.items()
        if all(kind in things and has(things[kind], call) for kind, call in ability.calls)
    }
    return Abilities(version, frozenset(can))
