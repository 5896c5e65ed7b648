"""A render as data: what a node asks for, read on the main thread before a worker takes over.

First a `Wish`: what the knobs say, which is quick. Then, when it is known where the source frames
come from, a `Job`, whose signature names the folder that its frames belong to.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import nuke

from hifi_ofx import __version__, parameters
from hifi_ofx.curve import Curve
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import PRESETS, Footage, Machine, Output, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.results import SOURCE
from hifi_ofx.retime import PlannedFrame, Retime, RetimePlan
from hifi_ofx.sequence import ImageSequence, names_files
from hifi_ofx.shutter import opened

from . import filters, folders, identity, knobs, matte, record, upstream
from .folders import Cache
from .threads import directly, in_slices
from .timing import Timing, timing
from .upstream import Bake, Direct, Source

_NAME = 16  # letters of a signature that name a folder


@dataclass(frozen=True)
class Shown:
    """What a node shows: a folder, the signature of its frames, and the version that made them.

    `asked` is what the knobs said then.
    """

    folder: str
    signature: str
    version: str
    asked: str


@dataclass(frozen=True)
class Wish:
    """What a node's knobs ask for: `plan`, the wanted frames alone; `request`, all of the timing.

    The request's source and target are not known yet.
    """

    node: nuke.Node
    name: str
    full_name: str
    identity: str
    root: Path
    script: str
    request: RenderRequest
    plan: RetimePlan
    timing: Timing
    asked: str
    shown: Shown
    is_preview: bool = False

    def job(self, source: Source) -> Job:
        """The job for source frames of this kind. Any thread.

        What another version has made stays right as long as none of it is missing: versions are
        not mixed in one folder.
        """
        before = self._job(source, self.shown.version)
        if before.signature == self.shown.signature and not before.missing():
            return before
        return self._job(source, __version__)

    def _job(self, source: Source, version: str) -> Job:
        return Job(self, source, version)


@dataclass(frozen=True)
class Job:
    """One node's render: what is asked for, and what it is made of.

    `given` is a folder for the input that somebody else has named.
    """

    wish: Wish
    source: Source
    version: str
    given: Path | None = None

    @property
    def node(self) -> nuke.Node:
        """The node that asks."""
        return self.wish.node

    @property
    def name(self) -> str:
        """Its name."""
        return self.wish.name

    @cached_property
    def cache(self) -> Cache:
        """Where its frames lie."""
        return dataclasses.replace(self._cache, name=self.signature[:_NAME])

    @cached_property
    def _cache(self) -> Cache:
        """The same without the folder of the result, whose name the sources decide."""
        if self.given is not None:
            return Cache(self.given.parent, "", self.given.name)
        if isinstance(self.source, Direct):
            return Cache(self.wish.root)
        # Where nobody may look at the nodes above, what is written replaces what was.
        bake = self.source
        mutable = [self.wish.identity, bake.channels, bake.datatype, bake.views]
        return Cache(self.wish.root, "", SOURCE + (bake.signature or _hash(mutable))[:_NAME])

    @cached_property
    def request(self) -> RenderRequest:
        """What the engine is asked for."""
        return dataclasses.replace(
            self.wish.request, source=self._pattern, target=self.cache.result
        )

    @property
    def _pattern(self) -> str:
        return self.source.pattern if isinstance(self.source, Direct) else self._cache.source

    @cached_property
    def signature(self) -> str:
        """A hash of everything that decides the frames. Frames of one signature are the same."""
        known: Any = self.source.signature
        if not known and isinstance(self.source, Bake):
            known = _hash([record.stamp(self._file(frame)) for frame in self.sources()])
        if self._matte is not None:
            known = [known, [record.stamp(self._matte.path(frame)) for frame in self.sources()]]
        return _hash([self._settings, self.wish.request.retime.to_json(), known])

    def sources(self) -> list[int]:
        """The source frames that it reads.

        Of a whole render the first and the last of the input range, too: they tell the engine how
        long the clip is and where its timecode starts, so that a chunk gives what the whole gives.
        """
        first, last = self.wish.timing.span
        near = set().union(*(self._near(one) for one in self.wish.plan.frames if not one.black))
        ends = set() if self.wish.is_preview else {first, last}
        return sorted(ends.union(near.intersection(range(first, last + 1))))

    def _near(self, planned: PlannedFrame) -> range:
        """The source frames that a frame is made with.

        A preview does without those that only tell a cut from the end of a fade.
        """
        footage, quality = self.wish.request.footage, self.wish.request.quality
        told = footage.context(planned.is_made, quality.beyond)
        context = 0 if self.wish.is_preview else told
        return planned.around(max(footage.handles, context))

    def requests(self, wanted: Iterable[int]) -> list[RenderRequest]:
        """The request, once for each run of consecutive frames that are wanted.

        A farm may ask for every tenth frame: of those in between, the sources are not there.
        """
        runs: list[tuple[int, int]] = []
        for output in wanted:
            if runs and runs[-1][1] == output - 1:
                runs[-1] = (runs[-1][0], output)
            else:
                runs.append((output, output))
        return [dataclasses.replace(self.request, only=run) for run in runs]

    def missing(self) -> list[int]:
        """The wanted output frames that are not on disk."""
        outputs = [one.output for one in self.wish.plan.frames]
        return [frame for frame in outputs if not Path(self.cache.result % frame).is_file()]

    def key(self, planned: PlannedFrame) -> str:
        """A hash of what decides one output frame, as far as it can be told without the engine.

        Frames of equal keys are the same, also in results whose other frames differ.
        """
        near = self._near(planned)
        stamps = [record.stamp(self._file(frame)) for frame in near]
        if self._matte is not None:
            stamps += [record.stamp(self._matte.path(frame)) for frame in near]
        return _hash([self._settings, planned.to_json(), self.wish.timing.span[0], stamps])

    def keys(self, outputs: Iterable[int]) -> dict[int, str]:
        """The keys of output frames, to be recorded."""
        wanted = set(outputs)
        return {one.output: self.key(one) for one in self.wish.plan.frames if one.output in wanted}

    @cached_property
    def _settings(self) -> list[Any]:
        """What decides every frame: the settings, the weights and the version."""
        request = self.wish.request
        parts = (request.quality, request.output, request.footage)
        weights = record.stamp(Path(request.weights))
        return [
            self.version, [parameters.to_json(part) for part in parts], request.machine.precision,
            Path(request.weights).name, weights,
        ]  # fmt: skip

    @cached_property
    def _matte(self) -> ImageSequence | None:
        """The files of a matte that is named; those of the input Matte are the source's own."""
        name = self.wish.request.footage.matte
        return ImageSequence.around(name) if names_files(name) else None

    @cached_property
    def _plate(self) -> ImageSequence:
        return ImageSequence.parse(self._pattern)

    def _file(self, frame: int) -> Path:
        return Path(self._plate.path(frame))


