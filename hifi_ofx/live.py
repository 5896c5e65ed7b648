"""One in-between of two frames that are in memory: what a live node in a host asks the engine for.

Pixels travel as files that both sides map: raw 32-bit floats, rows from top to bottom, channels
interleaved. Windows are in pixels, x to the right and y down, as everywhere in the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .codec import decode_request, encode, wire_name
from .errors import InvalidSetting
from .quality import Footage, Machine, Output, Quality
from .request import DEFAULT_WEIGHTS

RGBA = ("R", "G", "B", "A")
LONGEST = 1 << 17  # pixels along a side of a picture
FURTHEST = 1 << 31  # pixels from the origin that a picture may lie


@dataclass(frozen=True)
class Picture:
    """A frame in a file, and the window of pixels that it covers."""

    path: str
    width: int
    height: int
    x: int = 0
    y: int = 0
    channels: tuple[str, ...] = RGBA

    def __post_init__(self) -> None:
        if min(self.width, self.height, len(self.channels)) < 1:
            raise InvalidSetting(f"A picture of {self.width}x{self.height} has no pixels.")
        if max(self.width, self.height) > LONGEST or max(abs(self.x), abs(self.y)) > FURTHEST:
            raise InvalidSetting(
                f"A picture of {self.width:,}x{self.height:,} at {self.x:,}, {self.y:,} is too "
                f"large or too far away: {LONGEST:,} a side and {FURTHEST:,} away are the most.",
                "Look at the picture's window.",
            )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Picture:
        """The picture in a request. Raises InvalidSetting for one without pixels."""
        return decode_request(cls, data)


@dataclass(frozen=True)
class Interpolate:
    """The request: what lies `fraction`, in (0, 1), of the way from `left` to `right`.

    `result` is the file to write. `output` is the output frame, whose noise is the same here as in
    a retime of files; `frames` are the numbers of the two source frames. `display` is the host's
    whole picture, x, y, width and height: outside of `left` and `right` it is black. Of no size
    where the host does not say. `before` and `after` are the frames before `left` and after
    `right`, where motion is to curve and the host has them.
    """

    left: Picture
    right: Picture
    result: str
    fraction: Fraction
    output: int = field(metadata=wire_name("frame"))
    frames: tuple[int, int]
    quality: Quality = Quality()
    output_settings: Output = field(default=Output(), metadata=wire_name("output"))
    footage: Footage = Footage()
    machine: Machine = Machine()
    weights: str = DEFAULT_WEIGHTS
    display: tuple[int, int, int, int] = (0, 0, 0, 0)
    before: Picture | None = None
    after: Picture | None = None

    def __post_init__(self) -> None:
        if not 0 < self.fraction < 1:
            raise InvalidSetting(
                f"Fraction {self.fraction} is not between two frames.",
                "It must be above 0 and below 1.",
            )
        if self.frames[0] >= self.frames[1]:
            raise InvalidSetting(
                f"Frame {self.frames[1]} does not come after frame {self.frames[0]}.",
                "Name the two source frames in their order.",
            )

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values, the fraction as exact text."""
        return encode(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Interpolate:
        """The request that `to_json` described. Raises InvalidSetting for values out of range."""
        return decode_request(cls, data)


@dataclass(frozen=True)
class Interpolated:
    """The answer: the window that the written picture covers, and what was decided on the way.

    `source` is "left" or "right" where a source frame itself was taken, across a cut, else "".
    Its channels are those of the left picture; of an uncertainty, R, G and B hold the variance.
    """

    width: int
    height: int
    x: int
    y: int
    calls: int
    seconds: float
    source: str = ""
