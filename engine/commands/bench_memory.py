"""Memory of a retime by frame size: planned, and of an engine process as it was."""

from __future__ import annotations

import argparse
import math
import threading
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import psutil
import torch

from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality, preset

from ..inference.backends import made_by
from ..inference.denoiser import choose_device, free_memory
from ..inference.interpolator import Work
from ..inference.weights_file import weights_path
from ..paper.cascade import Size
from .bench_plate import half_speed, plate, size_of
from .bench_shown import Show, show_of, silent
from .flags import SIZES
from .watching import PeakMemory

COPY = 12  # bytes a pixel of one full-frame float32 RGB image
_MEASURED = ("peak_bytes", "idle_bytes", "device_peak_bytes")
_FILES = 3 * 6  # bytes a pixel of half-float frames: two neighbors, and one that is written


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `hifi-ofx bench memory` prints."""
    sizes = [size_of(text) for text in arguments.sizes]
    if len(sizes) < 2:
        raise InvalidSetting("One size gives no slope.", f"Give two, as in {' '.join(SIZES)}.")
    machine, quality = Machine(device=arguments.device), preset(arguments.preset)
    most = math.prod(size_of(arguments.most))
    return memory(sizes, quality, arguments.weights, machine, show_of(arguments), most)


def memory(
    sizes: list[Size],
    quality: Quality,
    weights: str,
    machine: Machine,
    show: Show = silent,
    most: float = math.inf,
) -> dict[str, Any]:
    """Peak resident memory of an engine process that makes one in-between, for every frame size.

    The peak is a straight line over the number of pixels: its slope is what a pixel costs, also as
    a number of full-frame float32 RGB copies; what remains at no pixels at all is the process with
    its network. Frames of more than `most` pixels are planned only, and so are those that by plan
    do not fit into the free memory. On a GPU its
    memory is watched as well: what all programs together took of it meanwhile.
    """
    made = made_by("torch", weights_path(weights), machine, quality)
    made.adapt(machine, quality)
    device = choose_device(machine.device)
    rows = []
    for size in sizes:
        planned = plan(size, made.work(quality, size))
        needed = planned["planned_host_bytes"] + planned["planned_network_bytes"]
        fits = math.prod(size) <= most and needed < psutil.virtual_memory().available
        seen = _peak(size, quality, weights, machine, show) if fits else {}
        rows.append({**planned, **{name: seen.get(name) for name in _MEASURED}})
    return {**line(rows), "device": str(device), "sizes": rows}


def plan(size: Size, work: Work) -> dict[str, Any]:
    """What the planner says of one in-between, with the frames that a retime holds."""
    host = work.host_bytes + _FILES * size[0] * size[1]
    return {
        "size": f"{size[0]}x{size[1]}",
        "pixels": size[0] * size[1],
        "planned_host_bytes": host,
        "planned_network_bytes": work.network_bytes,
    }


def line(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What belongs to a pixel, and what to the process, by what was measured."""
    seen = [row for row in rows if row["peak_bytes"] is not None]
    if len(seen) < 2:
        return {}
    slope, constant = np.polyfit(
        [row["pixels"] for row in seen], [row["peak_bytes"] for row in seen], 1
    )
    idle = min(row["idle_bytes"] for row in seen)
    return {
        "bytes_per_pixel": float(slope),
        "full_frame_copies": float(slope) / COPY,
        "constant_bytes": int(constant),
        "idle_bytes": idle,
        "network_bytes": int(constant) - idle,
    }


def _peak(
    size: Size, quality: Quality, weights: str, machine: Machine, show: Show
) -> dict[str, Any]:
    device = choose_device(machine.device)
    with plate(size, 2) as folder, EngineProcess() as engine:
        process = psutil.Process(engine.pid)
        idle = process.memory_info().rss
        watch: AbstractContextManager[Any] = nullcontext()
        if device.type == "cuda":
            watch = DevicePeak(device)
        with PeakMemory(process) as peak, watch as on_device:
            for said in engine.render(half_speed(folder, quality, weights, machine)):
                show(said)
    found = {"peak_bytes": peak.bytes, "idle_bytes": idle}
    return found if on_device is None else {**found, "device_peak_bytes": on_device.bytes}


class DevicePeak:
    """By how much the free memory of a GPU fell at most while the context lasts."""

    def __init__(self, device: torch.device) -> None:
        self.bytes = 0
        self._device = device
        self._before = free_memory(device)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> DevicePeak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(0.005):
            self.bytes = max(self.bytes, self._before - free_memory(self._device))
