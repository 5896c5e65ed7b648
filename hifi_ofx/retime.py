"""Timing: which source frames every output frame lies between, and how far. All of it is exact.

A `Retime` says what the artist asked for: a constant speed, a curve of source frames, or a change
of frame rate. `Retime.plan` turns it into a `RetimePlan`: one `PlannedFrame` for each output frame,
with a left and a right source frame and the fraction between them as a `fractions.Fraction`.
Fraction 0 means the source frame itself, and nothing is planned outside the source's frames.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from hifi_ofx.errors import InvalidSetting, MissingFrames

MAX_FRAMES = 1_000_000
"""Longest plan: eleven hours at 24 frames a second; more is a slip of the keyboard."""

INTERPOLATIONS = ("linear", "cubic")
MISSING_POLICIES = ("error", "hold", "black")

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_RANGE = re.compile(r"(-?[0-9]{1,12})(?:\s*-\s*(-?[0-9]{1,12}))?")
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


class Rounded(NamedTuple):
    """A fraction that repeated halving cannot reach, and the one that is used in its place."""

    output: int
    wanted: Fraction
    got: Fraction


class Halving(NamedTuple):
    """A midpoint to compute: `middle` lies halfway between two fractions of the same pair."""

    left_fraction: Fraction
    right_fraction: Fraction
    middle: Fraction


class Midpoint(NamedTuple):
    """A halving of the pair of source frames `left`, `right`."""

    left: int
    right: int
    halving: Halving


@dataclass(frozen=True)
class PlannedFrame:
    """One output frame: `fraction` in [0, 1) of the way from source frame `left` to `right`.

    `left == right` exactly when the fraction is 0. `black`: the frames it needs are missing and the
    output is black instead.
    """

    output: int
    left: int
    right: int
    fraction: Fraction
    black: bool = False

    def halved(self, levels: int) -> PlannedFrame:
        """The frame with its fraction rounded to the nearest k/2**levels, ties to even k."""
        if levels < 0:
            raise InvalidSetting(f"{levels} halvings are not possible.", "Give 0 or more.")
        scale = 2**levels
        return _planned(self, self.left, self.right, Fraction(round(self.fraction * scale), scale))

    def to_json(self) -> dict[str, Any]:
        """The frame as a JSON object, the fraction as text "p/q"."""
        data = {
            "output": self.output,
            "left": self.left,
            "right": self.right,
            "fraction": str(self.fraction),
        }
        return {**data, "black": True} if self.black else data


@dataclass(frozen=True)
class Curve:
    """Keys (output frame, source frame), both ascending in output; see `at` for between them."""

    keys: tuple[tuple[Fraction, Fraction], ...]
    interpolation: str = "linear"

    def __post_init__(self) -> None:
        if self.interpolation not in INTERPOLATIONS:
            raise InvalidSetting(
                f"Interpolation {self.interpolation!r} does not exist.", "Use linear or cubic."
            )
        if len(self.keys) < 2:
            raise InvalidSetting(
                f"The curve has {len(self.keys)} key(s); it needs at least 2.",
                "Give rows of output frame, source frame.",
            )
        for (before, _), (after, _) in zip(self.keys, self.keys[1:]):
            if after == before:
                raise InvalidSetting(
                    f"The curve has two keys at output frame {_text(after)}.", "Remove one."
                )
            if after < before:
                raise InvalidSetting(
                    f"The curve goes from output frame {_text(before)} back to {_text(after)}.",
                    "Sort the rows by output frame.",
                )

    def at(self, output: Fraction) -> Fraction:
        """The source frame at an output frame between the first and the last key.

        Linear, or monotone cubic: a Hermite spline with the tangents of Fritsch and Butland (1984),
        which stays between its two keys, so it neither overshoots nor runs backwards. The
        arithmetic is rational, hence exact.
        """
        index = max(0, min(bisect_right(self._outputs, output) - 1, len(self.keys) - 2))
        ahead = output - self._outputs[index]
        coefficients = self._polynomials[index]
        value = coefficients[-1]
        for coefficient in coefficients[-2::-1]:
            value = value * ahead + coefficient
        return value

    @cached_property
    def _outputs(self) -> list[Fraction]:
        return [output for output, _ in self.keys]

    @cached_property
    def _polynomials(self) -> list[tuple[Fraction, ...]]:
        """For each span the coefficients of 1, h, h² …, h being the way from its first key."""
        pairs = list(zip(self.keys, self.keys[1:]))
        widths = [x1 - x0 for (x0, _), (x1, _) in pairs]
        slopes = [(y1 - y0) / width for ((_, y0), (_, y1)), width in zip(pairs, widths)]
        starts = [y0 for (_, y0), _ in pairs]
        if self.interpolation == "linear" or len(slopes) == 1:
            return list(zip(starts, slopes))
        tangents = _tangents(widths, slopes)
        spans = zip(starts, widths, slopes, tangents, tangents[1:])
        return [
            (y, m0, (3 * slope - 2 * m0 - m1) / width, (m0 + m1 - 2 * slope) / width**2)
            for y, width, slope, m0, m1 in spans
        ]

    def to_json(self) -> dict[str, Any]:
        """The curve as a JSON object; `load_curve` reads the same form."""
        keys = [[str(output), str(source)] for output, source in self.keys]
        return {"keys": keys, "interpolation": self.interpolation}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Curve:
        """The curve that `to_json` described."""
        return cls(_keys(data["keys"], "The curve"), data.get("interpolation") or "linear")


@dataclass(frozen=True)
class RetimePlan:
    """What every output frame is made of, ascending in output."""

    frames: tuple[PlannedFrame, ...]

    @property
    def source_frames(self) -> tuple[int, ...]:
        """Every source frame that is needed, sorted, once each."""
        used = (frame for frame in self.frames if not frame.black)
        return tuple(sorted({number for frame in used for number in (frame.left, frame.right)}))

    @property
    def inbetweens(self) -> tuple[PlannedFrame, ...]:
        """The frames that have to be synthesised."""
        return tuple(frame for frame in self.frames if frame.fraction and not frame.black)

    def only(self, outputs: Collection[int]) -> RetimePlan:
        """The part of the plan with these output frames: a chunk for a farm, or what is not done.

        Raises InvalidSetting when the plan does not have one of them.
        """
        wanted = outputs if isinstance(outputs, range) else frozenset(outputs)
        frames = tuple(frame for frame in self.frames if frame.output in wanted)
        if len(frames) != len(wanted):
            have = {frame.output for frame in frames}
            absent = next(output for output in _ascending(wanted) if output not in have)
            raise InvalidSetting(
                f"Output frame {absent} is not part of this retime.",
                f"It makes frames {self.frames[0].output} to {self.frames[-1].output}."
                if self.frames
                else "It makes no frames.",
            )
        return RetimePlan(frames)

    def halved(self, levels: int) -> tuple[RetimePlan, list[Rounded]]:
        """The plan for weights that only know midpoints, and what had to be rounded for it."""
        frames = tuple(frame.halved(levels) for frame in self.frames)
        rounded = [
            Rounded(before.output, before.fraction, _position(after, before))
            for before, after in zip(self.frames, frames)
            if before.fraction != _position(after, before)
        ]
        return RetimePlan(frames), rounded

    def midpoints(self) -> list[Midpoint]:
        """The midpoints that a halved plan computes, each once, every one after those it needs."""
        paths = {fraction: halvings(fraction) for fraction in {f.fraction for f in self.inbetweens}}
        # Keyed by integers: hashing fractions would take most of the time of a long plan.
        needed: dict[tuple[int, int, int, int], Midpoint] = {}
        for frame in self.inbetweens:
            for halving in paths[frame.fraction]:
                key = frame.left, frame.right, *halving.middle.as_integer_ratio()
                needed.setdefault(key, Midpoint(frame.left, frame.right, halving))
        return list(needed.values())

    def to_json(self) -> dict[str, Any]:
        """The plan as a JSON object."""
        return {"frames": [frame.to_json() for frame in self.frames]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RetimePlan:
        """The plan that `to_json` described; InvalidSetting when it is not one."""
        try:
            return cls(tuple(_frame_from_json(frame) for frame in data["frames"]))
        except (KeyError, TypeError, ValueError) as error:
            raise _malformed("plan", error) from error


@dataclass(frozen=True)
class Retime:
    """What the artist asked for: exactly one of `speed`, `curve` and `fps`.

    speed: source frames per output frame, above 0. fps: (source rate, target rate), frames are
    conformed so that the clip keeps its duration in seconds. input_range: first and last source
    frame to use. reverse: source time runs from the last frame to the first (of a curve, too: its
    timing stays and its content is mirrored).
    """

    speed: Fraction | None = None
    curve: Curve | None = None
    fps: tuple[Fraction, Fraction] | None = None
    input_range: tuple[int, int] | None = None
    reverse: bool = False

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
            _check_range(*self.input_range)

    def plan(self, first: int, last: int) -> RetimePlan:
        """The plan for a clip with the frames `first` to `last`, both included.

        At constant speed the output starts at the first source frame's number and ends with the
        last frame that does not lie past the source: floor((N - 1) / speed) + 1 frames. A curve
        gives one frame per whole number from its first to its last key. Raises InvalidSetting when
        the range or the curve leaves the clip.
        """
        first, last = self._used(first, last)
        times = self._times(first, last)
        if self.reverse:
            times = ((output, first + last - time) for output, time in times)
        return RetimePlan(tuple(_bracket(output, time, first, last) for output, time in times))

    def _used(self, first: int, last: int) -> tuple[int, int]:
        _check_range(first, last)
        if self.input_range is None:
            return first, last
        start, end = self.input_range
        if start < first or end > last:
            raise InvalidSetting(
                f"The range {start}-{end} leaves the clip, which has frames {first} to {last}.",
                f"Choose a range inside {first}-{last}.",
            )
        return start, end

    def _times(self, first: int, last: int) -> Iterator[tuple[int, Fraction]]:
        if self.curve is not None:
            outputs = _whole_numbers(self.curve)
            _check_count(len(outputs))
            curve = self.curve
            return ((output, curve.at(Fraction(output))) for output in outputs)
        speed = self.fps[0] / self.fps[1] if self.fps else self.speed or Fraction(1)
        count = (last - first) // speed + 1
        _check_count(count)
        return ((first + index, first + index * speed) for index in range(count))

    def to_json(self) -> dict[str, Any]:
        """The retime as a JSON object, every number as exact text."""
        return {
            "speed": None if self.speed is None else str(self.speed),
            "curve": None if self.curve is None else self.curve.to_json(),
            "fps": None if self.fps is None else [str(rate) for rate in self.fps],
            "input_range": None if self.input_range is None else list(self.input_range),
            "reverse": self.reverse,
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
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _malformed("timing", error) from error


def parse_speed(text: str) -> Fraction:
    """The exact speed in "1/4", "0.25", "25%" or "23.976/24"; InvalidSetting for anything else."""
    hint = "Write a speed as 1/4, 0.25 or 25%."
    stripped = text.strip()
    speed = _exact(stripped.removesuffix("%"), f"Speed {text!r} is not a number.", hint)
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


def parse_range(text: str) -> tuple[int, int]:
    """First and last frame of "1001-1050", "-10--5" or the single frame "1001"."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise InvalidSetting(f"Range {text!r} is not a frame range.", "Write it as 1001-1050.")
    first = int(match.group(1))
    last = first if match.group(2) is None else int(match.group(2))
    _check_range(first, last)
    return first, last