def wish(node: nuke.Node, outputs: Iterable[int] | None = None) -> Wish:
    """The wish for these output frames of a node, or all. Main thread; looks at no other node.

    Output frames that the retime does not make are left out. Raises HifiError in a knob's words.
    """
    if node.upstreamFrameRange(0) is None:
        raise InvalidSetting(
            f"{node.name()} has no input.", "Connect the plate that is to be retimed."
        )
    known, wanted_timing = identity.claim(node), timing(node)
    request, plan = _request(node, wanted_timing.retime), wanted_timing.plan
    if outputs is not None:
        wanted = set(outputs)
        plan = RetimePlan(tuple(one for one in plan.frames if one.output in wanted))
    plan = opened(plan, request.retime, *wanted_timing.span, request.output)
    script = str(nuke.root()["name"].value() or "")
    return Wish(
        node, node.name(), node.fullName(), known, folders.root(node), script, request, plan,
        wanted_timing, asked(node, wanted_timing.retime), shown(node),
    )  # fmt: skip


def prepare(node: nuke.Node, outputs: Iterable[int] | None = None) -> Job:
    """The render of these output frames of a node, or all, at once. Main thread. HifiError."""
    wanted = wish(node, outputs)
    return wanted.job(in_slices(directly, upstream.looking(node, wanted.timing.span)))


def preview(node: nuke.Node, frame: int) -> Wish:
    """One frame at draft quality, apart from the result. Raises HifiError.

    As a clip of its own, of the source frames that it lies between: the others are not needed.
    """
    wanted = wish(node, [frame])
    check_makes(wanted, frame)
    (planned,) = wanted.plan.frames
    # Several samples, and several in-betweens, are no draft.
    output = dataclasses.replace(wanted.request.output, uncertainty=False, shutter=0.0)
    retime = _alone(planned, wanted.timing.span, wanted.request.footage)
    request = dataclasses.replace(
        wanted.request, retime=retime, quality=PRESETS["draft"], output=output
    )
    plan = RetimePlan((dataclasses.replace(planned, exposures=()),))
    return dataclasses.replace(wanted, request=request, plan=plan, is_preview=True)


def check_makes(wanted: Wish, frame: int) -> None:
    """Raise InvalidSetting where the retime has no such frame."""
    if not wanted.plan.frames:
        first, last = wanted.timing.outputs
        raise InvalidSetting(
            f"{wanted.name} has no frame {frame}: it makes frames {first} to {last}.",
            "Go to one of them and press again.",
        )


def _alone(planned: PlannedFrame, span: tuple[int, int], footage: Footage) -> Retime:
    handles = footage.handles
    near = (max(span[0], planned.left - handles), min(span[1], planned.right + handles))
    time = planned.left + planned.fraction
    keys = tuple((Fraction(planned.output + step), time) for step in (0, 1))
    return Retime(curve=Curve(keys), input_range=near)


def shown(node: nuke.Node) -> Shown:
    """What a node shows."""
    names = ("hifi_folder", "hifi_rendered", "hifi_made_with", "hifi_asked")
    return Shown(*(str(node[name].value()) for name in names))


def asked(node: nuke.Node, retime: Retime) -> str:
    """A hash of all knobs that decide the result, without a look at files or other nodes."""
    request = _request(node, retime)
    others = [str(node[name].value()) for name in ("retimedChannels", "color", "bakeType")]
    values = {**request.to_json(), "machine": request.machine.precision}
    return _hash([values, others])


def _hash(values: Any) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:32]


def _request(node: nuke.Node, retime: Retime) -> RenderRequest:
    footage = knobs.settings(node, Footage)
    known = matte.LAYER if matte.is_connected(node) else filters.named(footage.matte.strip())
    return RenderRequest(
        source="",
        target="",
        retime=retime,
        quality=knobs.settings(node, Quality),
        output=knobs.settings(node, Output),
        footage=dataclasses.replace(footage, matte=known),
        machine=knobs.settings(node, Machine),
        weights=knobs.text(node, "weights").strip(),
        overwrite="all",  # the folder is ours, and so is all that is in it
    )


def describe(source: Source) -> str:
    """How the source frames are got, for the log."""
    if isinstance(source, Bake):
        return f"The input is written out first: {source.why}."
    return f"The engine reads {source.pattern} itself."
