"""What passes for the result is the result, and nothing that a host says is taken on trust."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from hifi_ofx.ofx import build
from tests.ofx_host.abi import Status
from tests.ofx_host.clips import Plate
from tests.ofx_host.profiles import REFERENCE

from .material import picture


def is_source(frame, plate):
    return any(np.array_equal(frame.picture, one) for one in plate.frames.values())


@pytest.mark.parametrize("value", [0.0, 1e-7, -5.0, 1e12, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["source_rate", "target_rate"])
def test_rates_outside_of_their_range_do_not_end_the_host(
    load, stand_in, small, plate, name, value
):
    effect = load(REFERENCE, stand_in("blends")).effect("General")
    values = {**small, "timing": 2}
    with effect.instance(values, {"Source": plate}) as instance:
        instance[name].set(value)
        first, last = instance.time_domain()
        assert first == 1001 and np.isfinite(last)
        for output in (1001, 1002, 1100):
            assert instance.frame(output).status == Status.OK


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1e300, 1e300])
@pytest.mark.parametrize("name", ["speed", "source_frame"])
def test_nor_do_speeds_and_frames(load, stand_in, small, plate, name, value):
    effect = load(REFERENCE, stand_in("blends")).effect("General")
    with effect.instance({**small, "timing": int(name != "speed")}, {"Source": plate}) as instance:
        instance[name].set(value)
        instance.time_domain()
        for output in (1001, 1002, 1100):
            assert instance.frame(output).status == Status.OK


def test_frames_at_once_have_one_progress_and_one_cancel(load, stand_in, probe, small, plate):
    effect = load(REFERENCE, stand_in("ponders")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance, ThreadPoolExecutor(4) as pool:
        outputs = (1002, 1003, 1004, 1006)
        frames = [one.result() for one in [pool.submit(instance.frame, at) for at in outputs]]
        assert all(frame.status == Status.OK for frame in frames)
        assert not instance.progress_open
        instance.edit("seed", 5)
        instance.cancel_progress_at = 0.0
        frames = [one.result() for one in [pool.submit(instance.frame, at) for at in outputs]]
        assert {frame.status for frame in frames} == {Status.FAILED}
        instance.cancel_progress_at = None
        assert instance.frame(1002).status == Status.OK


def test_a_cancel_is_heard_while_the_engine_starts(load, stand_in, probe, small, plate):
    effect = load(REFERENCE, stand_in("silent")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        instance.cancel_progress_at = 0.0
        started = time.monotonic()
        assert instance.frame(1002).status == Status.FAILED
        assert time.monotonic() - started < 20  # and not the 60 s that it is silent


def test_lost_frames_are_named_until_the_user_acts(load, stand_in, probe, small, plate):
    effect = load(REFERENCE, stand_in("memory")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        for output in (1002, 1004):
            frame = instance.frame(output, interactive=True)
            assert frame.status == Status.OK and is_source(frame, plate)
        assert instance.persistent[1].endswith("Lost: frames 1002, 1004.")
        instance.frame(1005, interactive=True)  # one of the plate's own changes nothing
        assert "Lost: frames 1002, 1004." in instance.persistent[1]
        instance.sync()
        assert "Lost: frames 1002, 1004." in instance["status"].value()[0]
        instance.edit("seed", 3)
        assert instance.persistent is None
        assert "Lost" not in instance["status"].value()[0]


def test_a_render_that_nobody_watches_fails_with_the_frame(load, stand_in, probe, small, plate):
    effect = load(REFERENCE, stand_in("memory")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        assert instance.frame(1002).status == Status.FAILED
        assert instance.frame(1005).status == Status.OK


def test_a_neighbor_that_the_host_does_not_give_is_said(load, stand_in, probe, small, plate):
    effect = load(REFERENCE, stand_in("blends")).effect("Filter")
    holed = {at: one for at, one in plate.frames.items() if at != 1002}
    with effect.instance(small, {"Source": replace(plate, frames=holed)}) as instance:
        frame = instance.frame(1002, interactive=True)
        assert frame.status == Status.OK
        assert instance.persistent[1] == "HiFI: the host gave no neighbor. Lost: frame 1002."
        assert instance.frame(1003).status == Status.FAILED


def test_a_lost_frame_that_is_made_after_all_is_lost_no_more(load, stand_in, probe, small, plate):
    effect = load(REFERENCE, stand_in("blends")).effect("Filter")
    with effect.instance({**small, "weights": "x"}, {"Source": plate}) as instance:
        holed = {at: one for at, one in plate.frames.items() if at != 1002}
        instance.clips["Source"].connect(replace(plate, frames=holed))
        instance.frame(1002, interactive=True)
        assert instance.persistent is not None
        instance.clips["Source"].connect(plate)
        assert not is_source(instance.frame(1002, interactive=True), plate)
        assert instance.persistent is None


def test_the_status_is_set_where_the_standard_allows(load, stand_in, probe, small, plate):
    """The host refuses it elsewhere: in BeginInstanceEdit, in Render."""
    effect = load(REFERENCE, stand_in("blends")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        with instance.edited():
            instance.frame(1002)
        instance.edit("seed", 2)
        assert "1 made" in instance["status"].value()[0]


def test_an_engine_s_python_without_the_engine_says_what_to_do(load, probe, small, plate, tmp_path):
    bare = tmp_path / "python"
    bare.write_text('#!/bin/sh\necho "No module named engine" >&2\nexit 1\n')
    bare.chmod(0o755)
    effect = load(REFERENCE, bare).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        instance.frame(1002, interactive=True)
        said = instance.persistent[1]
        assert "exit code 1" in said and "hifi-ofx install ofx" in said
        assert "starts it again" not in said


def test_a_long_clip_at_a_constant_speed_is_answered_at_once(load, probe, plate):
    plugin = load(replace(REFERENCE, has_integral=False))
    long = Plate({1: picture(0), 100_000: picture(1)}, span=(1, 100_000))
    with plugin.effect("General").instance({"speed": 0.25}, {"Source": long}) as instance:
        started = time.monotonic()
        assert instance.frames_needed(399_000)["Source"] == [(99_750, 99_751)]
        assert time.monotonic() - started < 0.1


def test_a_ramp_over_a_long_clip_is_summed_up_once(load, probe, plate):
    plugin = load(replace(REFERENCE, has_integral=False))
    long = Plate({1: picture(0), 2000: picture(1)}, span=(1, 2000))
    values = {"speed": {1.0: 0.5, 2001.0: 1.0}}
    with plugin.effect("General").instance(values, {"Source": long}) as instance:
        first, last = instance.time_domain()
        exact = 1 + Fraction(1, 2) * 1000 + Fraction(1, 4) * Fraction(1000 * 1000, 2000)
        [(left, _)] = instance.frames_needed(1001)["Source"]
        assert left == exact.numerator // exact.denominator
        started = time.monotonic()
        for at in range(1900, 2000):
            instance.frames_needed(at)
        assert time.monotonic() - started < 3  # 100 sums of 1900 frames took a minute and more
        instance.edit("speed", 0.5)
        assert instance.frames_needed(1001)["Source"] == [(501, 501)]
        assert (first, instance.time_domain()[1]) == (1, 3999)
        assert last > 2000


def test_a_toolchain_file_may_be_named_from_here(monkeypatch, tmp_path):
    commands = []

    class Done:
        returncode, stdout, stderr = 1, "", "stopped"

    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.cmake").touch()
    monkeypatch.setattr(
        build.subprocess, "run", lambda words, **_: commands.append(words) or Done()
    )
    assert build.main(["--toolchain", "own.cmake", "--output", str(tmp_path / "out")]) != 0
    assert f"-DCMAKE_TOOLCHAIN_FILE={tmp_path / 'own.cmake'}" in commands[0]


def test_threads_of_one_instance_leave_nothing_open(load, stand_in, probe, small, plate):
    effect = load(REFERENCE, stand_in("exits")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        threads = [
            threading.Thread(target=instance.frame, args=(at,), kwargs={"interactive": True})
            for at in (1002, 1003, 1004)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not instance.progress_open
        assert "Lost: frames 1002, 1003, 1004." in instance.persistent[1]
