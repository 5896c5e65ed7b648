"""The settings that only a live node has: its timing, and what it may do while one is at work."""

from __future__ import annotations

from dataclasses import dataclass

from hifi_ofx.parameters import parameter


@dataclass(frozen=True)
class Timing:
    """Which source frame an output frame shows. All of it counts from the clip's first frame."""

    timing: str = parameter(
        "speed",
        "Timing",
        "What decides the source frame: a speed, a curve of source frames, or two frame rates.",
        choices=("speed", "source frame", "frame rate"),
    )
    speed: float = parameter(
        0.5,
        "Speed",
        "Source frames per output frame: 0.5 is half speed, 0 a freeze. Key frames make a ramp.",
        minimum=0.0,
        maximum=100.0,
    )
    source_frame: float = parameter(
        0.0,
        "Source frame",
        "With Timing on source frame: the frame to show. Whole numbers are frames of the clip.",
        minimum=-1000000.0,
        maximum=1000000.0,
    )
    counted_from: str = parameter(
        "clip start",
        "Counted from",
        "What Source frame counts from: 0 is the clip's first frame, or it is the host's number.",
        choices=("clip start", "host frames"),
    )
    source_rate: float = parameter(
        24.0,
        "Source rate",
        "With Timing on frame rate: what the clip was shot at. 23.976 means 24000/1001.",
        minimum=0.001,
        maximum=10000.0,
        unit="frames per second",
    )
    target_rate: float = parameter(
        48.0,
        "Target rate",
        "With Timing on frame rate: what the host plays. 23.976 means 24000/1001.",
        minimum=0.001,
        maximum=10000.0,
        unit="frames per second",
    )
    reverse: bool = parameter(
        False,
        "Reverse",
        "Run from the clip's last frame to its first.",
    )


@dataclass(frozen=True)
class Interactive:
    """What may happen while somebody works, and never in a final render."""

    while_working: str = parameter(
        "same quality",
        "While working",
        "Interactive and draft renders may use the preset draft. Final renders never do.",
        choices=("same quality", "draft"),
    )


ANIMATED = ("speed", "source_frame")
