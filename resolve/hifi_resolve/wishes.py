"""What can be chosen for a slow-motion clip in Resolve, declared once."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from hifi_ofx.parameters import parameter
from hifi_ofx.quality import Footage, Machine, Output, Quality
from hifi_ofx.request import DEFAULT_WEIGHTS


@dataclass(frozen=True)
class Placement:
    """How the clip is read, and where the slow-motion clip goes."""

    place: str = parameter(
        "track",
        "Place",
        "Put the slow-motion clip on a new track above the clip, or into the clip as a take, which "
        "keeps the clip's length.",
        choices=("track", "take"),
    )
    handles: int = parameter(
        2,
        "Handles",
        "Frames that are rendered before and after the clip's range where its media has them. The "
        "last in-betweens need one.",
        minimum=1,
        maximum=100,
        unit="frames",
    )
    pixels: str = parameter(
        "half",
        "Pixels",
        "Type of the EXR files that Resolve renders: half (10 bits between a half and one), float.",
        choices=("half", "float"),
    )
    grade: bool = parameter(True, "Copy grade", "Copy the clip's grade to the slow-motion clip.")
    link: bool = parameter(
        False,
        "Link",
        "Link the slow-motion clip to the clip, so that both move, and are deleted, together.",
    )


@dataclass(frozen=True)
class Wishes:
    """Everything a run goes by. `speed` counts real time: 1/4 takes four times as long.

    `folder` is where media is written; None is the folder that `flow.media_folder` names.
    """

    speed: Fraction = Fraction(1, 2)
    panel: bool = True
    folder: Path | None = None
    placement: Placement = field(default_factory=Placement)
    quality: Quality = field(default_factory=Quality)
    output: Output = field(default_factory=Output)
    footage: Footage = field(default_factory=Footage)
    machine: Machine = field(default_factory=Machine)
    weights: str = DEFAULT_WEIGHTS
