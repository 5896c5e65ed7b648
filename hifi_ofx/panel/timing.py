"""The timing of a retime: a speed, a change of frame rate, or a curve of keys."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import Any, Optional

from ..curve import Curve
from ..curve_file import read_curve
from ..errors import HifiError, InvalidSetting
from ..retime import (
    INTERPOLATIONS,
    Retime,
    RetimePlan,
    parse_range,
    parse_speed,
)
from . import curve_keys
from .dialogs import ask_for_file
from .drawing import Drawing
from .fields import Check, Choice, error_label, show_error
from .qt import QtWidgets, Signal
from .rates import Rates, parsed
from .sections import Section

MODES = ("Speed", "Frame rate", "Curve")
_SPEEDS = ("1/2", "1/3", "1/4", "1/8", "50%", "25%")


class Timing(Section):
    """Rows for the timing, and the plan they make; `changed` comes with every edit."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Timing")
        self.mode = Choice(MODES)
        self.speed = Choice(_SPEEDS, free=True)
        self.rates = Rates()
        self.keys = QtWidgets.QPlainTextEdit()
        self.interpolation = Choice(INTERPOLATIONS)
        self.range = QtWidgets.QLineEdit()
        self.reverse = Check("Run from the last frame back")
        self.drawing = Drawing()
        self.view = self.drawing.view
        self._plan: Optional[RetimePlan] = None
        self._clip: Optional[tuple[int, int]] = None
        self._seed = ""  # keys that nobody entered
        self._errors = {name: error_label() for name in ("speed", "rates", "keys", "range", "plan")}
        self._dialog: Optional[QtWidgets.QFileDialog] = None
        self._names: dict[str, list[QtWidgets.QWidget]] = {}
        self.real_time = Fraction(1)  # source frames that pass in an output frame at 100 %
        self._lay_out()
        self._listen()
        self._show_mode()

    def retime(self) -> Retime:
        """What is entered. Raises InvalidSetting; the sentence also stands at its field."""
        timing = self._checked(_ERROR_OF[self.mode.currentText()], self._timing)
        chosen = self._checked("range", self._range)
        return Retime(**timing, input_range=chosen, reverse=self.reverse.isChecked())

    def set_retime(self, retime: Retime) -> None:
        """Show a timing without telling anybody."""
        blocked = self.blockSignals(True)
        if retime.curve is not None:
            self._show_curve(retime.curve)
        elif retime.fps is not None:
            self.mode.setCurrentText("Frame rate")
            self.rates.show_fps(retime.fps)
        else:
            self.mode.setCurrentText("Speed")
            self.speed.setCurrentText(str(Fraction(retime.speed or 1) / self.real_time))
        chosen = retime.input_range
        self.range.setText("" if chosen is None else f"{chosen[0]}-{chosen[1]}")
        self.reverse.setChecked(retime.reverse)
        self.blockSignals(blocked)
        self._show_mode()

    def texts(self, everything: bool = False) -> dict[str, Any]:
        """All that is entered, to be remembered; `everything`: with source range and direction."""
        own = {"range": self.range.text(), "reverse": self.reverse.isChecked()}
        return {
            **(own if everything else {}),
            "mode": self.mode.currentText(),
            "speed": self.speed.currentText(),
            "rates": self.rates.texts(),
            "keys": self.keys.toPlainText(),
            "interpolation": self.interpolation.currentText(),
        }

    def set_texts(self, texts: dict[str, Any]) -> None:
        """Show what was remembered."""
        blocked = self.blockSignals(True)
        for name in ("mode", "speed", "interpolation"):
            if name in texts:
                getattr(self, name).setCurrentText(str(texts[name]))
        self.rates.set_texts(dict(texts.get("rates", {})))
        self.range.setText(str(texts.get("range", self.range.text())))
        self.reverse.setChecked(bool(texts.get("reverse", self.reverse.isChecked())))
        self.keys.setPlainText(str(texts.get("keys", "")))
        self.blockSignals(blocked)
        self._show_mode()

    def suggest_rate(self, rate: str) -> None:
        """Start a frame-rate conform from the plate's own rate, unless one was entered."""
        found = parsed(rate)
        if found is not None:
            self.rates.suggest(found)

    def show_clip(self, first: int, last: int) -> None:
        """Which source frames there are."""
        self.range.setPlaceholderText(f"{first}-{last} (all)")
        self._clip = first, last

    def show_plan(self, plan: Optional[RetimePlan]) -> None:
        """What the timing makes of the clip; None for nothing yet."""
        self._plan = plan
        self.drawing.show_plan(plan)
        self.show_plan_error("")
        self._seed_keys()

    def show_plan_error(self, text: str) -> None:
        """What is wrong with the plan as a whole, beneath its picture; nothing for no text."""
        self._errors["plan"].setText(text)
        self._errors["plan"].setVisible(bool(text))

    def load_curve(self, path: str) -> None:
        """Take the keys of a file; what is wrong with it stands at the field."""
        try:
            curve, note = read_curve(path, span=self._range() or self._clip or (1, 1))
        except HifiError as error:
            show_error(self.keys, self._errors["keys"], str(error))
            return
        self._show_curve(curve)
        self._edited()
        if note:
            self._errors["keys"].setText(note)
            self._errors["keys"].show()

    def _show_curve(self, curve: Curve) -> None:
        self.mode.setCurrentText("Curve")
        self.keys.setPlainText(curve_keys.text_of(curve.keys))
        self.interpolation.setCurrentText(curve.interpolation)

    def _timing(self) -> dict[str, Any]:
        mode = self.mode.currentText()
        if mode == "Speed":
            return {"speed": parse_speed(self.speed.currentText()) * self.real_time}
        if mode == "Frame rate":
            return {"fps": self.rates.fps()}
        return {"curve": self._curve()}

    def _curve(self) -> Curve:
        return curve_keys.curve_of(self.keys.toPlainText(), self.interpolation.currentText())

    def _range(self) -> Optional[tuple[int, int]]:
        text = self.range.text().strip()
        return parse_range(text) if text else None

    def _checked(self, name: str, read: Any) -> Any:
        editor = self._editors[name]
        try:
            value = read()
        except InvalidSetting as error:
            untouched = name == "keys" and not self.keys.toPlainText().strip()
            show_error(editor, self._errors[name], "" if untouched else str(error))
            raise
        show_error(editor, self._errors[name], "")
        return value

    @property
    def _editors(self) -> dict[str, QtWidgets.QWidget]:
        return {
            "speed": self.speed,
            "rates": self.rates.target,
            "keys": self.keys,
            "range": self.range,
        }

    def _lay_out(self) -> None:
        self.add_row("Retime by", self.mode)
        self._row("Speed", "Speed", self.speed, "speed")
        self._row("Frame rate", "Frames per second", self.rates, "rates")
        self._row("Curve", "Keys", self._curve_editor(), "keys")
        self._row("Curve", "Between keys", self.interpolation)
        self.range.setPlaceholderText("all")
        self.add_row("Source range", self.range, self._errors["range"])
        self.add_row("", self.reverse)
        self.add_wide(self.drawing)
        self.add_wide(self._errors["plan"])

    def _curve_editor(self) -> QtWidgets.QWidget:
        whole = QtWidgets.QWidget()
        column = QtWidgets.QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.keys.setPlaceholderText("output, source\n1001, 1001\n1050, 1020")
        self.keys.setFixedHeight(82)
        self.keys.setTabChangesFocus(True)
        load = QtWidgets.QPushButton("Load CSV or JSON…")
        load.clicked.connect(self._ask_for_curve)
        column.addWidget(self.keys)
        column.addWidget(load)
        return whole

    def _row(self, mode: str, name: str, item: QtWidgets.QWidget, error: str = "") -> None:
        label = self.add_row(name, item, self._errors[error] if error else None)
        self._names.setdefault(mode, []).extend([label, item])

    def _listen(self) -> None:
        self.mode.currentTextChanged.connect(self._mode_chosen)
        for choice in (self.speed, self.interpolation):
            choice.currentTextChanged.connect(self._edited)
        self.rates.changed.connect(self._rates_changed)
        self.keys.textChanged.connect(self._keys_edited)
        self.interpolation.currentTextChanged.connect(self._show_curve_of_keys)
        self.view.edited.connect(self._drawn)
        self.drawing.fitted.connect(self._fit)
        self.range.textEdited.connect(self._edited)
        self.reverse.toggled.connect(self._edited)
        self.speed.setToolTip("A quarter of the speed is 1/4, 0.25 or 25%.")
        self.range.setToolTip("First and last source frame, as in 1001-1050. Empty: all of them.")
        self.keys.setToolTip(
            "One key a line: output frame, source frame. Or drag them in the plot."
        )

    def _mode_chosen(self) -> None:
        self._seed_keys()
        self._show_mode()
        self._edited()

    def _show_mode(self) -> None:
        mode = self.mode.currentText()
        for name, widgets in self._names.items():
            for widget in widgets:
                widget.setVisible(name == mode)
        for name, label in self._errors.items():
            label.setVisible(bool(label.text()) and name in (_ERROR_OF[mode], "range", "plan"))
        self.drawing.allow_length(mode != "Frame rate")
        self._show_curve_of_keys()

    def _edited(self, *_: object) -> None:
        self.changed.emit()

    def _keys_edited(self) -> None:
        self._show_curve_of_keys()
        self._edited()

    def _show_curve_of_keys(self, *_: object) -> None:
        """The keys in the plot, while they are keys."""
        curve = None
        if self.mode.currentText() == "Curve":
            with contextlib.suppress(InvalidSetting):
                curve = self._curve()
        self.view.show_curve(curve)

    def _seed_keys(self) -> None:
        """Begin a curve from what the plan was, while nobody entered or drew another."""
        text = self.keys.toPlainText()
        if self._plan is None or not self._plan.frames or text.strip() != self._seed:
            return
        if self.mode.currentText() == "Curve" and text.strip():
            return
        self._seed = curve_keys.text_of(curve_keys.keys_of(self._plan))
        blocked = self.keys.blockSignals(True)
        self.keys.setPlainText(self._seed)
        self.keys.blockSignals(blocked)
        if self.mode.currentText() == "Curve":
            self._keys_edited()

    def _drawn(self, keys: curve_keys.Keys) -> None:
        self.keys.setPlainText(curve_keys.text_of(keys))

    def _fit(self, frames: int) -> None:
        """A speed, or keys, that make so many frames of what is used of the clip."""
        if self.mode.currentText() == "Curve":
            with contextlib.suppress(InvalidSetting):
                self._drawn(curve_keys.fitted(self._curve().keys, frames))
        elif self._clip is not None:
            with contextlib.suppress(InvalidSetting):
                first, last = self._range() or self._clip
                steps = Fraction(last - first, frames - 1) / self.real_time
                self.speed.setCurrentText(str(steps))

    def _rates_changed(self) -> None:
        if self.mode.currentText() == "Frame rate":  # else it changes no plan
            self.changed.emit()

    def _ask_for_curve(self) -> None:
        kinds = "Curves (*.csv *.json *.txt *.otio *.otioz *.edl *.nk);;All files (*)"
        self._dialog = ask_for_file(self, "Load a curve", kinds, self.load_curve)


_ERROR_OF = {"Speed": "speed", "Frame rate": "rates", "Curve": "keys"}
