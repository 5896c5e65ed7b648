"""What goes wrong never reaches the host: the source passes through, and one message says why."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from tests.ofx_host.abi import Status
from tests.ofx_host.profiles import BARE, NUKE, REFERENCE, RESOLVE

from .material import IN_BUNDLE, engines, gone, wait_until

ROOT = Path(__file__).parents[2]
MANY_CALLS = {"steps": 12}  # 2 + 4 patches: 72 network calls
CALL = 0.1  # seconds, which the probe makes every network call take


def is_source(frame, plate, times=(1001, 1002)):
    return any(np.array_equal(frame.picture, plate.frames[time]) for time in times)


def after(probe, calls, action):
    """A `stop` that does something once so many network calls have begun, and goes on."""
    done = []
    before = len(probe.calls())

    def stop(_):
        if not done and len(probe.calls()) >= before + calls:
            done.append(action())
        return False

    return stop


def test_an_abort_ends_within_one_network_call(effect, small, plate, probe):
    with effect.instance({**small, **MANY_CALLS, "seed": 11}, {"Source": plate}) as instance:
        probe.slow_down(CALL)
        before = len(probe.calls())
        instance.stop = lambda _: len(probe.calls()) >= before + 4
        frame = instance.frame(1002)
        returned = time.monotonic()
        calls = probe.calls()[before:]
        longest = max(end - begin for begin, end in calls if end)
        assert longest >= CALL and len(calls) < 72
        assert frame.picture is None
        assert frame.seconds_after_abort < longest
        time.sleep(3 * longest)
        aborted = returned - frame.seconds_after_abort
        late = [begin for begin, *_ in probe.calls()[before:] if begin > aborted]
        assert len(late) <= 1, "at most the call that was on its way"
        assert not [begin for begin in late if begin > returned]
        assert instance.persistent is None, "to stop is no failure"
        probe.slow_down(0)
        instance.stop = lambda _: False
        assert instance.frame(1002).picture is not None


def test_progress_can_be_cancelled(effect, small, plate, probe):
    with effect.instance({**small, **MANY_CALLS, "seed": 12}, {"Source": plate}) as instance:
        probe.slow_down(CALL / 4)
        before = len(probe.calls())
        instance.cancel_progress_at = 0.1
        frame = instance.frame(1002)
        assert frame.status == Status.FAILED, "nobody may take the source for the result"
        time.sleep(CALL)
        assert 0 < len(probe.calls()) - before < 36
        assert instance.labels_of_progress
        assert instance.progress == sorted(instance.progress)
        assert instance.persistent is None


def test_progress_goes_from_nothing_to_all(effect, small, plate):
    with effect.instance({**small, **MANY_CALLS, "seed": 13}, {"Source": plate}) as instance:
        instance.frame(1002)
        shares = instance.progress
    assert shares == sorted(shares) and len(shares) > 10 and shares[-1] > 0.9


def test_a_host_without_a_progress_suite(load, small, plate, stand_in):
    profile = REFERENCE.without("OfxProgressSuite", "OfxMultiThreadSuite", "OfxTimeLineSuite")
    effect = load(profile, stand_in("blends")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        assert instance.frame(1002).status == Status.OK
        assert not instance.progress and instance.persistent is None


def test_an_engine_that_is_killed_in_mid_frame(effect, small, plate, probe):
    """It is started again, and the frame is what it would have been."""
    values = {**small, **MANY_CALLS, "seed": 14}
    with effect.instance(values, {"Source": plate}) as instance:
        probe.slow_down(CALL / 2)
        instance.stop = after(probe, 3, lambda: [one.kill() for one in engines()])
        frame = instance.frame(1002)
        probe.slow_down(0)
        assert frame.status == Status.OK and not is_source(frame, plate)
        assert instance.persistent is None and not instance.persistent_history


def test_nuke_asks_for_the_next_frame_all_the_same(load, small, plate, stand_in):
    """It stops rendering where an error stays; so what is said is a warning."""
    effect = load(NUKE, stand_in("closes")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        assert is_source(instance.frame(1002, interactive=True), plate)
        assert instance.persistent is not None
        assert instance.frame(1003) is not None


@pytest.mark.parametrize("way", ["exits", "protocol", "memory", "closes", "no pixels", "mumbles"])
def test_an_engine_that_fails(load, small, plate, stand_in, probe, way):
    effect = load(REFERENCE, stand_in(way)).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        for output in (1002, 1003, 1004):
            frame = instance.frame(output, interactive=True)
            assert frame.status == Status.OK and is_source(frame, plate)
        kind, sentence = instance.persistent
        assert kind in ("OfxMessageError", "OfxMessageWarning")
        words = {
            "exits": "exit code 3",
            "protocol": "protocol 99",
            "memory": "One patch of 32x48 pixels does not fit",
            "closes": "stopped (exit code 0)",
            "no pixels": "cannot be opened",
            "mumbles": "a picture of 0x0 pixels where 64x48",
        }
        assert words[way] in sentence


def test_an_engine_that_babbles_is_understood(load, small, plate, stand_in, probe):
    """What some library prints before the hello, or bytes that are no text, do no harm."""
    effect = load(REFERENCE, stand_in("babbles")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        frame = instance.frame(1003)
        assert instance.persistent is None
    blend = (plate.frames[1001] + plate.frames[1002]) / 2
    np.testing.assert_allclose(frame.picture, blend, rtol=1e-6, atol=1e-6)


def test_an_engine_that_is_missing(load, small, plate, probe):
    effect = load(REFERENCE, "/nowhere/python").effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        for output in (1002, 1003):
            frame = instance.frame(output, interactive=True)
            assert frame.status == Status.OK and is_source(frame, plate)
        assert "/nowhere/python" in instance.persistent[1]
        assert "HIFI_ENGINE_PYTHON" in instance.persistent[1]


def test_an_engine_that_is_silent_can_be_left(load, small, plate, stand_in, probe):
    effect = load(REFERENCE, stand_in("silent")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        started = time.monotonic()
        instance.stop = lambda _: time.monotonic() > started + 0.3
        frame = instance.frame(1002)
        assert frame.seconds_after_abort < 0.5


@pytest.mark.parametrize("profile", [RESOLVE, BARE], ids=lambda one: one.label)
def test_a_host_that_cannot_keep_messages(load, small, plate, probe, profile):
    """Resolve's pointers are NULL, the bare host has no suite at all."""
    effect = load(profile, "/nowhere/python").effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        for output in (1002, 1003):
            assert is_source(instance.frame(output, interactive=True), plate)
        assert len(instance.messages) == (0 if profile is BARE else 1)
        assert not instance.persistent_history


