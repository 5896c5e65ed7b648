"""`python -m tests.retime.peak_memory FOLDER FLAGS`: planned and peak memory of a retime.

FOLDER holds what `write_plate` wrote, FLAGS are those of `hifi-ofx retime`.
Prints JSON: bytes that this process had at its peak above what it had with the weights loaded, and
the bytes that were planned. In a process of its own, since a peak cannot be forgotten.
"""

import argparse
import json
import re
import sys
import threading
from fractions import Fraction
from pathlib import Path

import numpy as np

from engine.inference.model_cache import Loaded
from engine.memory.heap import keep_freed
from engine.retime.planning import cost, prepare
from engine.retime.render import render
from hifi_ofx.request import RenderRequest
from hifi_ofx.request_flags import add_settings, settings_from
from hifi_ofx.retime import Retime
from tests.service.conftest import write_exr


def write_plate(folder, width, height):
    """Three frames of noise that moves by 48 pixels: a second octave is tried."""
    coarse = np.random.default_rng(1).random((height // 16 + 1, width // 16 + 9, 3), np.float32)
    for index in range(3):
        part = coarse[:, 3 * index : 3 * index + width // 16 + 1]
        pixels = part.repeat(16, axis=0).repeat(16, axis=1)[:height, :width]
        write_exr(folder / f"plate.{1001 + index}.exr", np.ascontiguousarray(pixels))


def resident(key):
    """VmRSS, now, or VmHWM, at most, in bytes (proc(5))."""
    return 1024 * int(re.search(rf"{key}:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])


def main(folder, flags):
    parser = argparse.ArgumentParser()
    add_settings(parser)
    request = RenderRequest(
        str(folder / "plate.####.exr"),
        str(folder / "out" / "slow.####.exr"),
        Retime(speed=Fraction(1, 2)),
        **settings_from(parser.parse_args(["--device", "cpu", *flags])),
    )
    keep_freed()  # as the engine does at its start
    interpolator, weights = Loaded().interpolator(request)
    idle = resident("VmRSS")
    job = prepare(request, interpolator.knows_fractions)
    planned = cost(job, interpolator)
    done = render(job, interpolator, weights, lambda progress: None, threading.Event())
    assert done.made == 2
    peak = resident("VmHWM") - idle
    print(json.dumps({"peak": peak, "planned": planned.network_bytes + planned.frame_bytes}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
