"""The scrubber: every output frame on a line, those that are copies tall and bright."""

from __future__ import annotations

from collections.abc import Collection
from typing import Optional

from ..retime import PlannedFrame, RetimePlan
from . import style
from .cuts import Cuts, crossings
from .qt import QtCore, QtGui, QtWidgets, Signal, place_of

_EDGE = 10
_HOLDS = 23.0  # pixels down, where repeats are underlined
_CUTS = 30.0  # pixels down, where the handles of cuts are
_GRAB = 6  # pixels around a handle
_MOST_TICKS = 4  # pixels between two ticks at least


class Scrubber(QtWidgets.QWidget):
    """A line of output frames with a playhead; `scrubbed` comes as it is dragged.

    Cuts stand beneath the line, filled where they count; a click on one is `cut_clicked`. Repeated
    source frames are underlined, with dots where they are interpolated across; a click is
    `hold_clicked`.
    """

    scrubbed = Signal(int)  # output frame
    cut_clicked = Signal(int)  # source frame
    hold_clicked = Signal(int)  # source frame

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(38)
        self.setMouseTracking(True)
        self.setMinimumWidth(120)
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Output frame")
        self._frames: tuple[PlannedFrame, ...] = ()
        self._index = 0
        self.cuts = Cuts()
        self._marks: list[tuple[float, int]] = []
        self._repeats: list[tuple[float, int]] = []
        self._drags = True
        self._cached: frozenset[int] = frozenset()

    @property
    def planned(self) -> Optional[PlannedFrame]:
        """The frame that the playhead is on."""
        return self._frames[self._index] if self._frames else None

    @property
    def ends(self) -> Optional[tuple[int, int]]:
        """The first and the last output frame."""
        return (self._frames[0].output, self._frames[-1].output) if self._frames else None

    def show_plan(self, plan: Optional[RetimePlan]) -> None:
        """Another plan; the playhead stays as near as it can, first of all at an in-between."""
        before = self.planned
        self._frames = plan.frames if plan else ()
        self.show_cuts(self.cuts)
        if before is not None:
            self._index = self._nearest(before.output)
        else:
            found = (i for i, frame in enumerate(self._frames) if frame.fraction)
            self._index = next(found, 0)
        self.update()

    def show_cuts(self, cuts: Cuts) -> None:
        """Other cuts and repeats."""
        self.cuts = cuts
        self._marks = crossings(self._frames, list(cuts.all))
        self._repeats = crossings(self._frames, list(cuts.all_repeats))
        self.update()

    def cut_at(self, place: QtCore.QPointF) -> Optional[int]:
        """The source frame that begins a shot at a place of the widget."""
        if place.y() < _CUTS - 5:
            return None
        near = [(abs(self._x(at) - place.x()), source) for at, source in self._marks]
        way, source = min(near, default=(_GRAB + 1.0, 0))
        return source if way <= _GRAB else None

    def hold_at(self, place: QtCore.QPointF) -> Optional[int]:
        """The repeated source frame that is underlined at a place of the widget."""
        if abs(place.y() - _HOLDS) > 4:
            return None
        tolerance = max(4.0, self._x(1) - self._x(0))
        near = [(abs(self._x(at) - place.x()), source) for at, source in self._repeats]
        way, source = min(near, default=(tolerance + 1.0, 0))
        return source if way <= tolerance else None

    @property
    def frames(self) -> tuple[PlannedFrame, ...]:
        """All frames of the plan."""
        return self._frames

    def show_output(self, output: int) -> None:
        """Put the playhead on an output frame without telling anybody."""
        self._index = self._nearest(output)
        self.update()

    def show_cached(self, outputs: Collection[int]) -> None:
        """Underline the output frames that can be played at once."""
        self._cached = frozenset(outputs)
        self.update()

    def go_to(self, output: int) -> None:
        """Put the playhead on an output frame, or the nearest there is."""
        self._set(self._nearest(output))

    def step(self, frames: int) -> None:
        """Move the playhead by so many output frames."""
        self._set(self._index + frames)

    def step_inbetween(self, direction: int) -> None:
        """Move the playhead to the next, or the previous, in-between."""
        index = self._index + direction
        while 0 <= index < len(self._frames):
            if self._frames[index].fraction:
                self._set(index)
                return
            index += direction

    def _nearest(self, output: int) -> int:
        if not self._frames:
            return 0
        # A plan has every whole number from its first output frame to its last.
        return max(0, min(output - self._frames[0].output, len(self._frames) - 1))

    def _set(self, index: int) -> None:
        index = max(0, min(index, len(self._frames) - 1))
        if self._frames and index != self._index:
            self._index = index
            self.update()
            self.scrubbed.emit(self._frames[index].output)

    def _x(self, index: float) -> float:
        share = index / max(1, len(self._frames) - 1)
        return _EDGE + share * (self.width() - 2 * _EDGE)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        line = 15.0
        painter.setPen(QtGui.QPen(style.color(style.LINE), 1))
        painter.drawLine(QtCore.QPointF(_EDGE, line), QtCore.QPointF(self.width() - _EDGE, line))
        if self._frames:
            self._paint_ticks(painter, line)
            self._paint_cuts(painter, line)
            self._paint_cached(painter, line)
            self._paint_numbers(painter)
            self._paint_head(painter, line)
        painter.end()

    def _paint_ticks(self, painter: QtGui.QPainter, line: float) -> None:
        room = (self.width() - 2 * _EDGE) / max(1, len(self._frames) - 1)
        stride = max(1, round(_MOST_TICKS / room)) if room else 1
        for index in range(0, len(self._frames), stride):
            copied = not self._frames[index].fraction
            shade = style.color(style.TEXT, 0.9) if copied else style.color(style.ACCENT, 0.75)
            painter.setPen(QtGui.QPen(shade, 1))
            size = 6.0 if copied else 3.0
            x = self._x(index)
            painter.drawLine(QtCore.QPointF(x, line - size), QtCore.QPointF(x, line + size))

    def _paint_cached(self, painter: QtGui.QPainter, line: float) -> None:
        first, half = self._frames[0].output, (self._x(1) - self._x(0)) / 2
        painter.setPen(QtGui.QPen(style.color(style.GOOD), 2))
        for output in self._cached:
            x = self._x(output - first)
            painter.drawLine(QtCore.QPointF(x - half, 1), QtCore.QPointF(x + half, 1))

    def _paint_cuts(self, painter: QtGui.QPainter, line: float) -> None:
        step = self._x(1) - self._x(0)
        across = self.cuts.all_repeats
        for at, source in self._repeats:
            kind = QtCore.Qt.PenStyle.DotLine if across[source] else QtCore.Qt.PenStyle.SolidLine
            shade = style.color(style.ACCENT if across[source] else style.TEXT)
            painter.setPen(QtGui.QPen(shade, 2, kind))
            x = self._x(at)
            painter.drawLine(QtCore.QPointF(x - step, _HOLDS), QtCore.QPointF(x + step, _HOLDS))
        counts = self.cuts.all
        for at, source in self._marks:
            x, shade = self._x(at), style.color(style.WARNING)
            painter.setPen(QtGui.QPen(shade, 1))
            painter.setBrush(shade if counts[source] else style.color(style.WINDOW))
            if counts[source]:
                painter.drawLine(QtCore.QPointF(x, line - 9), QtCore.QPointF(x, _CUTS - 4))
            corners = ((x, _CUTS - 4), (x + 4, _CUTS), (x, _CUTS + 4), (x - 4, _CUTS))
            painter.drawPolygon(QtGui.QPolygonF([QtCore.QPointF(*corner) for corner in corners]))

    def _paint_numbers(self, painter: QtGui.QPainter) -> None:
        font = self.font()
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(style.color(style.QUIET))
        box = QtCore.QRectF(2, 22, self.width() - 4, 12)
        flags = QtCore.Qt.AlignmentFlag
        painter.drawText(box, flags.AlignLeft, str(self._frames[0].output))
        painter.drawText(box, flags.AlignRight, str(self._frames[-1].output))

    def _paint_head(self, painter: QtGui.QPainter, line: float) -> None:
        x = self._x(self._index)
        shade = style.color(style.ACCENT)
        painter.setPen(QtGui.QPen(shade, 1.5))
        painter.drawLine(QtCore.QPointF(x, line - 10), QtCore.QPointF(x, line + 8))
        painter.setBrush(shade)
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        painter.drawPolygon(
            QtGui.QPolygonF(
                [
                    QtCore.QPointF(x - 5, line - 13),
                    QtCore.QPointF(x + 5, line - 13),
                    QtCore.QPointF(x, line - 6),
                ]
            )
        )
        if self.hasFocus():
            painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
            painter.setPen(style.color(style.ACCENT, 0.5))
            painter.drawRoundedRect(QtCore.QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        cut, hold = self.cut_at(place_of(event)), self.hold_at(place_of(event))
        self._drags = cut is None and hold is None
        if cut is not None:
            self.cut_clicked.emit(cut)
        elif hold is not None:
            self.hold_clicked.emit(hold)
        else:
            self._drag(event)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        if event.buttons() & QtCore.Qt.MouseButton.LeftButton:
            if self._drags:
                self._drag(event)
            return
        words = self._about(place_of(event))
        shape = QtCore.Qt.CursorShape
        self.setCursor(shape.PointingHandCursor if words else shape.ArrowCursor)
        self.setToolTip(words)

    def _about(self, place: QtCore.QPointF) -> str:
        """What a click on a place switches."""
        cut, hold = self.cut_at(place), self.hold_at(place)
        if cut is None and hold is not None:
            run = self.cuts.run(hold)
            now, then = "kept", "A click interpolates across it."
            if self.cuts.all_repeats[hold]:
                now, then = "interpolated across", "A click keeps it."
            return f"Source frames {run[0] - 1}-{run[-1]} repeat. The hold is {now}. {then}"
        if cut is None:
            return ""
        switch = "A click ignores it." if self.cuts.all[cut] else "It is ignored; a click uses it."
        return f"A cut before source frame {cut}. {switch}"

    def _drag(self, event: QtGui.QMouseEvent) -> None:
        share = (place_of(event).x() - _EDGE) / max(1, self.width() - 2 * _EDGE)
        self._set(round(share * (len(self._frames) - 1)))

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        steps = {QtCore.Qt.Key.Key_Left: -1, QtCore.Qt.Key.Key_Right: 1}
        if event.key() in steps:
            self.step(steps[QtCore.Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)
