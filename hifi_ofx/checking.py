"""What can be told of a request from its files' names alone, before any engine is started."""

from __future__ import annotations

from .errors import InvalidSetting, SequenceError
from .plan import RetimePlan
from .request import RenderRequest
from .retime import chosen, fill_missing, plan_clip
from .sequence import ImageSequence, same_files
from .shutter import opened


def check_paths(request: RenderRequest) -> None:
    """Raise what a render would raise: no plate, missing frames, a target that cannot be one."""
    source, target = ImageSequence.around(request.source), parsed_target(request)
    same_files(source, target)
    if not source.is_video:
        filled(planned(request, source), request, source, {})
    elif not source.path(1).is_file():
        reason = "is a folder" if source.path(1).is_dir() else "does not exist"
        raise SequenceError(f"{request.source} {reason}.", "Check the folder and the name.")


def parsed_target(request: RenderRequest) -> ImageSequence:
    """The target of a request. Raises InvalidSetting for a video."""
    target = ImageSequence.parse(request.target)
    if target.is_video:
        raise InvalidSetting(
            f"{request.target} is a video; a retime writes image sequences.",
            "Name a sequence, as in slow.####.exr, and encode it afterwards.",
        )
    return target


def planned(request: RenderRequest, source: ImageSequence) -> RetimePlan:
    """What a request makes of a sequence on disk. Raises a HifiError where it cannot be made."""
    source.first  # noqa: B018 - raises a sentence when there is no frame at all
    frames = source.frames()
    plan, _ = plan_clip(request.retime, frames, request.footage.ends)
    return wanted(opened(plan, request.retime, frames[0], frames[-1], request.output), request)


def wanted(plan: RetimePlan, request: RenderRequest) -> RetimePlan:
    """The output frames that a request is limited to. Raises InvalidSetting."""
    return plan.only(chosen(request.only)) if request.only else plan


def filled(
    plan: RetimePlan, request: RenderRequest, source: ImageSequence, empty: dict[int, str]
) -> RetimePlan:
    """The plan with what stands in for missing and empty frames. Raises MissingFrames."""
    footage = request.footage
    available = [frame for frame in source.frames() if frame not in empty]
    name, gap = request.source, footage.longest_gap
    return fill_missing(plan, available, footage.missing, name, gap, empty)[0]
