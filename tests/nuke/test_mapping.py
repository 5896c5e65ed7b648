"""Timing against closed forms. No pytest: test_pythons runs this under older Pythons, too."""

import math
import sys
from fractions import Fraction
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "nuke"))


from hifi_ofx.errors import InvalidSetting
from hifi_ofx.timings import kronos


def refused(call, *arguments):
    """The sentence that a call is refused with."""
    try:
        call(*arguments)
    except InvalidSetting as error:
        return str(error)
    raise AssertionError("it was not refused")


def sources(retime, span):
    """{output frame: exact source time}."""
    return {one.output: one.left + one.fraction for one in retime.plan(*span).frames}


def test_what_is_typed_is_the_decimal():
    assert kronos.typed(0.1) == Fraction(1, 10)
    assert kronos.typed(0.25) == Fraction(1, 4)
    assert kronos.typed(23.976 / 100) == Fraction("0.23976")
    assert kronos.typed(1e-05) == Fraction(1, 100000)


def test_half_speed_has_twice_the_frames_and_every_second_is_a_source_frame():
    made = sources(kronos.constant("Output Speed", 0.5, (1001, 1010)), (1001, 1010))
    assert list(made) == list(range(1001, 1020))
    assert made[1002] == Fraction(2003, 2)
    assert [made[frame] for frame in (1001, 1003, 1019)] == [1001, 1002, 1010]


def test_a_speed_of_zero_and_below_says_what_to_do():
    for speed in (0.0, -0.5):
        text = refused(kronos.constant, "Output Speed", speed, (1, 10))
        assert f"Output Speed is {speed:g}" in text
        assert "Frame" in text


def test_a_keyed_speed_that_never_changes_is_the_constant_one():
    span = (1001, 1010)
    keyed = kronos.output_speed(lambda f: 0.4 * (f - 1001), lambda f: 0.4, 1020, span)
    assert sources(keyed, span) == sources(kronos.constant("", 0.4, span), span)


def test_a_ramp_to_a_stop_is_integrated_and_ends_with_its_last_key():
    # Speed 1 - f/10 from frame 0 to 10: the source is at f - f²/20, 5 at the end.
    ramp = kronos.output_speed(
        lambda f: f - f * f / 20 if f <= 10 else 5.0, lambda f: max(0.0, 1 - f / 10), 10, (0, 50)
    )
    made = sources(ramp, (0, 50))
    assert list(made) == list(range(11))
    assert made == {f: Fraction(f) - Fraction(f * f, 20) for f in range(11)}


def test_a_speed_that_turns_back_is_held_inside_the_range():
    # Backwards first: the source would be at -1, -2 …, then forwards at speed 2.
    made = sources(
        kronos.output_speed(lambda f: -f if f <= 2 else -2 + 2 * (f - 2), lambda f: 2.0, 2, (0, 4)),
        (0, 4),
    )
    assert made == {0: 0, 1: 0, 2: 0, 3: 0, 4: 2, 5: 4}


def test_noise_of_doubles_does_not_make_an_in_between():
    made = sources(kronos.output_speed(lambda f: 0.5 * f + 3e-12, lambda f: 0.5, 0, (0, 4)), (0, 4))
    assert [made[f] for f in (0, 2, 4, 6, 8)] == [0, 1, 2, 3, 4]


def test_a_speed_that_never_arrives_is_refused():
    text = refused(kronos.output_speed, lambda f: 0.0, lambda f: 1.0, None, (0, 4))
    assert "does not reach the end" in text


def test_input_speed_is_the_inverse_of_the_integral_of_one_over_it():
    # v(s) = 1 + s/10: source s shows at 10 ln(1 + s/10), so frame f shows 10 (e^(f/10) - 1).
    made = sources(kronos.input_speed(lambda s: 1 + s / 10, (0, 10)), (0, 10))
    assert list(made) == list(range(math.floor(10 * math.log(2)) + 1))
    for frame, time in made.items():
        assert abs(float(time) - 10 * (math.exp(frame / 10) - 1)) < 2e-6


def test_a_constant_input_speed_is_the_constant_one():
    span = (1001, 1006)
    made = sources(kronos.input_speed(lambda s: 0.25, span), span)
    assert made == sources(kronos.constant("", 0.25, span), span)


def test_input_speed_of_two_halves():
    # Half speed up to source frame 5, then full: 10 frames, then 5.
    made = sources(kronos.input_speed(lambda s: 0.5 if s < 5 else 1.0, (0, 10)), (0, 10))
    assert len(made) in (15, 16)  # the step lies on the border of two frames
    assert made[4] == 2
    assert made[0] == 0


def test_an_input_speed_of_zero_names_the_frame():
    text = refused(kronos.input_speed, lambda s: 3.0 - s, (0, 5))
    assert "Input Speed is 0 at source frame 3" in text


def test_frames_are_held_inside_the_range():
    made = sources(kronos.frames(lambda f: 1000 + 2.5 * f, (0, 6), (1001, 1010)), (1001, 1010))
    assert made == {0: 1001, 1: Fraction(2005, 2), 2: 1005, 3: Fraction(2015, 2), 4: 1010, 5: 1010,
                    6: 1010}  # fmt: skip


def test_backwards_through_frames():
    made = sources(kronos.frames(lambda f: 5 - f, (0, 4), (1, 5)), (1, 5))
    assert made == {0: 5, 1: 4, 2: 3, 3: 2, 4: 1}


def test_a_single_frame_is_followed_by_its_repeat():
    made = sources(kronos.frames(lambda f: 3.0, (7, 7), (1, 5)), (1, 5))
    assert made == {7: 3, 8: 3}