def load_curve(path: str | Path, interpolation: str | None = None) -> Curve:
    """The curve in a CSV or JSON file; `interpolation` overrides the file's own, else linear.

    CSV: one "output frame, source frame" row a line (comma, semicolon, tab or spaces), a header
    line and # comments are allowed. JSON: a list of such pairs, or {"keys": [...],
    "interpolation": "cubic"}.
    """
    name = f"Curve {Path(path).name!r}"
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InvalidSetting(f"{name} cannot be read: {reason}.", "Check the path.") from error
    except UnicodeDecodeError as error:
        raise InvalidSetting(f"{name} is not a text file.", "Give a CSV or JSON file.") from error
    rows, own = _json_rows(text, name) if text.lstrip()[:1] in ("[", "{") else (_csv(text), None)
    return Curve(_keys(rows, name), interpolation or own or "linear")


def halvings(fraction: Fraction) -> list[Halving]:
    """The midpoints to compute, in order, to reach a fraction k/2**n of a pair; none for 0 or 1.

    Frames of the same pair share the ones they have in common.
    """
    if not 0 <= fraction <= 1 or fraction.denominator & (fraction.denominator - 1):
        raise InvalidSetting(
            f"Fraction {fraction} is not reached by halving.", "Round it first: see `halved`."
        )
    low, high, path = Fraction(0), Fraction(1), []
    while fraction not in (low, high):
        middle = (low + high) / 2
        path.append(Halving(low, high, middle))
        low, high = (low, middle) if fraction <= middle else (middle, high)
    return path


