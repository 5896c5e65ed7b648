"""Measure the engine on this machine: its overhead, its memory, and single network calls."""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import torch

from hifi_ofx import terminal
from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality, preset
from hifi_ofx.request import Finished, Progress, RenderRequest
from hifi_ofx.terminal import Line

from ..inference.checkpoint import Weights
from ..inference.denoiser import NetworkDenoiser, device_name, on_device
from ..inference.weights_file import weights_path
from ..inference.zoo import load
from ..paper.cascade import Size, depth, stage_patches, stage_sizes, stage_steps
from ..paper.patches import batches
from ..plate.exr import write_frame
from . import bench_backends, bench_still
from .bench_plate import half_speed, size_of, texture
from .demo_plate import as_frame
from .flags import SIZES
from .watching import PeakMemory, cpu_seconds, suspended

Show = Callable[[Line], None]
Shape = tuple[int, int, int]  # patches, height, width of one network call

MEASUREMENTS = 24  # of the reference calls, spread over the render
COPY = 12  # bytes a pixel of one full-frame float32 RGB image
CALLS = (("256x384", 1), ("256x384", 2), ("512x768", 1), ("512x768", 2))


def run(arguments: argparse.Namespace) -> int:
    """Measure what was asked for and print it."""
    measured = _KINDS[arguments.kind](arguments)
    print(json.dumps(measured) if arguments.json else _readable(measured))
    return 0


def silent(_: Line) -> None:
    """Show nothing of what the engine says."""


def overhead(
    size: Size,
    quality: Quality,
    weights: str,
    inbetweens: int,
    machine: Machine,
    show: Show = silent,
) -> dict[str, Any]:
    """How much longer a whole retime takes than its network calls alone: `ratio`, and details.

    The retime goes through the engine process, EXR to EXR. The calls are timed by themselves in
    this process: the same network, thread count, patches and batch. On a CPU this happens again
    and again while the engine is suspended, so that both see the same load of a shared machine;
    the time of the suspension is not counted. Elsewhere the calls are timed before and after.

    `cpu_ratio` is the same of processor time instead of the clock's. It counts reading and writing
    as well, which the clock does not while the network works; noise from other programs is less.
    """
    calls = ReferenceCalls.of(weights, machine, quality, size)
    calls.measure(warm_up=True)
    with _plate(size, inbetweens + 1) as folder, EngineProcess() as engine:
        request = half_speed(folder, quality, weights, machine)
        render, done = _render(engine, request, calls, inbetweens, show)
    alone = calls.of_inbetweens(inbetweens)
    full_patch = calls.mean(max(calls.shapes, key=math.prod)).clock
    return {
        "ratio": render.clock / alone.clock,
        "cpu_ratio": render.cpu / alone.cpu,
        "seconds": render.clock,
        "network_calls": done.calls,
        "network_call_seconds": alone.clock,
        "full_patch_call_seconds": full_patch,
        "ratio_with_every_call_a_full_patch": render.clock / (done.calls * full_patch),
        "inbetweens": done.made,
        "size": f"{size[0]}x{size[1]}",
        "patch": f"{quality.patch[0]}x{quality.patch[1]}",
        "steps": quality.steps,
        "batch": calls.denoiser.batch,
        **_where(calls.denoiser),
    }


def memory(
    sizes: list[Size], quality: Quality, weights: str, machine: Machine, show: Show = silent
) -> dict[str, Any]:
    """Peak resident memory of an engine process that makes one in-between, for every frame size.

    The peak is a straight line over the number of pixels: its slope is what a pixel costs, also as
    a number of full-frame float32 RGB copies; what remains at no pixels at all is the process with
    its network.
    """
    runs = [_peak(size, quality, weights, machine, show) for size in sizes]
    pixels = [height * width for height, width in sizes]
    slope, constant = np.polyfit(pixels, [run["peak_bytes"] for run in runs], 1)
    idle = min(run["idle_bytes"] for run in runs)
    return {
        "bytes_per_pixel": float(slope),
        "full_frame_copies": float(slope) / COPY,
        "constant_bytes": int(constant),
        "idle_bytes": idle,
        "network_bytes": int(constant) - idle,
        "patch": f"{quality.patch[0]}x{quality.patch[1]}",
        "sizes": runs,
    }


