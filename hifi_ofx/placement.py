"""What can be chosen for a slow-motion clip in Resolve, besides the retime itself."""

from __future__ import annotations

from dataclasses import dataclass

from .parameters import parameter


@dataclass(frozen=True)
class Placement:
    """How the clip is read, and where the slow-motion clip goes."""

    place: str = parameter(
        "above",
        "Place",
        "above: on a new track above the clip. replace: in the clip's place, as a take, which "
        "keeps the clip's length and its transitions. room: above, and everything behind moves "
        "(Resolve 21.1 and later).",
        choices=("above", "replace", "room"),
    )
    audio: str = parameter(
        "keep",
        "Audio",
        "The clip's sound. keep: as it is. stretch: as long as the picture, at its own pitch. "
        "none: switched off.",
        choices=("keep", "stretch", "none"),
    )
    marks: bool = parameter(
        False,
        "Between the marks",
        "Slow only what lies between the timeline's marks in and out (Resolve 19.1 and later; "
        "above the clip).",
    )
    handles: int = parameter(
        2,
        "Handles",
        "Frames that are rendered before and after the clip's range, where its media has them. The "
        "last in-betweens need one.",
        minimum=1,
        maximum=100,
        unit="frames",
    )
    pixels: str = parameter(
        "half",
        "Pixels",
        "Type of the EXR files that Resolve renders. half keeps 11 bits of each value, float 24.",
        choices=("half", "float"),
    )
    sizing: bool = parameter(
        True,
        "Copy sizing",
        "Give the slow-motion clip the clip's zoom, position, rotation, crop and opacity.",
    )
    grade: bool = parameter(True, "Copy grade", "Copy the clip's grade to the slow-motion clip.")
    link: bool = parameter(
        False,
        "Link",
        "Link the slow-motion clip to the clip, so that both move, and are deleted, together.",
    )
