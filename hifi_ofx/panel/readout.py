"""The lines under the viewer: where the cursor is, and the linear values there."""

from __future__ import annotations

from typing import Optional

from . import style
from .captions import COMPARED
from .pictures import Color
from .qt import QtCore, QtGui, QtWidgets
from .toolbar import Toolbar
from .viewer import Viewer
from .words import Elided

_TINTS = ("#e38b80", "#8fc58a", "#86aee6")
_HINT = "Values under the cursor are read here; F1 lists the keys."
_WIDEST = "-65504.0"
_ROW = 18


class Readout(QtWidgets.QWidget):
    """Values of every picture under the cursor, in scene-linear light.

    Each has a place wide enough for any number, in as many rows as that takes: nothing is cut, and
    nothing jumps as the cursor moves.
    """

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self._where = _Part(f"x {_WIDEST} y {_WIDEST}")
        self._parts = {name: _Part(_value_text(title, _WIDE)) for name, title in COMPARED.items()}
        self._hint = Elided(_HINT)
        self._hint.setParent(self)
        self._hint.setProperty("role", "quiet")
        self._hint.setProperty("over", True)  # the places beneath are empty while it is shown
        self._bar = Toolbar([self._where, *self._parts.values()], most=6, gap=12, row=_ROW)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._bar)
        viewer.hovered.connect(self.show_place)
        self.show_place(None)

    def text(self) -> str:
        """All that is shown, without its colors."""
        parts = [self._where, *self._parts.values()]
        return "  ".join(filter(None, (part.plain for part in parts))) or self._hint.text()

    def show_place(self, place: Optional[QtCore.QPointF]) -> None:
        """Show what is at a place of the plate; nothing for None."""
        self._hint.setVisible(place is None)
        x, y = ("", "") if place is None else (str(int(place.x() // 1)), str(int(place.y() // 1)))
        self._where.show_text(f"x {x}  y {y}" if place else "")
        for name, part in self._parts.items():
            value = self._viewer.value_of(name, place) if place else None
            part.show_text("" if value is None else _value_text(COMPARED[name], value))

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        self._hint.setGeometry(0, 0, self.width(), _ROW)


class _Part(QtWidgets.QLabel):
    """A text in a place as wide as the widest there may be."""

    def __init__(self, widest: str) -> None:
        super().__init__()
        self._widest = _plain(widest)
        self.plain = ""
        self.setTextFormat(QtCore.Qt.TextFormat.RichText)

    def show_text(self, text: str) -> None:
        """Show a text, which may hold color."""
        self.plain = _plain(text)
        spaced = text.replace("  ", "&nbsp;&nbsp;")
        self.setText(f'<span style="font-family:{_MONO}; font-size:11px">{spaced}</span>')

    def sizeHint(self) -> QtCore.QSize:
        font = QtGui.QFont(self.font())
        font.setFamilies(_FAMILIES)
        font.setPixelSize(11)
        return QtCore.QSize(QtGui.QFontMetrics(font).horizontalAdvance(self._widest) + 4, _ROW)


_FAMILIES = ["DejaVu Sans Mono", "Consolas", "Menlo", "monospace"]
_MONO = ",".join(f"'{name}'" for name in _FAMILIES)
_WIDE: Color = (-65504.0, -65504.0, -65504.0)


def _value_text(title: str, value: Color) -> str:
    numbers = " ".join(
        f'<span style="color:{tint}">{_number(part)}</span>' for tint, part in zip(_TINTS, value)
    )
    return f'<span style="color:{style.QUIET}">{title}</span> {numbers}'


def _plain(text: str) -> str:
    return QtGui.QTextDocumentFragment.fromHtml(text).toPlainText()


def _number(value: float) -> str:
    """Eight characters at most, so that nothing jumps: 0.1834, 12.345, -65504.0."""
    if value != value or abs(value) >= 100000:
        return f"{value:.2g}"
    digits = 4 if abs(value) < 10 else 3 if abs(value) < 100 else 1
    return f"{value:.{digits}f}"
