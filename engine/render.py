"""A job to frames on disk: read ahead, synthesize, write behind, resume.

The network is the only thing that is waited for: the next frames are read and the last ones
written while it works. A frame on disk is a finished frame (design decision 10).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from pathlib import Path
from types import TracebackType

from torch import Tensor

from hifi_ofx import parameters
from hifi_ofx.errors import Cancelled
from hifi_ofx.quality import Output, Quality
from hifi_ofx.request import Finished, Progress
from hifi_ofx.retime import PlannedFrame

from . import calibration, shots
from .atomic import output_error, remove_leftovers
from .cascade import Middle, network_calls
from .exr import copy_frame, write_frame
from .frame import Attribute, Frame, between
from .interpolator import Interpolator, Task
from .manifest import Manifest, frame_key
from .planning import HALVINGS, Job
from .shots import Signature
from .source import ReadAhead
from .synthesis import black, display_color, synthesize, synthesized_images, with_variance
from .timecode import offset
from .turns import turn

log = logging.getLogger(__name__)

Report = Callable[[Progress], None]

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
    if interpolator.denoiser.network.config.direct:
        _warn_of_waste(job)
    todo = run.unfinished()
    run.meter.start(len(todo), sum(map(_is_inbetween, todo)), run.calls(run.job.header))
    with ReadAhead(job.source.read) as reads, WriteBehind() as writes:
        for planned, following in _with_next(todo):
            run.meter.check()
            run.make(planned, following, reads, writes)
    return run.finished(len(job.plan.frames) - len(todo))


def _warn_of_waste(job: Job) -> None:
    """What costs time, or looks like an answer, with weights that say the same every time."""
    quality = job.request.quality
    if max(quality.steps, quality.base_steps, quality.samples) > 1:
        log.warning("these weights give the same picture with 1 step and 1 sample, sooner")
    if job.request.output.uncertainty:
        log.warning("these weights give equal samples: hifi.variance is zero and says nothing")


@dataclass
class Meter:
    """Counts network calls and frames, says how long the rest takes, and carries the cancel."""

    report: Report
    cancelled: threading.Event
    frames: int = 0
    frames_done: int = 0
    calls: int = 0
    calls_left: int = 0
    inbetweens_left: int = 0
    network_seconds: float = 0.0
    started: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, frames: int, inbetweens: int, calls: int) -> None:
        """What lies ahead: frames, in-betweens among them, and network calls for each of those."""
        self.frames, self.inbetweens_left = frames, inbetweens
        self.calls_left = calls * inbetweens
        self.started = time.monotonic()
        self._report(0)

    def begin(self, calls: int) -> None:
        """An in-between of `calls` network calls begins; those after it are taken to be alike."""
        with self._lock:
            self.calls_left = calls * self.inbetweens_left
            self.inbetweens_left -= 1

    def check(self) -> None:
        """Raise Cancelled when the user asked to stop."""
        if self.cancelled.is_set():
            raise Cancelled("The render was cancelled.", "Finished frames are kept.")

    def call(self) -> None:
        """Before every network call."""
        self.check()
        with self._lock:
            self.calls += 1
            self.calls_left = max(0, self.calls_left - 1)
        self._report(0)

    def wrote(self, frame: int) -> None:
        """A frame is on disk."""
        with self._lock:
            self.frames_done += 1
        self._report(frame)

    def _report(self, frame: int) -> None:
        seconds = time.monotonic() - self.started
        left = seconds / self.calls * self.calls_left if self.calls else None
        total = self.calls + self.calls_left
        self.report(
            Progress(frame, self.frames_done, self.frames, self.calls, total, seconds, left)
        )


def calls_for(frame: Frame, quality: Quality, output: Output, batch: int) -> int:
    """How many network calls an in-between of this structure and size takes."""
    shape = frame.parts[0].data_window.shape
    return synthesized_images(frame, output) * network_calls(quality, shape, batch)


def inbetween(
    left: Frame,
    right: Frame,
    planned: PlannedFrame,
    interpolator: Interpolator,
    quality: Quality,
    output: Output,
    meter: Meter,
) -> Frame:
    """The planned in-between of two frames, with the noise that is its own on every machine.

    Waits for its turn on the device. Raises Cancelled within one network call, and any HifiError.
    """
    key = f"{planned.output}"
    if not interpolator.knows_fractions:
        key = f"{planned.left} {planned.right}"
    task = Task(quality, key, output.uncertainty)

    def predict(first: Tensor, second: Tensor, flows: Tensor | None) -> Middle:
        began = time.monotonic()
        middle = interpolator.between(first, second, planned.fraction, task, flows)
        meter.network_seconds += time.monotonic() - began
        return middle

    with turn(interpolator.denoiser.device, meter.check):
        return synthesize(left, right, planned.fraction, predict, output)


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
        reads: ReadAhead,
        writes: WriteBehind,
    ) -> None:
        """One frame: decide on cuts and repeats, get it, and hand it over to be written."""
        found = self._resolved(planned, reads)
        reads.want(self._needed(found) + (self._needed(following) if following else []))
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
            calibration.remember(
                self.interpolator.denoiser, self.job.request.quality.patch, per_call
            )
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


class WriteBehind:
    """Writes in the background, two frames at most; an error surfaces at the next frame."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="write-behind")
        self._writing: list[Future[None]] = []

    def __enter__(self) -> WriteBehind:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True)
        if error is None:
            for written in self._writing:
                written.result()

    def submit(self, write: Callable[[], None]) -> None:
        """Queue a write; waits while two are under way. Raises what an earlier one raised."""
        while len(self._writing) >= 2 or (self._writing and self._writing[0].done()):
            self._writing.pop(0).result()
        self._writing.append(self._pool.submit(write))


def _is_inbetween(planned: PlannedFrame) -> bool:
    return bool(planned.fraction) and not planned.black


def _with_next(
    frames: list[PlannedFrame],
) -> Iterator[tuple[PlannedFrame, PlannedFrame | None]]:
    return zip_longest(frames, frames[1:])


def _clean_folder(job: Job) -> None:
    """Make the target folder, and remove what a killed render left half-written in it."""
    folder = Path(job.target.path(job.plan.frames[0].output)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise output_error(folder, error) from error
    remove_leftovers(folder)
