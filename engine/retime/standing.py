"""What lies in a target's place before a render, and who made it: a front end asks about it."""

from __future__ import annotations

from hifi_ofx.request import Standing

from .planning import Job
from .target_files import TargetFiles


def standing(job: Job, weights: str) -> Standing:
    """The frames on disk under the target's names. `weights`: SHA-256 of the weights file."""
    there = set(job.target.frames()) if job.target.folder.is_dir() else set()
    if not there:
        return Standing()
    files = TargetFiles(job, weights)
    lines = files.manifest.files()
    planned = {frame.output: frame for frame in job.plan.frames if frame.output in there}
    ours = {number for number in there if job.target.path(number).name in lines}
    done = {
        number
        for number, frame in planned.items()
        if files.manifest.is_finished(files.key(frame), files.path(frame), lines)
    }
    left = ours - set(planned) if job.request.only is None else set()
    return Standing(
        done=len(done),
        replaced=tuple(sorted(set(planned) & ours - done)),
        foreign=tuple(sorted(set(planned) - ours)),
        leftover=tuple(sorted(left)),
    )
