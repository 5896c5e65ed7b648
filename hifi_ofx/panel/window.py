"""The panel: form, viewer, cost and queue in one widget, alone or docked in a host."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from functools import partial
from typing import Optional, Protocol

from ..errors import HifiError
from ..request import EngineInfo, Progress, RenderRequest
from ..terminal import remaining
from . import jobs, style
from .arrangement import lay_out
from .check_view import CheckView
from .coloring import Coloring
from .committing import Committing
from .controls import Controls
from .cost import CostCard
from .cut_marks import CutMarks
from .dropping import Dropping
from .fields import Check
from .form import Form
from .jobs import Job, RenderQueue
from .kept_queue import KeptQueue, described
from .keys import keys_of
from .looking import Looking
from .playing import Playing
from .previewing import Previewing, Start
from .qt import QtCore, QtGui, QtWidgets, Signal, keep_singletons
from .question import Question
from .queue_view import QueueView
from .session import Session
from .shortcuts import Sheet, bind
from .transport import Transport
from .undo import Undo
from .viewer import Viewer
from .words import Elided, Words


class _Stoppable(Protocol):
    def stop(self) -> None: ...


_REMEMBER_MS = 1500  # after the last change


class PanelWidget(QtWidgets.QWidget):
    """The whole panel. `closed` comes once its engines have ended."""

    closed = Signal()
    job_ended = Signal(object)  # Job

    def __init__(
        self,
        parent: Optional[QtWidgets.QWidget] = None,
        source: Optional[str] = None,
        start: Optional[Start] = None,
    ) -> None:
        keep_singletons()
        super().__init__(parent)
        self.setObjectName("panel")
        self.setWindowTitle("HiFI retime")
        self.setAcceptDrops(True)
        style.apply(self)
        engines = {} if start is None else {"start": start}
        self.form, self.viewer, self.card = Form(), Viewer(), CostCard()
        self.controls = Controls(self.viewer, self.form.field("view").editor)
        self.transport = Transport()
        self.coloring = Coloring(self.form, self.viewer, self.controls)
        self.previewing = Previewing(self, **engines)
        self.queue = RenderQueue(self, **engines)
        self.queue_view = QueueView(self.queue)
        self.looking = Looking(
            self.form, self.viewer, self.controls, self.transport, self.card, self.previewing
        )
        self.question = Question()
        self.committing = Committing(self.form, self.looking, self.queue, self.question)
        self.dropping = Dropping(self.form, self.looking, self.queue, self.question)
        self.kept = KeptQueue()
        self.cut_marks, self.playing = CutMarks(self.looking), Playing(self.looking)
        self.transport.connect_player(self.playing)
        self.undo = Undo(self.form)
        self.render_button = QtWidgets.QPushButton("Render")
        self.check_button, self.check_view = QtWidgets.QPushButton("Check"), CheckView()
        self.auto = Check("Auto")
        self.again, self.stop_preview = QtWidgets.QPushButton("Preview"), QtWidgets.QPushButton()
        self.under_way, self.preview_bar = Elided(least=0), QtWidgets.QProgressBar()
        self.foot, self.device = Words(), Elided()
        self.columns, self.rows = QtWidgets.QSplitter(), QtWidgets.QSplitter()
        self._states: list[tuple[Job, str]] = []  # of the queue that is kept
        self._open, self._returns, self._seen = True, False, False
        self.session = Session(self)
        lay_out(self)
        self.keys = keys_of(self)
        self.sheet = Sheet(self, self.keys)
        bind(self, self.keys)
        self._saving = QtCore.QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(_REMEMBER_MS)
        self._listen()
        self._recall()
        self.coloring.refresh()
        self.undo.begin()
        if source is not None:
            self.form.set_source(source)

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(1280, 800)

    def show_request(self, request: RenderRequest) -> None:
        """Fill the form from a host's request, and look at its plate."""
        self.session.lent, self.committing.lent = request.source, request.target
        self.form.show_request(request)

    def render_now(self) -> None:
        """Queue what the form says, or show why it cannot be, or ask what to write over."""
        self.committing.render()

    def check(self) -> None:
        """Ask the plate how good its retime will be, and by which settings."""
        try:
            request = self.form.request(spare_target="checked.####.exr")
        except HifiError as error:
            self.say(str(error), "error")
            return
        self.viewer.hide()
        self.check_view.ask(request)

    def cancel(self) -> None:
        """Stop the preview, and a render that is not in the queue yet."""
        self.committing.forget()
        self.looking.cancel()

    def return_when_done(self) -> None:
        """Close by itself after a render that finished: a host waits for it."""
        self._returns, self.kept.is_on = True, False
        self.render_button.setText("Render and return")

    def say(self, text: str, role: str = "quiet") -> None:
        """A line at the panel's foot."""
        self.foot.setText(text)
        self.foot.setToolTip(text)
        self.foot.setProperty("role", role or "quiet")
        self.foot.style().unpolish(self.foot)
        self.foot.style().polish(self.foot)

    def stop(self) -> None:
        """Remember everything and end the engines; the panel cannot be used afterwards."""
        if not self._open:
            return
        self._open = False
        self.session.keep()
        self.playing.stop()
        self.kept.keep(described(self.queue.jobs))
        self.kept.release()
        self.committing.stop()
        self.dropping.background.stop()
        self.coloring.stop()
        self.check_view.stop()
        self.looking.stop()
        self.queue.stop()
        self.closed.emit()

    # --- what happens

    def _listen(self) -> None:
        self.looking.said.connect(self.say)
        self.looking.planned.connect(self._subject_changed)
        self.queue_view.looked_at.connect(lambda job: self.looking.look_at_result(job.request))
        self.transport.back.clicked.connect(self.looking.leave_result)
        self.previewing.started.connect(self._engine_started)
        self.previewing.phase_changed.connect(self._phase_changed)
        self.previewing.progressed.connect(self._progressed)
        self.render_button.clicked.connect(self.render_now)
        self.check_button.clicked.connect(self.check)
        self.check_view.taken.connect(self.form.take_quality)
        self.check_view.closed.connect(self.viewer.show)
        self.again.clicked.connect(self.looking.look_again)
        self.stop_preview.clicked.connect(self.cancel)
        self.auto.toggled.connect(self._auto_toggled)
        self.queue.changed.connect(self._job_changed)
        self.form.changed.connect(self._saving.start)
        self.form.source_changed.connect(self._saving.start)
        self.form.seen_otherwise.connect(self._saving.start)
        self._saving.timeout.connect(self.session.keep)
        application = QtCore.QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.stop)
        # A host may take a pane away without closing what is in it.
        threads: list[_Stoppable] = [self.previewing, self.queue, self.viewer.exposures]
        threads += [self.looking.background, self.committing.background, self.dropping.background]
        threads += [self.coloring, self.check_view.check]
        self.destroyed.connect(partial(_abandon, threads, self.looking.folder))

    def _subject_changed(self) -> None:
        back = self.looking.result is not None
        self.transport.bar.show_group(self.transport.back, back)

    def _auto_toggled(self, on: bool) -> None:
        self.looking.auto = on
        if on:
            self.looking.look()

    def _engine_started(self, info: EngineInfo) -> None:
        name = "" if info.device_name == info.device else f" ({info.device_name})"
        self.device.setText(f"Engine {info.version} on {info.device}{name}")
        self.form.weights.offer(info.weights)
        self.form.field("device").offer(list(dict.fromkeys(["auto", info.device, "cpu"])))

    def _keep_queue(self) -> None:
        """Write the queue where it is another; how far a job is alone is not worth a write."""
        states = [(job, job.state) for job in self.queue.jobs]
        if states != self._states:
            self._states, found = states, described(self.queue.jobs)
            self.looking.background.submit("queue", lambda: self.kept.keep(found))

    def _phase_changed(self, phase: str) -> None:
        self.under_way.setText(_PHASES.get(phase, ""))
        self.stop_preview.setEnabled(bool(phase))
        self.preview_bar.setValue(0)
        if phase in ("starting", "frames") and self.viewer.preview is None:
            self.viewer.clear(f"{_PHASES[phase]}…")

    def _progressed(self, phase: str, progress: Progress) -> None:
        share = progress.calls_done / progress.calls if progress.calls else 0.0
        self.preview_bar.setValue(round(1000 * share))
        if phase == "final":
            left = progress.seconds_left
            rest = "" if left is None else f", {remaining(left)}"
            self.under_way.setText(
                f"{_PHASES[phase]}: network call {progress.calls_done} of {progress.calls}{rest}"
            )

    def _job_changed(self, job: Job) -> None:
        self._keep_queue()
        if job.state == jobs.FAILED:
            self.say(job.message, "error")
        if job.state in jobs.OVER:
            self.job_ended.emit(job)
        if self._returns and job.state == jobs.FINISHED and not self.queue.is_busy():
            self.close()

    def _recall(self) -> None:
        try:
            self.session.bring_back()
        except (AttributeError, TypeError, ValueError):
            self.say("What was remembered cannot be read; the panel starts afresh.", "warning")

    # --- Qt

    def showEvent(self, event: QtGui.QShowEvent) -> None:
        """The plate of last time is looked at when somebody sees the panel, not when a host makes
        it: its engine would start with every start of the host.
        """
        super().showEvent(event)
        if not self._seen:
            self._seen = True
            if self.kept.is_on:
                self.queue.take_up(self.kept.take_up())
            if self.looking.plate is None and self.form.source.text().strip():
                self.looking.open(self.form.source.text().strip())

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        if self._open and self._asks_before_it_closes():
            event.ignore()
            return
        self.hide()
        self.stop()
        event.accept()

    def _asks_before_it_closes(self) -> bool:
        """Whether the user is asked what becomes of renders; a host's pane just goes, and keeps."""
        if not self.isWindow() or not self.queue.is_busy():
            return False
        go_on = "Stop and close" if self._returns else "Close, go on next time"
        answers = {"Stay": self.question.take_back, go_on: self._close_now}
        if not self._returns:
            answers["Close and forget them"] = self._forget_and_close
        self.question.ask(_unfinished(self.queue.jobs), answers)
        return True

    def _close_now(self) -> None:
        self.hide()
        self.stop()

    def _forget_and_close(self) -> None:
        self.kept.forget()
        self._close_now()

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QtGui.QDropEvent) -> None:
        self.dropping.drop(event)


def _abandon(threads: Iterable[_Stoppable], folder: str, *_: object) -> None:
    """End what a panel leaves behind that is gone already."""
    for thread in threads:
        thread.stop()
    shutil.rmtree(folder, ignore_errors=True)


def _unfinished(found: Iterable[Job]) -> str:
    """What closing would stop, in words."""
    busy = [job for job in found if job.state in (jobs.RENDERING, jobs.WAITING)]
    are = "1 render is" if len(busy) == 1 else f"{len(busy)} renders are"
    return f"{are} not finished. Frames that are finished stay."


_PHASES = {
    "starting": "Starting the engine",
    "frames": "Reading frames",
    "draft": "Making a draft",
    "final": "Making the set quality",
}
