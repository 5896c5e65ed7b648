"""Two frame rates, from and to: they follow the plate until somebody enters others."""

from __future__ import annotations

from fractions import Fraction

from ..errors import InvalidSetting
from ..retime import parse_fps
from . import style
from .fields import Choice
from .qt import QtWidgets, Signal

_OFFERED = (
    "23.976", "24", "25", "29.97", "30", "47.952", "48", "50", "59.94", "60", "120",
)  # fmt: skip
_USUAL = Fraction(24)  # before there is a plate


class Rates(QtWidgets.QWidget):
    """The rates of a conform. `changed` comes with every edit and with another suggestion."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = Choice(_OFFERED, free=True), Choice(_OFFERED, free=True)
        for choice in self._both:
            choice.setMinimumContentsLength(2)  # both stand in one column
            choice.setMinimumWidth(style.text_width("47.952") + 34)
        self._entered: set[Choice] = set()
        line = QtWidgets.QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.source, 1)
        line.addWidget(QtWidgets.QLabel("to"))
        line.addWidget(self.target, 1)
        self.suggest(_USUAL)
        for choice in (self.source, self.target):
            choice.currentTextChanged.connect(lambda _, choice=choice: self._edited(choice))

    def fps(self) -> tuple[Fraction, Fraction]:
        """Source and target rate. Raises InvalidSetting."""
        return parse_fps(":".join(choice.currentText().strip() for choice in self._both))

    def show_fps(self, fps: tuple[Fraction, Fraction]) -> None:
        """Show rates that were entered elsewhere."""
        for choice, rate in zip(self._both, fps):
            choice.setCurrentText(spelled(rate))
            self._entered.add(choice)

    def suggest(self, rate: Fraction) -> None:
        """From the plate's rate to twice as much, as far as nobody entered another."""
        for choice, text in zip(self._both, (spelled(rate), spelled(2 * rate))):
            if choice not in self._entered and choice.currentText() != text:
                blocked = choice.blockSignals(True)
                choice.setCurrentText(text)
                choice.blockSignals(blocked)
                self.changed.emit()

    def texts(self) -> dict[str, str]:
        """What was entered, to be remembered; nothing for what follows the plate."""
        names = {"from": self.source, "to": self.target}
        return {name: c.currentText() for name, c in names.items() if c in self._entered}

    def set_texts(self, texts: dict[str, str]) -> None:
        """Show what was remembered."""
        for name, choice in (("from", self.source), ("to", self.target)):
            if name in texts:
                choice.setCurrentText(str(texts[name]))

    @property
    def _both(self) -> tuple[Choice, Choice]:
        return self.source, self.target

    def _edited(self, choice: Choice) -> None:
        self._entered.add(choice)
        self.changed.emit()


def spelled(rate: Fraction) -> str:
    """A rate as people write it: 23.976 for 24000/1001."""
    return next((text for text in _OFFERED if _rate(text) == rate), str(rate))


def _rate(text: str) -> Fraction:
    return parse_fps(f"{text}:1")[0]


def parsed(rate: str) -> Fraction | None:
    """The rate in a text; None for none."""
    try:
        return _rate(rate)
    except InvalidSetting:
        return None
