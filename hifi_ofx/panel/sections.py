"""Rows of fields under a title, all in the same columns; some can be folded away."""

from __future__ import annotations

from typing import Optional, Union

from . import icons, style
from .fields import Field
from .qt import QtCore, QtWidgets

Item = Union[QtWidgets.QWidget, QtWidgets.QLayout]


class Section(QtWidgets.QWidget):
    """A titled group of rows: a name at the left, an editor at the right."""

    def __init__(self, title: str, folded: Optional[bool] = None) -> None:
        super().__init__()
        outer = QtWidgets.QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(4)
        self.body = QtWidgets.QWidget()
        self._grid = QtWidgets.QGridLayout(self.body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(style.SPACE)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnMinimumWidth(0, style.label_width())
        self._grid.setColumnStretch(1, 1)
        self.fold: Optional[QtWidgets.QToolButton] = None
        outer.addWidget(self._title(title) if folded is None else self._fold(title, folded))
        outer.addWidget(self.body)

    def add(self, field: Field) -> None:
        """A row for a setting, and a line beneath for what is wrong with it."""
        self.add_row(field.name, field.editor, field.error)

    def add_row(
        self,
        name: Union[str, QtWidgets.QLabel],
        item: Item,
        error: Optional[QtWidgets.QLabel] = None,
    ) -> QtWidgets.QLabel:
        """A row with a name, and a line beneath it for what is wrong; returns the name's label."""
        label = QtWidgets.QLabel(name) if isinstance(name, str) else name
        label.setProperty("role", "name")
        label.setMinimumHeight(style.ROW)
        row = self._grid.rowCount()
        top_right = QtCore.Qt.AlignmentFlag.AlignTop | QtCore.Qt.AlignmentFlag.AlignRight
        self._grid.addWidget(label, row, 0, top_right)
        if isinstance(item, QtWidgets.QLayout):
            self._grid.addLayout(item, row, 1)
        else:
            self._grid.addWidget(item, row, 1)
        if error is not None:
            self._grid.addWidget(error, row + 1, 1)
        return label

    def add_note(self, note: QtWidgets.QLabel) -> None:
        """A line beneath the row before."""
        self._grid.addWidget(note, self._grid.rowCount(), 1)

    def add_wide(self, item: QtWidgets.QWidget) -> None:
        """A row over both columns."""
        self._grid.addWidget(item, self._grid.rowCount(), 0, 1, 2)

    def _title(self, title: str) -> QtWidgets.QWidget:
        label = QtWidgets.QLabel(title)
        label.setProperty("role", "title")
        label.setMinimumHeight(style.ROW)
        return label

    def _fold(self, title: str, folded: bool) -> QtWidgets.QWidget:
        self.fold = QtWidgets.QToolButton()
        self.fold.setText(title)
        self.fold.setProperty("role", "fold")
        self.fold.setCheckable(True)
        self.fold.setChecked(not folded)
        self.fold.setToolButtonStyle(QtCore.Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.fold.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed
        )
        self.fold.toggled.connect(self._show_body)
        self._show_body(not folded)
        return self.fold

    def _show_body(self, shown: bool) -> None:
        self.body.setVisible(shown)
        if self.fold is not None:
            self.fold.setIcon(icons.icon("down" if shown else "right"))


def rule() -> QtWidgets.QFrame:
    """A thin line between sections."""
    line = QtWidgets.QFrame()
    line.setProperty("role", "rule")
    return line
