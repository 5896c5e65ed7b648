"""Where the time of a whole retime goes, by phase, and which operations cost most."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality, preset
from hifi_ofx.request import Finished, RenderRequest

from ..inference.denoiser import choose_device
from ..inference.model_cache import Loaded
from ..inference.spans import Phase, Span, collected
from ..paper.cascade import Size
from ..retime.planning import prepare
from ..retime.render import render
from .bench_counted import counted
from .bench_plate import half_speed, plate, size_of
from .bench_rates import waiter
from .bench_shown import Show, show_of, silent

PHASES: tuple[Phase, ...] = get_args(Phase)
ON_THE_DEVICE: tuple[Phase, ...] = ("motion", "network", "blend")
COSTS = 10  # operations that are named

Interval = tuple[float, float]


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `hifi-ofx bench pipeline` prints."""
    if arguments.inbetweens < 1:
        raise InvalidSetting("There must be 1 in-between at least.", "Leave --inbetweens out.")
    machine, quality = Machine(device=arguments.device), preset(arguments.preset)
    size, count = size_of(arguments.size), arguments.inbetweens
    return pipeline(size, quality, arguments.weights, count, machine, show_of(arguments))


def pipeline(
    size: Size,
    quality: Quality,
    weights: str,
    inbetweens: int,
    machine: Machine,
    show: Show = silent,
    with_costs: bool = True,
) -> dict[str, Any]:
    """Where the time of a retime goes, from EXR to EXR in this process, with the weights loaded.

    See `shares`. For `costs` one in-between more is made, of which torch's operations are timed one
    by one: the ten most expensive ones, and their share of all.
    """
    with plate(size, inbetweens + 1) as folder:
        request = half_speed(folder, quality, weights, machine)
        loaded = Loaded()
        loaded.interpolator(request)
        with collected() as spans:
            began, cpu = time.perf_counter(), time.process_time()
            _rendered(loaded, request, show)
            seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        again = replace(request, target=str(folder / "again.####.exr"), only=(2, 2))
        costs = _costs(loaded, again, show) if with_costs else {}
    found = shares(spans, seconds)
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "inbetweens": inbetweens,
        "size": f"{size[0]}x{size[1]}",
        **found,
        "costs": costs,
    }


def shares(spans: Sequence[Span], seconds: float) -> dict[str, Any]:
    """What part of so many seconds each phase was busy, and how phases lay beside each other.

    busy: of the time. Phases run beside each other, so these add up to more than 1. beside: how
    much of a phase was done while the device had work, which are network, motion and blend.
    idle: of the time, when it had none. ratio: all of the time over the network's.
    """
    parts = own(spans)
    device = union(parts, ON_THE_DEVICE)
    busy = {phase: length(union(parts, (phase,))) for phase in PHASES}
    beside = {
        phase: overlap(union(parts, (phase,)), device) / busy[phase]
        for phase in PHASES
        if busy[phase] and phase not in ON_THE_DEVICE
    }
    return {
        "busy": {phase: time / seconds for phase, time in busy.items()},
        "beside": beside,
        "idle": 1 - length(device) / seconds,
        "ratio": seconds / length(device) if device else None,
        "network_ratio": seconds / busy["network"] if busy["network"] else None,
    }


def own(spans: Iterable[Span]) -> list[tuple[Phase, Interval]]:
    """When which phase was at work: what lies in an inner span belongs to that one alone."""
    threads: dict[int, list[Span]] = {}
    for span in spans:
        threads.setdefault(span.thread, []).append(span)
    return [part for of_one in threads.values() for part in _own_of_one(of_one)]


def _own_of_one(spans: Iterable[Span]) -> list[tuple[Phase, Interval]]:
    """The same of one thread, whose spans lie in each other or apart."""
    parts: list[tuple[Phase, Interval]] = []
    around: list[tuple[Phase, float]] = []  # phases that are open, and when they end
    at = 0.0
    for span in sorted(spans, key=lambda one: (one.began, -one.ended)):
        at = _close(around, at, span.began, parts)
        if around:
            parts.append((around[-1][0], (at, span.began)))
        around.append((span.phase, span.ended))
        at = span.began
    _close(around, at, float("inf"), parts)
    return [(phase, part) for phase, part in parts if part[1] > part[0]]


def _close(
    around: list[tuple[Phase, float]],
    at: float,
    until: float,
    parts: list[tuple[Phase, Interval]],
) -> float:
    """End what ends before a time. Returns up to when all is told."""
    while around and around[-1][1] <= until:
        phase, ended = around.pop()
        parts.append((phase, (at, ended)))
        at = ended
    return at


def union(parts: Iterable[tuple[Phase, Interval]], phases: Sequence[Phase]) -> list[Interval]:
    """When any of these phases was at work, in order and apart from each other."""
    return _merged(interval for phase, interval in parts if phase in phases)


def overlap(one: Sequence[Interval], other: Sequence[Interval]) -> float:
    """How long both lasted at once."""
    return length(one) + length(other) - length(_merged([*one, *other]))


def length(intervals: Iterable[Interval]) -> float:
    """How long they last together."""
    return sum(ended - began for began, ended in intervals)


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for began, ended in sorted(intervals):
        if found and began <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ended)
        else:
            found.append((began, ended))
    return found


def _rendered(loaded: Loaded, request: RenderRequest, show: Show) -> Finished:
    interpolator, weights = loaded.interpolator(request)
    job = prepare(request, interpolator.knows_fractions)
    try:
        return render(job, interpolator, weights, show, threading.Event())
    finally:
        job.source.close()


def _costs(loaded: Loaded, request: RenderRequest, show: Show) -> dict[str, float]:
    """The most expensive operations of one in-between, by their share of all."""
    wait = waiter(choose_device(request.machine.device))
    return largest(counted(lambda: _rendered(loaded, request, show), wait).seconds, COSTS)


def largest(costs: Mapping[str, float], count: int) -> dict[str, float]:
    """The largest of some costs as shares of all, in order."""
    whole = sum(costs.values())
    order = sorted(costs, key=lambda name: costs[name], reverse=True)
    return {name: costs[name] / whole for name in order[:count]}
