"""How much longer a whole retime takes than what is made of its pairs on the device alone."""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

import psutil
import torch
from torch import Tensor

from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality, preset
from hifi_ofx.request import Finished, Progress, RenderRequest

from ..inference.backends import made_by
from ..inference.denoiser import NetworkDenoiser, device_name
from ..inference.diffusion_interpolator import DiffusionInterpolator
from ..inference.flow_interpolator import FlowInterpolator
from ..inference.interpolator import Task
from ..inference.spans import collected
from ..inference.weights_file import weights_path
from ..paper.cascade import Size, depth, stage_patches, stage_sizes, stage_steps
from ..paper.patches import batches
from ..retime.synthesis import main_colors
from .bench_pipeline import length, own, union
from .bench_plate import SHIFT, half_speed, plate, size_of, texture
from .bench_rates import Seconds, waiter
from .bench_shown import Show, show_of, silent
from .demo_plate import as_frame
from .watching import cpu_seconds, suspended

Shape = tuple[int, int, int]  # patches, height, width of one network call

MEASUREMENTS = 24  # of the reference calls, spread over the render


class Reference(Protocol):
    """What a retime cannot do without, by itself, timed in the course of the retime."""

    @property
    def measurements(self) -> int:
        """How many times, about."""

    @property
    def device(self) -> torch.device:
        """Where it works."""

    def measure(self, warm_up: bool = False) -> None:
        """Time it once; the first time of a process only warms it up."""

    def of_inbetweens(self, count: int) -> Seconds:
        """What so many in-betweens take of it."""

    def details(self, render: Seconds, done: Finished) -> dict[str, Any]:
        """More figures of a retime that took so long."""


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `hifi-ofx bench overhead` prints."""
    if arguments.inbetweens < 1:
        raise InvalidSetting("There must be 1 in-between at least.", "Leave --inbetweens out.")
    quality = preset(arguments.preset)
    size, machine = size_of(arguments.size), Machine(device=arguments.device)
    count, show = arguments.inbetweens, show_of(arguments)
    return overhead(size, quality, arguments.weights, count, machine, show)


def overhead(
    size: Size,
    quality: Quality,
    weights: str,
    inbetweens: int,
    machine: Machine,
    show: Show = silent,
) -> dict[str, Any]:
    """How much longer a whole retime takes than its reference alone: `ratio`, and details.

    The reference is what is made of two images on the device: the network calls of diffusion
    weights; of the motion network the whole in-between, with its warps and its blend.
    `network_ratio` then is the same over the calls of the network alone.

    The retime goes through the engine process, EXR to EXR. The reference is timed by itself in
    this process: the same network, thread count, patches and batch. On a CPU this happens again
    and again while the engine is suspended, so that both see the same load of a shared machine;
    the time of the suspension is not counted. Elsewhere it is timed before and after.

    `cpu_ratio` is the same of processor time instead of the clock's. It counts reading and writing
    as well, which the clock does not while the network works; noise from other programs is less.
    """
    reference = _reference(weights, machine, quality, size, inbetweens)
    reference.measure(warm_up=True)
    with plate(size, inbetweens + 1) as folder, EngineProcess() as engine:
        request = half_speed(folder, quality, weights, machine)
        render, done = rendered(engine, request, reference, show)
    alone = reference.of_inbetweens(inbetweens)
    return {
        "ratio": render.clock / alone.clock,
        "cpu_ratio": render.cpu / alone.cpu,
        **reference.details(render, done),
        "seconds": render.clock,
        "alone_seconds": alone.clock,
        "network_calls": done.calls,
        "inbetweens": done.made,
        "size": f"{size[0]}x{size[1]}",
        "patch": f"{quality.patch[0]}x{quality.patch[1]}",
        "device": device_name(reference.device),
        "threads": torch.get_num_threads(),
    }


def call_shapes(quality: Quality, size: Size, batch: int) -> Counter[Shape]:
    """The network calls of one in-between of (height, width) pixels: how many of which shape."""
    shapes: Counter[Shape] = Counter()
    for stage, stage_size in enumerate(stage_sizes(size, depth(quality, size))):
        boxes = stage_patches(quality, stage_size).boxes
        for group in batches(boxes, batch):
            shape = (len(group), boxes[0].height, boxes[0].width)
            shapes[shape] += quality.samples * stage_steps(quality, stage)
    return shapes


@dataclass
class ReferenceCalls:
    """Calls of a diffusion network by themselves."""

    denoiser: NetworkDenoiser
    shapes: Counter[Shape]  # of one in-between
    timed: dict[Shape, list[Seconds]] = field(default_factory=dict)
    measurements: int = MEASUREMENTS

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.denoiser.device

    def measure(self, warm_up: bool = False) -> None:
        """Time one call of every shape."""
        for shape in self.shapes:
            seconds = _timed(self.denoiser, shape)
            if not warm_up:
                self.timed.setdefault(shape, []).append(seconds)

    def mean(self, shape: Shape) -> Seconds:
        """One call."""
        return mean(self.timed[shape])

    def of_inbetweens(self, count: int) -> Seconds:
        """All calls of so many in-betweens."""
        means = [(count * calls, self.mean(shape)) for shape, calls in self.shapes.items()]
        return Seconds(
            clock=sum(calls * one.clock for calls, one in means),
            cpu=sum(calls * one.cpu for calls, one in means),
        )

    def details(self, render: Seconds, done: Finished) -> dict[str, Any]:
        """As if every call were a full patch."""
        full_patch = self.mean(max(self.shapes, key=math.prod)).clock
        return {
            "full_patch_call_seconds": full_patch,
            "ratio_with_every_call_a_full_patch": render.clock / (done.calls * full_patch),
            "batch": self.denoiser.batch,
        }


@dataclass
class ReferenceInbetweens:
    """In-betweens of the motion network by themselves: of two images, in memory."""

    interpolator: FlowInterpolator
    quality: Quality
    pair: tuple[Tensor, Tensor]
    timed: list[Seconds] = field(default_factory=list)
    networks: list[float] = field(default_factory=list)
    measurements: int = 2
    made: int = 0

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.interpolator.device

    def measure(self, warm_up: bool = False) -> None:
        """Make one in-between. Its motion is looked for anew each time."""
        task = Task(self.quality, "bench", vectors=True)
        first, second = (image + self.made * 1e-6 for image in self.pair)
        self.made += 1
        with collected() as spans:
            clock, cpu = time.perf_counter(), time.process_time()
            self.interpolator.interpolate(first, second, Fraction(1, 2), task)
            took = Seconds(time.perf_counter() - clock, time.process_time() - cpu)
        if not warm_up:
            self.timed.append(took)
            self.networks.append(length(union(own(spans), ("network",))))

    def of_inbetweens(self, count: int) -> Seconds:
        """So many of them."""
        return Seconds(*(count * one for one in mean(self.timed)))

    def details(self, render: Seconds, done: Finished) -> dict[str, Any]:
        """Over the network's calls alone."""
        return {"network_ratio": render.clock / (done.made * statistics.fmean(self.networks))}


