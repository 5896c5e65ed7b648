"""The plan as a picture: the source frame over the output frame."""

from __future__ import annotations

import math
from typing import NamedTuple, Optional

from ..retime import PlannedFrame, RetimePlan
from . import style
from .qt import QtCore, QtGui, QtWidgets

_MOST = 400  # points that are drawn; a curve is no finer than the widget
_RIGHT, _TOP, _BOTTOM = 12, 10, 20


class _Point(NamedTuple):
    output: int
    time: float  # source frame
    copied: bool


class CurveView(QtWidgets.QWidget):
    """Every output frame of the plan: bright where a source frame is copied, with the one looked at
    marked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(112)
        self.setSizePolicy(
            QtWidgets.QSizePolicy.Policy.Expanding, QtWidgets.QSizePolicy.Policy.Fixed
        )
        self._points: list[_Point] = []
        self._marked: Optional[_Point] = None
        self._plan: Optional[RetimePlan] = None

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(220, 112)

    def show_plan(self, plan: Optional[RetimePlan]) -> None:
        """Draw a plan; None for none."""
        self._plan = plan if plan and plan.frames else None
        frames = self._plan.frames if self._plan else ()
        stride = max(1, len(frames) // _MOST)
        self._points = [_point(frame) for frame in (*frames[::stride], *frames[-1:])]
        self._marked = None
        self.update()

    def mark(self, output: Optional[int]) -> None:
        """Mark an output frame."""
        self._marked = None
        if self._plan is not None and output is not None:
            index = output - self._plan.frames[0].output  # a plan has every whole number
            if 0 <= index < len(self._plan.frames):
                self._marked = _point(self._plan.frames[index])
        self.update()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
        frame = QtCore.QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(style.color(style.LINE))
        painter.setBrush(style.color(style.FIELD))
        painter.drawRoundedRect(frame, 3, 3)
        if not self._points:
            painter.setPen(style.color(style.QUIET))
            painter.drawText(frame, QtCore.Qt.AlignmentFlag.AlignCenter, "No plan yet")
        else:
            self._paint_plan(painter)
        painter.end()

    def _paint_plan(self, painter: QtGui.QPainter) -> None:
        points = self._points
        first, last = points[0].output, points[-1].output
        low = math.floor(min(point.time for point in points))
        high = math.ceil(max(point.time for point in points))
        area = QtCore.QRectF(self.rect()).adjusted(_left(high), _TOP, -_RIGHT, -_BOTTOM)

        def at(point: _Point) -> QtCore.QPointF:
            x = (point.output - first) / max(1, last - first)
            y = (point.time - low) / max(1, high - low)
            return QtCore.QPointF(area.left() + x * area.width(), area.bottom() - y * area.height())

        self._paint_axes(painter, area, (first, last), (low, high))
        painter.setPen(QtGui.QPen(style.color(style.ACCENT, 0.55), 1))
        painter.drawPolyline(QtGui.QPolygonF([at(point) for point in points]))
        painter.setPen(QtCore.Qt.PenStyle.NoPen)
        for point in points if len(points) < area.width() / 3 else ():
            painter.setBrush(style.color(style.TEXT if point.copied else style.ACCENT))
            painter.drawEllipse(at(point), 2.0, 2.0)
        if self._marked is not None:
            place = at(self._marked)
            top = QtCore.QPointF(place.x(), area.top())
            bottom = QtCore.QPointF(place.x(), area.bottom())
            painter.setPen(QtGui.QPen(style.color(style.TEXT, 0.5), 1))
            painter.drawLine(top, bottom)
            painter.setBrush(style.color(style.TEXT))
            painter.drawEllipse(place, 3.5, 3.5)

    def _paint_axes(
        self,
        painter: QtGui.QPainter,
        area: QtCore.QRectF,
        outputs: tuple[int, int],
        times: tuple[int, int],
    ) -> None:
        painter.setPen(style.color(style.LINE))
        for share in (0.0, 0.5, 1.0):
            x, y = area.left() + share * area.width(), area.top() + share * area.height()
            painter.drawLine(QtCore.QPointF(x, area.top()), QtCore.QPointF(x, area.bottom()))
            painter.drawLine(QtCore.QPointF(area.left(), y), QtCore.QPointF(area.right(), y))
        font = self.font()
        font.setPixelSize(10)
        painter.setFont(font)
        painter.setPen(style.color(style.QUIET))
        flags = QtCore.Qt.AlignmentFlag
        middle = flags.AlignVCenter
        for y, number in ((area.bottom(), times[0]), (area.top(), times[1])):
            box = QtCore.QRectF(0, y - 8, area.left() - 5, 16)
            painter.drawText(box, flags.AlignRight | middle, str(number))
        below = QtCore.QRectF(area.left() - 20, area.bottom() + 2, area.width() + 28, 16)
        painter.drawText(below, flags.AlignLeft | middle, f"{outputs[0]}")
        painter.drawText(below, flags.AlignRight | middle, f"{outputs[1]}")
        painter.setPen(style.color(style.QUIET))
        painter.drawText(below, flags.AlignHCenter | middle, "output frame")
        painter.save()
        painter.translate(11, area.center().y())
        painter.rotate(-90)
        painter.drawText(QtCore.QRectF(-40, -8, 80, 16), flags.AlignCenter, "source")
        painter.restore()


def _left(number: int) -> int:
    """Where the plot begins: behind the axis' name and its largest number."""
    return 22 + style.text_width(str(number))


def _point(frame: PlannedFrame) -> _Point:
    return _Point(frame.output, float(frame.left + frame.fraction), not frame.fraction)
