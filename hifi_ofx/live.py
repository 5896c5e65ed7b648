"""One in-between of two frames that are in memory: what a live node in a host asks the engine for.

Pixels travel as files that both sides map: raw 32-bit floats, rows from top to bottom, channels
interleaved. Windows are in pixels, x to the right and y down, as everywhere in the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from . import parameters
from .errors import InvalidSetting
from .exact import number
from .quality import Footage, Machine, Output, Quality
from .request import DEFAULT_WEIGHTS

RGBA = ("R", "G", "B", "A")

_SETTINGS: dict[str, Any] = {
    "quality": Quality,
    "output": Output,
    "footage": Footage,
    "machine": Machine,
}


@dataclass(frozen=True)
class Picture:
    """A frame in a file, and the window of pixels that it covers."""

    path: str
    width: int
    height: int
    x: int = 0
    y: int = 0
    channels: tuple[str, ...] = RGBA

    def to_json(self) -> dict[str, Any]:
        """The picture as JSON values."""
        return {**vars(self), "channels": list(self.channels)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Picture:
        """The picture that `to_json` described."""
        sides = {name: int(data.get(name, 0)) for name in ("width", "height", "x", "y")}
        if min(sides["width"], sides["height"]) < 1:
            raise InvalidSetting(f"A picture of {sides['width']}x{sides['height']} has no pixels.")
        return cls(path=str(data["path"]), channels=tuple(data.get("channels", RGBA)), **sides)


@dataclass(frozen=True)
class Interpolate:
    """The request: what lies `fraction`, in (0, 1), of the way from `left` to `right`.

    `result` is the file to write. `output` is the output frame, whose noise is the same here as in
    a retime of files; `frames` are the numbers of the two source frames.
    """

    left: Picture
    right: Picture
    result: str
    fraction: Fraction
    output: int
    frames: tuple[int, int]
    quality: Quality = Quality()
    output_settings: Output = Output()
    footage: Footage = Footage()
    machine: Machine = Machine()
    weights: str = DEFAULT_WEIGHTS

    def __post_init__(self) -> None:
        if not 0 < self.fraction < 1:
            raise InvalidSetting(
                f"Fraction {self.fraction} is not between two frames.",
                "It must be above 0 and below 1.",
            )

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values, the fraction as exact text."""
        settings = (self.quality, self.output_settings, self.footage, self.machine)
        return {
            "left": self.left.to_json(),
            "right": self.right.to_json(),
            "result": self.result,
            "fraction": str(self.fraction),
            "frame": self.output,
            "frames": list(self.frames),
            **{name: parameters.to_json(one) for name, one in zip(_SETTINGS, settings)},
            "weights": self.weights,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Interpolate:
        """The request that `to_json` described. Raises InvalidSetting for values out of range."""
        settings = {
            name: parameters.from_json(kind, data.get(name, {})) for name, kind in _SETTINGS.items()
        }
        left, right = data["frames"]
        return cls(
            left=Picture.from_json(data["left"]),
            right=Picture.from_json(data["right"]),
            result=str(data["result"]),
            fraction=number(data["fraction"]),
            output=int(data["frame"]),
            frames=(int(left), int(right)),
            quality=settings["quality"],
            output_settings=settings["output"],
            footage=settings["footage"],
            machine=settings["machine"],
            weights=str(data.get("weights", DEFAULT_WEIGHTS)),
        )


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
