"""A job's frames on disk: where they go, which are finished, whose the files there are.

A frame on disk is a finished frame (decision 10). What decides its pixels and metadata is its key,
which the record beside the target's frames has (manifest.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hifi_ofx import __version__, parameters
from hifi_ofx.retime import PlannedFrame

from ..plate.atomic import output_error, remove_leftovers
from .checks import kept_files
from .manifest import Manifest, frame_key, record_of
from .planning import Job

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TargetFiles:
    """The files of one job, made with weights of this SHA-256."""

    job: Job
    weights: str

    @cached_property
    def manifest(self) -> Manifest:
        """The record beside the target's frames."""
        return record_of(self.job.target)

    @property
    def signature(self) -> str:
        """A hash of what jobs have in common that make parts of one retime."""
        first = self.job.source.identity(self.job.source.frames()[0])
        timing = self.job.request.retime.to_json()
        return frame_key(timing=timing, first=first, **self._decisive)

    def path(self, planned: PlannedFrame) -> Path:
        """Where an output frame goes."""
        return Path(self.job.target.path(planned.output))

    def key(self, planned: PlannedFrame) -> str:
        """What decides the frame's pixels and metadata."""
        sources = [] if planned.black else self._sources(planned)
        return frame_key(
            planned=planned.to_json(),
            sources=[self.job.source.identity(frame) for frame in sources],
            **self._decisive,
        )

    def clean_folder(self) -> None:
        """Make the target folder, and remove what a killed render left half-written in it.

        Raises OutputError where it cannot be made.
        """
        folder = self.path(self.job.plan.frames[0]).parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise output_error(folder, error) from error
        remove_leftovers(folder)

    def unfinished(self, check: Callable[[], None]) -> list[PlannedFrame]:
        """The planned frames that are not on disk with this very key; `check` may raise."""
        lines, todo = self.manifest.files(), []
        for planned in self.job.plan.frames:
            check()
            if not self.manifest.is_finished(self.key(planned), self.path(planned), lines):
                todo.append(planned)
        return todo

    def claim(self, todo: Sequence[PlannedFrame]) -> None:
        """Record whose the files of these frames are. Raises OutputError where they are not ours.

        They are recorded before they are there, so that a run that is killed can go on.
        """
        files = {planned.output: self.path(planned) for planned in todo}
        policy, ours = self.job.request.overwrite, self.manifest.files()
        there = [] if policy == "all" else [n for n, file in files.items() if file.exists()]
        kept = [n for n in there if policy == "never" or files[n].name not in ours]
        if kept:
            raise kept_files(self.job.request.target, kept, policy)
        self.manifest.claim(files)

    def tell_leftovers(self) -> None:
        """Name, or remove, frames that an older, longer retime of ours left behind the last."""
        left = self._leftovers()
        if left and self.job.request.clean:
            for file in left:
                file.unlink(missing_ok=True)
            log.info("removed %d frames of an older retime", len(left))
        elif left:
            log.warning(
                "%d frames of an older retime are there still, %s to %s: --clean removes them",
                len(left),
                left[0].name,
                left[-1].name,
            )

    def finished(self, planned: PlannedFrame) -> None:
        """Record a frame that has just been written. Raises OutputError when that fails."""
        self.manifest.add(planned.output, self.key(planned), self.path(planned))

    def _leftovers(self) -> list[Path]:
        """Files of ours in the target that the whole plan does not make; not told of a part."""
        target, ours = self.job.target, self.manifest.files()
        if self.job.request.only is not None:
            return []
        planned = {frame.output for frame in self.job.plan.frames}
        others = (target.path(number) for number in target.frames() if number not in planned)
        return [file for file in others if file.name in ours]

    def _sources(self, planned: PlannedFrame) -> list[int]:
        """The source frames that may decide this one, more than its neighbors."""
        request = self.job.request
        near = planned.around(request.footage.context(planned.is_made, request.quality.beyond))
        return [frame for frame in self.job.frames if frame in near]

    @property
    def _decisive(self) -> dict[str, Any]:
        """What decides the pixels and metadata of every frame of the job."""
        request = self.job.request
        return {
            "settings": [
                parameters.to_json(part)
                for part in (request.quality, request.output, request.footage)
            ],
            "precision": request.machine.precision,
            "weights": self.weights,
            "version": __version__,
            "start": self.job.start,
            "rate": self.job.rate,
        }
