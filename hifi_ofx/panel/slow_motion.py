"""The one dialog of slow motion in Resolve: speed, place and sound, before anything is rendered.

`python -m hifi_ofx.panel.slow_motion --question FILE --answer FILE`: the script for Resolve writes
the question (hifi_resolve.before), waits, and reads the answer: {"state": "go" or "cancelled",
"speed", "place", "audio", "marks", "preset", "look"}. No file is written when the dialog fails.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Optional

from ..errors import HifiError, InvalidSetting
from ..files import write_whole
from ..retime import parse_speed
from . import command, style
from .fields import Check, Choice, error_label, show_error
from .qt import QtCore, QtWidgets, Signal, keep_singletons, make_application, run
from .sections import Section

SPEEDS = ("50%", "25%", "1/3", "20%", "10%", "75%", "100%")
PLACES = {"above": "Above", "replace": "Replace", "room": "Make room"}
SOUNDS = {"keep": "Keep", "stretch": "Stretch", "none": "None"}
WIDTH = 430

_ABOUT_PLACES = {
    "above": "On a new track above the clip. The clip stays as it is.",
    "replace": "In the clip's place, as a take: transitions and length stay, and so does the clip, "
    "as take 1.",
    "room": "Above the clip; what lies behind moves as far as the clip grows.",
}
_ABOUT_SOUNDS = {
    "keep": "The clip's sound stays where it is.",
    "stretch": "The sound becomes as long as the picture, at its own pitch.",
    "none": "The clip's sound is switched off.",
}


class Buttons(QtWidgets.QWidget):
    """Buttons side by side, one of which is down; `chosen` comes with its name."""

    chosen = Signal(str)

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        line = QtWidgets.QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(4)
        group = QtWidgets.QButtonGroup(self)
        self._buttons: dict[str, QtWidgets.QToolButton] = {}
        for name, text in names.items():
            button = QtWidgets.QToolButton()
            button.setText(text)
            button.setCheckable(True)
            button.setSizePolicy(
                QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed
            )
            button.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
            group.addButton(button)
            line.addWidget(button)
            self._buttons[name] = button

    def name(self) -> str:
        """Which one is down."""
        return next(name for name, button in self._buttons.items() if button.isChecked())

    def choose(self, name: str) -> None:
        """Press one, if it can be pressed; else the first."""
        button = self._buttons.get(name)
        if button is None or not button.isEnabled():
            button = next(iter(self._buttons.values()))
        button.setChecked(True)

    def forbid(self, name: str, why: str) -> None:
        """One that cannot be pressed, and why."""
        self._buttons[name].setEnabled(False)
        self._buttons[name].setToolTip(why)


class SlowMotion(QtWidgets.QWidget):
    """The dialog for one clip. `answer` is what was chosen; None while nothing was."""

    closed = Signal()

    def __init__(self, question: Mapping[str, Any]) -> None:
        super().__init__()
        self._asked = question
        self.answer: Optional[dict[str, Any]] = None
        self.speed = Choice(SPEEDS, free=True)
        self.place, self.audio = Buttons(PLACES), Buttons(SOUNDS)
        self.marks = Check("Only between the marks")
        self.preset = Choice(["as set", *question["presets"]])
        self.length, self.warning = _line("figure"), _line("warning")
        self.about_place, self.about_sound, self.lines = (_line("quiet") for _ in range(3))
        self.error = error_label()
        self.go = QtWidgets.QPushButton("Render")
        self.look = QtWidgets.QPushButton("Look first…")
        self.setObjectName("panel")
        self.setAttribute(QtCore.Qt.WidgetAttribute.WA_StyledBackground)
        self.setWindowTitle("HiFI Retime")
        style.apply(self)
        self._lay_out()
        self._fill()
        self._listen()
        self.refresh()

    def wish(self) -> Fraction:
        """The speed that is entered, 1 at 100 %. Raises InvalidSetting."""
        speed = parse_speed(self.speed.currentText())
        if speed <= 0:
            raise InvalidSetting("Speed must be more than 0.", "Try 50%.")
        return speed

    def frames(self, speed: Fraction) -> int:
        """How many record frames the clip will take."""
        return int(-(-self._whole() * Fraction(self._asked["clip speed"]) // speed))

    def _whole(self) -> int:
        part = self._asked["marks"] if self.marks.isChecked() else None
        return int(part[1] if part else self._asked["frames"])

    def refresh(self) -> None:
        """Show what the choices mean."""
        try:
            speed = self.wish()
        except HifiError as error:
            show_error(self.speed, self.error, str(error))
            for button in (self.go, self.look):
                button.setEnabled(False)
            for label in (self.length, self.warning):
                _show(label, "")
            return
        show_error(self.speed, self.error, "")
        for button in (self.go, self.look):
            button.setEnabled(True)
        back = self._asked["earlier"] and speed == Fraction(self._asked["first speed"])
        self.go.setText("Take it back" if back else "Render")
        self.look.setEnabled(not back)
        self._explain(speed, back)

    def _explain(self, speed: Fraction, back: bool) -> None:
        place = self.place.name()
        self.about_place.setText(_ABOUT_PLACES[place])
        self.about_sound.setText(self._about_sound())
        _show(
            self.length,
            "The clip as it was, without its slow motion."
            if back
            else f"{self._whole()} frames become {self.frames(speed)}",
        )
        _show(self.warning, "" if back else self._about_neighbours(place, self.frames(speed)))
        _show(self.lines, "\n".join(self._asked["lines"][place]))
        self.adjustSize()

    def _about_neighbours(self, place: str, length: int) -> str:
        asked: dict[str, Any] = dict(self._asked)
        if place == "room":
            moves = f"{_clips(asked['moving'])} behind it will move"
            return f"{moves} by {length - asked['frames']} frames. {asked['staying']}".strip()
        if place == "replace":
            shown = min(length, asked["frames"])
            return f"Its place shows the first {shown} of them." if length > shown else ""
        return covered(asked["behind"], length + self._lead())

    def _lead(self) -> int:
        """How far the part between the marks begins behind the clip's start."""
        part = self._asked["marks"] if self.marks.isChecked() else None
        return int(part[0] - self._asked["start"]) if part else 0

    def _about_sound(self) -> str:
        if not self._asked["sound"]:
            return "The clip has no sound."
        return _ABOUT_SOUNDS[self.audio.name()]

    def _fill(self) -> None:
        asked = self._asked
        self.speed.setCurrentText(percent(Fraction(asked["speed"])))
        if asked["no room"]:
            self.place.forbid("room", f"Resolve {asked['version']} moves no clips for scripts.")
        if asked["no stretch"] or not asked["sound"]:
            self.audio.forbid("stretch", asked["no stretch"] or "There is no sound.")
        if not asked["sound"]:
            self.audio.setEnabled(False)
        self.place.choose(asked["place"])
        self.audio.choose(asked["audio"])
        if asked["marks"]:
            self.marks.setText(f"Only between the marks ({asked['marks'][1]} frames)")

    def _listen(self) -> None:
        self.speed.currentTextChanged.connect(lambda _: self.refresh())
        self.place.chosen.connect(lambda _: self.refresh())
        self.audio.chosen.connect(lambda _: self.refresh())
        self.marks.toggled.connect(self._marks_toggled)
        self.go.clicked.connect(lambda: self._choose(look=False))
        self.look.clicked.connect(lambda: self._choose(look=True))

    def _marks_toggled(self, on: bool) -> None:
        if on:
            self.place.choose("above")
            self.audio.choose("keep")
        self.place.setEnabled(not on)
        self.audio.setEnabled(not on and self._asked["sound"])
        self.refresh()

    def _choose(self, look: bool) -> None:
        preset = self.preset.currentText()
        self.answer = {
            "state": "go",
            "speed": str(self.wish()),
            "place": self.place.name(),
            "audio": self.audio.name(),
            "marks": self.marks.isChecked(),
            "preset": "" if preset == "as set" else preset,
            "look": look,
        }
        self.close()

    def keyPressEvent(self, event: Any) -> None:
        if event.key() == QtCore.Qt.Key.Key_Escape:
            self.close()
        elif event.key() in (QtCore.Qt.Key.Key_Return, QtCore.Qt.Key.Key_Enter):
            self.go.click()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: Any) -> None:
        super().closeEvent(event)
        self.closed.emit()

    def _lay_out(self) -> None:
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(10)
        column.setSizeConstraint(QtWidgets.QLayout.SizeConstraint.SetFixedSize)
        asked = self._asked
        title = _line("figure", asked["clip"])
        title.setMinimumWidth(WIDTH)
        column.addWidget(title)
        column.addWidget(_line("quiet", _about_clip(asked)))
        column.addWidget(self._form())
        column.addWidget(self.warning)
        column.addWidget(self.lines)
        buttons = QtWidgets.QHBoxLayout()
        self.go.setProperty("role", "main")
        cancel = QtWidgets.QPushButton("Cancel")
        cancel.clicked.connect(self.close)
        buttons.addWidget(cancel)
        buttons.addStretch(1)
        buttons.addWidget(self.look)
        buttons.addWidget(self.go)
        column.addLayout(buttons)

    def _form(self) -> Section:
        form = Section("Slow motion")
        form.add_row("Speed", self.speed, self.error)
        form.add_note(self.length)
        if self._asked["marks"]:
            form.add_row("", self.marks)
        form.add_row("Place", self.place)
        form.add_note(self.about_place)
        form.add_row("Sound", self.audio)
        form.add_note(self.about_sound)
        form.add_row("Quality", self.preset)
        return form


