"""A question inside the panel: a modal window would freeze a host."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .qt import QtWidgets
from .toolbar import Toolbar
from .words import Words


class Question(QtWidgets.QFrame):
    """A sentence and buttons to answer with; hidden while nothing is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "question")
        self.words = Words()
        self.buttons: dict[str, QtWidgets.QPushButton] = {}
        self._column = QtWidgets.QVBoxLayout(self)
        self._column.setContentsMargins(12, 8, 12, 10)
        self._column.addWidget(self.words)
        self._bar: Toolbar | None = None
        self.hide()

    def ask(self, words: str, answers: Mapping[str, Callable[[], object]]) -> None:
        """Ask this instead of anything else; every answer but its own doing takes it away."""
        self.words.setText(words)
        self.buttons = {name: QtWidgets.QPushButton(name) for name in answers}
        for name, act in answers.items():
            self.buttons[name].clicked.connect(lambda _=False, act=act: self._answered(act))
        if self._bar is not None:
            self._bar.hide()
            self._bar.deleteLater()
        self._bar = Toolbar(list(self.buttons.values()), most=len(answers), gap=6)
        self._column.addWidget(self._bar)
        self.show()
        next(iter(self.buttons.values())).setFocus()

    def take_back(self) -> None:
        """Ask no more."""
        self.hide()

    def _answered(self, act: Callable[[], object]) -> None:
        self.hide()
        act()
