"""Rates and timecode as the fake counts them: OpenTimelineIO's, so that ours are checked by it."""

from fractions import Fraction

from opentimelineio import opentime

_NTSC = {"23.976": 24, "23.98": 24, "29.97": 30, "47.952": 48, "59.94": 60}


def rate(text):
    """Frames a second of '25', '23.976' or '29.97 DF'."""
    number = text.replace("DF", "").strip()
    return Fraction(_NTSC[number] * 1000, 1001) if number in _NTSC else Fraction(number)


def drops(text):
    return text.endswith("DF")


def counting(media):
    """The rate that a clip's timecode counts at, as `frame_of` takes it."""
    return media.fps + (" DF" if ";" in media.start_timecode else "")


def frame_of(timecode, text):
    """The frame number of a timecode that counts as `text` says."""
    clock = timecode.replace(";", ":")
    if drops(text):
        clock = clock[:8] + ";" + clock[9:]
    return int(opentime.from_timecode(clock, float(rate(text))).value)


def timecode_of(frame, text):
    value = float(rate(text))
    time = opentime.RationalTime(frame, value)
    return opentime.to_timecode(time, value, drop_frame=drops(text))