def mean(timed: list[Seconds]) -> Seconds:
    """The mean, since the load of a shared machine is part of both sides."""
    return Seconds(*map(statistics.fmean, zip(*timed, strict=True)))


def rendered(
    engine: EngineProcess, request: RenderRequest, reference: Reference, show: Show
) -> tuple[Seconds, Finished]:
    """The render's time, without those in which it was suspended, and what it says of itself.

    The reference is measured before, after, and where that is possible in between.
    """
    suspend = reference.device.type == "cpu"
    due, paused, done = 1, 0.0, None
    process = psutil.Process(engine.pid)
    reference.measure()
    began, cpu = time.perf_counter(), cpu_seconds(process)
    for line in engine.render(request):
        if suspend and isinstance(line, Progress) and line.calls_done:
            part = line.calls_done * reference.measurements // max(line.calls, 1)
            if part >= due:
                paused += suspended(process, reference.measure)
                due = part + 1
        show(line)
        done = line
    seconds = Seconds(time.perf_counter() - began - paused, cpu_seconds(process) - cpu)
    reference.measure()
    assert isinstance(done, Finished)  # the engine's last word, else it would have raised
    return seconds, done


def _reference(
    weights: str, machine: Machine, quality: Quality, size: Size, inbetweens: int
) -> Reference:
    made = made_by("torch", weights_path(weights), machine, quality)
    made.adapt(machine, quality)
    if isinstance(made, FlowInterpolator):
        return ReferenceInbetweens(made, quality, _pair(size, inbetweens))
    assert isinstance(made, DiffusionInterpolator)  # there are two kinds
    denoiser = made.denoiser
    return ReferenceCalls(denoiser, call_shapes(quality, size, denoiser.batch))


def _pair(size: Size, inbetweens: int) -> tuple[Tensor, Tensor]:
    """The first two frames of the plate of so many in-betweens, as a retime hands them over."""
    whole = texture((size[0], size[1] + SHIFT * (inbetweens + 1)))
    left, right = (as_frame(whole[:, at : at + size[1]], at) for at in (0, SHIFT))
    first, second = main_colors(left, right)
    return first, second


@torch.no_grad()
def _timed(denoiser: NetworkDenoiser, shape: Shape) -> Seconds:
    patches, height, width = shape
    z = torch.randn(patches, 3, height, width, device=denoiser.device)
    channels = denoiser.network.config.condition_channels
    condition = torch.rand(patches, channels, height, width, device=denoiser.device)
    t, wait = torch.tensor(0.5, device=denoiser.device), waiter(denoiser.device)
    wait()
    clock, cpu = time.perf_counter(), time.process_time()
    denoiser(z, t, condition, 0.5)
    wait()
    return Seconds(time.perf_counter() - clock, time.process_time() - cpu)
