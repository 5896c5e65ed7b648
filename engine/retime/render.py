"""A job to frames on disk: read ahead, synthesize, write behind, resume.

The network is the only thing that is waited for: the next frames are read and the last ones
written while it works. A frame on disk is a finished frame (decision 10).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from torch import Tensor

from hifi_ofx import parameters
from hifi_ofx.errors import Cancelled
from hifi_ofx.request import Finished
from hifi_ofx.retime import PlannedFrame

from ..inference import timing
from ..inference.interpolator import Interpolator
from ..inference.networks import steps_differ
from ..paper.unet import NetworkConfig
from ..plate.atomic import output_error, remove_leftovers
from ..plate.exr import copy_frame, write_frame
from ..plate.frame import Attribute, Frame, between
from ..plate.source import ReadAhead
from ..plate.timecode import offset
from ..plate.write_behind import WriteBehind
from . import shots
from .inbetween import calls_for, inbetween
from .manifest import Manifest, frame_key
from .planning import HALVINGS, Job
from .progress import Meter, Report
from .shots import Signature
from .synthesis import black, display_color, main_colors, with_variance

log = logging.getLogger(__name__)

SIGNATURES = 64  # kept at a time, 113 kB each
TIMECODE, RATE = "smpte:TimeCode", "FramesPerSecond"


def render(
    job: Job,
    interpolator: Interpolator,
    weights: str,
    report: Report,
    cancelled: threading.Event,
) -> Finished:
    """Make all frames of the job that are not on disk yet; tell `report` after every call.

    `weights` is the SHA-256 of the weights file. Raises Cancelled, within one network call, when
    the event is set, and any HifiError; frames finished by then stay.
    """
    run = Run(job, interpolator, weights, Meter(report, cancelled))
    interpolator.denoiser.on_call = run.meter.call
    _clean_folder(job)
    _warn_of_waste(job, interpolator.denoiser.network.config)
    todo = run.unfinished()
    run.meter.start(len(todo), sum(map(_is_inbetween, todo)), run.calls(run.job.header))
    with ReadAhead(job.source.read) as reads, WriteBehind() as writes:
        for planned, following, coming in _with_next(todo):
            run.meter.check()
            run.make(planned, following, coming, reads, writes)
    return run.finished(len(job.plan.frames) - len(todo))


def _warn_of_waste(job: Job, config: NetworkConfig) -> None:
    """What costs time with weights that say the same at every step."""
    quality = job.request.quality
    if not steps_differ(config) and max(quality.steps, quality.base_steps) > 1:
        log.warning("these weights give the same picture with 1 step, sooner")


@dataclass
class Run:
    """One render under way."""

    job: Job
    interpolator: Interpolator
    weights: str
    meter: Meter
    signatures: dict[int, Signature] = field(default_factory=dict)
    copied: int = 0
    made: int = 0
    ahead: tuple[int, int] | None = None  # the pair whose motion was looked for last

    def unfinished(self) -> list[PlannedFrame]:
        """The planned frames that are not on disk with this very key."""
        manifest, lines = self.manifest, self.manifest.finished()
        return [
            planned
            for planned in self.job.plan.frames
            if not manifest.is_finished(
                planned.output, self.key(planned), self.path(planned), lines
            )
        ]

    def make(
        self,
        planned: PlannedFrame,
        following: PlannedFrame | None,
        coming: PlannedFrame | None,
        reads: ReadAhead,
        writes: WriteBehind,
    ) -> None:
        """One frame: decide on cuts and repeats, get it, and hand it over to be written.

        `following` is the next frame, `coming` the next in-between of another pair.
        """
        found = self._resolved(planned, reads)
        ahead = coming if self.interpolator.prefetches else None
        later = (frame for frame in (following, ahead) if frame)
        reads.want(self._needed(found) + [n for frame in later for n in self._needed(frame)])
        if ahead:
            self._prefetch(ahead, reads)
        if found.black or not found.fraction:
            self.copied += 1
            if _is_inbetween(planned):
                self.meter.begin(0)
            write = self._copy(found, reads)
        else:
            self.made += 1
            frame = self._inbetween(found, reads).with_metadata(self._metadata(found))
            write = partial(write_frame, frame, self.path(found))
        writes.submit(partial(self._write, write, planned))

    def _prefetch(self, coming: PlannedFrame, reads: ReadAhead) -> None:
        """Have the motion of a later pair found while the network works."""
        pair = coming.left, coming.right
        if pair == self.ahead:
            return
        self.ahead = pair
        left, right = (reads.coming(frame) for frame in pair)

        def images() -> Iterator[Tensor]:
            try:
                yield from main_colors(left.result(), right.result())
            except CancelledError:
                raise Cancelled("These frames are not needed any more.") from None

        self.interpolator.prefetch(images, self.job.request.quality.samples)

    def calls(self, frame: Frame) -> int:
        """How many network calls an in-between of this structure and size takes."""
        request, batch = self.job.request, self.interpolator.denoiser.batch
        return calls_for(frame, request.quality, request.output, batch)

    @property
    def manifest(self) -> Manifest:
        """The record beside the target's frames: slow.####.exr has slow.hifi.jsonl."""
        first = self.path(self.job.plan.frames[0])
        stem = first.name.split(".")[0]
        return Manifest(first.with_name(f"{stem}.hifi.jsonl"))

    def path(self, planned: PlannedFrame) -> Path:
        """Where an output frame goes."""
        return Path(self.job.target.path(planned.output))

    def key(self, planned: PlannedFrame) -> str:
        """What decides the frame's pixels and metadata."""
        request = self.job.request
        sources = [] if planned.black else self._sources(planned)
        return frame_key(
            planned=planned.to_json(),
            sources=[self.job.source.identity(frame) for frame in sources],
            settings=[
                parameters.to_json(part)
                for part in (request.quality, request.output, request.footage)
            ],
            precision=request.machine.precision,
            weights=self.weights,
            start=self.job.start,
            rate=self.job.rate,
        )

    def _sources(self, planned: PlannedFrame) -> list[int]:
        """The source frames that may decide this one: across a hold, more than its neighbors."""
        footage = self.job.request.footage
        reach = footage.hold_length if footage.holds == "interpolate" else 0
        reached = range(planned.left - reach, planned.right + reach + 1)
        return [frame for frame in self.job.source.frames() if frame in reached]

    def finished(self, skipped: int) -> Finished:
        """What the run did."""
        meter = self.meter
        if meter.calls:
            per_call = meter.network_seconds / meter.calls
            timing.remember(self.interpolator.denoiser, self.job.request.quality.patch, per_call)
        return Finished(
            made=self.made,
            copied=self.copied,
            skipped=skipped,
            seconds=time.monotonic() - meter.started,
            network_seconds=meter.network_seconds,
            calls=meter.calls,
        )

    def _resolved(self, planned: PlannedFrame, reads: ReadAhead) -> PlannedFrame:
        """The frame after cuts and repeats have had their say; what they said is in the log."""
        frames = self.job.source.frames()
        found, decisions = shots.resolve(
            planned,
            partial(self._signature, reads),
            self.job.request.footage,
            frames[0],
            frames[-1],
        )
        for decision in decisions:
            log.info("frame %d: %s", planned.output, decision)
        return found if self.interpolator.knows_fractions else found.halved(HALVINGS)

    def _signature(self, reads: ReadAhead, frame: int) -> Signature | None:
        if frame not in self.job.source.frames():
            return None
        if frame not in self.signatures:
            if len(self.signatures) >= SIGNATURES:
                self.signatures.pop(next(iter(self.signatures)))
            self.signatures[frame] = shots.signature(display_color(reads.get(frame)))
        return self.signatures[frame]

    def _needed(self, planned: PlannedFrame) -> list[int]:
        if planned.black or (not planned.fraction and self._copies_files):
            return []
        return [planned.left, planned.right]

    @property
    def _copies_files(self) -> bool:
        first = self.job.plan.frames[0].left
        return self.job.source.path(first) is not None and not self.job.request.output.uncertainty

    def _inbetween(self, planned: PlannedFrame, reads: ReadAhead) -> Frame:
        left, right = reads.get(planned.left), reads.get(planned.right)
        self.meter.begin(self.calls(between(left, right)))
        request = self.job.request
        return inbetween(
            left, right, planned, self.interpolator, request.quality, request.output, self.meter
        )

    def _copy(self, planned: PlannedFrame, reads: ReadAhead) -> Callable[[], None]:
        """Writing a source frame as it is, or a black one."""
        metadata, target = self._metadata(planned), self.path(planned)
        if planned.black:
            frame = black(self.job.header).with_metadata(metadata)
            return partial(write_frame, frame, target)
        source = self.job.source.path(planned.left)
        if source is not None and self._copies_files:
            return partial(copy_frame, source, target, metadata)
        frame = reads.get(planned.left)
        if self.job.request.output.uncertainty:
            frame = with_variance(frame)
        return partial(write_frame, frame.with_metadata(metadata), target)

    def _metadata(self, planned: PlannedFrame) -> dict[str, Attribute | None]:
        """The retimed timecode and rate, and what the frame was made of."""
        source = self.job.header.parts[0].metadata
        position = str(planned.left) + (f" + {planned.fraction}" if planned.fraction else "")
        changes = {"hifi:source": Attribute.of("black" if planned.black else position)}
        if (timecode := source.get(TIMECODE)) is not None:
            later = planned.output - self.job.start
            changes[TIMECODE] = offset(timecode, later, self.job.rate)
        if self.job.request.retime.fps and (rate := source.get(RATE)) is not None:
            changes[RATE] = Attribute(
                rate.type, (self.job.rate.numerator, self.job.rate.denominator)
            )
        return dict(changes)

    def _write(self, write: Callable[[], None], planned: PlannedFrame) -> None:
        write()
        self.manifest.add(planned.output, self.key(planned), self.path(planned))
        self.meter.wrote(planned.output)


def _is_inbetween(planned: PlannedFrame) -> bool:
    return bool(planned.fraction) and not planned.black


def _with_next(
    frames: list[PlannedFrame],
) -> Iterator[tuple[PlannedFrame, PlannedFrame | None, PlannedFrame | None]]:
    """Each frame, the one after it, and the next in-between of another pair."""
    triples: list[tuple[PlannedFrame, PlannedFrame | None, PlannedFrame | None]] = []
    following: PlannedFrame | None = None
    inbetween: PlannedFrame | None = None  # the next one
    other: PlannedFrame | None = None  # the next one of another pair than that
    for frame in reversed(frames):
        if _is_inbetween(frame):
            if inbetween and _pair(inbetween) != _pair(frame):
                other = inbetween
            inbetween = frame
            triples.append((frame, following, other))
        else:
            triples.append((frame, following, inbetween))
        following = frame
    return reversed(triples)


def _pair(planned: PlannedFrame) -> tuple[int, int]:
    return planned.left, planned.right


def _clean_folder(job: Job) -> None:
    """Make the target folder, and remove what a killed render left half-written in it."""
    folder = Path(job.target.path(job.plan.frames[0].output)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(folder, error) from error
    remove_leftovers(folder)
