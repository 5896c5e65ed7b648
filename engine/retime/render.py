"""A job to frames on disk: read ahead, synthesize, write behind, resume.

The network is the only thing that is waited for: the next frames are read and the last ones
written while it works. A frame on disk is a finished frame (decision 10).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor

from hifi_ofx.errors import Cancelled
from hifi_ofx.request import Finished
from hifi_ofx.retime import PlannedFrame, RetimePlan

from ..inference.interpolator import Interpolator
from ..inference.spans import span
from ..memory.bounded_cache import BoundedCache
from ..plate.exr import copy_frame, write_frame
from ..plate.frame import Attribute, Frame
from ..plate.layers import dropped
from ..plate.source import ReadAhead
from ..plate.timecode import TIMECODE, offset
from ..plate.write_behind import WriteBehind
from . import shutter
from .around import MADE_OF
from .checks import check_vectors, warn_of_idle_knobs
from .effort import blends
from .headers import findings
from .inbetweens import Clip, FrameCache, Inbetweens
from .order import Step, steps
from .picture import of_header
from .planning import Job
from .progress import Meter, Report
from .synthesis import black, extra_channels, main_colors, with_extras
from .target_files import TargetFiles
from .target_lock import target_lock

log = logging.getLogger(__name__)

RATE = "FramesPerSecond"


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
    files = TargetFiles(job, weights)
    files.clean_folder()
    check_vectors(job.request.output, interpolator)
    warn_of_idle_knobs(job.request.quality, interpolator)
    meter = Meter(report, cancelled)
    with (
        target_lock(job.target, files.signature) as check_lock,
        ReadAhead(span("decode")(job.source.read), meter.check) as reads,
        WriteBehind(meter.check) as writes,
    ):
        inbetweens = _inbetweens(job, interpolator, reads, meter)
        run = Run(job, files, inbetweens, reads, check_lock)
        todo = files.unfinished(meter.check)
        files.claim(todo)
        files.tell_leftovers()
        for finding in findings(job.source, todo, meter.check):
            log.warning("%s", finding)
        calls = inbetweens.calls(job.header)
        meter.start(len(todo), len(RetimePlan(tuple(todo)).moments), calls)
        for planned, moments in steps(todo):
            meter.check()
            run.make(planned, moments, writes)
    return run.finished(len(job.plan.frames) - len(todo))


def _inbetweens(job: Job, interpolator: Interpolator, reads: ReadAhead, meter: Meter) -> Inbetweens:
    request = job.request
    return Inbetweens(
        Clip(job.frames, identity=int, read=reads.get, steady=job.source.steady()),
        interpolator,
        request.quality,
        request.output,
        request.footage,
        meter,
        FrameCache(frames=BoundedCache(0)),  # reading ahead keeps those that are needed
    )


@dataclass
class Run:
    """One render under way."""

    job: Job
    files: TargetFiles
    inbetweens: Inbetweens
    reads: ReadAhead
    check_lock: Callable[[], None]
    copied: int = 0
    made: int = 0
    ahead: tuple[int, int] | None = None  # the pair whose motion was looked for last

    @property
    def meter(self) -> Meter:
        """How far the run is."""
        return self.inbetweens.meter

    def make(self, planned: PlannedFrame, moments: Sequence[Step], writes: WriteBehind) -> None:
        """One frame: decide on cuts and repeats, get it, and hand it over to be written."""
        self._read_for(planned, moments)
        seen = shutter.seen(planned, moments, self.inbetweens)
        asked = sum(step.moment.is_made for step in seen) or bool(planned.fraction)
        for _ in range(sum(step.moment.is_made for step in moments) - asked):
            self.meter.begin(0)  # left out
        if seen:
            write = self._exposed(planned, seen)
        else:
            write = self._single(replace(planned, exposures=()), moments[-1])
        writes.submit(partial(self._write, write, planned))

    def _single(self, planned: PlannedFrame, step: Step) -> Callable[[], None]:
        """A frame that is what lies between two, or one of them."""
        found = self.inbetweens.resolve(planned)
        self._look_ahead([found], step)
        if found.black or not found.fraction:
            self.copied += 1
            if planned.is_made:
                self.meter.begin(0)
            return self._copy(found)
        calls = self.meter.calls
        frame = self._inbetween(found)
        output = self.job.request.output
        is_new = self.meter.calls > calls or blends(frame, output)
        self.made, self.copied = self.made + is_new, self.copied + (not is_new)
        metadata = self._metadata(found)
        return partial(write_frame, frame.with_metadata(metadata), self.files.path(found))

    def _exposed(self, planned: PlannedFrame, seen: Sequence[Step]) -> Callable[[], None]:
        """A frame that is the mean of what an open shutter sees."""
        kept, policies = (
            shutter.nearest(planned, [step.moment for step in seen]),
            self.job.request.output.layers,
        )
        frame = shutter.mean(self._moments(seen), kept, policies)
        self.made += 1
        metadata = self._metadata(planned) | {"hifi:shutter": Attribute.of(_of_shutter(seen))}
        return partial(write_frame, frame.with_metadata(metadata), self.files.path(planned))

    def _moments(self, seen: Sequence[Step]) -> Iterator[Frame]:
        """What a shutter sees, one after the other; nothing is made twice in a row."""
        made: tuple[PlannedFrame, Frame] | None = None
        for index, step in enumerate(seen):
            found = self.inbetweens.resolve(step.moment)
            self._look_ahead([found, *(one.moment for one in seen[index + 1 :])], step)
            new = made is None or made[0] != found
            if step.moment.is_made and not (new and found.fraction):
                self.meter.begin(0)
            if made is None or made[0] != found:
                made = found, self._moment(found)
            yield made[1]

    def _moment(self, found: PlannedFrame) -> Frame:
        if found.fraction:
            return self._inbetween(found)
        return with_extras(self.reads.get(found.left), self.job.request.output)

    def _read_for(self, planned: PlannedFrame, moments: Sequence[Step]) -> None:
        """Begin to read all that an open shutter may see: cuts are looked for in all of it."""
        if planned.exposures:
            span = planned.around(0)
            self.reads.want(number for number in self.job.frames if number in span)

    def _look_ahead(self, needed: Sequence[PlannedFrame], step: Step) -> None:
        """Read what is needed, and what comes after; find the motion of what comes next."""
        wanted = [*needed, *(frame for frame in (step.following, step.coming) if frame)]
        self.reads.want(number for frame in wanted for number in self._needed(frame))
        if step.coming and self._prefetches:
            self._prefetch(step.coming)

    @property
    def _prefetches(self) -> bool:
        """Whether motion can be looked for early: not that of layers that are cut out first."""
        request = self.job.request
        return not request.footage.matte and self.inbetweens.interpolator.prefetches(
            request.quality
        )

    def _prefetch(self, coming: PlannedFrame) -> None:
        """Have the motion of a later pair found while the network works."""
        pair = coming.left, coming.right
        if pair == self.ahead:
            return
        self.ahead = pair
        left, right = (self.reads.coming(frame) for frame in pair)

        def images() -> Iterator[Tensor]:
            try:
                policies = self.job.request.output.layers
                yield from main_colors(left.result(), right.result(), policies)
            except CancelledError:
                raise Cancelled("These frames are not needed any more.") from None

        quality, check = self.job.request.quality, self.meter.check
        self.inbetweens.interpolator.prefetch(images, quality, check)

    def finished(self, skipped: int) -> Finished:
        """What the run did."""
        meter = self.meter
        self.inbetweens.remember_time(of_header(self.job.header).shape)
        return Finished(
            made=self.made,
            copied=self.copied,
            skipped=skipped,
            seconds=time.monotonic() - meter.started,
            network_seconds=meter.network_seconds,
            calls=meter.calls,
        )

    def _needed(self, planned: PlannedFrame) -> list[int]:
        whole = not self.job.request.output.shutter and self._copies_files
        if planned.black or (not planned.fraction and whole):
            return []
        beyond = planned.around(self.inbetweens.beyond if planned.fraction else 0)
        return [planned.left, planned.right, *(n for n in self.job.frames if n in beyond)]

    @property
    def _copies_files(self) -> bool:
        first, output = self.job.plan.frames[0].left, self.job.request.output
        changed = extra_channels(output) or dropped(output.layers)
        return self.job.source.path(first) is not None and not changed

    def _inbetween(self, planned: PlannedFrame) -> Frame:
        """The frame between two."""
        left, right = (self.reads.get(number) for number in (planned.left, planned.right))
        around = self.inbetweens.around(planned)
        return self.inbetweens.make(left, right, planned, around=around)

    def _copy(self, planned: PlannedFrame) -> Callable[[], None]:
        """Writing a source frame as it is, or a black one."""
        metadata, target = self._metadata(planned), self.files.path(planned)
        if planned.black:
            frame = with_extras(black(self.job.header), self.job.request.output)
            return partial(write_frame, frame.with_metadata(metadata), target)
        source = self.job.source.path(planned.left)
        if source is not None and self._copies_files:
            return partial(copy_frame, source, target, metadata)
        frame = self.reads.get(planned.left)
        frame = with_extras(frame, self.job.request.output)
        return partial(write_frame, frame.with_metadata(metadata), target)

    def _metadata(self, planned: PlannedFrame) -> dict[str, Attribute | None]:
        """The retimed timecode and rate, and what the frame was made of."""
        source = self.job.header.parts[0].metadata
        position = str(planned.left) + (f" + {planned.fraction}" if planned.fraction else "")
        position += f" to {planned.right}" if planned.right - planned.left > 1 else ""
        changes = {MADE_OF: Attribute.of("black" if planned.black else position)}
        if (timecode := source.get(TIMECODE)) is not None:
            later = planned.output - self.job.start
            changes[TIMECODE] = offset(timecode, later, self.job.rate)
        if self.job.request.retime.fps and (rate := source.get(RATE)) is not None:
            changes[RATE] = Attribute(
                rate.type, (self.job.rate.numerator, self.job.rate.denominator)
            )
        return dict(changes)

    @span("write")
    def _write(self, write: Callable[[], None], planned: PlannedFrame) -> None:
        self.check_lock()
        write()
        self.files.finished(planned)
        self.meter.wrote(planned.output)


def _of_shutter(seen: Sequence[Step]) -> str:
    """What a shutter has seen, in words for the metadata."""
    first, last = (float(step.moment.time) for step in (seen[0], seen[-1]))
    return f"the mean of {len(seen)} moments, {first:g} to {last:g}"
