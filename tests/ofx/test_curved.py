"""Motion that curves in a live node: it asks for the frames around, and gets a render's pixels."""

import subprocess
import sys

import numpy as np
import pytest

from tests.ofx_host.clips import Plate
from tests.retime.test_curved_in_a_render import shaken

from .conftest import read_exr, write_exr

WORDS = ["--samples", "1", "--cascade-depth", "1", "--device", "cpu", "--cuts", "ignore"]
LINEAR, CURVED = 0, 1
FIRST = 1001


def rgba(index):
    frame = shaken(index)
    return np.ascontiguousarray(np.dstack([frame, np.ones(frame.shape[:2])]), np.float32)


@pytest.fixture(scope="module")
def plate():
    return Plate({FIRST + index: rgba(index) for index in range(6)})


@pytest.fixture
def values(small):
    return {**small, "weights": "motion", "samples": 1, "cascade_depth": 1, "speed": 0.5}


def test_the_node_asks_for_a_frame_more_on_both_sides_where_the_clip_has_one(effect, values, plate):
    needed = {
        LINEAR: {1001: (1001, 1001), 1002: (1001, 1002), 1006: (1003, 1004)},
        CURVED: {1001: (1001, 1001), 1002: (1001, 1003), 1006: (1002, 1005), 1010: (1004, 1006)},
    }
    for path, frames in needed.items():
        with effect.instance({**values, "motion_path": path}, {"Source": plate}) as instance:
            for time, expected in frames.items():
                assert instance.frames_needed(time)["Source"] == [expected]


def test_its_pixels_are_the_command_line_s(effect, values, plate, tmp_path):
    for index in range(6):
        write_exr(tmp_path / f"plate.{FIRST + index}.exr", rgba(index))
    words = ["retime", tmp_path / "plate.####.exr", tmp_path / "slow.####.exr", "--speed", "1/2"]
    command = [sys.executable, "-m", "hifi_ofx.cli", *words, "--motion-path", "curved", *WORDS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = {}
    for path in (LINEAR, CURVED):
        chosen = {**values, "motion_path": path, "cuts": 1}
        with effect.instance(chosen, {"Source": plate}) as instance:
            made[path] = {time: instance.frame(time).picture for time in (1002, 1004, 1006)}
    for time, picture in made[CURVED].items():
        expected = read_exr(tmp_path / f"slow.{time}.exr")
        np.testing.assert_allclose(picture, expected, rtol=1e-4, atol=1e-5)  # other threads
        differs = not np.allclose(picture, made[LINEAR][time], atol=1e-2)
        assert differs == (time != 1002)  # the first pair has no frame before it
