"""The keys of the panel: bound once, and listed where they can be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import style
from .qt import QtCore, QtGui, QtWidgets, Shortcut


@dataclass(frozen=True)
class Key:
    """A key, what it does in words, and the doing."""

    keys: str
    words: str
    act: Callable[[], object]


def bind(panel: QtWidgets.QWidget, keys: list[Key]) -> list[Any]:
    """Bind keys inside a panel alone, so that a host keeps its own."""
    bound = []
    for key in keys:
        shortcut = Shortcut(QtGui.QKeySequence(key.keys), panel)
        shortcut.setContext(QtCore.Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(key.act)
        bound.append(shortcut)
    return bound


class Sheet(QtWidgets.QFrame):
    """The list of keys over the viewer; a click or any key in it closes it."""

    def __init__(self, parent: QtWidgets.QWidget, keys: list[Key]) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        grid = QtWidgets.QGridLayout(self)
        grid.setContentsMargins(20, 14, 20, 16)
        grid.setHorizontalSpacing(2 * style.SPACE)
        grid.setVerticalSpacing(4)
        title = QtWidgets.QLabel("Keys")
        title.setProperty("role", "title")
        grid.addWidget(title, 0, 0, 1, 4)
        half = (len(keys) + 1) // 2
        for index, key in enumerate(keys):
            row, column = 1 + index % half, 2 * (index // half)
            name = QtWidgets.QLabel(QtGui.QKeySequence(key.keys).toString(_NATIVE))
            name.setProperty("role", "title")
            words = QtWidgets.QLabel(key.words)
            words.setProperty("role", "quiet")
            grid.addWidget(name, row, column, QtCore.Qt.AlignmentFlag.AlignRight)
            grid.addWidget(words, row, column + 1)
        self.hide()

    def toggle(self) -> None:
        """Show the list in the middle of its parent, or hide it."""
        if self.isVisible():
            self.hide()
            return
        self.show()
        self.resize(self.sizeHint())
        behind = self.parentWidget()
        if behind is not None:
            self.move(behind.rect().center() - self.rect().center())
        self.raise_()
        self.setFocus()

    def event(self, event: QtCore.QEvent) -> bool:
        """Keep every key for the list itself while it is shown."""
        if event.type() == QtCore.QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        self.hide()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        self.hide()


_NATIVE = QtGui.QKeySequence.SequenceFormat.NativeText
