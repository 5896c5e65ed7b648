"""A render as data: what a node asks for, read on the main thread before a worker takes over."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nuke

from hifi_ofx import __version__, parameters
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import PRESETS, Footage, Machine, Output, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import PlannedFrame, Retime, RetimePlan
from hifi_ofx.sequence import ImageSequence

from . import identity, knobs, record, upstream
from .identity import Cache
from .timing import Timing, timing
from .upstream import Bake, Direct, Source


@dataclass(frozen=True)
class Job:
    """One node's render. `plan` has the wanted frames alone; the request, all of the timing."""

    node: nuke.Node
    name: str
    identity: str
    cache: Cache
    source: Source
    request: RenderRequest
    plan: RetimePlan
    timing: Timing
    asked: str
    earlier: Path | None
    is_preview: bool = False

    def sources(self) -> list[int]:
        """The source frames that it reads.

        Always the first and the last of the input range, too: they tell the engine how long the
        clip is and where its timecode starts, so that a chunk gives what the whole render gives.
        """
        first, last = self.timing.span
        reach = self._reach()
        near = (
            range(max(first, frame - reach), min(last, frame + reach) + 1)
            for frame in self.plan.source_frames
        )
        return sorted({first, last}.union(*near))

    def requests(self) -> list[RenderRequest]:
        """The request, once for each run of consecutive frames that are wanted.

        A farm may ask for every tenth frame: of those in between, the sources are not there.
        """
        runs: list[tuple[int, int]] = []
        for output in (one.output for one in self.plan.frames):
            if runs and runs[-1][1] == output - 1:
                runs[-1] = (runs[-1][0], output)
            else:
                runs.append((output, output))
        if len(runs) < 2:
            return [self.request]
        return [dataclasses.replace(self.request, only=run) for run in runs]

    def stale(self) -> list[int]:
        """The wanted output frames that are not on disk as they would be rendered now."""
        known = record.read(self.cache.result_record)
        return [
            planned.output
            for planned in self.plan.frames
            if known.get(planned.output) != self.key(planned)
            or not Path(self.cache.result % planned.output).is_file()
        ]

    def key(self, planned: PlannedFrame) -> str:
        """A hash of what decides an output frame, as far as it can be told without the engine."""
        reach = self._reach()
        near = range(planned.left - reach, planned.right + reach + 1)
        stamps = [record.stamp(self._file(frame)) for frame in near]
        return _hash([self._settings, planned.to_json(), stamps])

    def keys(self, outputs: Iterable[int]) -> dict[int, str]:
        """The keys of output frames, to be recorded."""
        wanted = set(outputs)
        return {one.output: self.key(one) for one in self.plan.frames if one.output in wanted}

    def _reach(self) -> int:
        """How far beyond an in-between's neighbors the engine looks: across a hold."""
        footage = self.request.footage
        return footage.hold_length if footage.holds == "interpolate" else 0

    @cached_property
    def _settings(self) -> list[Any]:
        """What decides every frame: the settings, the weights, this version, and the plate."""
        request = self.request
        parts = (request.quality, request.output, request.footage)
        weights = record.stamp(Path(request.weights))
        return [
            __version__, [parameters.to_json(part) for part in parts], request.machine.precision,
            request.weights, weights, request.source,
        ]  # fmt: skip

    @cached_property
    def _plate(self) -> ImageSequence:
        return ImageSequence.parse(self.request.source)

    def _file(self, frame: int) -> Path:
        return Path(self._plate.path(frame))


def prepare(node: nuke.Node, outputs: Iterable[int] | None = None) -> Job:
    """The render of these output frames of a node, or all. Main thread.

    Output frames that the retime does not make are left out. Raises HifiError in a knob's words.
    """
    cache = identity.claim(node)
    wanted_timing = timing(node)
    plan = wanted_timing.plan
    if outputs is not None:
        wanted = set(outputs)
        plan = RetimePlan(tuple(one for one in plan.frames if one.output in wanted))
    found = upstream.source(node, wanted_timing.span)
    request = _request(node, wanted_timing.retime, found, cache)
    if outputs is not None and plan.frames:
        request = dataclasses.replace(request, only=(plan.frames[0].output, plan.frames[-1].output))
    known, before = str(node["hifi_id"].value()), identity.earlier(node, cache)
    asked_for = asked(node, wanted_timing.retime)
    return Job(
        node, node.name(), known, cache, found, request, plan, wanted_timing, asked_for, before
    )


def preview(node: nuke.Node, frame: int) -> Job:
    """The render of one frame at draft quality, beside the result. Raises HifiError."""
    job = prepare(node, [frame])
    if not job.plan.frames:
        first, last = job.timing.outputs
        raise InvalidSetting(
            f"{job.name} has no frame {frame}: it makes frames {first} to {last}.",
            "Go to one of them and press Preview again.",
        )
    output = dataclasses.replace(job.request.output, uncertainty=False)  # needs several samples
    request = dataclasses.replace(
        job.request, target=job.cache.preview, quality=PRESETS["draft"], output=output
    )
    return dataclasses.replace(job, request=request, is_preview=True)


def asked(node: nuke.Node, retime: Retime) -> str:
    """A hash of all knobs that decide the result, without a look at files or other nodes."""
    request = _request(node, retime, Direct(""), Cache(Path()))
    others = [str(node[name].value()) for name in ("retimedChannels", "color", "bakeType")]
    values = {**request.to_json(), "machine": request.machine.precision}
    return _hash([values, others])


def _hash(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def _request(node: nuke.Node, retime: Retime, source: Source, cache: Cache) -> RenderRequest:
    return RenderRequest(
        source=source.pattern if isinstance(source, Direct) else cache.source,
        target=cache.result,
        retime=retime,
        quality=knobs.settings(node, Quality),
        output=knobs.settings(node, Output),
        footage=knobs.settings(node, Footage),
        machine=knobs.settings(node, Machine),
        weights=knobs.text(node, "weights").strip(),
    )


def describe(source: Source) -> str:
    """How the source frames are got, for the log."""
    if isinstance(source, Bake):
        return f"The input is written out first: {source.why}."
    return f"The engine reads {source.pattern} itself."