def fill_missing(
    plan: RetimePlan, available: Collection[int], policy: str, name: str = "The clip"
) -> tuple[RetimePlan, list[str]]:
    """The plan that makes do with the source frames there are, and a sentence per missing one.

    error: raises MissingFrames. hold: the nearest earlier frame (else the nearest later one) stands
    in. black: every output frame that needs a missing frame is black. Without a single frame, every
    policy raises MissingFrames. `name` is what the sentences call the clip.
    """
    if policy not in MISSING_POLICIES:
        raise InvalidSetting(
            f"Missing frames {policy!r} is not a choice.", "Use error, hold or black."
        )
    have = sorted(set(available))
    needed, known = plan.source_frames, set(have)
    missing = [number for number in needed if number not in known]
    if not missing:
        return plan, []
    if policy == "error" or not have:
        raise MissingFrames(
            f"{name} has no frame {missing[0]} ({len(missing)} of {len(needed)} missing).",
            "Render the input first, or set missing frames to hold or black."
            if have
            else "Check the path.",
        )
    if policy == "black":
        return _blackened(plan, missing)
    return _held(plan, missing, have)


def _blackened(plan: RetimePlan, missing: list[int]) -> tuple[RetimePlan, list[str]]:
    gone = set(missing)
    frames = (
        replace(frame, black=frame.black or frame.left in gone or frame.right in gone)
        for frame in plan.frames
    )
    outputs = _outputs_of(plan, gone)
    decisions = [f"Source frame {n} is missing: {outputs[n]} black." for n in missing]
    return RetimePlan(tuple(frames)), decisions


