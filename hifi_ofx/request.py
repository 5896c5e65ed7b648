"""What is said between a front end and the engine: one JSON object a line, both ways.

    front end  hello, render, plan, preview, info, cancel, shutdown
    engine     hello, log, progress, finished, failed

Every request carries an `id` that its answers repeat. Protocol versions must be equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .codec import decode_request, encode
from .errors import InvalidSetting
from .quality import Footage, Machine, Output, Quality
from .retime import Retime
from .viewing import Viewing

PROTOCOL = 1
DEFAULT_WEIGHTS = "motion"
OVERWRITE = ("never", "own", "all")


@dataclass(frozen=True)
class RenderRequest:
    """A retime to be rendered.

    `only` limits it to these output frames: (first, last), or several such pairs in a row.
    `overwrite`: files under the target's names that may be overwritten: none ("never"), those that
    a retime wrote ("own"), or "all". A frame that is there and as it should be is never made again.
    `clean` removes frames that an older retime wrote and this one, without `only`, does not make.
    `viewing` is for whoever looks at the plate again: nothing of it is rendered.
    """

    source: str
    target: str
    retime: Retime
    quality: Quality = Quality()
    output: Output = Output()
    footage: Footage = Footage()
    machine: Machine = Machine()
    weights: str = DEFAULT_WEIGHTS
    only: tuple[int, ...] | None = None
    overwrite: str = "own"
    clean: bool = False
    viewing: Viewing = Viewing()

    def __post_init__(self) -> None:
        if self.overwrite not in OVERWRITE:
            raise InvalidSetting(
                f"Overwrite is {self.overwrite!r}.", f"It is one of {', '.join(OVERWRITE)}."
            )

    def to_json(self) -> dict[str, Any]:
        """The request as JSON values."""
        return encode(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RenderRequest:
        """The request that `to_json` described. Raises InvalidSetting for values out of range."""
        return decode_request(cls, data)


@dataclass(frozen=True)
class EngineInfo:
    """The engine's hello: who answers, on what."""

    version: str
    device: str
    device_name: str
    free_memory: int
    weights: tuple[str, ...]
    protocol: int = PROTOCOL


@dataclass(frozen=True)
class Progress:
    """How far a render is: frames written of all, network calls made of all, seconds left."""

    frame: int
    frames_done: int
    frames: int
    calls_done: int
    calls: int
    seconds: float
    seconds_left: float | None


@dataclass(frozen=True)
class Finished:
    """A render that is done: how many frames were made, copied, and were there already."""

    made: int
    copied: int
    skipped: int
    seconds: float
    network_seconds: float
    calls: int


@dataclass(frozen=True)
class Cost:
    """What a render will take. Seconds are None until a network call was timed on this machine.

    inbetweens: frames that are made. moments: in-betweens that they are made of, several for each
    where a shutter is open.
    """

    frames: int
    inbetweens: int
    calls: int
    batch: int
    stages: tuple[str, ...]
    device: str
    network_bytes: int
    frame_bytes: int
    seconds: float | None = None
    acts: tuple[str, ...] = ()  # settings of quality that change the picture, with these weights
    moments: int = 0


@dataclass(frozen=True)
class Standing:
    """What lies under the target's names before a render, as frame numbers.

    done: how many frames are there as this render would make them. replaced: frames of another
    retime, which it makes anew. foreign: frames in its place that no retime made. leftover: frames
    of another retime that it does not make.
    """

    done: int = 0
    replaced: tuple[int, ...] = ()
    foreign: tuple[int, ...] = ()
    leftover: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The answer to a plan request: (output, left, right, fraction) a frame, the cost, and what
    lies in the target's place.
    """

    frames: tuple[tuple[int, int, int, str], ...]
    cost: Cost
    standing: Standing = Standing()


@dataclass(frozen=True)
class Log:
    """A line for the log: a decision the engine took, a warning."""

    level: str
    text: str


@dataclass(frozen=True)
class Message:
    """One line of the protocol: its type, the request it belongs to, and its content."""

    type: str
    id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The line as a JSON object."""
        return {"type": self.type, "id": self.id, **self.data}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Message:
        """The message in a JSON object. Raises ValueError when that is none."""
        if not isinstance(data, dict) or not isinstance(data.get("type"), str):
            raise ValueError("a message is a JSON object with a type")
        rest = {key: value for key, value in data.items() if key not in ("type", "id")}
        return cls(data["type"], str(data.get("id", "")), rest)
