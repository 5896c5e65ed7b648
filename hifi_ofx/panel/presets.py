"""The row of presets: those that come with the program, and the user's own."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import Optional

from .. import user_presets
from ..errors import HifiError
from ..quality import PRESETS, Quality
from ..user_presets import UserPreset
from .dialogs import ask_for_file
from .fields import Choice, error_label, show_error
from .qt import QtCore, QtWidgets, Signal

CUSTOM = "custom"  # what a quality is called that is no preset's; it cannot be chosen
_KINDS = "Presets (*.json)"


class Presets(QtWidgets.QWidget):
    """A list, and a menu to keep, take, share and remove the user's own.

    `chosen` brings a preset; `asked` wants what is entered, and is answered by `keep`.
    """

    chosen = Signal(object)  # UserPreset
    asked = Signal(str)  # where it is to be kept

    def __init__(self) -> None:
        super().__init__()
        self.choice, self.error = Choice(), error_label()
        self.more = QtWidgets.QToolButton()
        self.more.setText("⋯")
        self.more.setProperty("role", "small")
        self.more.setToolTip("Keep, share and remove presets of your own")
        self.more.setAccessibleName("Presets of your own")
        self._dialog: Optional[QtWidgets.QFileDialog] = None
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.choice, 1)
        row.addWidget(self.more)
        self.list_names()
        self.choice.activated.connect(self._chosen)
        self.more.clicked.connect(lambda: self.menu().popup(self.more.mapToGlobal(_CORNER)))

    def list_names(self) -> None:
        """Offer what there is."""
        self.choice.offer([*PRESETS, *user_presets.known(), CUSTOM])
        flags = QtCore.Qt.ItemFlag.NoItemFlags
        last = self.choice.count() - 1
        self.choice.setItemData(last, flags.value, QtCore.Qt.ItemDataRole.UserRole - 1)

    def show_quality(self, quality: Optional[Quality]) -> None:
        """The name of the preset that this is, but for its seed; of several the one chosen last."""
        current = self.choice.currentText()
        names = [name for name in self._names() if self._quality(name) == quality]
        blocked = self.choice.blockSignals(True)
        fallback = names[0] if names else CUSTOM
        self.choice.setCurrentText(current if current in names else fallback)
        self.choice.blockSignals(blocked)

    def menu(self) -> QtWidgets.QMenu:
        """What can be done with presets."""
        menu = QtWidgets.QMenu(self)
        menu.addAction("Keep as a preset…").triggered.connect(self._ask_where)
        menu.addAction("Take from a file…").triggered.connect(self._ask_which)
        name = self.choice.currentText()
        if name in user_presets.known():
            menu.addAction(f"Remove {name!r}").triggered.connect(lambda: self.remove(name))
        return menu

    def keep(self, path: str, preset: UserPreset) -> None:
        """Write a preset's file, and offer it by its name where it lies in the user's folder."""
        file = Path(path).with_suffix(".json")
        if self._done(lambda: user_presets.save(file, preset)):
            self.list_names()
            self.choice.setCurrentText(file.stem)
            self.show_quality(dataclasses.replace(preset.quality, seed=0))

    def take(self, path: str) -> None:
        """Set what a file says, and keep it by its name."""
        self._done(lambda: self._take(Path(path)))

    def remove(self, name: str) -> None:
        """Forget one of the user's presets; what it has set stays."""
        with contextlib.suppress(OSError, KeyError):
            user_presets.known()[name].unlink()
        self.list_names()

    def _take(self, path: Path) -> None:
        preset = user_presets.load(path)
        if path.parent != user_presets.folder() and path.stem not in PRESETS:
            user_presets.add(path.name, preset)
        self.list_names()
        self.choice.setCurrentText(path.stem)
        self.chosen.emit(preset)

    def _chosen(self) -> None:
        self._done(lambda: self.chosen.emit(user_presets.named(self.choice.currentText())))

    def _done(self, act: object) -> bool:
        try:
            act()  # type: ignore[operator]
        except HifiError as error:
            show_error(self.choice, self.error, str(error))
            return False
        show_error(self.choice, self.error, "")
        return True

    def _names(self) -> list[str]:
        return [self.choice.itemText(index) for index in range(self.choice.count() - 1)]

    def _quality(self, name: str) -> Optional[Quality]:
        try:
            return dataclasses.replace(user_presets.named(name).quality, seed=0)
        except HifiError:
            return None

    def _ask_where(self) -> None:
        user_presets.folder().mkdir(parents=True, exist_ok=True)
        start = str(user_presets.folder() / "mine.json")
        self._dialog = ask_for_file(
            self, "Keep as a preset", _KINDS, self.asked.emit, start, save=True
        )

    def _ask_which(self) -> None:
        self._dialog = ask_for_file(self, "Take a preset", _KINDS, self.take)


_CORNER = QtCore.QPoint(0, 24)
