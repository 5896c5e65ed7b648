"""Timecode and rates, against OpenTimelineIO and SMPTE's own numbers."""

from fractions import Fraction

import pytest
from hifi_resolve.answers import ResolveError
from hifi_resolve.rates import Rate, parse_rate, relabeled
from hypothesis import given
from hypothesis import strategies as st

from tests.resolve_host import clock

RATES = ["23.976", "24", "25", "29.97", "29.97 DF", "30", "50", "59.94", "59.94 DF", "60"]


@given(st.sampled_from(RATES), st.integers(0, 24 * 3600 * 23))
def test_timecode_is_opentimelineios(text, frame):
    rate = parse_rate(text)
    assert rate.timecode(frame) == clock.timecode_of(frame, text)
    assert rate.frame(rate.timecode(frame)) == frame


@pytest.mark.parametrize(("value", "fps"), [(24.0, 24), (25, 25), (23.976, Fraction(24000, 1001))])
def test_a_rate_that_comes_as_a_number(value, fps):
    assert parse_rate(value).fps == fps


@pytest.mark.parametrize(
    ("text", "fps", "spelling"),
    [
        ("24", Fraction(24), "24"),
        ("24.0", Fraction(24), "24"),
        ("23.976", Fraction(24000, 1001), "23.976"),
        ("23.98", Fraction(24000, 1001), "23.976"),
        ("23.976023976", Fraction(24000, 1001), "23.976"),
        ("29.97 DF", Fraction(30000, 1001), "29.97"),
        ("47.952", Fraction(48000, 1001), "47.952"),
        ("59.9400599", Fraction(60000, 1001), "59.94"),
        ("119.88", Fraction(120000, 1001), "119.88"),
        ("12.5", Fraction(25, 2), "12.500"),
    ],
)
def test_spellings(text, fps, spelling):
    rate = parse_rate(text)
    assert (rate.fps, rate.spelling) == (fps, spelling)
    assert rate.drop == text.endswith("DF")


def test_the_minutes_of_drop_frame():
    rate = parse_rate("29.97 DF")
    assert rate.timecode(1799) == "00:00:59;29"
    assert rate.timecode(1800) == "00:01:00;02"
    assert rate.timecode(17982) == "00:10:00;00"
    assert rate.frame("01:00:00;00") == 107892


@pytest.mark.parametrize("text", ["", "fast", "0", "-24"])
def test_no_rate(text):
    with pytest.raises(ResolveError, match="not a frame rate"):
        parse_rate(text)


def test_no_timecode():
    with pytest.raises(ResolveError, match="not a timecode"):
        Rate(Fraction(24)).frame("soon")


@pytest.mark.parametrize(
    ("timecode", "source", "target", "expected"),
    [
        ("10:00:00:30", "50", "25", "10:00:00:15"),
        ("10:00:00:31", "50", "25", "10:00:00:15"),
        ("10:00:00:12", "24", "23.976", "10:00:00:12"),
        ("10:00:00;15", "29.97 DF", "25", "10:00:00:12"),
        ("10:01:00:00", "25", "29.97 DF", "10:01:00;02"),
        ("10:10:00:00", "25", "29.97 DF", "10:10:00;00"),
    ],
)
def test_labels_of_another_rate(timecode, source, target, expected):
    assert relabeled(timecode, parse_rate(source), parse_rate(target)) == expected
    assert parse_rate(target).timecode(parse_rate(target).frame(expected)) == expected
