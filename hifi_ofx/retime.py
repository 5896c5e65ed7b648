"""Timing: which source frames every output frame lies between, and how far. All of it is exact.

A `Retime` says what the artist asked for: a constant speed, a curve of source frames, or a change
of frame rate. `Retime.plan` turns it into a `RetimePlan`: one `PlannedFrame` for each output frame,
with a left and a right source frame and the fraction between them as a `fractions.Fraction`.
Fraction 0 means the source frame itself, and nothing is planned outside the source's frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hifi_ofx.curve import INTERPOLATIONS, Curve
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.exact import exact, frame_in_words, in_words
from hifi_ofx.frame_list import (
    MAX_FRAMES,
    astray,
    check_count,
    check_range,
    chosen,
    parse_frames,
    parse_range,
    runs,
)
from hifi_ofx.frame_list import in_words as in_list
from hifi_ofx.missing import MISSING_POLICIES, fill_missing
from hifi_ofx.plan import Halving, PlannedFrame, RetimePlan, Rounded, halvings

__all__ = [
    "INTERPOLATIONS",
    "MAX_FRAMES",
    "MISSING_POLICIES",
    "Curve",
    "Halving",
    "PlannedFrame",
    "Retime",
    "RetimePlan",
    "Rounded",
    "chosen",
    "fill_missing",
    "halvings",
    "parse_fps",
    "parse_frames",
    "parse_range",
    "parse_speed",
    "plan_clip",
]

# What people write for the rates of NTSC, which are n·1000/1001 by definition (SMPTE ST 12-1).
_BROADCAST = {
    text: Fraction(nominal * 1000, 1001)
    for nominal, texts in {
        24: ("23.976", "23.98"),
        30: ("29.97",),
        48: ("47.952", "47.95"),
        60: ("59.94",),
        120: ("119.88",),
    }.items()
    for text in texts
}


@dataclass(frozen=True)
class Retime:
    """What the artist asked for: exactly one of `speed`, `curve` and `fps`.

    speed: source frames per output frame, above 0. fps: (source rate, target rate), frames are
    conformed so that the clip keeps its duration in seconds. input_range: first and last source
    frame to use. reverse: source time runs from the last frame to the first (of a curve, too: its
    timing stays and its content is mirrored). start: the number of the first output frame; None
    leaves it to the source, or to the curve.
    """

    speed: Fraction | None = None
    curve: Curve | None = None
    fps: tuple[Fraction, Fraction] | None = None
    input_range: tuple[int, int] | None = None
    reverse: bool = False
    start: int | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("speed", "curve", "fps") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) if given else "none of them"
            raise InvalidSetting(
                f"A retime needs one of speed, curve and fps; it has {found}.", "Give exactly one."
            )
        if self.speed is not None:
            _check_speed(self.speed)
        if self.fps is not None and min(self.fps) <= 0:
            raise InvalidSetting("A frame rate must be above 0.", "Write fps as 24:60.")
        if self.input_range is not None:
            check_range(*self.input_range)

    def plan(self, first: int, last: int, ends: str = "hold") -> RetimePlan:
        """The plan for a clip with the frames `first` to `last`, both included.

        At constant speed the output starts at the first source frame's number and ends with the
        last frame that does not lie past the source: floor((N - 1) / speed) + 1 frames. A curve
        gives one frame per whole number from its first to its last key; where it leaves the clip,
        the clip's first or last frame is held, unless `ends` is "error". Raises InvalidSetting when
        the range leaves the clip, or the curve does with "error".
        """
        first, last = self._used(first, last)
        times = self._mirrored(first, last)
        if ends == "hold":
            times = (
                (output, min(max(time, Fraction(first)), Fraction(last))) for output, time in times
            )
        return RetimePlan(tuple(_bracket(output, time, first, last) for output, time in times))

    def time_at(self, moment: Fraction, first: int, last: int) -> Fraction | None:
        """The source time at any moment, in output frames, of a clip with frames `first` to `last`.

        None where nothing is seen: past the clip's ends, but where a curve holds them, and past
        the curve's own.
        """
        first, last = self._used(first, last)
        time = self._source_time(moment, first, last)
        if time is None:
            return None
        time = first + last - time if self.reverse else time
        if self.curve is not None:
            return min(max(time, Fraction(first)), Fraction(last))
        return time if first <= time <= last else None

    def beyond(self, first: int, last: int) -> list[str]:
        """A sentence for each end of the clip, `first` to `last`, that the curve holds."""
        if self.curve is None:
            return []
        first, last = self._used(first, last)
        times = list(self._mirrored(first, last))
        early = [output for output, time in times if time < first]
        late = [output for output, time in times if time > last]
        return [
            f"The curve leaves the clip: source frame {held} is held for output frame(s) "
            f"{in_list(outputs)}."
            for held, outputs in ((first, early), (last, late))
            if outputs
        ]

    def _used(self, first: int, last: int) -> tuple[int, int]:
        check_range(first, last)
        if self.input_range is None:
            return first, last
        start, end = self.input_range
        if start < first or end > last:
            raise InvalidSetting(
                f"The range {start}-{end} leaves the clip, which has frames {first} to {last}.",
                f"Choose a range inside {first}-{last}.",
            )
        return start, end

    def _mirrored(self, first: int, last: int) -> Iterator[tuple[int, Fraction]]:
        times = self._times(first, last)
        if self.reverse:
            times = ((output, first + last - time) for output, time in times)
        return times

    def _times(self, first: int, last: int) -> Iterator[tuple[int, Fraction]]:
        if self.curve is not None:
            outputs = _whole_numbers(self.curve)
            check_count(len(outputs))
            curve, later = self.curve, 0 if self.start is None else self.start - outputs[0]
            return ((output + later, curve.at(Fraction(output))) for output in outputs)
        speed = self._constant_speed
        count = (last - first) // speed + 1
        check_count(count)
        start = first if self.start is None else self.start
        return ((start + index, first + index * speed) for index in range(count))

    def _source_time(self, moment: Fraction, first: int, last: int) -> Fraction | None:
        """The same as if it ran forwards, and without a look at the clip's ends."""
        if self.curve is None:
            return first + (moment - (first if self.start is None else self.start)) * (
                self._constant_speed
            )
        keys, outputs = self.curve.keys, _whole_numbers(self.curve)
        place = moment - (0 if self.start is None else self.start - outputs[0])
        return self.curve.at(place) if keys[0][0] <= place <= keys[-1][0] else None

    @property
    def _constant_speed(self) -> Fraction:
        return self.fps[0] / self.fps[1] if self.fps else self.speed or Fraction(1)

    def to_json(self) -> dict[str, Any]:
        """The retime as a JSON object, every number as exact text."""
        return {
            "speed": None if self.speed is None else str(self.speed),
            "curve": None if self.curve is None else self.curve.to_json(),
            "fps": None if self.fps is None else [str(rate) for rate in self.fps],
            "input_range": None if self.input_range is None else list(self.input_range),
            "reverse": self.reverse,
            "start": self.start,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Retime:
        """The retime that `to_json` described; InvalidSetting when it is not one."""
        try:
            speed, curve, fps = data.get("speed"), data.get("curve"), data.get("fps")
            return cls(
                speed=None if speed is None else parse_speed(speed),
                curve=None if curve is None else Curve.from_json(curve),
                fps=None if fps is None else parse_fps(":".join(fps)),
                input_range=None if data.get("input_range") is None else _pair(data["input_range"]),
                reverse=bool(data.get("reverse", False)),
                start=None if data.get("start") is None else int(data["start"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InvalidSetting(
                f"The timing cannot be read: {error}.", "It was not written by hifi-ofx."
            ) from error


def plan_clip(retime: Retime, frames: Sequence[int], ends: str) -> tuple[RetimePlan, list[str]]:
    """The plan for a clip with these frames, ascending, and sentences for what it holds.

    Raises what `Retime.plan` raises; where numbers far apart are the reason, it says which.
    """
    try:
        plan = retime.plan(frames[0], frames[-1], ends)
    except InvalidSetting as error:
        gaps = len(runs(frames)) > 1 and retime.input_range is None
        named = f"The clip has frames {in_list(frames)}; choose with --range."
        raise InvalidSetting(
            error.message, (astray(frames) or named) if gaps else error.hint
        ) from None
    return plan, retime.beyond(frames[0], frames[-1]) if ends == "hold" else []


def parse_speed(text: str) -> Fraction:
    """The exact speed in "1/4", "0.25", "25%" or "23.976/24"; InvalidSetting for anything else."""
    hint = "Write a speed as 1/4, 0.25 or 25%."
    stripped = text.strip()
    speed = exact(stripped.removesuffix("%"), f"Speed {text!r} is not a number.", hint)
    speed = speed / 100 if stripped.endswith("%") else speed
    _check_speed(speed)
    return speed


def parse_fps(text: str) -> tuple[Fraction, Fraction]:
    """Source and target rate of "24:60" or "24000/1001:25".

    The broadcast spellings 23.976, 23.98, 29.97, 47.95, 47.952, 59.94 and 119.88 mean the exact
    rates 24000/1001 and so on; every other decimal means itself.
    """
    hint = "Write fps as source:target, for example 24:60 or 24000/1001:25."
    parts = text.split(":")
    if len(parts) != 2:
        raise InvalidSetting(f"Fps {text!r} is not two frame rates.", hint)
    source, target = (_rate(part.strip(), text, hint) for part in parts)
    return source, target


def _bracket(output: int, time: Fraction, first: int, last: int) -> PlannedFrame:
    if not first <= time <= last:
        raise InvalidSetting(
            f"Output frame {output} asks for source frame {frame_in_words(time)}; "
            f"the clip has frames {first} to {last}.",
            "Change the curve's keys, widen the range, or hold the clip's ends (--ends hold).",
        )
    return PlannedFrame.at(output, time)


def _whole_numbers(curve: Curve) -> range:
    first, last = curve.keys[0][0], curve.keys[-1][0]
    outputs = range(
        -(-first.numerator // first.denominator), last.numerator // last.denominator + 1
    )
    if not outputs:
        raise InvalidSetting(
            f"No whole output frame lies between the curve's keys {frame_in_words(first)} and "
            f"{frame_in_words(last)}.",
            "Put the keys on output frames.",
        )
    return outputs


def _check_speed(speed: Fraction) -> None:
    if speed == 0:
        raise InvalidSetting(
            "Speed is 0: the clip would never move.", "Give a speed above 0, for example 1/4."
        )
    if speed < 0:
        raise InvalidSetting(
            f"Speed is {in_words(speed)}; it must be above 0.",
            f"To play backwards use {in_words(-speed)} and --reverse.",
        )


def _rate(text: str, whole: str, hint: str) -> Fraction:
    rate = _BROADCAST.get(text) or exact(text, f"Fps {whole!r} is not two frame rates.", hint)
    if rate <= 0:
        raise InvalidSetting(f"Frame rate {text} must be above 0.", hint)
    return rate


def _pair(numbers: Iterable[Any]) -> tuple[int, int]:
    first, last = (int(number) for number in numbers)
    return first, last
