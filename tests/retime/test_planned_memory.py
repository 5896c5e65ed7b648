"""The memory that a plan names is the memory that a render takes, with the weights that ship."""

import json
import subprocess
import sys

import pytest

from .peak_memory import write_plate

ASKED = [
    (1024, 540, ""),
    (1024, 540, "--motion both"),
    (1024, 540, "--motion search"),
    (1024, 540, "--weights aligned --preset draft"),
    (2048, 1080, "--preset draft"),
    (2048, 1080, ""),
    (4096, 2160, "--samples 1"),
]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's peak")
@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_a_render_takes_what_was_planned_within_15_percent(tmp_path, asked):
    width, height, flags = asked
    write_plate(tmp_path, width, height)
    command = [sys.executable, "-m", "tests.retime.peak_memory", str(tmp_path), *flags.split()]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = json.loads(said.splitlines()[-1])
    assert found["planned"] == pytest.approx(found["peak"], rel=0.15)
