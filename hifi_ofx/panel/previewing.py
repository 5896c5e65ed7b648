"""Previews from an engine of their own, so that none waits for a render of hours.

The engine answers one request after the other. A second process costs little (a network is loaded
when it is needed and let go of when idle), and on a GPU both take turns frame by frame.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Optional, Union

from ..engine_process import EngineProcess
from ..errors import Cancelled, EngineError, HifiError
from ..preview import Preview, PreviewRequest, Shots, ShotsRequest
from ..request import Log, Plan, Progress, RenderRequest
from .qt import QtCore, Signal

STOP_SECONDS = 1.0  # that closing a panel waits for its engine
SETTLED = 0.35  # seconds without another wish before the costly phases begin
SURVEYED = 8  # source frames that are looked through at a time

Start = Callable[[], EngineProcess]
Idle = Union[PreviewRequest, ShotsRequest]  # what is made while nothing is wished


@dataclass(frozen=True)
class Wish:
    """What is to be looked at: these phases of one preview, and what a render would cost."""

    asked: PreviewRequest
    phases: tuple[str, ...] = ("frames", "draft", "final")
    priced: Optional[RenderRequest] = None
    kept: Optional[PreviewRequest] = None  # the same with other settings, made last


class Previewing(QtCore.QObject):
    """Fulfils the latest wish on a thread of its own; a newer wish cancels an older one.

    Signals carry what the engine says; they arrive in the thread that this object lives in.
    """

    answered = Signal(object)  # Preview
    priced = Signal(object, object)  # RenderRequest, Plan
    progressed = Signal(str, object)  # phase, Progress
    logged = Signal(object)  # Log
    failed = Signal(object)  # HifiError: of a preview
    unpriced = Signal(object)  # HifiError: of the cost alone
    started = Signal(object)  # EngineInfo
    kept = Signal(object)  # Preview: of the settings that were kept to compare with
    reeled = Signal(object)  # Preview: a frame to be played
    surveyed = Signal(object)  # Shots
    phase_changed = Signal(str)  # what is under way; "" when nothing is

    def __init__(
        self, parent: Optional[QtCore.QObject] = None, start: Start = EngineProcess
    ) -> None:
        super().__init__(parent)
        self._start = start
        self._wish: Optional[Wish] = None
        self._reel: list[PreviewRequest] = []  # what is made to be played
        self._survey: list[ShotsRequest] = []  # what is looked through while nothing is wished
        self._number = 0  # of the latest wish; what belongs to an earlier one is stale
        self._stopped = False
        self._busy = False
        self._engine: Optional[EngineProcess] = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="previewing", daemon=True)
        self._thread.start()

    def wish(self, wish: Optional[Wish]) -> None:
        """Look at this now instead of anything else; None cancels."""
        with self._changed:
            self._wish = wish
            self._number += 1
            self._cancel()  # in here: what the thread asks next must not be cancelled as well
            self._changed.notify()

    def reel(self, asked: Sequence[PreviewRequest]) -> None:
        """Make these one after the other, whenever nothing else is wished; instead of others."""
        with self._changed:
            self._reel = list(asked)
            self._changed.notify()

    def survey(self, request: RenderRequest, first: int, last: int) -> None:
        """Find the cuts of a clip, a few frames at a time, whenever nothing else is wished."""
        starts = range(first, last, SURVEYED)
        with self._changed:
            self._survey = [
                ShotsRequest(request, start, min(last, start + SURVEYED)) for start in starts
            ]
            self._changed.notify()

    def stop(self) -> None:
        """End the thread and its engine."""
        with self._changed:
            self._stopped = True
            self._number += 1
            self._changed.notify()
        self._cancel()
        self._thread.join(STOP_SECONDS)  # what takes longer ends by itself: a host must not wait

    @property
    def is_busy(self) -> bool:
        """Whether a wish is being fulfilled, or waits for it."""
        return self._busy or self._wish is not None

    @property
    def engine_pid(self) -> Optional[int]:
        """The process ID of the engine, while there is one."""
        return None if self._engine is None else self._engine.pid

    def _cancel(self) -> None:
        engine = self._engine
        if engine is not None:
            with contextlib.suppress(HifiError):
                engine.cancel()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._wish is None and not self._stopped and not self._may_survey:
                    self._changed.wait()
                if self._stopped:
                    break
                wish, self._wish, number = self._wish, None, self._number
                asked: list[Idle] = [*self._reel[:1], *self._survey[:1]]
                self._busy = wish is not None
            if wish is None:
                self._look_through(asked[0], number)
                continue
            self._fulfil(wish, number)
            self._busy = False
            if self._wish is None:
                self._say(self.phase_changed, "")
        if self._engine is not None:
            self._engine.stop()

    def _fulfil(self, wish: Wish, number: int) -> None:
        try:
            self._running()  # first, so that what is waited for is said in its order
            for phase in wish.phases:
                if phase == "final" and not self._settled(number):
                    return
                self._say(self.phase_changed, phase)
                blend = wish.asked.blend or phase != "frames"  # it may be wanted next
                for said in self._said(replace(wish.asked, phase=phase, blend=blend), number):
                    self._pass_on(phase, said)
                if phase != "draft" and wish.priced is not None:
                    self._price(wish.priced, number)
            if wish.kept is not None:
                for said in self._said(wish.kept, number):
                    if isinstance(said, Preview):
                        self._say(self.kept, said)
        except Cancelled:
            return
        except HifiError as error:
            self._give_up(error, number)
        except Exception as error:  # shown in the viewer: a thread must not end in silence
            self._give_up(HifiError(f"The panel failed: {error!r}."), number)

    @property
    def _may_survey(self) -> bool:
        """An engine is started for a preview alone."""
        return bool(self._survey or self._reel) and self._engine is not None

    def _look_through(self, asked: Idle, number: int) -> None:
        """One frame of the reel, or a stretch of the survey; again when a wish comes in between."""
        plays = isinstance(asked, PreviewRequest)
        try:
            for said in self._unwished(asked, number):
                if isinstance(said, (Preview, Shots)):
                    self._say(self.reeled if plays else self.surveyed, said)
        except Cancelled:
            return
        except HifiError as error:  # what is wrong with the plate a preview says
            self._reel, self._survey = [], []
            self._give_up(error, self._number if plays else -1)
            return
        with self._changed:
            for waiting in (self._reel, self._survey):
                if waiting and waiting[0] is asked:
                    waiting.pop(0)

    def _unwished(self, asked: Idle, number: int) -> Iterator[Any]:
        engine = self._running()
        said = engine.preview(asked) if isinstance(asked, PreviewRequest) else engine.shots(asked)
        with contextlib.closing(said):  # type: ignore[type-var] # it is a generator
            for line in said:
                if number != self._number:
                    raise Cancelled("Something was wished.")
                yield line

    def _said(self, asked: PreviewRequest, number: int) -> Iterator[Progress | Log | Preview]:
        conversation = self._running().preview(asked)
        with contextlib.closing(conversation):  # type: ignore[type-var] # it is a generator
            for said in conversation:
                if number != self._number:
                    raise Cancelled("Another preview was asked for.")
                yield said

    def _price(self, request: RenderRequest, number: int) -> None:
        try:
            for said in self._running().plan(request):
                if number == self._number and isinstance(said, Plan):
                    self._say(self.priced, request, said)
        except (Cancelled, EngineError):
            raise
        except HifiError as error:
            if number == self._number:
                self._say(self.unpriced, error)

    def _pass_on(self, phase: str, said: Progress | Log | Preview) -> None:
        if isinstance(said, Progress):
            self._say(self.progressed, phase, said)
        elif isinstance(said, Log):
            self._say(self.logged, said)
        else:
            self._say(self.answered, said)

    def _settled(self, number: int) -> bool:
        """Wait a moment; False when another wish came."""
        with self._changed:
            return not self._changed.wait_for(lambda: number != self._number, SETTLED)

    def _running(self) -> EngineProcess:
        if self._engine is None:
            self._say(self.phase_changed, "starting")
            self._engine = self._start()
            self._say(self.started, self._engine.info)
        return self._engine

    def _give_up(self, error: HifiError, number: int) -> None:
        if isinstance(error, EngineError) and self._engine is not None:
            self._engine.kill()  # the next wish starts another
            self._engine = None
        if number == self._number:
            self._say(self.failed, error)

    def _say(self, signal: Any, *values: object) -> None:
        if not self._stopped:
            signal.emit(*values)
