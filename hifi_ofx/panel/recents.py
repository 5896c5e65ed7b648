"""The plates that were opened last, in a menu beside the source."""

from __future__ import annotations

from collections.abc import Sequence

from .controls import icon_button
from .qt import QtCore, QtWidgets, Signal

_MOST = 12


class Recents(QtCore.QObject):
    """A button with a menu; `chosen` brings a plate's path."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.plates: list[str] = []
        self.button = icon_button("down", "Plates that were opened last", self._open)
        self.button.setEnabled(False)

    def add(self, source: str) -> None:
        """A plate that was opened: it is the first of the list now."""
        others = [plate for plate in self.plates if plate != source]
        self.show([source, *others])

    def show(self, plates: Sequence[str]) -> None:
        """Another list."""
        self.plates = list(plates[:_MOST])
        self.button.setEnabled(bool(self.plates))

    def menu(self) -> QtWidgets.QMenu:
        """The plates, the latest first."""
        menu = QtWidgets.QMenu(self.button)
        for plate in self.plates:
            act = menu.addAction(plate.replace("&", "&&"))
            act.triggered.connect(lambda _=False, plate=plate: self.chosen.emit(plate))
        return menu

    def _open(self) -> None:
        self.menu().popup(self.button.mapToGlobal(self.button.rect().bottomLeft()))
