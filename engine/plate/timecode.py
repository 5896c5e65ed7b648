"""Timecode that moves with the frames.

EXR and DPX pack it the same way (SMPTE ST 12-1): two 32-bit words, the first with hours, minutes,
seconds and frames as decimal digits and flags between them, the second the user bits. Retiming
changes the digits alone. Drop-frame counting is OpenTimelineIO's.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from fractions import Fraction

from opentimelineio import opentime

from engine.plate.frame import Attribute

log = logging.getLogger(__name__)

DEFAULT_RATE = Fraction(24)

_RATE_NAMES = ("framesPerSecond", "FramesPerSecond", "dpx:FrameRate", "dpx:TemporalFrameRate")
_TENS_AND_UNITS = ((28, 0x3, 24), (20, 0x7, 16), (12, 0x7, 8), (4, 0x3, 0))
_DIGITS = sum(tens << shift | 0xF << units for shift, tens, units in _TENS_AND_UNITS)
_DROP_FRAME = 1 << 6


def frame_rate(metadata: Mapping[str, Attribute]) -> Fraction:
    """Frames per second as the metadata says, or 24, which the log then says.

    A decimal such as 23.976 is taken for the 24000/1001 it stands for.
    """
    for name in _RATE_NAMES:
        if name in metadata:
            value = metadata[name].value
            rate = Fraction(*value) if isinstance(value, (tuple, list)) and value[1] else 0
            if isinstance(value, (int, float)) and math.isfinite(value):
                rate = _exact(value)
            if rate > 0:
                return Fraction(rate)
    log.info("The frames do not say their rate; their timecode counts %s a second.", DEFAULT_RATE)
    return DEFAULT_RATE


def offset(timecode: Attribute, frames: int, rate: Fraction) -> Attribute:
    """A timecode some frames later, or earlier; its flags and user bits stay.

    Above 30 frames a second two frames share a number, as SMPTE ST 12-1 has room for 30 alone.
    Counting past midnight starts again at 0.
    """
    if frames == 0:
        return timecode
    word, user_bits = (int(value) for value in timecode.value)
    if rate > 30:
        rate, frames = rate / 2, frames // 2
    try:
        count = _number(word, rate) + frames
    except ValueError:
        log.warning("%s is no timecode; it is kept as it is.", text(timecode))
        return timecode
    digits = _pack(*_clock(count, rate, bool(word & _DROP_FRAME)))
    return Attribute(timecode.type, ((word & ~_DIGITS) | digits, user_bits))


def parse(text: str) -> Attribute:
    """The attribute for "HH:MM:SS:FF"; a semicolon before the frames says drop-frame."""
    hours, minutes, seconds, frame = (int(digits) for digits in text.replace(";", ":").split(":"))
    drop = _DROP_FRAME if ";" in text else 0
    return Attribute("timecode", (_pack(hours, minutes, seconds, frame) | drop, 0))


def text(timecode: Attribute) -> str:
    """A timecode as people read it: "01:00:00:00", with a semicolon when it drops frames."""
    word = int(timecode.value[0])
    hours, minutes, seconds, frame = _unpack(word)
    separator = ";" if word & _DROP_FRAME else ":"
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{frame:02}"


def _exact(rate: float) -> Fraction:
    ntsc = Fraction(round(rate) * 1000, 1001)
    return ntsc if abs(float(ntsc) - rate) < 0.006 else Fraction(rate).limit_denominator(1001)


def _number(word: int, rate: Fraction) -> int:
    """How many frames after midnight a timecode is."""
    if word & _DROP_FRAME:
        clock = text(Attribute("timecode", (word, 0)))
        return int(opentime.from_timecode(clock, float(Fraction(30000, 1001))).value)
    hours, minutes, seconds, frame = _unpack(word)
    return ((hours * 60 + minutes) * 60 + seconds) * round(rate) + frame


def _clock(count: int, rate: Fraction, drop: bool) -> tuple[int, int, int, int]:
    if drop:
        ntsc = float(Fraction(30000, 1001))
        count %= 24 * 6 * 17982  # 17982 frames are counted in ten minutes
        clock = opentime.RationalTime(count, ntsc).to_timecode(ntsc, drop_frame=True)
        hours, minutes, seconds, frame = (int(n) for n in clock.replace(";", ":").split(":"))
        return hours, minutes, seconds, frame
    seconds, frame = divmod(count, round(rate))
    minutes, seconds = divmod(seconds, 60)
    return minutes // 60 % 24, minutes % 60, seconds, frame


def _pack(*numbers: int) -> int:
    return sum(
        (number // 10 & tens) << shift | (number % 10) << units
        for number, (shift, tens, units) in zip(numbers, _TENS_AND_UNITS, strict=True)
    )


def _unpack(word: int) -> list[int]:
    return [
        (word >> shift & tens) * 10 + (word >> units & 0xF)
        for shift, tens, units in _TENS_AND_UNITS
    ]
