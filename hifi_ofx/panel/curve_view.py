"""The timing as a picture, and to be drawn: source frame, or speed, over output frame."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple, Optional

from ..curve import Curve
from ..retime import PlannedFrame, RetimePlan
from . import curve_keys, style
from .axes import Axes, paint_axes
from .curve_keys import Keys
from .qt import QtCore, QtGui, QtWidgets, Signal, place_of

_MOST = 400  # points that are drawn; a curve is no finer than the widget
_GRAB = 8  # pixels around a handle that take hold of it


class _Point(NamedTuple):
    output: int
    time: float  # source frame
    copied: bool


class CurveView(QtWidgets.QWidget):
    """Every output frame of the plan: bright where a source frame is copied, with the one looked at
    marked.

    With keys, their handles are dragged, and `edited` brings the keys as they are then. In the
    view of speeds a handle is a span between two keys. A double click adds a key; Delete, or the
    right button, removes one.
    """

    edited = Signal(object)  # Keys

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(112)
        self.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed
        )
        self.setFocusPolicy(QtCore.Qt.FocusPolicy.ClickFocus)
        self.setMouseTracking(True)
        self.shows_speed = False
        self._points: list[_Point] = []
        self._marked: Optional[_Point] = None
        self._plan: Optional[RetimePlan] = None
        self._curve: Optional[Curve] = None
        self._held: Optional[int] = None  # the handle under the hand
        self._chosen: Optional[int] = None
        self._frozen: Optional[Axes] = None  # while something is dragged

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(220, 160 if self._curve else 112)

    def show_plan(self, plan: Optional[RetimePlan]) -> None:
        """Draw a plan; None for none."""
        self._plan = plan if plan and plan.frames else None
        frames = self._plan.frames if self._plan else ()
        stride = max(1, len(frames) // _MOST)
        self._points = [_point(frame) for frame in (*frames[::stride], *frames[-1:])]
        self._marked = None
        self.update()

    def show_curve(self, curve: Optional[Curve]) -> None:
        """A curve to be dragged; None for a timing that has no keys."""
        if (curve is None) != (self._curve is None):
            self._chosen = None
            self.updateGeometry()
        self._curve = curve
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def show_speed(self, shown: bool) -> None:
        """Speed over output frame, instead of the source frame."""
        self.shows_speed, self._chosen = shown, None
        self.update()

    def mark(self, output: Optional[int]) -> None:
        """Mark an output frame."""
        self._marked = None
        if self._plan is not None and output is not None:
            index = output - self._plan.frames[0].output  # a plan has every whole number
            if 0 <= index < len(self._plan.frames):
                self._marked = _point(self._plan.frames[index])
        self.update()

    # --- what is drawn

    def handles(self) -> list[QtCore.QPointF]:
        """Where the handles are, in pixels of the widget."""
        axes = self._axes()
        return [axes.at(float(x), float(y)) for x, y in self._handle_values()]

    def _handle_values(self) -> list[curve_keys.Key]:
        if self._curve is None:
            return []
        keys = self._curve.keys
        return curve_keys.speeds(keys) if self.shows_speed else list(keys)

    def _values(self) -> list[tuple[float, float, bool]]:
        """(output, source frame or speed, whether it is a copy) along the line."""
        points = self._curve_points() if self._curve else self._points
        if not self.shows_speed:
            return [(point.output, point.time, point.copied) for point in points]
        return [
            (
                (left.output + right.output) / 2,
                (right.time - left.time) / (right.output - left.output),
                False,
            )
            for left, right in zip(points, points[1:])
            if right.output != left.output
        ]

    def _curve_points(self) -> list[_Point]:
        assert self._curve is not None
        first, last = math.ceil(self._curve.keys[0][0]), math.floor(self._curve.keys[-1][0])
        stride = max(1, (last - first) // max(1, self.width()))
        outputs = [*range(first, last + 1, stride)] or [first]
        return [_curve_point(self._curve, output) for output in outputs]

    def _axes(self) -> Axes:
        if self._frozen is not None:
            return self._frozen
        values = self._values()
        handles = self._handle_values()
        x = [value[0] for value in values] + [float(key[0]) for key in handles]
        y = [value[1] for value in values] + [float(key[1]) for key in handles]
        if self.shows_speed:
            y += [0.0, 1.0]
        low, high = math.floor(min(y, default=0)), math.ceil(max(y, default=1))
        return Axes.around(QtCore.QRectF(self.rect()), min(x, default=0), max(x, default=1),
                           low, high if high > low else low + 1)  # fmt: skip

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        frame = QtCore.QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(style.color(style.LINE))
        painter.setBrush(style.color(style.FIELD))
        painter.drawRoundedRect(frame, 3, 3)
        if not self._points and self._curve is None:
            painter.setPen(style.color(style.QUIET))
            painter.drawText(frame, QtCore.Qt.AlignmentFlag.AlignCenter, "No plan yet")
        else:
            axes = self._axes()
            paint_axes(painter, axes, self.font(), "speed" if self.shows_speed else "source",
                       percent=self.shows_speed)  # fmt: skip
            self._paint_line(painter, axes)
            self._paint_mark(painter, axes)
            self._paint_handles(painter)
        painter.end()

    def _paint_line(self, painter: QtGui.QPainter, axes: Axes) -> None:
        values = self._values()
        painter.setPen(QtGui.QPen(style.color(style.ACCENT, 0.55), 1))
        painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QtGui.QPolygonF([axes.at(x, y) for x, y, _ in values]))
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        for x, y, copied in values if len(values) < axes.area.width() / 3 else ():
            painter.setBrush(style.color(style.TEXT if copied else style.ACCENT))
            painter.drawEllipse(axes.at(x, y), 2.0, 2.0)

    def _paint_mark(self, painter: QtGui.QPainter, axes: Axes) -> None:
        if self._marked is None:
            return
        x = axes.at(self._marked.output, 0).x()
        painter.setPen(QtGui.QPen(style.color(style.TEXT, 0.5), 1))
        painter.drawLine(QtCore.QPointF(x, axes.area.top()), QtCore.QPointF(x, axes.area.bottom()))
        if not self.shows_speed:
            painter.setBrush(style.color(style.TEXT))
            painter.drawEllipse(axes.at(self._marked.output, self._marked.time), 3.5, 3.5)

    def _paint_handles(self, painter: QtGui.QPainter) -> None:
        for index, place in enumerate(self.handles()):
            is_chosen = index in (self._chosen, self._held)
            painter.setPen(QtGui.QPen(style.color(style.ACCENT), 1.5))
            painter.setBrush(style.color(style.ACCENT if is_chosen else style.FIELD))
            painter.drawRoundedRect(QtCore.QRectF(place.x() - 4, place.y() - 4, 8, 8), 2, 2)

    # --- the hand

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        index = self._handle_at(place_of(event))
        if event.button() == QtCore.Qt.MouseButton.RightButton:
            self._remove(index)
            return
        self._held = self._chosen = index
        self._frozen = None if index is None else self._axes()
        self.update()

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        shape = QtCore.Qt.CursorShape
        over = self._held if self._held is not None else self._handle_at(place_of(event))
        self.setCursor(shape.ArrowCursor if over is None else shape.SizeAllCursor)
        if self._held is not None and self._curve is not None:
            output, value = self._axes().back(place_of(event))
            keys = self._curve.keys
            if self.shows_speed:
                self._edit(curve_keys.with_speed(keys, self._held, value))
            else:
                self._edit(curve_keys.moved(keys, self._held, output, value))

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        self._held = self._frozen = None
        self.update()

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        if self._curve is not None:
            output, _ = self._axes().back(place_of(event))
            self._edit(curve_keys.added(self._curve.keys, output, self._curve.interpolation))

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() in (QtCore.Qt.Key.Key_Delete, QtCore.Qt.Key.Key_Backspace):
            self._remove(self._chosen)
        else:
            super().keyPressEvent(event)

    def _handle_at(self, place: QtCore.QPointF) -> Optional[int]:
        ways = [(place - handle).manhattanLength() for handle in self.handles()]
        nearest = min(range(len(ways)), key=ways.__getitem__, default=None)
        return None if nearest is None or ways[nearest] > _GRAB else nearest

    def _remove(self, index: Optional[int]) -> None:
        if index is not None and self._curve is not None and not self.shows_speed:
            self._chosen = None
            self._edit(curve_keys.removed(self._curve.keys, index))

    def _edit(self, keys: Keys) -> None:
        if self._curve is not None and keys != self._curve.keys:
            self._curve = Curve(keys, self._curve.interpolation)
            self.update()
            self.edited.emit(keys)


def _point(frame: PlannedFrame) -> _Point:
    return _Point(frame.output, float(frame.left + frame.fraction), not frame.fraction)


def _curve_point(curve: Curve, output: int) -> _Point:
    time = curve.at(Fraction(output))
    return _Point(output, float(time), time.denominator == 1)
