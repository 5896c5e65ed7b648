"""How the plug-in behaves as a guest: its folder, its child's environment, what it fetches."""

import stat
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.ofx_host.abi import Status
from tests.ofx_host.clips import Plate
from tests.ofx_host.profiles import NUKE, REFERENCE

from .material import engines, gone, wait_until


@pytest.fixture
def blending(load, stand_in, probe):
    """The effect with an engine that blends at once, in a host of its own."""
    return load(REFERENCE, stand_in("blends")).effect("Filter")


def folders():
    """The private folders of all hosts on this machine, wherever they are put."""
    places = (Path("/dev/shm"), Path("/tmp"))
    return {one for place in places for one in place.glob("hifi-ofx-*") if one.is_dir()}


@pytest.fixture
def others():
    """The folders that were there before."""
    return folders()


def test_each_neighbor_is_fetched_once_and_none_but_those(blending, small, plate):
    with blending.instance(small, {"Source": plate}) as instance:
        frame = instance.frame(1003)
        assert sorted(frame.fetched) == [("Source", 1001), ("Source", 1002)]
        assert frame.needed == {"Source": [(1001, 1002)]}
        whole = instance.render(1005)
        assert whole.fetched == [("Source", 1002)] and whole.needed == {"Source": [(1002, 1002)]}


def test_a_host_that_never_asks_for_identity_gets_the_source(blending, small, plate):
    with blending.instance(small, {"Source": plate}) as instance:
        for output, source in ((1001, 1001), (1005, 1002), (1200, 1010), (990, 1001)):
            picture = instance.render(output).picture
            np.testing.assert_array_equal(picture, plate.frames[source])


def test_frames_wait_in_a_folder_that_is_private_and_goes(others, blending, small, plate):
    """Both neighbors are sent once for all fractions between them; at unload nothing is left."""
    with blending.instance(small, {"Source": plate}) as instance:
        for output in (1002, 1003, 1004):
            instance.frame(output)
        [folder] = folders() - others
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert len(list(folder.glob("*.source"))) == 2
        assert len(list(folder.glob("*.result"))) == 3
        assert all(stat.S_IMODE(one.stat().st_mode) & 0o077 == 0 for one in folder.glob("*.source"))
    blending.host.close()
    assert not folder.exists()


