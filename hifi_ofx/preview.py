"""One in-between to look at before a render: what a front end asks for, and what it gets.

Pixels travel as files in a private folder that the front end owns; both sides map them. A picture
has two: *codes*, what a viewer shows at any exposure (RGB along a curve, and alpha as it is or all
ones, 16 bits a channel, level after level, each half the size of the one before), and *values*, the
plate's linear RGB for reading a pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .codec import decode_request, encode
from .errors import InvalidSetting
from .request import RenderRequest

PHASES = ("frames", "draft", "final")

Place = tuple[int, int, int, str]  # output frame, left, right, fraction: as in request.Plan


@dataclass(frozen=True)
class PreviewRequest:
    """Frames around one output frame, and its in-between at draft or final quality.

    `place` None is the first in-between of the retime. `folder` is where pictures are written; only
    its owner may read it. `blend` and `uncertainty` ask for those pictures as well.
    `longest`: so many pixels along at most, and no values, to be played; 0 for all there are.
    `alpha`: the alpha of the main color comes along, where there is one.
    `layer`: shown instead of the main color, where the plate has it beside that.
    """

    request: RenderRequest
    folder: str
    phase: str = "frames"
    place: Place | None = None
    blend: bool = False
    uncertainty: bool = False
    longest: int = 0
    alpha: bool = False
    layer: str = ""

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values."""
        return encode(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PreviewRequest:
        """The request that `to_json` described. Raises InvalidSetting for another phase."""
        if data["phase"] not in PHASES:
            raise InvalidSetting(
                f"There is no preview called {data['phase']!r}.", f"Ask for {', '.join(PHASES)}."
            )
        return decode_request(cls, data)


@dataclass(frozen=True)
class ShotsRequest:
    """Cuts and repeated frames between these two source frames of a retime's clip."""

    request: RenderRequest
    first: int
    last: int

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values."""
        return encode(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ShotsRequest:
        """The request that `to_json` described."""
        return decode_request(cls, data)


@dataclass(frozen=True)
class Shots:
    """What was found in a stretch of a clip, `span` being its first and last source frame.

    cuts: source frames that begin a shot. repeats: those that show what the one before shows.
    """

    span: tuple[int, int]
    cuts: tuple[int, ...] = ()
    repeats: tuple[int, ...] = ()


@dataclass(frozen=True)
class Picture:
    """A picture on disk. `name` is left, right, blend, ours or heat.

    levels: (width, height, offset in bytes) in the file `codes`, the full size first. A heat map
    has one level of premultiplied RGBA bytes. values: file with RGB, interleaved, as `value_type`
    half or float; empty where there is none.
    """

    name: str
    codes: str
    levels: tuple[tuple[int, int, int], ...]
    values: str = ""
    value_type: str = "half"


@dataclass(frozen=True)
class Stage:
    """One stage of the cascade: its size in pixels and where its patches begin, row and column."""

    height: int
    width: int
    steps: int
    patch_height: int
    patch_width: int
    tops: tuple[int, ...]
    lefts: tuple[int, ...]


@dataclass(frozen=True)
class Motion:
    """What was found of the motion between left and right, in pixels of the plate.

    large: 99 of 100 pixels move less. followed: the largest motion that the weights find at this
    cascade depth; depth_helps: whether they find larger at more depth.
    unmatched: share of the frame whose motion there and back do not agree.
    """

    typical: float
    large: float
    followed: float
    unmatched: float
    depth_helps: bool = True


@dataclass(frozen=True)
class Preview:
    """The answer to a preview request.

    phase: what `ours` is: final, too, where a draft was asked for and the final one is there. clip:
    first and last source frame. place: what is shown, after cuts, holds and missing frames had
    their say. Windows are (x, y, width, height); pictures cover the data window,
    stages the stage window: what is there, and the black around it that is looked at. linear:
    scene-linear value of the codes 0, …, 65535 in equal steps. spread: what a heat map shows,
    "samples" or "motion" or "" for none; spread_scale: its largest color, in shares of diffuse
    white as a display encodes it. alpha: whether the codes hold an alpha. layers:
    what can be looked at instead of the main color; layer: which of them is shown.
    """

    phase: str
    place: Place
    clip: tuple[int, int]
    rate: str
    display_referred: bool
    display_window: tuple[int, int, int, int]
    data_window: tuple[int, int, int, int]
    pictures: tuple[Picture, ...]
    stages: tuple[Stage, ...]
    linear: tuple[float, ...]
    seconds: float
    free_memory: int
    device_name: str
    pixel_aspect: float = 1.0  # width of a pixel of the plate over its height
    motion: Motion | None = None
    spread: str = ""
    spread_scale: float = 0.0
    stage_window: tuple[int, int, int, int] = (0, 0, 0, 0)
    alpha: bool = False
    layers: tuple[str, ...] = ()
    layer: str = ""

    def picture(self, name: str) -> Picture | None:
        """The picture of that name, where there is one."""
        return next((one for one in self.pictures if one.name == name), None)