def test_a_setting_that_makes_no_sense_is_said(effect, small, plate):
    with effect.instance({**small, "weights": "/nowhere/x"}, {"Source": plate}) as instance:
        frame = instance.frame(1002, interactive=True)
        assert is_source(frame, plate)
        assert "/nowhere/x" in instance.persistent[1]
        instance.edit("weights", small["weights"])
        assert not is_source(instance.frame(1002), plate)
        assert instance.persistent is None


def test_unloading_ends_the_engine(load, small, plate, stand_in, probe):
    before = {process.pid for process in engines()}
    plugin = load(REFERENCE, stand_in("memory"))
    with plugin.effect("Filter").instance(small, {"Source": plate}) as instance:
        instance.frame(1002)
    mine = [process for process in engines() if process.pid not in before]
    assert len(mine) == 1
    plugin.host.close()
    assert gone(mine)
    assert not [one for one in engines() if one.pid not in before], "not even a zombie is left"


@pytest.mark.parametrize(
    "real", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["stand-in", "engine"]
)
def test_a_host_that_is_killed_takes_its_engine_along(bundle, small, stand_in, probe, real):
    environment = {**os.environ, "HIFI_PROBE": str(probe.folder)}
    environment["HIFI_ENGINE_PYTHON"] = sys.executable if real else str(stand_in("memory"))
    words = ["-m", "tests.ofx.host_process", str(bundle / IN_BUNDLE), json.dumps(small)]
    host = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    with host:
        said = json.loads(host.stdout.readline())
        [engine] = [psutil.Process(pid) for pid in said["engines"]]
        host.kill()
    assert wait_until(lambda: not engine.is_running())


def test_an_instance_that_goes_takes_nothing_from_the_others(effect, small, plate, probe):
    first = effect.instance(small, {"Source": plate})
    with effect.instance({**small, "seed": 21}, {"Source": plate}) as second:
        first.frame(1002)
        pids = [process.pid for process in engines()]
        first.destroy()
        assert second.frame(1002).status == Status.OK
        assert [process.pid for process in engines()] == pids


@pytest.fixture(params=["stand-in", pytest.param("engine", marks=pytest.mark.slow)])
def either(request, load, stand_in):
    """The effect with an engine that blends at once, and in the slow tests with the real one."""
    real = request.param == "engine"
    return (load(REFERENCE) if real else load(REFERENCE, stand_in("blends"))).effect("Filter")


def test_two_hundred_renders_leave_nothing_behind(probe, either, small, plate):
    """After 40 to warm up: no more file handles, and no more memory than rounding."""
    tiny = replace(plate, frames={time: one[:32, :32] for time, one in plate.frames.items()})
    inbetweens = [time for time in range(1001, 1037) if (time - 1001) % 4]
    before = {one.pid for one in engines()}

    def render(count):
        done = 0
        while done < count:
            instance.edit("seed", instance["seed"].value()[0] + 1)
            for output in inbetweens[: count - done]:
                assert instance.frame(output).status == Status.OK
                done += 1

    def measured():
        mine = [one for one in engines() if one.pid not in before]
        assert len(mine) == 1, "one engine for all of them"
        both = [psutil.Process(), *mine]
        return sum(one.num_fds() for one in both), sum(one.memory_info().rss for one in both)

    with either.instance(small, {"Source": tiny}) as instance:
        render(40)
        handles, memory = measured()
        render(200)
        handles_after, memory_after = measured()
        assert instance.persistent is None
    assert handles_after <= handles
    assert memory_after - memory < 12e6
