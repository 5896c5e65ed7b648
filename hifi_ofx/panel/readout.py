"""The line under the viewer: where the cursor is, and the linear values there."""

from __future__ import annotations

from typing import Optional

from . import style
from .pictures import Color
from .qt import QtCore, QtWidgets
from .viewer import TITLES, Viewer

_TINTS = ("#e38b80", "#8fc58a", "#86aee6")


class Readout(QtWidgets.QLabel):
    """Values of every picture under the cursor, in scene-linear light."""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self._viewer = viewer
        self.setTextFormat(QtCore.Qt.TextFormat.RichText)
        self.setFixedHeight(style.ROW)
        self.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Fixed)
        viewer.hovered.connect(self.show_place)
        self.show_place(None)

    def show_place(self, place: Optional[QtCore.QPointF]) -> None:
        """Show what is at a place of the plate; nothing for None."""
        if place is None:
            self.setText(f'<span style="color:{style.FAINT}">{_HINT}</span>')
            return
        column, row = int(place.x() // 1), int(place.y() // 1)
        values = [
            _value_text(title, value)
            for name, title in TITLES.items()
            if (value := self._viewer.value_of(name, place)) is not None
        ]
        where = f"x&nbsp;{column}&nbsp;&nbsp;y&nbsp;{row}"
        text = "&nbsp;&nbsp;&nbsp;&nbsp;".join([where, *values])
        self.setText(f'<span style="font-family:{_MONO}; font-size:11px">{text}</span>')


_HINT = "Scene-linear values under the cursor are read here; F1 lists the keys."
_MONO = "'DejaVu Sans Mono','Consolas','Menlo',monospace"


def _value_text(title: str, value: Color) -> str:
    numbers = "&nbsp;".join(
        f'<span style="color:{tint}">{_number(part)}</span>' for tint, part in zip(_TINTS, value)
    )
    return f'<span style="color:{style.QUIET}">{title}</span>&nbsp;{numbers}'


def _number(value: float) -> str:
    """Seven characters at most, so that nothing jumps: 0.1834, 12.345, 65504."""
    if value != value or abs(value) >= 100000:
        return f"{value:.4g}"
    digits = 4 if abs(value) < 10 else 3 if abs(value) < 100 else 1
    return f"{value:.{digits}f}"
