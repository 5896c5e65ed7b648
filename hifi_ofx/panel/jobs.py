"""The queue of renders: one after the other, with pause, cancel and retry.

A pause is a cancel that remembers: the engine keeps every finished frame and goes on from them.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from ..engine_process import EngineProcess
from ..errors import Cancelled, EngineError, HifiError
from ..request import Finished, Log, Progress, RenderRequest
from .qt import QtCore, Signal

WAITING, RENDERING, PAUSED = "waiting", "rendering", "paused"
FINISHED, FAILED, CANCELLED = "finished", "failed", "cancelled"
OVER = (FINISHED, FAILED, CANCELLED)

STOP_SECONDS = 1.0  # that closing a panel waits for its engine

Start = Callable[[], EngineProcess]


@dataclass(eq=False)
class Job:
    """One render in the queue, and how far it is. Changed by the queue alone."""

    request: RenderRequest
    state: str = WAITING
    frames: int = 0  # of the retime, once they are known
    frames_done: int = 0
    share: float = 0.0  # of the work, 0 to 1
    seconds_left: Optional[float] = None
    message: str = ""  # why it is where it is: the engine's own words
    finished: Optional[Finished] = None
    log: list[Log] = field(default_factory=list)


class RenderQueue(QtCore.QObject):
    """Renders jobs in their order on a thread of its own, with one engine for all of them.

    `changed` says which job is not as it was; it arrives in the thread that this object lives in.
    """

    changed = Signal(object)  # Job

    def __init__(
        self, parent: Optional[QtCore.QObject] = None, start: Start = EngineProcess
    ) -> None:
        super().__init__(parent)
        self._start = start
        self._jobs: list[Job] = []
        self._engine: Optional[EngineProcess] = None
        self._stopped = False
        self._woken = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="rendering", daemon=True)
        self._thread.start()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs, in the order in which they are rendered."""
        return tuple(self._jobs)

    @property
    def engine_pid(self) -> Optional[int]:
        """The process ID of the engine, while there is one."""
        return None if self._engine is None else self._engine.pid

    def add(self, request: RenderRequest) -> Job:
        """Render this when those before it are done."""
        job = Job(request)
        with self._woken:
            self._jobs.append(job)
            self._woken.notify()
        self.changed.emit(job)
        return job

    def take_up(self, found: Sequence[Job]) -> None:
        """Go on with jobs of a panel that is gone, before those that were added since."""
        with self._woken:
            self._jobs[:0] = found
            self._woken.notify()
        for job in found:
            self.changed.emit(job)

    def pause(self, job: Job) -> None:
        """Stop within one network call and keep the place in the queue."""
        self._halt(job, PAUSED)

    def cancel(self, job: Job) -> None:
        """Stop within one network call; finished frames stay on disk."""
        self._halt(job, CANCELLED)

    def resume(self, job: Job) -> None:
        """Go on with a job that was paused, cancelled, or failed; what is finished is kept."""
        with self._woken:
            if job.state not in (PAUSED, CANCELLED, FAILED):
                return
            job.state, job.message, job.seconds_left = WAITING, "", None
            self._woken.notify()
        self.changed.emit(job)

    def remove(self, job: Job) -> None:
        """Forget a job that is not being rendered."""
        with self._woken:
            if job.state != RENDERING and job in self._jobs:
                self._jobs.remove(job)
        self.changed.emit(job)

    def is_busy(self) -> bool:
        """Whether something is being rendered or waits for it."""
        return any(job.state in (WAITING, RENDERING) for job in self._jobs)

    def stop(self) -> None:
        """Cancel what is under way, and end the thread and its engine."""
        with self._woken:
            self._stopped = True
            self._woken.notify()
        self._cancel_engine()
        self._thread.join(STOP_SECONDS)  # what takes longer ends by itself: a host must not wait

    def _halt(self, job: Job, state: str) -> None:
        with self._woken:
            if job.state in OVER:
                return
            was_rendering = job.state == RENDERING
            job.state, job.seconds_left = state, None
            if was_rendering:  # in here: what the thread asks next must not be cancelled as well
                self._cancel_engine()
        self.changed.emit(job)

    def _cancel_engine(self) -> None:
        engine = self._engine
        if engine is not None:
            with contextlib.suppress(HifiError):
                engine.cancel()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._render(job)
            except Cancelled:
                self._end(job, CANCELLED, "")
            except HifiError as error:
                self._give_up(job, error)
            except Exception as error:  # shown in the queue: a thread must not end in silence
                self._give_up(job, HifiError(f"The panel failed: {error!r}."))
        if self._engine is not None:
            self._engine.stop()

    def _next(self) -> Optional[Job]:
        """The first job that waits; None at the end."""
        with self._woken:
            while not self._stopped:
                waiting = next((job for job in self._jobs if job.state == WAITING), None)
                if waiting is not None:
                    waiting.state = RENDERING
                    return waiting
                self._woken.wait()
        return None

    def _render(self, job: Job) -> None:
        self._say(job)
        if self._engine is None:
            self._engine = self._start()
        rendering = self._engine.render(job.request)
        with contextlib.closing(rendering):  # type: ignore[type-var] # it is a generator
            for said in rendering:
                if job.state != RENDERING or self._stopped:
                    raise Cancelled("Stopped.")
                self._note(job, said)
        self._say(job)

    def _note(self, job: Job, said: Any) -> None:
        if isinstance(said, Log):
            job.log.append(said)
        elif isinstance(said, Progress):
            job.frames = max(job.frames, said.frames)
            job.frames_done = job.frames - said.frames + said.frames_done
            before = 1 - said.frames / job.frames if job.frames else 0.0
            here = said.calls_done / said.calls if said.calls else 0.0
            job.share = before + (1 - before) * here
            job.seconds_left = said.seconds_left
        elif isinstance(said, Finished):
            job.finished, job.frames_done, job.share = said, job.frames, 1.0
            job.state, job.seconds_left = FINISHED, None
        self._say(job)

    def _give_up(self, job: Job, error: HifiError) -> None:
        if isinstance(error, EngineError) and self._engine is not None:
            self._engine.kill()  # the next job starts another
            self._engine = None
        self._end(job, FAILED, str(error))

    def _end(self, job: Job, state: str, message: str) -> None:
        """Why a render ended; a pause or a cancel asked for it and keeps its own state."""
        with self._woken:
            if job.state == RENDERING:
                job.state, job.message = state, message
            job.seconds_left = None
        self._say(job)

    def _say(self, job: Job) -> None:
        if not self._stopped:
            self.changed.emit(job)