def call(weights: str, repeats: int, machine: Machine) -> dict[str, Any]:
    """Seconds of a network call on the device, the fastest of some, by patch size and batch.

    What is above the fastest is not the call's: other programs, the clock of the processor.
    """
    denoiser = _denoiser(weights, machine, (256, 384))
    timed = {}
    for patch, batch in CALLS:
        height, width = size_of(patch)
        denoiser.batch = batch
        _timed(denoiser, (batch, height, width))
        calls = [_timed(denoiser, (batch, height, width)).clock for _ in range(repeats)]
        timed[f"{patch} x{batch}"] = min(calls)
    return {"seconds": timed, **_where(denoiser)}


def call_shapes(quality: Quality, size: Size, batch: int) -> Counter[Shape]:
    """The network calls of one in-between of (height, width) pixels: how many of which shape."""
    shapes: Counter[Shape] = Counter()
    for stage, stage_size in enumerate(stage_sizes(size, depth(quality, size))):
        boxes = stage_patches(quality, stage_size).boxes
        for group in batches(boxes, batch):
            shape = (len(group), boxes[0].height, boxes[0].width)
            shapes[shape] += quality.samples * stage_steps(quality, stage)
    return shapes


class Seconds(NamedTuple):
    """How long something took: by the clock, and of all processors together."""

    clock: float
    cpu: float


@dataclass
class ReferenceCalls:
    """Network calls by themselves, timed several times in the course of a measurement."""

    denoiser: NetworkDenoiser
    shapes: Counter[Shape]  # of one in-between
    timed: dict[Shape, list[Seconds]] = field(default_factory=dict)

    @classmethod
    def of(cls, weights: str, machine: Machine, quality: Quality, size: Size) -> ReferenceCalls:
        """The calls that an in-between of this size and quality is made of."""
        denoiser = _denoiser(weights, machine, quality.patch)
        return cls(denoiser, call_shapes(quality, size, denoiser.batch))

    def measure(self, warm_up: bool = False) -> None:
        """Time one call of every shape; the first ones of a process only warm it up."""
        for shape in self.shapes:
            seconds = _timed(self.denoiser, shape)
            if not warm_up:
                self.timed.setdefault(shape, []).append(seconds)

    def mean(self, shape: Shape) -> Seconds:
        """One call. The mean, since the load of a shared machine is part of both sides."""
        return Seconds(*map(statistics.fmean, zip(*self.timed[shape], strict=True)))

    def of_inbetweens(self, count: int) -> Seconds:
        """All calls of so many in-betweens."""
        means = [(count * calls, self.mean(shape)) for shape, calls in self.shapes.items()]
        return Seconds(
            clock=sum(calls * mean.clock for calls, mean in means),
            cpu=sum(calls * mean.cpu for calls, mean in means),
        )


def _denoiser(weights: str, machine: Machine, patch: tuple[int, int]) -> NetworkDenoiser:
    """The network of diffusion weights. Raises InvalidSetting for weights of another kind."""
    loaded = load(weights_path(weights))
    if not isinstance(loaded, Weights):
        raise InvalidSetting(
            f"Calls of weights {weights!r} are not patches that are denoised.",
            "Name diffusion weights, as in --weights aligned.",
        )
    return on_device(loaded.network(), machine, patch)


