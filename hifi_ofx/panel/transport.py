"""Under the viewer: which output frame is looked at, and how far between its neighbors."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Optional, Protocol

from ..exact import number
from ..preview import Place
from ..retime import PlannedFrame, RetimePlan
from . import icons, style
from .controls import group, icon_button
from .fields import mark
from .qt import QtCore, QtWidgets, Signal
from .scrubber import Scrubber
from .toolbar import Toolbar


class Player(Protocol):
    """What plays: playing.Playing."""

    changed: Any
    loop: bool
    reel: dict[int, Any]

    @property
    def is_on(self) -> bool: ...

    def toggle(self) -> None: ...


_STEPS = 32  # of the fraction's slider


class Transport(QtWidgets.QWidget):
    """Scrubber, frame number and fraction; `moved` comes with another place to look at.

    What is typed and cannot be looked at stays, marked, and `refused` says why.
    """

    moved = Signal()
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.scrubber = Scrubber()
        self.frame = QtWidgets.QLineEdit()
        self.fraction = QtWidgets.QLineEdit()
        self.play = icon_button("play", "Play, stop (Space; J, K, L)", lambda: None)
        self.loop = icon_button("loop", "Begin again at the end", lambda: None)
        self.back = QtWidgets.QToolButton()
        self.slider = QtWidgets.QSlider(QtCore.Qt.Orientation.Horizontal)
        self._last: Optional[int] = None  # source frame
        self._own: Optional[Fraction] = None  # a fraction other than the plan's
        self._lay_out()
        self._listen()

    def show_plan(self, plan: Optional[RetimePlan], last: Optional[int]) -> None:
        """Another plan, of a clip whose last source frame is `last`."""
        self._last, self._own = last, None
        self.scrubber.show_plan(plan)
        self.setEnabled(plan is not None)
        self._show()

    @property
    def output(self) -> Optional[int]:
        """The output frame that is looked at."""
        planned = self.scrubber.planned
        return None if planned is None else planned.output

    @property
    def place(self) -> Optional[Place]:
        """What is looked at: output frame, left, right, fraction."""
        planned = self.scrubber.planned
        if planned is None:
            return None
        left, right, fraction = planned.left, planned.right, planned.fraction
        if self._own is not None and self._own != fraction:
            fraction = self._own
            right = left + 1 if fraction else left
        return planned.output, left, right, str(fraction)

    def set_fraction(self, fraction: Optional[Fraction]) -> None:
        """Look at another fraction between the same two frames; None is the plan's own."""
        planned = self.scrubber.planned
        if planned is None or (fraction and not self._has_next(planned)):
            self._show()
            return
        self._own = fraction
        self._show()
        self.moved.emit()

    def go_quietly(self, output: int) -> None:
        """Put the playhead somewhere without having that looked at: it plays."""
        self._own = None
        self.scrubber.show_output(output)
        self._show()

    def connect_player(self, playing: Player) -> None:
        """Have the buttons drive what plays, and show how it is."""
        self.play.clicked.connect(playing.toggle)
        self.loop.toggled.connect(lambda on: setattr(playing, "loop", on))
        playing.changed.connect(lambda: self._show_player(playing))

    def _show_player(self, playing: Player) -> None:
        self.play.setIcon(icons.icon("stop" if playing.is_on else "play"))
        self.scrubber.show_cached(playing.reel)

    def _has_next(self, planned: PlannedFrame) -> bool:
        return self._last is None or planned.left < self._last

    def _lay_out(self) -> None:
        step = self.scrubber
        self.frame.setFixedWidth(style.text_width("-00000000") + 16)
        self.frame.setToolTip("Output frame")
        self.fraction.setFixedWidth(style.text_width("00000/00000") + 16)
        self.fraction.setToolTip("1/3, 0.4; empty: the plan's own")
        for line in (self.frame, self.fraction):
            line.setAlignment(QtCore.Qt.AlignmentFlag.AlignCenter)
        self.slider.setRange(0, _STEPS - 1)
        self.slider.setFixedWidth(84)
        self.slider.setToolTip("Look at another fraction between the same two frames")
        label = QtWidgets.QLabel("Fraction")
        label.setProperty("role", "quiet")
        steps = [
            icon_button("back", "Previous frame (Left)", lambda: step.step(-1)),
            self.frame,
            icon_button("forward", "Next frame (Right)", lambda: step.step(1)),
            self.play,
            self.loop,
        ]
        self.loop.setCheckable(True)
        self.loop.setChecked(True)
        self.back.setText("Back to the preview")
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.scrubber)
        fractions = group([label, self.slider, self.fraction], 6)
        self.bar = Toolbar([group(steps), self.back, fractions], most=1)
        self.bar.show_group(self.back, False)
        column.addWidget(self.bar)
        self.setEnabled(False)

    def _listen(self) -> None:
        self.scrubber.scrubbed.connect(self._scrubbed)
        self.frame.editingFinished.connect(self._frame_entered)
        self.fraction.editingFinished.connect(self._fraction_entered)
        self.slider.sliderMoved.connect(self._slid)

    def _scrubbed(self, output: int) -> None:
        self._own = None
        self._show()
        self.moved.emit()

    def _frame_entered(self) -> None:
        text = self.frame.text().strip()
        plan = self.scrubber.ends
        if plan is None or text == str(self.output):
            return
        if not re.fullmatch(r"[-+]?[0-9]{1,9}", text) or not plan[0] <= int(text) <= plan[1]:
            self._refuse(
                self.frame,
                f"Output frame {text!r} is not part of this retime. It makes {plan[0]}-{plan[1]}.",
            )
            return
        self.scrubber.go_to(int(text))
        self._show()

    def _fraction_entered(self) -> None:
        text, place = self.fraction.text().strip(), self.place
        if place is None:
            return
        try:
            fraction = number(text) if text else None
        except ValueError:
            fraction = Fraction(-1)
        if fraction is not None and not 0 <= fraction < 1:
            words = (
                f"Fraction {text!r} is not between two frames. It must be 0 or more and below 1."
            )
            self._refuse(self.fraction, words)
        elif fraction is None or str(fraction) != place[3]:
            self.set_fraction(fraction)

    def _refuse(self, editor: QtWidgets.QLineEdit, words: str) -> None:
        mark(editor, True)
        self.refused.emit(words)

    def _slid(self, step: int) -> None:
        self.set_fraction(Fraction(step, _STEPS))

    def _show(self) -> None:
        place = self.place
        for editor, text in zip((self.frame, self.fraction), _texts(place)):
            mark(editor, False)
            editor.setText(text)
        if place is not None and not self.slider.isSliderDown():
            self.slider.setValue(round(float(Fraction(place[3])) * _STEPS))


def _texts(place: Optional[Place]) -> tuple[str, str]:
    return ("", "") if place is None else (str(place[0]), place[3])
