"""The axes of a small plot: values to pixels and back, and their numbers."""

from __future__ import annotations

from dataclasses import dataclass

from . import style
from .qt import QtCore, QtGui

_RIGHT, _TOP, _BOTTOM, _NAME = 14, 10, 20, 22  # pixels around the plot


@dataclass(frozen=True)
class Axes:
    """Where a plot lies in its widget, and what its edges stand for."""

    area: QtCore.QRectF
    left: float
    right: float
    low: float
    high: float

    @classmethod
    def around(
        cls, whole: QtCore.QRectF, left: float, right: float, low: float, high: float
    ) -> Axes:
        """Axes inside a widget, with room for their numbers."""
        room = _NAME + max(style.text_width(text) for text in (f"{high:g}", f"{low:g}", "100 %"))
        return cls(whole.adjusted(room, _TOP, -_RIGHT, -_BOTTOM), left, right, low, high)

    def at(self, x: float, y: float) -> QtCore.QPointF:
        """The place of a value."""
        across = (x - self.left) / max(1e-9, self.right - self.left)
        up = (y - self.low) / max(1e-9, self.high - self.low)
        return QtCore.QPointF(
            self.area.left() + across * self.area.width(),
            self.area.bottom() - up * self.area.height(),
        )

    def back(self, place: QtCore.QPointF) -> tuple[float, float]:
        """The value at a place."""
        across = (place.x() - self.area.left()) / max(1.0, self.area.width())
        up = (self.area.bottom() - place.y()) / max(1.0, self.area.height())
        return (
            self.left + across * (self.right - self.left),
            self.low + up * (self.high - self.low),
        )


def paint_axes(
    painter: QtGui.QPainter, axes: Axes, font: QtGui.QFont, name: str, percent: bool = False
) -> None:
    """Lines, numbers at the ends, and what the axes are."""
    area, flags = axes.area, QtCore.Qt.AlignmentFlag
    painter.setPen(style.color(style.LINE))
    for share in (0.0, 0.5, 1.0):
        x, y = area.left() + share * area.width(), area.top() + share * area.height()
        painter.drawLine(QtCore.QPointF(x, area.top()), QtCore.QPointF(x, area.bottom()))
        painter.drawLine(QtCore.QPointF(area.left(), y), QtCore.QPointF(area.right(), y))
    font = QtGui.QFont(font)
    font.setPixelSize(10)
    painter.setFont(font)
    painter.setPen(style.color(style.QUIET))
    for y, number in ((area.bottom(), axes.low), (area.top(), axes.high)):
        box = QtCore.QRectF(0, y - 8, area.left() - 5, 16)
        text = f"{100 * number:.0f} %" if percent else f"{number:.0f}"
        painter.drawText(box, flags.AlignRight | flags.AlignVCenter, text)
    below = QtCore.QRectF(area.left() - 20, area.bottom() + 2, area.width() + 28, 16)
    painter.drawText(below, flags.AlignLeft | flags.AlignVCenter, f"{axes.left:.0f}")
    painter.drawText(below, flags.AlignRight | flags.AlignVCenter, f"{axes.right:.0f}")
    painter.drawText(below, flags.AlignHCenter | flags.AlignVCenter, "output frame")
    painter.save()
    painter.translate(11, area.center().y())
    painter.rotate(-90)
    painter.drawText(QtCore.QRectF(-40, -8, 80, 16), flags.AlignCenter, name)
    painter.restore()