def percent(speed: Fraction) -> str:
    """A speed as Resolve shows it, where that is exact; else as a fraction."""
    hundred = speed * 100
    return f"{hundred}%" if hundred.denominator == 1 else str(speed)


def covered(behind: Sequence[Sequence[Any]], length: int) -> str:
    """What a slow-motion clip of a length will lie on, and how much of it."""
    hit = [
        f"{name} on V{track} ({min(length, end) - start} frames)"
        for name, track, start, end in behind
        if start < length
    ]
    more = f" and {len(hit) - 5} more" if len(hit) > 5 else ""
    return f"It will cover {_clips(len(hit))}: {', '.join(hit[:5])}{more}." if hit else ""


def _clips(count: int) -> str:
    return "1 clip" if count == 1 else f"{count} clips"


def _about_clip(asked: Mapping[str, Any]) -> str:
    words = f"{asked['frames']} frames on V{asked['track']} at {asked['rate']} fps"
    if asked["source rate"] != asked["rate"]:
        words += f", shot at {asked['source rate']}"
    if Fraction(asked["clip speed"]) != 1:
        words += f", at {percent(Fraction(asked['clip speed']))} in Resolve"
    return words + "."


def _line(role: str, text: str = "") -> QtWidgets.QLabel:
    label = QtWidgets.QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(True)
    return label


def _show(label: QtWidgets.QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Ask, and write the answer. Returns the exit code; a failure is one sentence on stderr."""
    parser = argparse.ArgumentParser("python -m hifi_ofx.panel.slow_motion", description=__doc__)
    parser.add_argument("--question", type=Path, required=True, help="What to ask, as JSON.")
    parser.add_argument("--answer", type=Path, required=True, help="Where the answer goes.")
    words = parser.parse_args(arguments)
    try:
        command.check_screen()
    except HifiError as error:
        print(f"hifi-ofx: {error}", file=sys.stderr)
        return error.exit_code
    keep_singletons()
    application = make_application(sys.argv[:1])
    application.setApplicationName("hifi-ofx")
    dialog = SlowMotion(json.loads(words.question.read_text(encoding="utf-8")))
    dialog.closed.connect(application.quit)
    dialog.show()
    dialog.raise_()
    run(application)
    answer = dialog.answer or {"state": "cancelled"}
    write_whole(words.answer, json.dumps(answer).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
