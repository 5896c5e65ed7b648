"""What a frame takes by preset, resolution and kind of device: measured here, else reckoned.

Reckoned is what was counted at a device's published figures, at the share of a product and of a
copy that was reached here. Another device may reach more of its own, or less.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch.nn.functional import interpolate

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import PRESETS, Machine, Quality
from hifi_ofx.request import DEFAULT_WEIGHTS

from ..evaluation.progress import Told
from ..inference.backends import made_by
from ..inference.denoiser import NetworkDenoiser, choose_device, choose_dtype
from ..inference.diffusion_interpolator import DiffusionInterpolator
from ..inference.flow_interpolator import FlowInterpolator
from ..inference.interpolator import Task, Work
from ..inference.networks import network_of
from ..inference.weights_file import weights_path
from ..paper.cascade import Size
from ..paper.unet import CONDITION_CHANNELS, PAPER
from .bench_counted import counted
from .bench_networks import Case, Recorder, weights_files, work_of
from .bench_pipeline import pipeline
from .bench_rates import Ceiling, Rates, by_turns, waiter
from .bench_reckoned import DEVICES, Costs, Shares, seconds
from .flags import REDUCED

SIZES: Mapping[str, Size] = MappingProxyType(
    {"HD": (1080, 1920), "UHD": (2160, 3840), "8K": (4320, 7680)}
)
COUNTED = (544, 960)  # of an in-between whose operations are counted
PATCH = (256, 384)  # that the reduced network is timed with
FRAMES = 3 * 6  # bytes a pixel of half-float frames: read, read ahead, being written
HERE = "this machine"

Plan = Callable[[Size, bool], Work]  # of a frame, on a GPU or here


class Reached(NamedTuple):
    """What this machine does in a second, and what share of it the paper's network gets."""

    top: Rates
    paper: float  # operations over a large product's


class Known(NamedTuple):
    """What is known of a preset."""

    costs: Costs  # of a frame of `pixels`
    shares: Shares
    pixels: int
    measured: Mapping[str, float]  # seconds here by resolution
    here: float  # seconds of so many pixels, where nothing was measured


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `hifi-ofx bench presets` prints."""
    unknown = [name for name in arguments.measure if name not in SIZES]
    if unknown:
        raise InvalidSetting(f"{unknown[0]!r} is not measured.", f"Give {', '.join(SIZES)}.")
    on_clock = arguments.clock == "wall"
    return presets(Machine(device=arguments.device), arguments.measure, on_clock)


def presets(machine: Machine, measure: Sequence[str], on_clock: bool = True) -> dict[str, Any]:
    """A row for every preset, resolution and device: seconds a frame, GB, measured or reckoned.

    Retimes of the resolutions in `measure` are made here, EXR to EXR, of one in-between with
    the weights loaded. `paper` is a network of the paper's size, which is not shipped, so it is
    reckoned, at 16 bits on a GPU. GB are what the planner says, on the device and beside it. Not
    `on_clock`, all seconds here are processor time over threads: what a machine would take at best
    that nobody else uses.
    """
    ours = [name for name in PRESETS if name != "paper"]
    rows: list[dict[str, Any]] = []
    with Told(len(ours) * (1 + len(measure)) + 1, "measurement") as told:
        reached = _reached(machine, on_clock)
        told.one(REDUCED)
        for name in ours:
            quality = PRESETS[name]
            counts = _counted(quality, machine)
            told.one(f"{name}, counted")
            runs = _runs(quality, name, machine, measure, on_clock, told)
            rows += _rows(name, known_of(counts, runs, reached.top), _planner(quality, machine))
    plan = _paper_planner(machine)
    rows += _rows("paper", _paper(reached, plan), plan)
    return {"presets": as_table(rows), "cells": rows}


def as_table(cells: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The cells as rows for people, seconds a frame by device; * is measured.

    GB are of the last device, on it and beside it.
    """
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for cell in cells:
        key = cell["preset"], cell["resolution"]
        row = rows.setdefault(key, {"preset": key[0], "resolution": key[1]})
        took = cell["seconds"]
        text = "does not fit" if took is None else f"{took:.3g} s"
        row[cell["device"]] = text + "*" * (cell["by"] == "measured")
        row.pop("GPU, host", None)
        row["GPU, host"] = f"{cell['device_gigabytes']:.2g}, {cell['host_gigabytes']:.2g} GB"
    return list(rows.values())


def _rows(name: str, known: Known, work: Plan) -> Iterator[dict[str, Any]]:
    for resolution, size in SIZES.items():
        by = math.prod(size) / known.pixels
        here = known.measured.get(resolution)
        took = here or known.here * by
        how = "measured" if here else "reckoned"
        yield _row(name, resolution, HERE, took, work(size, False), how)
        for device in DEVICES:
            took = seconds(known.costs.scaled(by), device, known.shares)
            planned = work(size, True)
            if planned.network_bytes > device.memory:
                yield _row(name, resolution, device.name, None, planned, "does not fit")
            else:
                yield _row(name, resolution, device.name, took, planned, "reckoned")


def _row(
    preset: str, resolution: str, device: str, took: float | None, work: Work, how: str
) -> dict[str, Any]:
    host = work.host_bytes + FRAMES * math.prod(SIZES[resolution])
    return {
        "preset": preset,
        "resolution": resolution,
        "device": device,
        "seconds": took,
        "device_gigabytes": work.network_bytes / 1e9,
        "host_gigabytes": host / 1e9,
        "by": how,
    }


