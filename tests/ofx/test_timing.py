"""Which source frames an output frame shows: the plug-in's answers against the exact plan."""

from dataclasses import replace
from fractions import Fraction

import pytest

from hifi_ofx.retime import Retime
from tests.ofx_host.clips import Plate
from tests.ofx_host.profiles import NATRON, REFERENCE

from .material import picture


def plate_from(first, count=10):
    return Plate({first + index: picture(index) for index in range(count)})


def shown(instance, time):
    """(left, right) as the host learns it: from IsIdentity, else from GetFramesNeeded."""
    identity = instance.identity(time, window=(0, 0, 64, 48))
    if identity is not None:
        assert identity[0] == "Source"
        return identity[1], identity[1]
    [(left, right)] = instance.frames_needed(time)["Source"]
    return left, right


def planned(retime, first, last):
    return {frame.output: (frame.left, frame.right) for frame in retime.plan(first, last).frames}


@pytest.mark.parametrize("first", [1001, 0, -7, 86400])
@pytest.mark.parametrize("speed", ["1/4", "1/3", "0.3", "7/5", "1", "24000/25025", "0.03"])
def test_a_constant_speed_is_the_plan_s(effect, first, speed):
    """1/3 and 24000/25025 have no end in binary: the plug-in finds the fraction that was meant."""
    expected = planned(Retime(speed=Fraction(speed)), first, first + 9)
    values = {"speed": float(Fraction(speed))}
    with effect.instance(values, {"Source": plate_from(first)}) as instance:
        for output, frames in expected.items():
            assert shown(instance, output) == frames, output


def test_reverse_is_the_plan_s(effect):
    expected = planned(Retime(speed=Fraction(2, 3), reverse=True), 1001, 1010)
    values = {"speed": 2 / 3, "reverse": 1}
    with effect.instance(values, {"Source": plate_from(1001)}) as instance:
        for output, frames in expected.items():
            assert shown(instance, output) == frames, output


def test_frame_rates_are_the_plan_s(effect):
    expected = planned(Retime(fps=(Fraction(24000, 1001), Fraction(25))), 1001, 1010)
    values = {"timing": 2, "source_rate": 23.976, "target_rate": 25.0}
    with effect.instance(values, {"Source": plate_from(1001)}) as instance:
        for output, frames in expected.items():
            assert shown(instance, output) == frames, output


def test_a_ramp_shows_its_integral(effect):
    """Speed from 0 to 1 over 8 frames: after n of them, n² / 16 frames have gone by."""
    values = {"speed": {1001.0: 0.0, 1009.0: 1.0}}
    with effect.instance(values, {"Source": plate_from(1001)}) as instance:
        for n in range(9):
            exact = 1001 + Fraction(n * n, 16)
            left = exact.numerator // exact.denominator
            right = left if exact == left else left + 1
            assert shown(instance, 1001 + n) == (left, right), n


def test_a_curve_of_source_frames(effect):
    """Counted from the clip's start, or in the host's numbers."""
    curve = {1001.0: 2.0, 1005.0: 4.0}
    in_host_s = {time: 1001 + frame for time, frame in curve.items()}
    for counted, keys in ((0, curve), (1, in_host_s)):
        values = {"timing": 1, "counted_from": counted, "source_frame": keys}
        with effect.instance(values, {"Source": plate_from(1001)}) as instance:
            assert shown(instance, 1001) == (1003, 1003)
            assert shown(instance, 1002) == (1003, 1004)
            assert shown(instance, 1003) == (1004, 1004)


def test_times_outside_of_the_clip_show_its_ends(effect):
    with effect.instance({"speed": 2.0}, {"Source": plate_from(1001)}) as instance:
        assert shown(instance, 1000) == (1001, 1001)
        assert shown(instance, 1006) == (1010, 1010)
        assert shown(instance, 5000) == (1010, 1010)
        assert shown(instance, -5000) == (1001, 1001)


def test_a_little_past_the_last_frame_is_the_last_frame(effect):
    """9.1 frames after the first of ten: there is no eleventh to lie before."""
    with effect.instance({"speed": 0.7}, {"Source": plate_from(1001)}) as instance:
        assert shown(instance, 1013) == (1009, 1010)
        assert shown(instance, 1014) == (1010, 1010)


def test_speed_0_is_a_freeze(effect):
    with effect.instance({"speed": 0.0}, {"Source": plate_from(1001)}) as instance:
        assert shown(instance, 1200) == (1001, 1001)


def test_the_render_scale_changes_no_time(effect, plate):
    with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
        assert instance.identity(1005, scale=(0.5, 0.5)) == ("Source", 1002)
        assert instance.identity(1006, scale=(0.5, 0.5)) is None


def test_a_retimer_shows_what_the_host_says(plugin, plate):
    effect = plugin.effect("Retimer")
    values = {"SourceTime": {1001.0: 1003.0, 1005.0: 1004.0}}
    with effect.instance(values, {"Source": plate}) as instance:
        assert shown(instance, 1001) == (1003, 1003)
        assert shown(instance, 1003) == (1003, 1004)
        assert shown(instance, 1005) == (1004, 1004)


@pytest.mark.parametrize("context", ["Filter", "Retimer"])
def test_the_host_owns_the_length_elsewhere(plugin, plate, context):
    with plugin.effect(context).instance({}, {"Source": plate}) as instance:
        assert instance.time_domain() is None


@pytest.mark.parametrize("speed", ["1/4", "1/3", "2", "7/5"])
def test_a_general_effect_is_as_long_as_the_plan(plugin, plate, speed):
    outputs = list(planned(Retime(speed=Fraction(speed)), 1001, 1010))
    values = {"speed": float(Fraction(speed))}
    with plugin.effect("General").instance(values, {"Source": plate}) as instance:
        assert instance.time_domain() == (outputs[0], outputs[-1])


def test_a_ramp_lasts_until_the_clip_is_used_up(plugin, plate):
    """Speed from 1 to 0.5 over 4 frames passes 3, the other 6 of the 9 take 12 more."""
    values = {"speed": {1001.0: 1.0, 1005.0: 0.5}}
    with plugin.effect("General").instance(values, {"Source": plate}) as instance:
        assert instance.time_domain() == (1001, 1017)


def test_a_host_that_cannot_integrate(load, plate, probe):
    plugin = load(replace(REFERENCE, has_integral=False))
    effect = plugin.effect("Filter")
    for keys in (0.25, {1001.0: 0.0, 1009.0: 1.0}):
        with effect.instance({"speed": keys}, {"Source": plate}) as instance:
            assert shown(instance, 1005) == ((1002, 1002))
            assert shown(instance, 1006)[1] - shown(instance, 1006)[0] == 1


def test_the_frame_rate_stays_the_host_s(load, plate, probe):
    """Even where it may be set: the retime is in the frames, not in their rate."""
    for profile in (REFERENCE, NATRON):
        effect = load(profile).effect("General")
        with effect.instance({"speed": 0.25}, {"Source": plate}) as instance:
            assert "OfxImageEffectPropFrameRate" not in instance.preferences()
