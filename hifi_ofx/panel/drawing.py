"""The plot of the timing and what belongs to it: one of two views, and the length of the result."""

from __future__ import annotations

from typing import Optional

from ..retime import MAX_FRAMES, RetimePlan
from . import style
from .curve_view import CurveView
from .fields import mark
from .qt import QtCore, QtWidgets, Signal


class Drawing(QtWidgets.QWidget):
    """Plot, view and length. `fitted` comes with the frames that the result is to have."""

    fitted = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.view, self.length = CurveView(), QtWidgets.QLineEdit()
        self.source, self.speed = QtWidgets.QToolButton(), QtWidgets.QToolButton()
        self._name = QtWidgets.QLabel("Length")
        self._unit = QtWidgets.QLabel("frames")
        self._lay_out()
        self.speed.toggled.connect(self.view.show_speed)
        self.length.editingFinished.connect(self._length_entered)

    def show_plan(self, plan: Optional[RetimePlan]) -> None:
        """Another plan; its length stands in the field unless somebody is typing there."""
        self.view.show_plan(plan)
        if not (self.length.hasFocus() and self.length.isModified()):
            self.length.setText(str(len(plan.frames)) if plan else "")
            mark(self.length, False)

    def allow_length(self, allowed: bool) -> None:
        """Whether another length can be asked for: not of a conform of rates."""
        self.length.setReadOnly(not allowed)
        tip = "Fit the result to so many frames" if allowed else "What the two rates make of it"
        self.length.setToolTip(tip)

    def _length_entered(self) -> None:
        if not self.length.isModified() or self.length.isReadOnly():
            return
        text = self.length.text().strip()
        allowed = text.isdecimal() and 2 <= int(text) <= MAX_FRAMES
        mark(self.length, not allowed)
        self.length.setToolTip("" if allowed else f"A length is 2 to {MAX_FRAMES} frames.")
        if allowed:
            self.length.setModified(False)
            self.fitted.emit(int(text))

    def _lay_out(self) -> None:
        for button, text, tip in (
            (self.source, "Source", "Source frame over output frame"),
            (self.speed, "Speed", "Speed over output frame"),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setAutoExclusive(True)
        self.source.setChecked(True)
        self.length.setFixedWidth(style.text_width("000000") + 16)
        self.length.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self.length.setAccessibleName("Length in frames")
        row = QtWidgets.QHBoxLayout()
        row.setSpacing(2)
        for label in (self._name, self._unit):
            label.setProperty("role", "name")
        for widget in (self.source, self.speed):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._name)
        row.addSpacing(4)
        row.addWidget(self.length)
        row.addSpacing(4)
        row.addWidget(self._unit)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.view)
        column.addLayout(row)