@torch.no_grad()
def _timed(denoiser: NetworkDenoiser, shape: Shape) -> Seconds:
    patches, height, width = shape
    z = torch.randn(patches, 3, height, width, device=denoiser.device)
    channels = denoiser.network.config.condition_channels
    condition = torch.rand(patches, channels, height, width, device=denoiser.device)
    t = torch.tensor(0.5, device=denoiser.device)
    _wait_for(denoiser.device)
    clock, cpu = time.perf_counter(), time.process_time()
    denoiser(z, t, condition, 0.5)
    _wait_for(denoiser.device)
    return Seconds(time.perf_counter() - clock, time.process_time() - cpu)


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _render(
    engine: EngineProcess,
    request: RenderRequest,
    calls: ReferenceCalls,
    inbetweens: int,
    show: Show,
) -> tuple[Seconds, Finished]:
    """The render's time, without those in which it was suspended, and what it says of itself.

    The reference calls are measured before, after, and where that is possible in between.
    """
    suspend = calls.denoiser.device.type == "cpu"
    every = max(1, inbetweens * calls.shapes.total() // MEASUREMENTS)
    due, paused, done = every // 2 + 1, 0.0, None
    process = psutil.Process(engine.pid)
    calls.measure()
    began, cpu = time.perf_counter(), cpu_seconds(process)
    for line in engine.render(request):
        if suspend and isinstance(line, Progress) and line.calls_done >= due:
            paused += suspended(process, calls.measure)
            due = line.calls_done + every
        show(line)
        done = line
    seconds = Seconds(time.perf_counter() - began - paused, cpu_seconds(process) - cpu)
    calls.measure()
    assert isinstance(done, Finished)  # the engine's last word, else it would have raised
    return seconds, done


def _peak(
    size: Size, quality: Quality, weights: str, machine: Machine, show: Show
) -> dict[str, Any]:
    with _plate(size, 2) as folder, EngineProcess() as engine:
        process = psutil.Process(engine.pid)
        idle = process.memory_info().rss
        with PeakMemory(process) as peak:
            for line in engine.render(half_speed(folder, quality, weights, machine)):
                show(line)
    return {"size": f"{size[0]}x{size[1]}", "peak_bytes": peak.bytes, "idle_bytes": idle}


@contextmanager
def _plate(size: Size, count: int) -> Iterator[Path]:
    """A folder with a moving plate of `count` half-float RGB EXR frames, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hifi-bench-") as name:
        folder = Path(name)
        whole = texture((size[0], size[1] + 16 * count))
        for number in range(count):
            image = whole[:, 16 * number : 16 * number + size[1]]
            write_frame(as_frame(image, number), folder / f"plate.{number + 1:04d}.exr")
        yield folder


def _overhead(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.inbetweens < 1:
        raise InvalidSetting("There must be 1 in-between at least.", "Leave --inbetweens out.")
    quality = preset(arguments.preset)
    size, machine = size_of(arguments.size), Machine(device=arguments.device)
    count, show = arguments.inbetweens, _show(arguments)
    return overhead(size, quality, arguments.weights, count, machine, show)


def _memory(arguments: argparse.Namespace) -> dict[str, Any]:
    if len(arguments.sizes) < 2:
        raise InvalidSetting("One size gives no slope.", f"Give two, as in {' '.join(SIZES)}.")
    sizes = [size_of(text) for text in arguments.sizes]
    machine = Machine(device=arguments.device)
    return memory(sizes, preset(arguments.preset), arguments.weights, machine, _show(arguments))


def _call(arguments: argparse.Namespace) -> dict[str, Any]:
    return call(arguments.weights, arguments.repeats, Machine(device=arguments.device))


def _show(arguments: argparse.Namespace) -> Show:
    """A progress bar where somebody watches."""
    watched = sys.stdout.isatty() and not arguments.json
    return terminal.Lines().show if watched else silent


_KINDS = {
    "overhead": _overhead,
    "memory": _memory,
    "call": _call,
    "backends": bench_backends.measured,
    "still": bench_still.measured,
}


def _where(denoiser: NetworkDenoiser) -> dict[str, Any]:
    return {
        "device": device_name(denoiser.device),
        "precision": str(denoiser.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
    }


def _readable(measured: dict[str, Any]) -> str:
    lines = []
    for name, value in measured.items():
        if isinstance(value, list):
            lines += [f"{run['size']:>12}  {_shown('bytes', run['peak_bytes'])}" for run in value]
        elif isinstance(value, dict):
            lines += [f"{key:>12}  {seconds:.3f} s" for key, seconds in value.items()]
        else:
            lines.append(f"{name.replace('_', ' ')}: {_shown(name, value)}")
    return "\n".join(lines)


def _shown(name: str, value: Any) -> str:
    if name.endswith("bytes"):
        return f"{value / 1e6:.0f} MB"
    if name.endswith("difference"):
        return f"{value:.1e}"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
