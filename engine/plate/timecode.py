"""Timecode that moves with the frames.

EXR and DPX pack it the same way (SMPTE ST 12-1): two 32-bit words, the first with hours, minutes,
seconds and frames as decimal digits and flags between them, the second the user bits. Retiming
changes the digits alone. Drop-frame counting is OpenTimelineIO's.
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Mapping
from fractions import Fraction

from opentimelineio import opentime

from engine.plate.frame import Attribute

log = logging.getLogger(__name__)

TIMECODE = "smpte:TimeCode"  # the attribute of EXR and DPX, as OpenImageIO calls it
DEFAULT_RATE = Fraction(24)

_RATE_NAMES = ("framesPerSecond", "FramesPerSecond", "dpx:FrameRate", "dpx:TemporalFrameRate")
_TENS_AND_UNITS = ((28, 0x3, 24), (20, 0x7, 16), (12, 0x7, 8), (4, 0x3, 0))
_DIGITS = sum(tens << shift | 0xF << units for shift, tens, units in _TENS_AND_UNITS)
_DROP_FRAME = 1 << 6
_FIELD_MARK = 1 << 15  # "field/phase" in OpenEXR's packing (ImfTimeCode.h, TV60)
_CLOCK = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})([:;.])([0-9]{2,3})")


def frame_rate(metadata: Mapping[str, Attribute]) -> Fraction:
    """Frames per second as the metadata says, or 24; the log says so where a timecode counts by it.

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
    if TIMECODE in metadata:
        log.info(
            "The frames do not say their rate; their timecode counts %s a second.", DEFAULT_RATE
        )
    return DEFAULT_RATE


def offset(timecode: Attribute, frames: int, rate: Fraction) -> Attribute:
    """A timecode some frames later, or earlier; its flags and user bits stay.

    SMPTE ST 12-1 has room for 30 frames a second. Above that, frames share a number: two do at 50
    and 60 a second, and the field mark tells the second from the first. Counting past midnight
    starts again at 0.
    """
    if frames == 0:
        return timecode
    word, user_bits = (int(value) for value in timecode.value)
    shared = frames_per_number(rate)
    if shared > 1:
        place = frames + (-(-shared // 2) if word & _FIELD_MARK else 0)
        frames, place = divmod(place, shared)
        word = _marked(word, place, shared)
    rate /= shared
    drop = bool(word & _DROP_FRAME) and round(rate) == 30
    try:
        count = _number(word, rate, drop) + frames
    except ValueError:
        log.warning("%s is no timecode; it is kept as it is.", text(timecode))
        return timecode
    digits = _pack(*_clock(count, rate, drop))
    return Attribute(timecode.type, ((word & ~_DIGITS) | digits, user_bits))


def frames_per_number(rate: Fraction) -> int:
    """How many frames share a number at this many frames a second: 1 to 30, 2 at 60, 4 at 100."""
    least = max(1, math.ceil(rate / 30))
    if round(rate) <= 30:
        return 1
    even = (n for n in range(least, 2 * least + 1) if round(rate) % n == 0)
    return next(even, least)


def parse(text: str, rate: Fraction = DEFAULT_RATE) -> Attribute:
    """The attribute for "HH:MM:SS:FF", where FF counts frames at this rate.

    A semicolon or a dot before the frames says drop-frame. Raises ValueError for what is none.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no timecode")
    hours, minutes, seconds, frame = (int(match[n]) for n in (1, 2, 3, 5))
    if hours > 23 or minutes > 59 or seconds > 59 or frame >= max(round(rate), 30):
        raise ValueError(f"{text!r} is no timecode at {float(rate):g} frames a second")
    shared = frames_per_number(rate)
    word = _pack(hours, minutes, seconds, frame // shared)
    word = _marked(word, frame % shared, shared)
    return Attribute("timecode", (word | (_DROP_FRAME if match[4] in ";." else 0), 0))


def without_field_mark(timecode: Attribute) -> Attribute:
    """For formats whose readers take every bit for a digit."""
    word, user_bits = timecode.value
    return Attribute(timecode.type, (int(word) & ~_FIELD_MARK, user_bits))


def text(timecode: Attribute) -> str:
    """A timecode as people read it: "01:00:00:00", with a semicolon when it drops frames."""
    word = int(timecode.value[0])
    hours, minutes, seconds, frame = _unpack(word)
    separator = ";" if word & _DROP_FRAME else ":"
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{frame:02}"


def _exact(rate: float) -> Fraction:
    ntsc = Fraction(round(rate) * 1000, 1001)
    return ntsc if abs(float(ntsc) - rate) < 0.006 else Fraction(rate).limit_denominator(1001)


def _marked(word: int, place: int, shared: int) -> int:
    """The word with the field mark of a frame that is in this place among those of its number."""
    return word | _FIELD_MARK if 2 * place >= shared > 1 else word & ~_FIELD_MARK


def _number(word: int, rate: Fraction, drop: bool) -> int:
    """How many frames after midnight a timecode is."""
    if drop:
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
