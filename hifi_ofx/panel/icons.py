"""The panel's icons, drawn: sharp at every scaling, and no file to install."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .qt import QtCore, QtGui
from .style import DISABLED, TEXT, color

SIZE = 16  # pixels of a 100 % display
Line = Sequence[tuple[float, float]]

# Strokes in a square of 16; a line that ends where it begins is a filled shape.
_LINES: Mapping[str, tuple[Line, ...]] = {
    "down": (((4, 6.5), (8, 10.5), (12, 6.5)),),
    "right": (((6.5, 4), (10.5, 8), (6.5, 12)),),
    "back": (((10, 3.5), (5.5, 8), (10, 12.5)),),
    "forward": (((6, 3.5), (10.5, 8), (6, 12.5)),),
    "first": (((12, 3.5), (7.5, 8), (12, 12.5)), ((4.5, 3.5), (4.5, 12.5))),
    "last": (((4, 3.5), (8.5, 8), (4, 12.5)), ((11.5, 3.5), (11.5, 12.5))),
    "pause": (
        ((4.5, 3.5), (6.5, 3.5), (6.5, 12.5), (4.5, 12.5), (4.5, 3.5)),
        ((9.5, 3.5), (11.5, 3.5), (11.5, 12.5), (9.5, 12.5), (9.5, 3.5)),
    ),
    "stop": (((4.5, 4.5), (11.5, 4.5), (11.5, 11.5), (4.5, 11.5), (4.5, 4.5)),),
    "loop": (
        ((4.5, 9.5), (3, 8), (3, 5), (12.4, 5)),
        ((10.4, 3), (12.6, 5), (10.4, 7)),
        ((11.5, 7.5), (13, 9), (13, 11.5), (3.6, 11.5)),
        ((5.6, 9.5), (3.4, 11.5), (5.6, 13.5)),
    ),
    "eye": (
        (
            (1.8, 8),
            (4.5, 5),
            (8, 3.9),
            (11.5, 5),
            (14.2, 8),
            (11.5, 11),
            (8, 12.1),
            (4.5, 11),
            (2, 8.3),
        ),
        ((6.6, 8), (8, 6.6), (9.4, 8), (8, 9.4), (6.6, 8)),
    ),
    "undo": (
        ((2.8, 6), (9.5, 6), (12.6, 8.2), (12.6, 10.4), (9.5, 12.4), (5, 12.4)),
        ((5.4, 3.2), (2.6, 6), (5.4, 8.8)),
    ),
    "redo": (
        ((13.2, 6), (6.5, 6), (3.4, 8.2), (3.4, 10.4), (6.5, 12.4), (11, 12.4)),
        ((10.6, 3.2), (13.4, 6), (10.6, 8.8)),
    ),
    "play": (((5, 3.2), (12.5, 8), (5, 12.8), (5, 3.2)),),
    "close": (((4.2, 4.2), (11.8, 11.8)), ((11.8, 4.2), (4.2, 11.8))),
    "check": (((3.4, 8.4), (6.6, 11.6), (12.6, 4.8)),),
    "folder": (
        ((2.5, 12.5), (2.5, 3.8), (6.4, 3.8), (7.8, 5.4), (13.5, 5.4), (13.5, 12.5), (2.4, 12.5)),
    ),
    "reset": (((8, 1.2), (5.4, 3.4), (8, 5.6)),),
}


def icon(name: str) -> QtGui.QIcon:
    """The icon of that name, in the text's color, and faint where its button is disabled."""
    made = QtGui.QIcon()
    for ratio in (1, 2, 3):
        for mode, shade in ((QtGui.QIcon.Mode.Normal, TEXT), (QtGui.QIcon.Mode.Disabled, DISABLED)):
            made.addPixmap(_pixmap(name, shade, ratio), mode)
    return made


def draw(painter: QtGui.QPainter, name: str, square: QtCore.QRectF, shade: str) -> None:
    """Draw an icon into a square."""
    painter.save()
    painter.setRenderHint(QtGui.QPainter.RenderHint.Antialiasing)
    painter.translate(square.topLeft())
    painter.scale(square.width() / SIZE, square.height() / SIZE)
    pen = QtGui.QPen(color(shade), 1.5)
    pen.setCapStyle(QtCore.Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(QtCore.Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    if name == "reset":  # a circle that begins where its arrow points to
        painter.drawArc(QtCore.QRectF(3.2, 3.4, 9.6, 9.6), 16 * 90, -16 * 290)
    for line in _LINES[name]:
        points = [QtCore.QPointF(x, y) for x, y in line]
        if line[0] == line[-1]:
            painter.setBrush(color(shade))
            painter.drawPolygon(QtGui.QPolygonF(points))
        else:
            painter.drawPolyline(QtGui.QPolygonF(points))
    painter.restore()


def _pixmap(name: str, shade: str, ratio: int) -> QtGui.QPixmap:
    pixmap = QtGui.QPixmap(SIZE * ratio, SIZE * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QtCore.Qt.GlobalColor.transparent)
    painter = QtGui.QPainter(pixmap)
    draw(painter, name, QtCore.QRectF(0, 0, SIZE, SIZE), shade)
    painter.end()
    return pixmap
