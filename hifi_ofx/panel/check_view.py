"""The plate's own answer in the viewer's place: a table of settings, and the worst moments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional, Union

from ..errors import Cancelled, HifiError
from ..quality import Quality
from ..request import RenderRequest
from . import style
from .plate_check import Found, PlateCheck, Tried
from .qt import QtCore, QtGui, QtWidgets, Signal
from .words import Words

_ABOUT = (
    "Frames of the plate are left out, predicted by every setting, and compared with the true. "
    "Things move twice as far as in a retime: the figures are a lower bound."
)
_HEADINGS = ("Setting", "dB", "SSIM", "s a frame")
_NARROW = 460  # pixels, below which a setting takes two lines


class CheckView(QtWidgets.QFrame):
    """Shown instead of the viewer while a check runs, and until what it found is closed.

    `taken` brings a quality; `closed` comes when the viewer is wanted again.
    """

    taken = Signal(object)  # Quality
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.check = PlateCheck(self)
        self.title, self.words = Words(), Words(_ABOUT)
        self.bar = QtWidgets.QProgressBar()
        self.take = QtWidgets.QPushButton("Take what is enough")
        self.cancel = QtWidgets.QPushButton("Cancel")
        self.close_it = QtWidgets.QPushButton("Close")
        self.table, self.sheet = QtWidgets.QWidget(), Sheet()
        self.rows: dict[str, QtWidgets.QToolButton] = {}  # by flags, what takes them
        self._found: Optional[Found] = None
        self._is_narrow = False
        self._table = QtWidgets.QVBoxLayout(self.table)
        self._rows_shown = QtWidgets.QWidget()
        self._lay_out()
        self.take.clicked.connect(self._take_advised)
        self.cancel.clicked.connect(self._cancel)
        self.close_it.clicked.connect(self._close)
        self.check.progressed.connect(self._progressed)
        self.check.ended.connect(self._ended)
        self.cancel.hide()
        self.hide()

    def ask(self, request: RenderRequest) -> None:
        """Check a plate; one that is being checked already goes on."""
        self.show()
        if self.is_busy:
            return
        self._begin(f"Checking {Path(request.source).name}", _ABOUT)
        self.cancel.show()
        self.close_it.hide()
        self.bar.setRange(0, 0)
        self.bar.show()
        self.check.ask(request)

    @property
    def is_busy(self) -> bool:
        """Whether a check is under way."""
        return not self.cancel.isHidden()

    def stop(self) -> None:
        """End the check."""
        self.check.stop()

    def _begin(self, title: str, words: str) -> None:
        self.title.setText(title)
        self.words.setText(words)
        self._found, self.rows = None, {}
        for widget in (self.take, self.table, self.sheet):
            widget.hide()

    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self.words.setText("Stopping: what is known by now is shown in a moment.")
        self.check.cancel()

    def _close(self) -> None:
        self.hide()
        self.closed.emit()

    def _progressed(self, done: int, of: int) -> None:
        self.bar.setRange(0, of)
        self.bar.setValue(done)
        self.title.setText(f"Checking: prediction {done + 1} of {of}")

    def _ended(self, found: Union[Found, HifiError]) -> None:
        self.cancel.hide()
        self.cancel.setEnabled(True)
        self.bar.hide()
        self.close_it.show()
        if isinstance(found, Found):
            self._show(found)
        elif isinstance(found, Cancelled):
            self._begin("The check was cancelled", _ABOUT)
        else:
            self._begin("The plate cannot be checked", str(found))

    def _show(self, found: Found) -> None:
        advised = found.advised
        frames = "1 frame" if found.frames == 1 else f"{found.frames} frames"
        part = "" if found.is_whole else ", before it was cancelled"
        self._begin(f"{frames} asked{part}", _ABOUT)
        self._found = found
        self.words.setText(f"{_in_words(found)} {_ABOUT}")
        self.take.setToolTip(f"Set {advised.flags} in the form")
        self.take.show()
        self._fill(found)
        self.sheet.show_image(found.sheet)

    def _fill(self, found: Found) -> None:
        self._is_narrow = self.width() < _NARROW
        self._rows_shown.deleteLater()
        self._rows_shown = QtWidgets.QWidget()
        grid = QtWidgets.QGridLayout(self._rows_shown)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(style.SPACE if self._is_narrow else 3 * style.SPACE)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(5, 1)
        self._add_cells(grid, _HEADINGS, "quiet")
        for one in found.tried:
            self._add_row(grid, one, one.flags == found.enough)
        blend = ("(blend)", f"{found.blend[0]:.2f}", _share(found.blend[1]))
        self._add_cells(grid, blend, "quiet")
        self._table.addWidget(self._rows_shown)
        self.table.show()

    def _add_cells(self, grid: QtWidgets.QGridLayout, texts: Sequence[str], role: str) -> int:
        """A row: the setting, in a line of its own where it is narrow, and numbers; its number."""
        row = grid.rowCount()
        grid.addWidget(_cell(texts[0], role), row, 0, 1, 5 if self._is_narrow else 1)
        row += self._is_narrow
        for column, text in enumerate(texts[1:], 1):
            grid.addWidget(_cell(text, role, right=True), row, column)
        return row

    def _add_row(self, grid: QtWidgets.QGridLayout, one: Tried, is_advised: bool) -> None:
        texts = (one.flags, f"{one.psnr:.2f}", _share(one.ssim), f"{one.seconds:.2f}")
        row = self._add_cells(grid, texts, "good" if is_advised else "")
        button = QtWidgets.QToolButton()
        button.setText("Take")
        button.setProperty("role", "flat")
        button.setToolTip(f"Set {one.flags} in the form")
        button.clicked.connect(lambda _=False: self._take(one.quality))
        self.rows[one.flags] = button
        grid.addWidget(button, row, len(texts))

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        if self._found is not None and self._is_narrow != (self.width() < _NARROW):
            self._fill(self._found)

    def _take_advised(self) -> None:
        if self._found is not None:
            self._take(self._found.advised.quality)

    def _take(self, quality: Quality) -> None:
        self.taken.emit(quality)
        self._close()

    def _lay_out(self) -> None:
        self.title.setProperty("role", "title")
        self.words.setProperty("role", "quiet")
        self.bar.setTextVisible(False)
        self.take.setProperty("role", "main")
        self._table.setContentsMargins(0, 0, 0, 0)
        inside = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(inside)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(style.SPACE)
        for widget in (self.title, self.words, self.bar, self.table, self.sheet):
            column.addWidget(widget)
        column.addStretch(1)
        area = QtWidgets.QScrollArea()
        area.setWidget(inside)
        area.setWidgetResizable(True)
        outer = QtWidgets.QVBoxLayout(self)
        outer.setContentsMargins(1, 1, 1, 8)
        outer.addWidget(area, 1)
        buttons = QtWidgets.QHBoxLayout()
        buttons.setContentsMargins(12, 0, 12, 0)
        for button in (self.take, self.cancel, self.close_it):
            buttons.addWidget(button)
        buttons.addStretch(1)
        outer.addLayout(buttons)


class Sheet(QtWidgets.QWidget):
    """A picture as wide as there is room, as high as that makes it."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QtGui.QImage()
        policy = QtWidgets.QSizePolicy(
            QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Minimum
        )
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_image(self, image: QtGui.QImage) -> None:
        """Show another picture; nothing where there is none."""
        self._image = image
        self.setVisible(not image.isNull())
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(width * self._image.height() / max(1, self._image.width()))

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(self.width(), self.heightForWidth(self.width()))

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.SmoothPixmapTransform)
        size = QtCore.QSize(self.width(), self.heightForWidth(self.width()))
        painter.drawImage(QtCore.QRect(QtCore.QPoint(0, 0), size), self._image)
        painter.end()


def _in_words(found: Found) -> str:
    advised, best = found.advised, next(one for one in found.tried if one.flags == found.best)
    if advised == best:
        return f"Best here, and nothing faster is as good: {best.flags}, {best.psnr:.2f} dB."
    share = advised.seconds / best.seconds if best.seconds else 1.0
    return (
        f"Best here: {best.flags}, {best.psnr:.2f} dB. Enough: {advised.flags}, "
        f"{advised.psnr:.2f} dB, in {share:.2f} of its time."
    )


def _share(value: Optional[float]) -> str:
    return "–" if value is None else f"{value:.4f}"


def _cell(text: str, role: str = "", right: bool = False) -> QtWidgets.QLabel:
    label = QtWidgets.QLabel(text)
    label.setProperty("role", role)
    if right:
        label.setAlignment(
            QtCore.Qt.AlignmentFlag.AlignRight | QtCore.Qt.AlignmentFlag.AlignVCenter
        )
    return label
