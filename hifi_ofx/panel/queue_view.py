"""The queue on the screen: a row a job, with what can be done to it."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from ..retime import Retime
from ..terminal import duration, remaining
from . import jobs, style
from .controls import icon_button
from .jobs import Job, RenderQueue
from .qt import QtCore, QtGui, QtWidgets, Signal
from .words import Elided, Words

_NARROW = 520  # pixels, below which a job takes two lines
_CLEARED = (jobs.FINISHED, jobs.CANCELLED)  # a failed one stays until somebody has seen why


class QueueView(QtWidgets.QWidget):
    """All jobs of a queue, the latest at the bottom."""

    looked_at = Signal(object)  # Job

    def __init__(self, queue: RenderQueue) -> None:
        super().__init__()
        self._queue = queue
        self.rows: dict[Job, JobRow] = {}
        outer = QtWidgets.QVBoxLayout(self)
        outer.setContentsMargins(12, 6, 12, 8)
        outer.setSpacing(4)
        title = QtWidgets.QLabel("Queue")
        title.setProperty("role", "title")
        self.summary = QtWidgets.QLabel()
        self.summary.setProperty("role", "quiet")
        self.clear = QtWidgets.QToolButton()
        self.clear.setText("Clear finished")
        self.clear.clicked.connect(self._clear_finished)
        head = QtWidgets.QHBoxLayout()
        head.addWidget(title)
        head.addWidget(self.summary, 1)
        head.addWidget(self.clear)
        outer.addLayout(head)
        self._empty = Words("Nothing is queued. Render adds what the form says.")
        self._empty.setProperty("role", "quiet")
        inside = QtWidgets.QWidget()
        self._column = QtWidgets.QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        area = QtWidgets.QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(QtCore.Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(56)
        self._area = area
        outer.addWidget(area, 1)
        queue.changed.connect(self._changed)
        self._show_summary()

    def _changed(self, job: Job) -> None:
        if job not in self._queue.jobs:
            row = self.rows.pop(job, None)
            if row is not None:
                row.hide()
                row.deleteLater()
        else:
            if job not in self.rows:
                self.rows[job] = JobRow(self._queue, job)
                self.rows[job].look.clicked.connect(lambda: self.looked_at.emit(job))
                self._column.insertWidget(self._column.count() - 1, self.rows[job])
            self._follow(self.rows[job])
        self._show_summary()

    def _follow(self, row: JobRow) -> None:
        """Show a job as it is now, and scroll to it when it begins, or fails."""
        before = row.state
        row.refresh()
        if row.state != before and row.state in (jobs.RENDERING, jobs.FAILED):
            # Once the row is as high as its message makes it.
            QtCore.QTimer.singleShot(0, row, lambda: self._area.ensureWidgetVisible(row, 0, 8))

    def _show_summary(self) -> None:
        found = self._queue.jobs
        waiting = sum(job.state == jobs.WAITING for job in found)
        self.summary.setText(f"{waiting} waiting" if waiting else "")
        self._empty.setVisible(not found)
        self.clear.setVisible(any(job.state in _CLEARED for job in found))

    def _clear_finished(self) -> None:
        for job in self._queue.jobs:
            if job.state in _CLEARED:
                self._queue.remove(job)


class JobRow(QtWidgets.QFrame):
    """One job: what it is, how far it is, how long the rest takes, and its buttons."""

    def __init__(self, queue: RenderQueue, job: Job) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._queue, self._job = queue, job
        self.title, self.detail = Elided(least=60), QtWidgets.QLabel()
        self.message, self.bar = Words(), QtWidgets.QProgressBar()
        self.what, self._grid = Elided(least=20), QtWidgets.QGridLayout()
        self._beneath = Words()  # says what `detail` says, where that finds no room
        self._narrow: Optional[bool] = None
        self.pause = icon_button("pause", "Pause: finished frames stay", self._pause)
        self.resume = icon_button("play", "Go on", self._resume)
        self.retry = icon_button("reset", "Try again: finished frames stay", self._resume)
        self.cancel = icon_button("close", "Cancel: finished frames stay", self._cancel)
        self.look = icon_button("eye", "Look at the result in the viewer", lambda: None)
        self.open = icon_button("folder", "Open the folder", self._open)
        self.remove = icon_button("close", "Take out of the queue", self._remove)
        self.state = ""
        self._lay_out()
        self.refresh()

    def refresh(self) -> None:
        """Show the job as it is now."""
        job = self._job
        self.state = job.state
        self.detail.setText(detail_text(job))
        self._beneath.setText(self.detail.text())
        self.message.setText(job.message or _warning(job))
        self.message.setProperty("role", "error" if job.state == jobs.FAILED else "warning")
        self.message.style().unpolish(self.message)
        self.message.style().polish(self.message)
        self.message.setVisible(bool(self.message.text()))
        self.bar.setValue(round(1000 * job.share))
        if self.bar.property("state") != job.state:
            self.bar.setProperty("state", job.state)
            self.bar.style().unpolish(self.bar)
            self.bar.style().polish(self.bar)
        self.pause.setVisible(job.state in (jobs.WAITING, jobs.RENDERING))
        self.cancel.setVisible(job.state in (jobs.WAITING, jobs.RENDERING, jobs.PAUSED))
        self.resume.setVisible(job.state == jobs.PAUSED)
        self.retry.setVisible(job.state in (jobs.FAILED, jobs.CANCELLED))
        self.look.setVisible(job.frames_done > 0)
        self.remove.setVisible(job.state in jobs.OVER)

    def _lay_out(self) -> None:
        self.title.setText(Path(self._job.request.target).name)
        self.title.setToolTip(f"{self._job.request.source}\n{self._job.request.target}")
        self.what.setText(timing_text(self._job.request.retime))
        self.what.setProperty("role", "quiet")
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self._grid.setHorizontalSpacing(style.SPACE)
        self._grid.setVerticalSpacing(1)
        self._grid.setColumnStretch(1, 1)
        buttons = QtWidgets.QHBoxLayout()
        buttons.setSpacing(2)
        for button in (
            self.pause, self.resume, self.retry, self.look, self.open, self.cancel, self.remove,
        ):  # fmt: skip
            buttons.addWidget(button)
        self._grid.addWidget(self.detail, 0, 2)
        self._grid.addLayout(buttons, 0, 3)
        self._grid.addWidget(self._beneath, 2, 0, 1, 4)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(10, 4, 6, 7)
        column.setSpacing(3)
        column.addLayout(self._grid)
        column.addWidget(self.bar)
        column.addWidget(self.message)
        self._arrange(narrow=False)  # last: a widget without a parent would be a window when shown

    def _arrange(self, narrow: bool) -> None:
        """All in a line; where that is too short, one beneath the other."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.detail.setVisible(not narrow)
        self._beneath.setVisible(narrow)
        self._grid.addWidget(self.title, 0, 0, 1, 3 if narrow else 1)
        self._grid.addWidget(self.what, int(narrow), 0 if narrow else 1, 1, 4 if narrow else 1)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        self._arrange(event.size().width() < _NARROW)

    def _pause(self) -> None:
        self._queue.pause(self._job)

    def _resume(self) -> None:
        self._queue.resume(self._job)

    def _cancel(self) -> None:
        self._queue.cancel(self._job)

    def _remove(self) -> None:
        self._queue.remove(self._job)

    def _open(self) -> None:
        folder = Path(self._job.request.target).expanduser().absolute().parent
        QtGui.QDesktopServices.openUrl(QtCore.QUrl.fromLocalFile(str(folder)))