def test_the_folder_keeps_to_its_budget(others, load, stand_in, probe, small, plate, monkeypatch):
    monkeypatch.setenv("HIFI_OFX_CACHE_MIB", "1")
    effect = load(REFERENCE, stand_in("blends")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        for output in range(1002, 1037):
            instance.frame(output)
        [folder] = folders() - others
        assert sum(one.stat().st_size for one in folder.iterdir()) < 1.2 * 2**20
        assert instance.persistent is None


def test_files_that_vanish_are_made_again(others, blending, small, plate):
    """Systems clean their temporary folders without asking."""
    with blending.instance(small, {"Source": plate}) as instance:
        first = instance.frame(1002).picture
        [folder] = folders() - others
        for one in [*folder.glob("*.source"), *folder.glob("*.result")]:
            one.unlink()
        for output in (1002, 1003):
            instance.frame(output)  # the first may say what has happened
            frame = instance.frame(output)
            source = (plate.frames[1001], plate.frames[1002])
            assert not any(np.array_equal(frame.picture, one) for one in source)
        np.testing.assert_array_equal(instance.frame(1002).picture, first)
        assert instance.persistent is None


def test_the_host_s_own_python_stays_outside(blending, small, plate, monkeypatch):
    """With these the child, which is a Python, would not even start."""
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    with blending.instance(small, {"Source": plate}) as instance:
        instance.frame(1002)
        assert instance.persistent is None


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.11 brought the safe path")
def test_the_host_s_folder_and_locale_stay_out(load, probe, small, plate, tmp_path, monkeypatch):
    """Hosts run where and in what encoding they like: the engine is ours, its paths are UTF-8."""
    (tmp_path / "engine.py").write_text("raise SystemExit(5)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    effect = load(REFERENCE, sys.executable).effect("Filter")
    with effect.instance({**small, "weights": "/nowhere/Zoë"}, {"Source": plate}) as instance:
        instance.frame(1002)
        assert "/nowhere/Zoë" in instance.persistent[1]


def test_a_panel_that_cannot_start_says_so(load, stand_in, probe, small, plate):
    before = {one.pid for one in engines()}
    plugin = load(REFERENCE, stand_in("exits"))
    with plugin.effect("Filter").instance(small, {"Source": plate}) as instance:
        instance.press("open_panel")
        said = [text for _, text in (*instance.persistent_history, *instance.messages)]
        assert len(said) == 1 and "exit code 3" in said[0] and "no module named torch" in said[0]
    assert gone([one for one in engines() if one.pid not in before])


def test_the_status_line_tells_what_happened(blending, small, plate):
    with blending.instance(small, {"Source": plate}) as instance:
        instance.sync()
        [before] = instance["status"].value()
        instance.frame(1002)
        instance.sync()
        [after] = instance["status"].value()
    assert before != after and "1 made" in after


def test_the_status_line_tells_of_an_engine_that_has_gone(load, stand_in, probe, small, plate):
    effect = load(REFERENCE, stand_in("closes")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        instance.frame(1002)
        instance.sync()
        [status] = instance["status"].value()
    assert "the engine is not running" in status and "exit code 0" in status


def test_a_warning_goes_with_the_next_change(load, stand_in, probe, small, plate):
    """Nuke would never render again with an error that stays."""
    effect = load(NUKE, stand_in("closes")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance:
        instance.frame(1002)
        assert instance.persistent is not None
        instance.edit("seed", 3)
        assert instance.persistent is None


def test_threads_that_want_the_same_frame_have_it_made_once(load, stand_in, probe, small, plate):
    """Two views of one node, or a host that asks again: the second waits for the first."""
    effect = load(REFERENCE, stand_in("ponders")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance, ThreadPoolExecutor(4) as pool:
        frames = [one.result() for one in [pool.submit(instance.frame, 1003) for _ in range(4)]]
        instance.sync()
        [status] = instance["status"].value()
    middle = (plate.frames[1001] + plate.frames[1002]) / 2
    for frame in frames:
        np.testing.assert_allclose(frame.picture, middle, rtol=1e-6, atol=1e-6)
    assert "1 made" in status and "3 taken" in status


def test_frames_that_wait_hold_no_images(load, stand_in, probe, small, plate):
    """Six frames at 4K would hold 18 images, 2.4 GB: only the one at work has its three."""
    effect = load(REFERENCE, stand_in("ponders")).effect("Filter")
    outputs = (1002, 1003, 1004, 1006, 1007, 1008)
    with effect.instance(small, {"Source": plate}) as instance, ThreadPoolExecutor(6) as pool:
        frames = list(pool.map(instance.frame, outputs))
        assert effect.host.most_held == 3
    for output, frame in zip(outputs, frames, strict=True):
        left, share = divmod(output - 1001, 4)
        ends = plate.frames[1001 + left], plate.frames[1002 + left]
        middle = ends[0] * (1 - share / 4) + ends[1] * share / 4
        np.testing.assert_allclose(frame.picture, middle, rtol=1e-5, atol=1e-5)


def test_a_frame_that_waits_is_called_back_at_once_and_has_fetched_nothing(
    load, stand_in, probe, small, plate
):
    effect = load(REFERENCE, stand_in("silent")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance, ThreadPoolExecutor(2) as pool:
        stopped = [1003]
        instance.stop = lambda doing: doing.time in stopped
        first = pool.submit(instance.frame, 1002)
        assert wait_until(lambda: effect.host.held)
        began = time.monotonic()
        waiting = instance.frame(1003)
        took = time.monotonic() - began
        stopped.append(1002)
        first.result(timeout=5)
    assert took < 1
    assert not waiting.fetched


def test_a_cancel_is_heard_by_a_frame_that_waits(load, stand_in, probe, small, plate):
    effect = load(REFERENCE, stand_in("silent")).effect("Filter")
    with effect.instance(small, {"Source": plate}) as instance, ThreadPoolExecutor(2) as pool:
        first = pool.submit(instance.frame, 1002)
        assert wait_until(lambda: effect.host.held)
        second = pool.submit(instance.frame, 1003)
        time.sleep(0.2)
        instance.cancel_progress_at = 0.0
        frames = [one.result(timeout=5) for one in (first, second)]
    assert [frame.status for frame in frames] == [Status.FAILED, Status.FAILED]


def test_one_retime_above_another_is_no_deadlock(load, stand_in, probe, small, plate):
    """A host may render what is above while the image is fetched, in a thread of its own."""
    effect = load(REFERENCE, stand_in("blends")).effect("Filter")

    class Above(Plate):
        def image(self, at, scale=(1.0, 1.0)):
            self.pool.submit(self.upper.frame, at).result(timeout=20)
            return super().image(at, scale)

    with effect.instance(small, {"Source": plate}) as upper, ThreadPoolExecutor(8) as pool:
        below = Above(plate.frames)
        object.__setattr__(below, "upper", upper)
        object.__setattr__(below, "pool", pool)
        with effect.instance(small, {"Source": below}) as lower, ThreadPoolExecutor(4) as hosts:
            frames = list(hosts.map(lower.frame, (1002, 1003, 1004, 1006), timeout=60))
    assert all(frame.status == Status.OK for frame in frames)


def test_a_fractional_time_has_a_frame_of_its_own(blending, small, plate):
    """Continuous samples, as announced: motion blur asks for half frames."""
    with blending.instance(small, {"Source": plate}) as instance:
        frame = instance.frame(1001.5)
    expected = plate.frames[1001] * 0.875 + plate.frames[1002] * 0.125
    np.testing.assert_allclose(frame.picture, expected, rtol=1e-5, atol=1e-5)