def _held(plan: RetimePlan, missing: list[int], have: list[int]) -> tuple[RetimePlan, list[str]]:
    held = {n: have[max(bisect_right(have, n) - 1, 0)] for n in plan.source_frames}
    frames = (
        frame
        if frame.black
        else _planned(frame, held[frame.left], held[frame.right], frame.fraction)
        for frame in plan.frames
    )
    outputs = _outputs_of(plan, set(missing))
    decisions = [
        f"Source frame {n} is missing: frame {held[n]} is held, {outputs[n]} affected."
        for n in missing
    ]
    return RetimePlan(tuple(frames)), decisions


def _outputs_of(plan: RetimePlan, sources: set[int]) -> dict[int, str]:
    """For each of the source frames, the output frames made of it, in words with their verb."""
    spans: dict[int, tuple[int, int]] = {}
    for frame in plan.frames:
        for number in sources.intersection(() if frame.black else (frame.left, frame.right)):
            spans[number] = (spans.get(number, (frame.output,))[0], frame.output)
    return {
        number: f"output frame {first} is" if first == last else f"output frames {first}-{last} are"
        for number, (first, last) in spans.items()
    }


def _planned(frame: PlannedFrame, left: int, right: int, fraction: Fraction) -> PlannedFrame:
    """The frame with other sources, normalised: one source frame means fraction 0."""
    if left == right or fraction == 0:
        return replace(frame, left=left, right=left, fraction=Fraction(0))
    if fraction == 1:
        return replace(frame, left=right, right=right, fraction=Fraction(0))
    return replace(frame, left=left, right=right, fraction=fraction)


