"""Timing as exact source frames: from numbers typed, or from curves that only Nuke can evaluate.

No Nuke in here: curves come as functions. What is typed is taken as the decimal that was typed, 0.1
as one tenth. What Nuke evaluates is a double; it is rounded to a millionth of a frame, so that the
noise of its arithmetic does not turn a source frame, which is copied, into an in-between.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.retime import Curve, Retime

MOST_FRAMES = 20_000
_MILLION = 10**6
_STEPS = 16  # an even number of slices a frame for Simpson's rule
Range = tuple[int, int]
Evaluate = Callable[[float], float]


def typed(value: float) -> Fraction:
    """The decimal that was typed for a knob's double: 0.1 is 1/10."""
    return Fraction(repr(float(value)))


def evaluated(value: float) -> Fraction:
    """A source frame that Nuke computed, to a millionth."""
    return Fraction(round(value * _MILLION), _MILLION)


def constant(label: str, speed: float, span: Range) -> Retime:
    """The retime at one speed. Raises InvalidSetting for 0 and below."""
    if speed <= 0:
        raise InvalidSetting(
            f"{label} is {speed:g}; it must be above 0.",
            "To stand still or play backwards set Timing to Frame and key it.",
        )
    return Retime(speed=typed(speed), input_range=span)


def output_speed(
    integral: Callable[[int], float], speed_at: Evaluate, last_key: float | None, span: Range
) -> Retime:
    """Keyed Output Speed: frame f shows first + integral(first to f), held inside the input range.

    `integral(f)` is of the speed from the first input frame to f. The output ends with the last
    frame before the source is past its end, or with the last key where the speed stays at 0 or
    below after it. Raises InvalidSetting when neither comes.
    """
    first, last = span
    keys: list[tuple[int, Fraction]] = []
    for frame in range(first, first + MOST_FRAMES):
        time = first + evaluated(integral(frame))
        if time > last:
            return _curve(keys, span)
        keys.append((frame, max(time, Fraction(first))))
        ended = last_key is not None and frame >= last_key
        if (ended and speed_at(frame + 1) <= 0) or (ended and time == last):
            return _curve(keys, span)
    raise InvalidSetting(
        f"Output Speed does not reach the end of the input range within {MOST_FRAMES:,} frames.",
        "Key it to stay above 0, or shorten the input range.",
    )


def input_speed(speed_at: Evaluate, span: Range) -> Retime:
    """Keyed Input Speed: source frame s is passed at speed v(s): it shows at the integral of 1/v.

    The inverse is found inside each source frame. Raises InvalidSetting where v is 0 or
    below.
    """
    first, last = span
    shown = [0.0]
    for frame in range(first, last):
        shown.append(shown[-1] + _passing(speed_at, frame, frame + 1.0))
    count = int(shown[-1] + 1 / _MILLION) + 1
    _check_count(count)
    return _curve([(first + i, _source_at(i, shown, speed_at, first)) for i in range(count)], span)


def frames(source_at: Evaluate, outputs: Range, span: Range) -> Retime:
    """Timing Frame: the source frame for every output frame, held inside the input range."""
    start, end = outputs
    _check_count(end - start + 1)
    first, last = span
    keys = [
        (frame, min(max(evaluated(source_at(frame)), Fraction(first)), Fraction(last)))
        for frame in range(start, end + 1)
    ]
    return _curve(keys, span)


def _curve(keys: list[tuple[int, Fraction]], span: Range) -> Retime:
    """A key a frame. A curve needs two keys, so that a single frame is followed by its repeat."""
    if len(keys) == 1:
        keys = [keys[0], (keys[0][0] + 1, keys[0][1])]
    curve = Curve(tuple((Fraction(frame), time) for frame, time in keys))
    return Retime(curve=curve, input_range=span)


def _passing(speed_at: Evaluate, start: float, end: float) -> float:
    """How many output frames it takes from source time start to end: Simpson's rule over 1/v."""
    width = (end - start) / _STEPS
    values = [_slowness(speed_at, start + index * width) for index in range(_STEPS + 1)]
    return (values[0] + 4 * sum(values[1:-1:2]) + 2 * sum(values[2:-1:2]) + values[-1]) * width / 3


def _slowness(speed_at: Evaluate, time: float) -> float:
    speed = speed_at(time)
    if speed <= 0:
        raise InvalidSetting(
            f"Input Speed is {speed:g} at source frame {time:g}; it must be above 0.",
            "To stand still or play backwards set Timing to Frame and key it.",
        )
    return 1 / speed


def _source_at(output: int, shown: list[float], speed_at: Evaluate, first: int) -> Fraction:
    index = min(bisect_right(shown, output + 1 / _MILLION) - 1, len(shown) - 1)
    if index == len(shown) - 1:
        return Fraction(first + index)
    start = float(first + index)
    ahead = output - shown[index]
    return evaluated(start + _way(speed_at, start, ahead))


def _way(speed_at: Evaluate, start: float, ahead: float) -> float:
    """How far into a source frame `ahead` output frames lead: Newton's method, knowing the slope.

    Where that does not settle, at a step in the curve, by halving.
    """
    way = min(1.0, ahead * speed_at(start))
    for _ in range(8):
        off = _passing(speed_at, start, start + way) - ahead
        step = off * speed_at(start + way)
        way = min(1.0, max(0.0, way - step))
        if abs(step) < 1e-9:
            return way
    low, high = 0.0, 1.0
    for _ in range(40):
        way = (low + high) / 2
        if _passing(speed_at, start, start + way) <= ahead:
            low = way
        else:
            high = way
    return way


def _check_count(count: int) -> None:
    if count > MOST_FRAMES:
        raise InvalidSetting(
            f"The retime would make {count:,} frames; the most is {MOST_FRAMES:,}.",
            "Check the timing and the range.",
        )
