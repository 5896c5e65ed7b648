"""From a click on Render to a job in the queue: what would be written over is asked about first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Optional

from ..errors import HifiError
from ..frame_list import in_words
from ..request import Plan, RenderRequest, Standing
from ..sequence import ImageSequence
from . import jobs
from .form import Form
from .jobs import Job, RenderQueue
from .latest import Latest
from .looking import Looking
from .qt import QtCore, Signal
from .question import Question


class Committing(QtCore.QObject):
    """Adds what the form says to the queue, unasked where nothing of anybody is in its place.

    Whether the target holds any frame is found out on a thread; only where it does, the engine is
    asked whose they are. `added` comes with the job.
    """

    added = Signal(object)  # Job

    def __init__(
        self, form: Form, looking: Looking, queue: RenderQueue, question: Question
    ) -> None:
        super().__init__(form)
        self._form, self._looking, self._queue, self._question = form, looking, queue, question
        self._wanted: Optional[RenderRequest] = None
        self.lent = ""  # a host's target, which the host itself looks after
        self.background = Latest("target", self)
        self.background.done.connect(self._listed)
        self.background.failed.connect(lambda key, error: self._add())
        looking.previewing.priced.connect(self._priced)
        looking.previewing.unpriced.connect(self._fell_through)
        looking.previewing.failed.connect(self._fell_through)
        form.changed.connect(self._changed)

    def render(self) -> None:
        """Queue what the form says; where it cannot be rendered, the reason is shown."""
        request = self._looking.request()
        if request is None:
            return
        self._wanted = request
        other = self._same_target(request)
        if other is not None:
            self._ask(_in_the_queue(other), Standing())
        elif request.target == self.lent:
            self._add()
        else:
            self.background.submit("target", lambda: (request, _there(request.target)))

    def stop(self) -> None:
        """End the thread."""
        self.background.stop()

    def _listed(self, key: str, found: Any) -> None:
        if key == "name":
            self._form.choose_target(found)
            return
        request, some = found
        if request != self._wanted:
            return
        if some:
            self._looking.said.emit("Looking at what the target holds …", "")
            self._looking.look()
        else:
            self._add()

    def _priced(self, request: RenderRequest, plan: Plan) -> None:
        if self._wanted is None or request != self._wanted or self._question.isVisible():
            return
        words = _in_words(request.target, plan.standing)
        if words:
            self._ask(words, plan.standing)
        else:
            self._add()

    def _fell_through(self, error: HifiError) -> None:
        """The engine cannot say whose the frames are: then none of them is written over."""
        if not self._question.isVisible():
            self._add(overwrite="never")

    def _ask(self, words: str, standing: Standing) -> None:
        policy = "all" if standing.foreign else "own"
        replace_them = "Replace them" if standing.foreign or standing.replaced else "Render"
        answers: dict[str, Callable[[], object]] = {
            replace_them: lambda: self._add(overwrite=policy)
        }
        if standing.leftover:
            rest = f"{replace_them}, remove the rest"
            answers[rest] = lambda: self._add(overwrite=policy, clean=True)
        answers["Another name"] = self._rename
        answers["Cancel"] = self.forget
        self._question.ask(words, answers)

    def _add(self, **changes: object) -> None:
        request, self._wanted = self._wanted, None
        if request is not None:
            self._looking.said.emit("", "")
            self.added.emit(self._queue.add(replace(request, **changes)))  # type: ignore[arg-type]

    def _rename(self) -> None:
        self.forget()
        target = self._form.target.text().strip()
        self.background.submit("name", lambda: free_name(target))

    def forget(self) -> None:
        """Queue nothing of what is still being looked at."""
        self._wanted = None

    def _changed(self) -> None:
        """What was asked about is not what the form says any more."""
        if self._wanted is not None:
            self.forget()
            self._question.take_back()

    def _same_target(self, request: RenderRequest) -> Optional[Job]:
        return next(
            (
                job
                for job in self._queue.jobs
                if job.state not in jobs.OVER
                and job.request.target == request.target
                and not _same_frames(job.request, request)
            ),
            None,
        )


def _same_frames(job: RenderRequest, request: RenderRequest) -> bool:
    return replace(job, overwrite="own", clean=False, viewing=request.viewing) == request


def free_name(target: str) -> str:
    """The target under a name that no file and none of its frames has: slow_2.####.exr."""
    sequence = ImageSequence.parse(target)
    stem = sequence.prefix.rstrip("._-")
    for number in range(2, 1000):
        path = sequence.folder / f"{stem}_{number}{Path(target).name[len(stem) :]}"
        if not ImageSequence.parse(str(path)).frames():
            return path.as_posix()
    return target


def _there(target: str) -> bool:
    sequence = ImageSequence.parse(target)
    return sequence.folder.is_dir() and bool(sequence.frames())


def _in_words(target: str, standing: Standing) -> str:
    """What a render would write over, and what it would leave beside its own frames."""
    name = Path(target).name
    said = []
    if standing.foreign:
        said.append(f"{_frames(standing.foreign)} in the place of {name}, made by no retime.")
    if standing.replaced:
        said.append(f"{_frames(standing.replaced)} of another retime in the place of {name}.")
    if standing.leftover:
        said.append(
            f"{_frames(standing.leftover)} of an older retime beside them, "
            "which this one does not make."
        )
    return " ".join(said)


def _frames(numbers: tuple[int, ...]) -> str:
    count = len(numbers)
    are = "There is 1 frame" if count == 1 else f"There are {count} frames"
    return f"{are} ({in_words(numbers)})"


def _in_the_queue(job: Job) -> str:
    return (
        f"{Path(job.request.target).name} is the target of another render in the queue, "
        "whose frames this one would replace."
    )