def _position(after: PlannedFrame, before: PlannedFrame) -> Fraction:
    moved = after.fraction == 0 and after.left != before.left
    return Fraction(1) if moved else after.fraction


def _bracket(output: int, time: Fraction, first: int, last: int) -> PlannedFrame:
    if not first <= time <= last:
        raise InvalidSetting(
            f"Output frame {output} asks for source frame {_text(time)}; "
            f"the clip has frames {first} to {last}.",
            "Change the curve's keys, or widen the range.",
        )
    left = time.numerator // time.denominator
    fraction = time - left
    return PlannedFrame(output, left, left + 1 if fraction else left, fraction)


def _tangents(widths: list[Fraction], slopes: list[Fraction]) -> list[Fraction]:
    inner = [_tangent(*four) for four in zip(widths, widths[1:], slopes, slopes[1:])]
    start = _end_tangent(widths[0], widths[1], slopes[0], slopes[1])
    end = _end_tangent(widths[-1], widths[-2], slopes[-1], slopes[-2])
    return [start, *inner, end]


def _tangent(h0: Fraction, h1: Fraction, d0: Fraction, d1: Fraction) -> Fraction:
    """Weighted harmonic mean of the two slopes; 0 where the curve turns (Fritsch, Butland 1984)."""
    if d0 * d1 <= 0:
        return Fraction(0)
    w0, w1 = h0 + 2 * h1, 2 * h0 + h1
    return (w0 + w1) / (w0 / d0 + w1 / d1)


def _end_tangent(h0: Fraction, h1: Fraction, d0: Fraction, d1: Fraction) -> Fraction:
    """One-sided three-point slope, limited so that the first span stays monotone."""
    tangent = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if tangent * d0 <= 0:
        return Fraction(0)
    return tangent if abs(tangent) <= 3 * abs(d0) else 3 * d0