def detail_text(job: Job) -> str:
    """How far a job is: "12 of 40 frames, 3:10 left"."""
    if job.state == jobs.FINISHED and job.finished is not None:
        done = job.finished
        return (
            f"{done.made} made, {done.copied} copied, {done.skipped} kept in {_long(done.seconds)}"
        )
    if job.state == jobs.RENDERING:
        if not job.frames:
            return "starting"
        left = "" if job.seconds_left is None else f", {remaining(job.seconds_left)}"
        return f"{job.frames_done} of {job.frames} frames{left}"
    if job.frames and job.state in (jobs.PAUSED, jobs.CANCELLED, jobs.FAILED):
        return f"{job.state} at {job.frames_done} of {job.frames} frames"
    return job.state


def timing_text(retime: Retime) -> str:
    """A timing in a few words."""
    if retime.speed is not None:
        text = f"speed {retime.speed}"
    elif retime.fps is not None:
        text = f"{retime.fps[0]} to {retime.fps[1]} fps"
    else:
        text = f"curve of {len(retime.curve.keys) if retime.curve else 0} keys"
    return f"{text}, reversed" if retime.reverse else text


def _warning(job: Job) -> str:
    found: Optional[str] = next(
        (line.text for line in reversed(job.log) if line.level == "warning"), None
    )
    return found or ""


def _long(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)
