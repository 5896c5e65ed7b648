"""Undo, redo and reset of the form."""

from __future__ import annotations

from typing import Any

from .form import Form
from .qt import QtCore, Signal

_SETTLED_MS = 400  # without another edit: a word that is typed is one step
_MOST = 100


class Undo(QtCore.QObject):
    """Keeps what the form held. `changed` comes when there is more, or less, to go back to."""

    changed = Signal()

    def __init__(self, form: Form) -> None:
        super().__init__(form)
        self._form = form
        self._initial = form.texts(everything=True)
        self._done: list[dict[str, Any]] = [self._initial]
        self._undone: list[dict[str, Any]] = []
        self._timer = QtCore.QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED_MS)
        self._timer.timeout.connect(self.keep)
        form.changed.connect(self._timer.start)
        form.seen_otherwise.connect(self._timer.start)
        form.source_changed.connect(lambda _: self._timer.start())

    @property
    def can_undo(self) -> bool:
        """Whether there is something to go back to."""
        return len(self._done) > 1 or self._form.texts(everything=True) != self._done[-1]

    def keep(self) -> None:
        """Take what the form holds as a step, if it is another."""
        now = self._form.texts(everything=True)
        if now != self._done[-1]:
            self._done = [*self._done[-_MOST:], now]
            self._undone.clear()
        self.changed.emit()

    def begin(self) -> None:
        """Nothing before this is gone back to: it was remembered, not entered."""
        self._done, self._undone = [self._form.texts(everything=True)], []

    def undo(self) -> None:
        """One step back."""
        self._timer.stop()
        self.keep()
        if len(self._done) > 1:
            self._undone.append(self._done.pop())
            self._show(self._done[-1])

    def redo(self) -> None:
        """One step forward again."""
        if self._undone:
            self._done.append(self._undone.pop())
            self._show(self._done[-1])

    def reset(self) -> None:
        """Everything but plate and target as it was at first; itself a step to go back from."""
        now = self._form.texts(everything=True)
        self._show({**self._initial, "source": now["source"], "target": now["target"]})
        self.keep()

    def _show(self, texts: dict[str, Any]) -> None:
        self._form.show_texts(texts)
        self._timer.stop()
        self.changed.emit()
