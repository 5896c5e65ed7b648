"""Fields for settings, made from their declarations: name, editor, and what is wrong beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

from ..errors import HifiError
from ..parameters import Parameter, Value
from ..viewing import AUTO, CONFIGS
from . import icons, style
from .qt import QtCore, QtGui, QtWidgets, Signal
from .words import Words

# Values that are worth offering beside those a declaration names itself.
_USUAL: dict[str, Sequence[Value]] = {
    "base_steps": (0, 1, 2, 4, 8),
    "patch": ((256, 384), (384, 512), (512, 768), (768, 1152)),
    "cascade_depth": (0, 1, 2, 3, 4, 5, 6),
    "batch": (0, 1, 2, 4, 8, 16),
    "device": ("auto", "cpu"),
    "config": CONFIGS,
    **{name: (AUTO,) for name in ("colorspace", "display", "view")},
}


_IDLE = "Changes nothing with these weights."


class Choice(QtWidgets.QComboBox):
    """A list to choose from; `free`: or to type into, and what is typed stays as it was typed.

    The wheel scrolls the form unless the list has the focus, and never replaces what was typed.
    """

    def __init__(self, texts: Sequence[str] = (), free: bool = False) -> None:
        super().__init__()
        self.addItems(list(texts))
        self.setEditable(free)
        self.setInsertPolicy(QtWidgets.QComboBox.InsertPolicy.NoInsert)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(
            QtWidgets.QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.setMinimumContentsLength(6)
        if free:  # Qt's own would make 512x768 of a typed 512
            self.setCompleter(None)  # type: ignore[arg-type] # stubs lack None

    def offer(self, texts: Sequence[str]) -> None:
        """Offer these from now on; what is entered stays, and so does the cursor in it."""
        text, line, blocked = self.currentText(), self.lineEdit(), self.blockSignals(True)
        place = line.cursorPosition() if line else 0
        self.clear()
        self.addItems(list(texts))
        self.setCurrentText(text)
        if line:
            line.setCursorPosition(place)
        self.blockSignals(blocked)

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        if self.hasFocus() and not self.isEditable():
            super().wheelEvent(event)
        else:
            event.ignore()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QtGui.QPainter(self)
        shade = style.QUIET if self.isEnabled() else style.DISABLED
        top = (self.height() - 14) / 2
        icons.draw(painter, "down", QtCore.QRectF(self.width() - 19, top, 14, 14), shade)
        painter.end()


class Check(QtWidgets.QCheckBox):
    """A check box whose mark is drawn, since a style sheet cannot without files."""

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        super().paintEvent(event)
        if self.isChecked():
            painter = QtGui.QPainter(self)
            box = QtCore.QRectF(1.5, (self.height() - 13) / 2, 13, 13)
            icons.draw(painter, "check", box, "#1a1206")
            painter.end()


class Number(QtWidgets.QLineEdit):
    """Text of a number; the arrow keys step it within its declaration's range."""

    def __init__(self, declared: Parameter) -> None:
        super().__init__()
        self._declared = declared

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        steps = {QtCore.Qt.Key.Key_Up: 1, QtCore.Qt.Key.Key_Down: -1}
        if event.key() in steps:
            self._step(steps[QtCore.Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _step(self, direction: int) -> None:
        try:
            value: Any = self._declared.parse(self.text())
        except HifiError:
            return
        size = 1 if self._declared.kind == "int" else 0.01
        stepped: Any = type(value)(round(value + direction * size, 6))
        try:
            self.setText(self._declared.text(self._declared.check(stepped)))
        except HifiError:
            return
        self.textEdited.emit(self.text())


class Field(QtCore.QObject):
    """One setting: its name, its editor, and a line for what is wrong with it.

    `changed` comes with every edit, also with one that is not allowed; then `value` raises
    InvalidSetting, in the declaration's words, and the line shows them.
    """

    changed = Signal()

    def __init__(self, declared: Parameter, parent: Optional[QtCore.QObject] = None) -> None:
        super().__init__(parent)
        self.declared = declared
        self._acts = True
        self.name = QtWidgets.QLabel(declared.label)
        self.name.setProperty("role", "name")
        self.error = error_label()
        self.editor = self._make_editor()
        for widget in (self.name, self.editor):
            widget.setToolTip(_tip(declared))
        self.name.setBuddy(self.editor)
        self.editor.setObjectName(declared.name)
        self.editor.setAccessibleName(declared.label)
        self.set_value(declared.default)

    def value(self) -> Value:
        """What is entered. Raises InvalidSetting in the declaration's words."""
        return self.declared.check(self.declared.parse(self.text()))

    def text(self) -> str:
        """What is entered, as text."""
        if isinstance(self.editor, QtWidgets.QCheckBox):
            return "on" if self.editor.isChecked() else "off"
        if isinstance(self.editor, QtWidgets.QComboBox):
            return self.editor.currentText().strip()
        return self.editor.text().strip()

    def set_value(self, value: Value) -> None:
        """Show a value without telling anybody."""
        self.set_text(self.declared.text(value))

    def set_text(self, text: str) -> None:
        """Show a text, allowed or not, without telling anybody."""
        blocked = self.editor.blockSignals(True)
        if isinstance(self.editor, QtWidgets.QCheckBox):
            self.editor.setChecked(text == "on")
        elif isinstance(self.editor, QtWidgets.QComboBox):
            self.editor.setCurrentText(text)
        else:
            self.editor.setText(text)
            self.editor.setCursorPosition(0)
        self.editor.blockSignals(blocked)
        self.check()

    def offer(self, texts: Sequence[str]) -> None:
        """What a list offers from now on; what is entered stays."""
        if isinstance(self.editor, Choice):
            self.editor.offer(texts)

    def check(self) -> bool:
        """Whether what is entered is allowed; shows beneath what is not."""
        try:
            self.value()
        except HifiError as error:
            self.show_error(str(error))
            return False
        self._show_note()
        return True

    def show_error(self, text: str) -> None:
        """Show what is wrong beneath the editor; nothing for an empty text."""
        show_error(self.editor, self.error, text)

    def set_acts(self, acts: bool) -> None:
        """Gray a setting that changes nothing with the weights at hand.

        One that was set all the same stays open, so that it can be set back, and says so.
        """
        self._acts = acts
        if self.check():
            is_open = acts or self.value() != self.declared.default
            for widget in (self.name, self.editor):
                widget.setEnabled(is_open)
        note = "" if acts else f"<p><b>{_IDLE}</b></p>"
        for widget in (self.name, self.editor):
            widget.setToolTip(_tip(self.declared) + note)

    def _show_note(self) -> None:
        idle = not self._acts and self.value() != self.declared.default
        default = self.declared.text(self.declared.default)
        self.show_error(f"{_IDLE} It may cost time; the default is {default}." if idle else "")
        if idle:
            mark(self.editor, False)  # allowed, and for nothing
        set_role(self.error, "warning" if idle else "error")

    def _edited(self) -> None:
        self.check()
        self.changed.emit()

    def _make_editor(self) -> QtWidgets.QCheckBox | QtWidgets.QComboBox | QtWidgets.QLineEdit:
        declared = self.declared
        if declared.kind == "bool":
            check = Check("On")
            check.toggled.connect(self._edited)
            return check
        usual = [declared.text(value) for value in _USUAL.get(declared.name, ())]
        if declared.kind == "choice" or usual:
            choice = Choice(declared.choices or usual, free=not declared.choices)
            choice.currentTextChanged.connect(self._edited)
            return choice
        is_number = declared.kind in ("int", "float")
        line = Number(declared) if is_number else QtWidgets.QLineEdit()
        line.textEdited.connect(self._edited)
        return line


def error_label() -> QtWidgets.QLabel:
    """A line for what is wrong, hidden while nothing is."""
    label = Words()
    label.setProperty("role", "error")
    label.hide()
    return label


def show_error(editor: QtWidgets.QWidget, label: QtWidgets.QLabel, text: str) -> None:
    """Mark an editor as wrong and say why, or take both away."""
    label.setText(text)
    label.setVisible(bool(text))
    mark(editor, bool(text))


def set_role(label: QtWidgets.QLabel, role: str) -> None:
    """Another look of a label."""
    if label.property("role") != role:
        label.setProperty("role", role)
        label.style().unpolish(label)
        label.style().polish(label)


def mark(editor: QtWidgets.QWidget, bad: bool) -> None:
    """Mark an editor as wrong, or take the mark away."""
    if editor.property("bad") != bad:
        editor.setProperty("bad", bad)
        editor.style().unpolish(editor)
        editor.style().polish(editor)


def _tip(declared: Parameter) -> str:
    unit = f" {declared.unit}" if declared.unit else ""
    return f"<p>{declared.hint}</p><p>{declared.allowed.capitalize()}{unit}.</p>"