def _whole_numbers(curve: Curve) -> range:
    first, last = curve.keys[0][0], curve.keys[-1][0]
    outputs = range(
        -(-first.numerator // first.denominator), last.numerator // last.denominator + 1
    )
    if not outputs:
        raise InvalidSetting(
            f"No whole output frame lies between the curve's keys {_text(first)} and "
            f"{_text(last)}.",
            "Put the keys on output frames.",
        )
    return outputs


def _check_count(count: int) -> None:
    if count > MAX_FRAMES:
        raise InvalidSetting(
            f"The retime would make {count:,} frames; the most is {MAX_FRAMES:,}.",
            "Check the speed and the range.",
        )


def _check_speed(speed: Fraction) -> None:
    if speed == 0:
        raise InvalidSetting(
            "Speed is 0: the clip would never move.", "Give a speed above 0, for example 1/4."
        )
    if speed < 0:
        raise InvalidSetting(
            f"Speed is {_text(speed)}; it must be above 0.",
            f"To play backwards use {_text(-speed)} and --reverse.",
        )


def _check_range(first: int, last: int) -> None:
    if last < first:
        raise InvalidSetting(
            f"The range {first}-{last} ends before it starts.",
            f"Write {last}-{first}; to play backwards add --reverse.",
        )


def _rate(text: str, whole: str, hint: str) -> Fraction:
    rate = _BROADCAST.get(text) or _exact(text, f"Fps {whole!r} is not two frame rates.", hint)
    if rate <= 0:
        raise InvalidSetting(f"Frame rate {text} must be above 0.", hint)
    return rate


def _number(text: str) -> Fraction:
    """Exact value of a decimal or of a quotient of two; ValueError for anything else."""
    top, slash, bottom = text.partition("/")
    parts = [top.strip(), bottom.strip()] if slash else [top.strip()]
    # Two digits of exponent and 1000 characters: a hostile file cannot make numbers explode.
    if not all(len(part) <= 1000 and _NUMBER.fullmatch(part) for part in parts):
        raise ValueError(f"{text[:64]!r} is not a number")
    values = [Fraction(part) for part in parts]
    if len(values) == 2 and values[1] == 0:
        raise ValueError(f"{text!r} divides by zero")
    return values[0] / values[1] if slash else values[0]


def _exact(text: str, message: str, hint: str) -> Fraction:
    try:
        return _number(text)
    except ValueError as error:
        raise InvalidSetting(message, hint) from error


def _text(value: Fraction) -> str:
    """For sentences: exact where that is short, three decimals elsewhere."""
    short = str(value)
    if len(short) <= 12:
        return short
    try:
        return f"{float(value):.3f}"
    except OverflowError:
        return f"{short[:12]}…"


def _csv(text: str) -> list[list[str]]:
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    rows = [re.split(r"\s*[,;]\s*|\s+", line) for line in lines if line]
    header = bool(rows) and not any(re.search(r"[0-9]", cell) for cell in rows[0])
    return rows[1:] if header else rows


def _json_rows(text: str, name: str) -> tuple[Any, str | None]:
    try:
        # Numbers stay text: 0.1 in the file means one tenth, not the nearest double.
        data = json.loads(text, parse_float=str, parse_int=str)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidSetting(f"{name} is not valid JSON: {error}.", "Correct the file.") from error
    if isinstance(data, dict):
        return data.get("keys"), data.get("interpolation")
    return data, None


def _keys(rows: Any, name: str) -> tuple[tuple[Fraction, Fraction], ...]:
    hint = "Each row is an output frame and a source frame, for example 1001, 1001.5."
    if not isinstance(rows, (list, tuple)):
        raise InvalidSetting(f"{name} has no list of keys.", hint)
    keys = []
    for count, row in enumerate(rows, 1):
        pair: Sequence[Any] = row if isinstance(row, (list, tuple)) else ()
        if len(pair) != 2:
            raise InvalidSetting(f"{name}: row {count} does not have two numbers.", hint)
        message = f"{name}: row {count} is not two numbers."
        keys.append((_exact(str(pair[0]), message, hint), _exact(str(pair[1]), message, hint)))
    return tuple(keys)


def _frame_from_json(data: dict[str, Any]) -> PlannedFrame:
    output, left, right = (int(data[key]) for key in ("output", "left", "right"))
    fraction = _number(data["fraction"])
    if not 0 <= fraction < 1 or (left == right) != (fraction == 0):
        raise ValueError(f"frame {output} lies {fraction} between {left} and {right}")
    return PlannedFrame(output, left, right, fraction, bool(data.get("black", False)))


def _pair(numbers: Iterable[Any]) -> tuple[int, int]:
    first, last = (int(number) for number in numbers)
    return first, last


def _malformed(what: str, error: Exception) -> InvalidSetting:
    return InvalidSetting(f"The {what} cannot be read: {error}.", "It was not written by hifi-ofx.")


def _ascending(outputs: Collection[int]) -> Iterable[int]:
    return outputs if isinstance(outputs, range) else sorted(outputs)
