"""The panel: form, viewer, cost and queue in one widget, alone or docked in a host."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from functools import partial
from typing import Any, Optional, Protocol

from ..request import EngineInfo, Progress, RenderRequest
from ..terminal import duration
from . import jobs, style
from .controls import Controls
from .cost import CostCard
from .fields import Check
from .form import Form
from .jobs import Job, RenderQueue
from .looking import Looking
from .previewing import Previewing, Start
from .qt import QtCore, QtGui, QtWidgets, Signal, keep_singletons
from .queue_view import QueueView
from .readout import Readout
from .remembered import recall, remember
from .shortcuts import Key, Sheet, bind
from .transport import Transport
from .viewer import Viewer


class _Stoppable(Protocol):
    def stop(self) -> None: ...


_OF_THE_PLATE = ("source", "target", "timing")
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
        self.controls, self.transport = Controls(self.viewer), Transport()
        self.previewing = Previewing(self, **engines)
        self.queue = RenderQueue(self, **engines)
        self.queue_view = QueueView(self.queue)
        self.looking = Looking(
            self.form, self.viewer, self.controls, self.transport, self.card, self.previewing
        )
        self.render_button = QtWidgets.QPushButton("Render")
        self.auto = Check("Auto")
        self.again, self.stop_preview = QtWidgets.QPushButton("Preview"), QtWidgets.QPushButton()
        self.under_way, self.preview_bar = QtWidgets.QLabel(), QtWidgets.QProgressBar()
        self.foot, self.device = QtWidgets.QLabel(), QtWidgets.QLabel()
        self.columns, self.rows = QtWidgets.QSplitter(), QtWidgets.QSplitter()
        self._open, self._returns, self._seen = True, False, False
        self._lent = ""  # a host's plate, which may be gone when the panel opens next
        self._lay_out()
        self.keys = self._keys()
        self.sheet = Sheet(self.viewer, self.keys)
        bind(self, self.keys)
        self._saving = QtCore.QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(_REMEMBER_MS)
        self._listen()
        self._recall()
        if source is not None:
            self.form.set_source(source)

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(1280, 800)

    def show_request(self, request: RenderRequest) -> None:
        """Fill the form from a host's request, and look at its plate."""
        self._lent = request.source
        self.form.show_request(request)

    def render_now(self) -> Optional[Job]:
        """Queue what the form says; None, with the reason shown, when it cannot be rendered."""
        request = self.looking.request()
        if request is None:
            return None
        self.say("")
        return self.queue.add(request)

    def return_when_done(self) -> None:
        """Close by itself after a render that finished: a host waits for it."""
        self._returns = True
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
        self._remember()
        self.looking.stop()
        self.queue.stop()
        self.closed.emit()

    # --- layout

    def _lay_out(self) -> None:
        left = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 10)
        column.setSpacing(8)
        column.addWidget(self.form, 1)
        below = QtWidgets.QVBoxLayout()
        below.setContentsMargins(12, 0, 12, 0)
        below.setSpacing(8)
        below.addWidget(self.card)
        self.render_button.setProperty("role", "main")
        self.render_button.setToolTip("Add what the form says to the queue (Ctrl+Return)")
        below.addWidget(self.render_button)
        column.addLayout(below)
        self.rows.setOrientation(QtCore.Qt.Orientation.Vertical)
        self.rows.addWidget(self._looking())
        self.rows.addWidget(self.queue_view)
        self.rows.setSizes([600, 170])
        self.rows.setStretchFactor(0, 1)
        self.rows.setChildrenCollapsible(False)
        self.columns.addWidget(left)
        self.columns.addWidget(self.rows)
        self.columns.setStretchFactor(1, 1)
        self.columns.setSizes([style.COLUMN + 12, 900])
        self.columns.setCollapsible(1, False)
        outer = QtWidgets.QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.columns, 1)
        outer.addWidget(self._foot())

    def _looking(self) -> QtWidgets.QWidget:
        whole = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(whole)
        column.setContentsMargins(10, 8, 10, 4)
        column.setSpacing(6)
        column.addWidget(self.controls)
        column.addWidget(self.viewer, 1)
        self.preview_bar.setRange(0, 1000)
        self.preview_bar.setTextVisible(False)
        column.addWidget(self.preview_bar)
        column.addWidget(Readout(self.viewer))
        column.addWidget(self.transport)
        row = QtWidgets.QHBoxLayout()
        row.setSpacing(6)
        self.auto.setChecked(True)
        self.auto.setToolTip("Preview whenever something changes")
        self.again.setToolTip("Preview at the set quality (R)")
        self.stop_preview.setText("Cancel")
        self.stop_preview.setToolTip("Stop the preview (Esc)")
        self.stop_preview.setEnabled(False)
        self.under_way.setProperty("role", "quiet")
        row.addWidget(self.again)
        row.addWidget(self.stop_preview)
        row.addWidget(self.auto)
        row.addWidget(self.under_way, 1)
        column.addLayout(row)
        return whole

    def _foot(self) -> QtWidgets.QWidget:
        whole = QtWidgets.QFrame()
        whole.setProperty("role", "bar")
        row = QtWidgets.QHBoxLayout(whole)
        row.setContentsMargins(12, 0, 12, 4)
        self.foot.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Preferred
        )
        self.foot.setWordWrap(True)
        self.foot.setMinimumHeight(style.ROW)
        self.foot.setTextInteractionFlags(QtCore.Qt.TextInteractionFlag.TextSelectableByMouse)
        self.device.setProperty("role", "quiet")
        row.addWidget(self.foot, 1)
        row.addWidget(self.device)
        return whole

    # --- what happens

    def _listen(self) -> None:
        self.looking.said.connect(self.say)
        self.previewing.started.connect(self._engine_started)
        self.previewing.phase_changed.connect(self._phase_changed)
        self.previewing.progressed.connect(self._progressed)
        self.render_button.clicked.connect(self.render_now)
        self.again.clicked.connect(self.looking.look_again)
        self.stop_preview.clicked.connect(self.looking.cancel)
        self.auto.toggled.connect(self._auto_toggled)
        self.queue.changed.connect(self._job_changed)
        self.form.changed.connect(self._saving.start)
        self.form.source_changed.connect(self._saving.start)
        self._saving.timeout.connect(self._remember)
        application = QtCore.QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.stop)
        # A host may take a pane away without closing what is in it.
        threads = (self.previewing, self.queue, self.looking.background, self.viewer.exposing)
        self.destroyed.connect(partial(_abandon, threads, self.looking.folder))

    def _auto_toggled(self, on: bool) -> None:
        self.looking.auto = on
        if on:
            self.looking.look()

    def _engine_started(self, info: EngineInfo) -> None:
        name = "" if info.device_name == info.device else f" ({info.device_name})"
        self.device.setText(f"Engine {info.version} on {info.device}{name}")
        self.form.weights.offer(info.weights)
        self.form.field("device").offer(list(dict.fromkeys(["auto", info.device, "cpu"])))

    def _phase_changed(self, phase: str) -> None:
        self.under_way.setText(_PHASES.get(phase, ""))
        self.stop_preview.setEnabled(bool(phase))
        self.preview_bar.setValue(0)

    def _progressed(self, phase: str, progress: Progress) -> None:
        share = progress.calls_done / progress.calls if progress.calls else 0.0
        self.preview_bar.setValue(round(1000 * share))
        if phase == "final":
            left = progress.seconds_left
            rest = "" if left is None else f", {duration(left)} left"
            self.under_way.setText(
                f"{_PHASES[phase]}: network call {progress.calls_done} of {progress.calls}{rest}"
            )

    def _job_changed(self, job: Job) -> None:
        if job.state == jobs.FAILED:
            self.say(job.message, "error")
        if job.state in jobs.OVER:
            self.job_ended.emit(job)
        if self._returns and job.state == jobs.FINISHED and not self.queue.is_busy():
            self.close()

    # --- keys

    def _keys(self) -> list[Key]:
        scrubber, controls, viewer = self.transport.scrubber, self.controls, self.viewer
        return [
            Key("I", "Show the in-between", lambda: controls.choose("ours")),
            Key("L", "Show the left frame", lambda: controls.choose("left")),
            Key("Shift+R", "Show the right frame", lambda: controls.choose("right")),
            Key("B", "Show the blend", lambda: controls.choose("blend")),
            Key("S", "One picture", lambda: controls.choose(layout="single")),
            Key("W", "Wipe", lambda: controls.choose(layout="wipe")),
            Key("D", "Side by side", lambda: controls.choose(layout="side by side")),
            Key("H", "Heat map", controls.heat.toggle),
            Key("G", "Patches and stages", controls.grid.toggle),
            Key("F", "Fit", viewer.fit),
            Key("1", "Actual pixels, 1:1", viewer.actual_size),
            Key("+", "Closer", lambda: viewer.zoom_to(viewer.scale * 2)),
            Key("-", "Further away", lambda: viewer.zoom_to(viewer.scale / 2)),
            Key("E", "Half a stop brighter", lambda: controls.exposure.nudge(0.5)),
            Key("Shift+E", "Half a stop darker", lambda: controls.exposure.nudge(-0.5)),
            Key("0", "Exposure and gamma back", self._reset_view),
            Key("Left", "Previous output frame", lambda: scrubber.step(-1)),
            Key("Right", "Next output frame", lambda: scrubber.step(1)),
            Key("Ctrl+Left", "Previous in-between", lambda: scrubber.step_inbetween(-1)),
            Key("Ctrl+Right", "Next in-between", lambda: scrubber.step_inbetween(1)),
            Key("R", "Preview at the set quality", self.looking.look_again),
            Key("Escape", "Stop the preview", self.looking.cancel),
            Key("Ctrl+Return", "Render", self.render_now),
            Key("F1", "This list", lambda: self.sheet.toggle()),
        ]

    def _reset_view(self) -> None:
        self.controls.exposure.reset()
        self.controls.gamma.reset()

    # --- what is remembered

    def _form_texts(self) -> dict[str, Any]:
        """What is entered; where the plate is a host's, with the user's own plate and timing."""
        texts = self.form.texts()
        if self._lent and texts["source"] == self._lent:
            known = recall().get("form")
            kept = known if isinstance(known, dict) else {}
            for name in _OF_THE_PLATE:
                del texts[name]
            texts.update({name: kept[name] for name in _OF_THE_PLATE if name in kept})
        return texts

    def _remember(self) -> None:
        remember(
            {
                "form": self._form_texts(),
                "auto": self.auto.isChecked(),
                "columns": self.columns.sizes(),
                "rows": self.rows.sizes(),
                "geometry": bytes(self.saveGeometry().toBase64().data()).decode()
                if self.isWindow()
                else recall().get("geometry", ""),
            }
        )

    def _recall(self) -> None:
        known = recall()
        try:
            self.form.set_texts(dict(known.get("form", {})))
            self.auto.setChecked(bool(known.get("auto", True)))
            for splitter in ("columns", "rows"):
                if known.get(splitter):
                    getattr(self, splitter).setSizes([int(size) for size in known[splitter]])
            if self.isWindow() and known.get("geometry"):
                geometry = str(known["geometry"]).encode()
                self.restoreGeometry(QtCore.QByteArray.fromBase64(QtCore.QByteArray(geometry)))
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
            if self.looking.plate is None and self.form.source.text().strip():
                self.looking.open(self.form.source.text().strip())

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        self.hide()
        self.stop()
        event.accept()

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QtGui.QDropEvent) -> None:
        urls = event.mimeData().urls()
        if urls and urls[0].isLocalFile():
            self.form.set_source(urls[0].toLocalFile())


def _abandon(threads: Iterable[_Stoppable], folder: str, *_: object) -> None:
    """End what a panel leaves behind that is gone already."""
    for thread in threads:
        thread.stop()
    shutil.rmtree(folder, ignore_errors=True)


_PHASES = {
    "starting": "Starting the engine",
    "frames": "Reading frames",
    "draft": "Making a draft",
    "final": "Making the set quality",
}
