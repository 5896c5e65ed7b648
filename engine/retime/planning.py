"""From a request to a job: what every output frame is made of, and what that will cost."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from hifi_ofx.errors import FrameError, InvalidSetting
from hifi_ofx.quality import Output, Quality
from hifi_ofx.request import Cost, RenderRequest
from hifi_ofx.retime import RetimePlan, chosen, plan_clip
from hifi_ofx.sequence import ImageSequence, same_files
from hifi_ofx.shutter import opened
from hifi_ofx.waiting import Check, unasked

from ..inference import timing
from ..inference.interpolator import Interpolator, StagePlan
from ..paper.cascade import Size
from ..plate.frame import Frame
from ..plate.matte import check_mattes, open_clip
from ..plate.source import Source
from ..plate.timecode import TIMECODE, offset
from .effort import blends, network_images, synthesized_images
from .gaps import without_gaps
from .matted import IMAGES
from .picture import of_header

log = logging.getLogger(__name__)

SAMPLED = 16  # frames whose headers an estimate goes by, about
HALVINGS = 3  # with midpoint-only weights: x8, as in the X-TEST protocol
_DISPLAY_FORMATS = (".png", ".jpg", ".jpeg", ".dpx")


@dataclass(frozen=True)
class Job:
    """A request that has been checked against its clip. Close the source when done."""

    request: RenderRequest
    source: Source
    frames: list[int]  # source frames that are there, ascending
    target: ImageSequence
    plan: RetimePlan
    header: Frame  # of the first source frame, for sizes, layers and the timecode
    start: int  # the output frame whose timecode is the first source frame's
    rate: Fraction  # frames per second of the result


def prepare(request: RenderRequest, knows_fractions: bool, check: Check = unasked) -> Job:
    """The job for a request; every decision on the way is in the log.

    Raises a HifiError for a clip, a target or settings that do not go together, and whatever
    `check` raises, which is called while a video is read.
    """
    marks = request.footage.marked_cuts, request.footage.marked_holds
    _ = marks  # what is no frame is said before anything is read
    layers = request.output.layers
    source = open_clip(request.source, request.footage, request.target, layers, check)
    frames = source.frames()
    planned, held = plan_clip(request.retime, frames, request.footage.ends)
    planned = opened(planned, request.retime, frames[0], frames[-1], request.output)
    start = planned.frames[0].output
    plan = planned.only(chosen(request.only)) if request.only else planned
    plan, there, notes = without_gaps(plan, source, request)
    plan = _for_weights(plan, knows_fractions)
    for note in (*held, *notes):
        log.warning("%s", note)
    check_mattes(source, plan.source_frames)
    target = ImageSequence.parse(request.target)
    header = _first_header(source, planned.source_frames[0])
    _check_target(request, target, plan, header)
    rate = request.retime.fps[1] if request.retime.fps else source.rate()
    return Job(request, source, there, target, plan, header, start, rate)


def cost(job: Job, interpolator: Interpolator) -> Cost:
    """What rendering the job takes on this machine, if no frame is skipped.

    In-betweens are as large as data windows of some frames say, evenly over the range; memory is
    that of the largest.
    """
    works = [interpolator.work(job.request.quality, size) for size in _sizes(job)]
    work = max(works, key=lambda one: one.area)
    made_of = job.header, job.request.output, job.request.footage
    images, asked = synthesized_images(*made_of), network_images(*made_of, work.follows)
    is_new = images or blends(job.header, job.request.output)
    inbetweens = len(job.plan.inbetweens) if is_new or job.request.output.shutter else 0
    moments = len(job.plan.moments) if is_new else 0
    calls = asked * moments * sum(one.calls for one in works) // len(works)
    area = sum(one.area for one in works) // len(works)
    seconds = timing.seconds(interpolator.device, work.timing_key, area)
    return Cost(
        frames=len(job.plan.frames),
        inbetweens=inbetweens,
        calls=calls,
        batch=work.batch,
        stages=tuple(map(_in_words, work.stages)),
        device=str(interpolator.device),
        network_bytes=work.network_bytes,
        frame_bytes=_frame_bytes(job) + work.host_bytes,
        seconds=None if seconds is None else seconds * images * moments,
        acts=tuple(sorted(interpolator.acts)),
        moments=moments,
    )


def _sizes(job: Job) -> list[Size]:
    """(height, width) of what in-betweens are made from, of some frames; a video has one size."""
    numbers = job.plan.source_frames
    some = [n for n in numbers[:: max(1, len(numbers) // SAMPLED)] if job.source.path(n)]
    found = []
    for number in some:
        with contextlib.suppress(FrameError):  # who renders says which frames are damaged
            found.append(of_header(job.source.header(number)).shape)
    return found or [of_header(job.header).shape]


def _first_header(source: Source, first: int) -> Frame:
    """The header that a result starts from: of the first frame in use, or of the next there is.

    Timecode then is what the first frame would have.
    """
    frames = [n for n in source.frames() if n >= first] or source.frames()
    found = next((n for n in frames if not source.empty([n])), frames[0])
    header = source.header(found)
    timecode = header.parts[0].metadata.get(TIMECODE)
    if found == first or timecode is None:
        return header
    return header.with_metadata({TIMECODE: offset(timecode, first - found, source.rate())})


def _for_weights(plan: RetimePlan, knows_fractions: bool) -> RetimePlan:
    if knows_fractions:
        return plan
    halved, rounded = plan.halved(HALVINGS)
    if rounded and any(frame.exposures for frame in plan.frames):
        log.warning("a shutter's moments become the nearest that halving reaches")
        return halved
    for frame in rounded:
        log.warning(
            "frame %d: fraction %s becomes %s, the nearest that halving reaches",
            frame.output,
            frame.wanted,
            frame.got,
        )
    return halved


def _check_target(
    request: RenderRequest, target: ImageSequence, plan: RetimePlan, header: Frame
) -> None:
    suffix = Path(request.target).suffix.lower()
    if target.is_video:
        raise InvalidSetting(
            f"{request.target} is a video; a retime writes image sequences.",
            "Name a sequence, as in slow.####.exr, and encode it afterwards.",
        )
    if suffix in _DISPLAY_FORMATS and not header.display_referred:
        raise InvalidSetting(
            f"{request.target} cannot hold scene-linear light: {suffix[1:]} files clip it.",
            "Write .exr, and convert for display afterwards.",
        )
    check_uncertainty(request.output, request.quality)
    if (request.output.uncertainty or request.output.vectors) and suffix != ".exr":
        raise InvalidSetting(
            f"{request.target} has no place for the layers of uncertainty and vectors.",
            "Write .exr.",
        )
    same_files(ImageSequence.around(request.source), target)
    if suffix == ".exr" and header.display_referred:
        log.warning(
            "display-referred values are written to %s unchanged%s", request.target, _kind(header)
        )


def _kind(header: Frame) -> str:
    """How a video's values are encoded, in brackets."""
    transfer = header.parts[0].metadata.get("hifi:transfer")
    return f" ({transfer.value})" if transfer else ""


def check_uncertainty(output: Output, quality: Quality) -> None:
    """Raise InvalidSetting when the variance of a single sample is asked for."""
    if output.uncertainty and quality.samples < 2:
        raise InvalidSetting(
            "Uncertainty is the variance over samples, and Samples averaged is 1.",
            "Average 2 samples or more, or leave Uncertainty off.",
        )


def _in_words(stage: StagePlan) -> str:
    (height, width), boxes, steps = stage
    patches = f"{len(boxes)} patches of {boxes[0].height}x{boxes[0].width}"
    return f"{height}x{width}: {patches}, {steps} steps"


def _frame_bytes(job: Job) -> int:
    """Bytes for frames that were read, read ahead and are written behind, and for a matte's.

    With a shutter two images more, the sum and what is added to it, and all files that it sees.
    """
    height, width = of_header(job.header).shape
    files = sum(part.nbytes for part in job.header.parts)
    images = (IMAGES if job.request.footage.matte else 0) + 2 * bool(job.request.output.shutter)
    seen = max(2, *(len(frame.around(0)) for frame in job.plan.frames))
    seen += 2 * job.request.quality.beyond
    return images * 3 * 4 * height * width + (2 + seen) * files
