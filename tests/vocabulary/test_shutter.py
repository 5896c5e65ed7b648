"""Which source times an output frame sees while a shutter is open."""

from fractions import Fraction as F

import pytest

from hifi_ofx.curve import Curve
from hifi_ofx.plan import PlannedFrame, RetimePlan
from hifi_ofx.quality import Footage, Output
from hifi_ofx.retime import Retime, fill_missing
from hifi_ofx.shutter import opened

HALF = Output(shutter=180, shutter_samples=2)
WHOLE = Output(shutter=360, shutter_samples=4)


def seen(retime, output, clip=(1, 9), ends="hold"):
    """The source times that each output frame sees."""
    plan = opened(retime.plan(*clip, ends), retime, *clip, output)
    return {frame.output: [one.time for one in frame.exposures] for frame in plan.frames}


def test_a_closed_shutter_changes_nothing():
    plan = Retime(speed=F(1, 2)).plan(1, 9)
    assert opened(plan, Retime(speed=F(1, 2)), 1, 9, Output()) is plan


def test_moments_are_the_middles_of_equal_parts_around_the_frame():
    times = seen(Retime(speed=F(2)), WHOLE)
    assert times[2] == [3 + 2 * F(part, 8) for part in (-3, -1, 1, 3)]
    assert seen(Retime(speed=F(1)), HALF)[4] == [4 - F(1, 8), 4 + F(1, 8)]


@pytest.mark.parametrize("angle", [0.1, 45, 172.8, 720])
def test_an_angle_is_a_share_of_an_output_frame_exactly(angle):
    times = seen(Retime(speed=F(1)), Output(shutter=angle, shutter_samples=2), (1, 99))[50]
    assert times[1] - times[0] == F(str(angle)) / 720


def test_the_time_is_the_output_frame_s_at_any_rate_and_start():
    retime = Retime(fps=(F(24), F(60)), start=1001)
    assert seen(retime, WHOLE)[1011] == [5 + F(24, 60) * F(part, 8) for part in (-3, -1, 1, 3)]


def test_past_the_clip_s_ends_nothing_is_seen():
    times = seen(Retime(speed=F(1)), WHOLE)
    assert times[1] == [1 + F(1, 8), 1 + F(3, 8)]
    assert times[9] == [9 - F(3, 8), 9 - F(1, 8)]


def test_in_reverse_time_runs_backwards():
    assert seen(Retime(speed=F(1), reverse=True), HALF)[4] == [6 + F(1, 8), 6 - F(1, 8)]


def test_a_curve_that_stands_still_is_a_copy_and_one_that_leaves_the_clip_is_held():
    curve = Curve(((F(1), F(3)), (F(5), F(3)), (F(9), F(15))))
    times = seen(Retime(curve=curve), WHOLE)
    assert times[2] == [] and times[3] == []
    assert times[5] == [3, 3, 3 + F(3, 8), 3 + F(9, 8)]
    assert times[7] == [9 - F(9, 8), 9 - F(3, 8), 9, 9]
    assert times[9] == [] and times[1] == []


def test_all_that_is_seen_decides_a_frame():
    frame = opened(Retime(speed=F(4)).plan(1, 29), Retime(speed=F(4)), 1, 29, WHOLE).frames[3]
    assert frame.around(0) == range(11, 16) and frame.around(1) == range(10, 17)
    assert frame.is_made and Footage().context(frame.is_made) == 1
    assert frame.to_json()["exposures"][0]["fraction"] == "1/2"


def test_halving_rounds_what_is_seen():
    retime = Retime(speed=F(1))
    plan = opened(retime.plan(1, 9), retime, 1, 9, WHOLE)
    halved, rounded = plan.halved(1)
    assert [one.time for one in halved.frames[3].exposures] == [F(7, 2), 4, 4, F(9, 2)]
    assert len(rounded) == len(plan.moments)


def test_missing_frames_are_filled_in_what_is_seen():
    retime = Retime(speed=F(2))
    plan = opened(retime.plan(1, 9), retime, 1, 9, WHOLE)
    there = [1, 2, 3, 4, 6, 7, 8, 9]
    held, _ = fill_missing(plan, there, "hold")
    assert [one.time for one in held.frames[2].exposures] == [4, 4, F(9, 2), F(11, 2)]
    black, _ = fill_missing(plan, there, "black")
    assert [frame.black for frame in black.frames] == [False, False, True, False, False]
    assert not black.frames[2].exposures
    bridged, notes = fill_missing(plan, there, "interpolate")
    assert [one.time for one in bridged.frames[2].exposures] == [
        one.time for one in plan.frames[2].exposures
    ]
    assert {(one.left, one.right) for one in bridged.frames[2].exposures} == {(4, 6)}
    assert any("interpolated" in note for note in notes)


def test_flat_and_gathered_are_each_other_s_inverse():
    retime = Retime(speed=F(2))
    plan = opened(retime.plan(1, 9), retime, 1, 9, HALF)
    assert plan.gathered(plan.flat.frames) == plan
    plain = RetimePlan((PlannedFrame.at(1, F(3, 2)),))
    assert plain.flat is plain and plain.gathered(plain.frames) == plain