def _reached(machine: Machine, on_clock: bool) -> Reached:
    """This machine's rates, and the paper's network at a quarter of its channels beside them."""
    case = Case(REDUCED, "torch", "float32", PATCH, 1)
    device = choose_device(machine.device)
    with weights_files({REDUCED}) as files:
        work = work_of(case, files[REDUCED], machine)
    ceiling = Ceiling.of((), device, choose_dtype(case.precision, device))
    took = by_turns({**work.calls, **ceiling.calls}, 3, waiter(device))
    seconds_of = {name: one.clock if on_clock else _alone(one.cpu) for name, one in took.items()}
    top = ceiling.rates(seconds_of)
    return Reached(top, work.counted.flops / seconds_of[""] / top.product)


def _runs(
    quality: Quality,
    name: str,
    machine: Machine,
    measure: Sequence[str],
    on_clock: bool,
    told: Told,
) -> dict[str, dict[str, Any]]:
    """Retimes of one in-between here, by resolution."""
    runs: dict[str, dict[str, Any]] = {}
    for resolution in measure:
        size = SIZES[resolution]
        run = pipeline(size, quality, DEFAULT_WEIGHTS, 1, machine, with_costs=False)
        runs[resolution] = run if on_clock else {**run, "seconds": _alone(run["cpu_seconds"])}
        told.one(f"{name}, {resolution}")
    return runs


def known_of(counts: Costs, runs: Mapping[str, Mapping[str, Any]], top: Rates) -> Known:
    """What is known of a preset by what an in-between of COUNTED costs, and the largest retime."""
    largest = max(runs, key=lambda one: math.prod(SIZES[one]))
    pixels, run = math.prod(SIZES[largest]), runs[largest]
    whole, busy = run["seconds"], run["busy"]
    network, rest = busy["network"] * whole, (busy["motion"] + busy["blend"]) * whole
    costs = counts.scaled(pixels / math.prod(COUNTED))._replace(host=whole - network - rest)
    shares = Shares(costs.flops / network / top.product, costs.bytes / rest / top.copy)
    took = {resolution: one["seconds"] for resolution, one in runs.items()}
    return Known(costs, shares, pixels, took, whole)


def _alone(cpu_seconds: float) -> float:
    """What the clock would say at best, were the machine nobody else's."""
    return cpu_seconds / torch.get_num_threads()


def _counted(quality: Quality, machine: Machine) -> Costs:
    """An in-between of COUNTED: its networks' operations, and the bytes of all else."""
    ours = _motion(machine, quality)
    recorder = Recorder(ours.network)
    made = FlowInterpolator(recorder, ours.device)
    cells = torch.rand(1, 3, 34, 61, generator=torch.Generator().manual_seed(0))
    wide = interpolate(cells, (COUNTED[0], COUNTED[1] + 16), mode="bicubic")[0].clamp(0, 1)
    pair = wide[..., 16:].contiguous(), wide[..., :-16].contiguous()
    whole = counted(lambda: made.interpolate(*pair, Fraction(1, 2), Task(quality, "bench")))
    with torch.inference_mode():
        networks = counted(lambda: [call(*given) for call, given in recorder.calls])
    return Costs(networks.flops, whole.bytes - networks.bytes)


def _motion(machine: Machine, quality: Quality) -> FlowInterpolator:
    made = made_by("torch", weights_path(DEFAULT_WEIGHTS), machine, quality)
    made.adapt(machine, quality)
    assert isinstance(made, FlowInterpolator)  # the default weights are of the motion network
    return made


def _planner(quality: Quality, machine: Machine) -> Plan:
    """What is planned here, or on a GPU in half the precision."""
    made = _motion(machine, quality)
    halves = _motion(Machine(device="cpu", precision="bfloat16"), quality)
    gpu = FlowInterpolator(halves.network, torch.device("cuda"))
    return lambda size, on_gpu: (gpu if on_gpu else made).work(quality, size)


def _paper(reached: Reached, plan: Plan) -> Known:
    """The paper's preset and network, by the operations of a patch."""
    size, patch = SIZES["HD"], PRESETS["paper"].patch
    with torch.device("meta"):
        network = network_of(PAPER)
        z, condition = (torch.empty(1, channels, *patch) for channels in (3, CONDITION_CHANNELS))
        t = torch.empty(1)
        of_patch = counted(lambda: network(z, t, t, condition)).flops
    flops = of_patch / math.prod(patch) * plan(size, True).area
    here = flops / (reached.top.product * reached.paper)
    return Known(Costs(flops, 0.0), Shares(reached.paper, 1.0), math.prod(size), {}, here)


def _paper_planner(machine: Machine) -> Plan:
    """The same of a network of the paper's size, its weights in single precision among it."""
    with torch.device("meta"):
        network = network_of(PAPER)
    weights = 4 * sum(one.numel() for one in network.parameters())
    device = choose_device(machine.device)
    here, gpu = (
        DiffusionInterpolator(NetworkDenoiser(network, device, dtype))
        for dtype in (torch.float32, torch.bfloat16)
    )

    def plan(size: Size, on_gpu: bool) -> Work:
        work = (gpu if on_gpu else here).work(PRESETS["paper"], size)
        return work._replace(network_bytes=work.network_bytes + weights)

    return plan
