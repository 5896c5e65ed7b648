from __future__ import annotations

import logging
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentimelineio import opentime

from engine.plate import timecode
from engine.plate.frame import Attribute

NTSC = Fraction(30000, 1001)
DROP = 0x40
DIGITS = 0x3F7F7F3F  # where ST 12-1 has hours, minutes, seconds and frames

clocks = st.builds(
    "{:02}:{:02}:{:02}:{:02}".format,
    st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 23),
)  # fmt: skip


def test_packing_is_that_of_the_standard() -> None:
    """01:23:45:16 is 0x01234516; bit 6 says drop-frame."""
    assert timecode.parse("01:23:45:16") == Attribute("timecode", (0x01234516, 0))
    assert timecode.parse("01:23:45;16") == Attribute("timecode", (0x01234556, 0))
    assert timecode.text(Attribute("timecode", (0x01234556, 0))) == "01:23:45;16"


@given(clocks, st.integers(-100_000, 100_000), st.sampled_from([24, 25, 30]))
def test_counting_is_that_of_opentimelineio(clock: str, frames: int, rate: int) -> None:
    start = opentime.from_timecode(clock, rate)
    day = 24 * 3600 * rate
    expected = opentime.RationalTime((start.value + frames) % day, rate).to_timecode(rate)
    found = timecode.offset(timecode.parse(clock), frames, Fraction(rate))
    assert timecode.text(found) == expected


def test_drop_frame_skips_two_numbers_a_minute_but_not_in_the_tenth() -> None:
    def after(clock: str, frames: int) -> str:
        return timecode.text(timecode.offset(timecode.parse(clock), frames, NTSC))

    assert after("00:00:59;29", 1) == "00:01:00;02"
    assert after("00:01:00;02", -1) == "00:00:59;29"
    assert after("00:09:59;29", 1) == "00:10:00;00"
    assert after("23:59:59;29", 1) == "00:00:00;00"
    assert after("00:00:00;00", 24 * 6 * 17982) == "00:00:00;00"
    assert after("00:00:59:29", 1) == "00:01:00:00"  # 29.97 without the flag counts them all


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    st.integers(0, 2_000_000),
    st.integers(-5000, 5000),
    st.booleans(),
)
def test_flags_and_user_bits_stay_and_going_back_is_exact(
    flags: int, user_bits: int, count: int, frames: int, drop: bool
) -> None:
    flags = (flags & ~DIGITS & ~DROP) | (DROP if drop else 0)
    rate = NTSC if drop else Fraction(24)
    midnight = Attribute("timecode", (flags, user_bits))
    start = timecode.offset(midnight, count, rate)
    moved = timecode.offset(start, frames, rate)
    assert moved.value[0] & ~DIGITS == flags
    assert moved.value[1] == user_bits
    assert moved == timecode.offset(midnight, count + frames, rate)
    assert timecode.offset(moved, -frames, rate) == start


@given(st.integers(0, 2**32 - 1), st.integers(-99, 99), st.sampled_from([24, 25, 30, 60]))
def test_nonsense_in_the_header_stops_nothing(word: int, frames: int, rate: int) -> None:
    moved = timecode.offset(Attribute("timecode", (word, 0)), frames, Fraction(rate))
    assert 0 <= moved.value[0] < 2**32


def test_two_frames_share_a_number_above_thirty_a_second() -> None:
    start = timecode.parse("10:00:00:00")
    clocks = [timecode.text(timecode.offset(start, n, Fraction(60))) for n in (1, 2, 59, 60)]
    assert clocks == ["10:00:00:00", "10:00:00:01", "10:00:00:29", "10:00:01:00"]


@pytest.mark.parametrize(
    ("metadata", "rate"),
    [
        ({"framesPerSecond": Attribute("rational", (24000, 1001))}, Fraction(24000, 1001)),
        ({"FramesPerSecond": Attribute("rational", (25, 1))}, Fraction(25)),
        ({"dpx:FrameRate": Attribute("float", 23.976)}, Fraction(24000, 1001)),
        ({"dpx:FrameRate": Attribute("float", 29.97002983)}, NTSC),
        ({"dpx:FrameRate": Attribute("float", 24.0)}, Fraction(24)),
        ({"dpx:FrameRate": Attribute("float", 12.5)}, Fraction(25, 2)),
    ],
)
def test_the_rate_is_read_exactly(metadata: dict[str, Attribute], rate: Fraction) -> None:
    assert timecode.frame_rate(metadata) == rate


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"framesPerSecond": Attribute("rational", (24, 0))},
        {"dpx:FrameRate": Attribute("float", float("nan"))},
        {"dpx:FrameRate": Attribute("float", 0.0)},
    ],
)
def test_without_a_rate_it_is_24_and_the_log_says_so(
    metadata: dict[str, Attribute], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert timecode.frame_rate(metadata) == 24
        assert not caplog.text, "nothing counts by it"
        counted = {**metadata, timecode.TIMECODE: Attribute("timecode", (0x01020304, 0))}
        assert timecode.frame_rate(counted) == 24
    assert "24 a second" in caplog.text
