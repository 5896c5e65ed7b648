"""What is drawn over the picture: patches and stages, windows, captions, the heat map's scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Optional

from ..preview import Preview, Stage
from . import style
from .qt import QtCore, QtGui

ToWidget = Callable[[QtCore.QRectF], QtCore.QRectF]
_MOST_FILLED = 600  # patches; more are too small on the screen to be told apart


def patches_at(stage: Stage, x: float, y: float) -> list[tuple[int, int]]:
    """Top and left of the patches that hold a place of the stage, in its pixels."""
    tops = [top for top in stage.tops if top <= y < top + stage.patch_height]
    lefts = [left for left in stage.lefts if left <= x < left + stage.patch_width]
    return [(top, left) for top in tops for left in lefts]


def patch_area(stage: Stage, top: int, left: int, window: QtCore.QRectF) -> QtCore.QRectF:
    """Where on the plate a patch of a stage lies; what networks add to a picture's edges is not."""
    across, down = window.width() / stage.width, window.height() / stage.height
    whole = QtCore.QRectF(
        window.x() + left * across,
        window.y() + top * down,
        stage.patch_width * across,
        stage.patch_height * down,
    )
    return whole.intersected(window)


def stage_text(stage: Stage, number: int) -> str:
    """A stage in words: "1   90x160   1 patch of 90x160   1 step"."""
    count = len(stage.tops) * len(stage.lefts)
    patches = "patch" if count == 1 else "patches"
    steps = "step" if stage.steps == 1 else "steps"
    size = f"{stage.patch_height}x{stage.patch_width}"
    return (
        f"{number + 1}   {stage.height}x{stage.width}   {count} {patches} of {size}   "
        f"{stage.steps} {steps}"
    )


def paint_patches(
    painter: QtGui.QPainter,
    stage: Stage,
    window: QtCore.QRectF,
    to_widget: ToWidget,
    cursor: Optional[QtCore.QPointF],
) -> None:
    """Every patch of a stage: its outline, overlaps lighter; those under the cursor marked."""
    boxes = [(top, left) for top in stage.tops for left in stage.lefts]
    fill = style.color("#ffffff", 0.03) if len(boxes) <= _MOST_FILLED else style.color("#fff", 0)
    pen = QtGui.QPen(style.color("#ffffff", 0.55), 1)
    pen.setCosmetic(True)
    for top, left in boxes:
        area = to_widget(patch_area(stage, top, left, window))
        painter.fillRect(area, fill)
        painter.setPen(pen)
        painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
    if cursor is not None and window.contains(cursor):
        x = (cursor.x() - window.x()) * stage.width / window.width()
        y = (cursor.y() - window.y()) * stage.height / window.height()
        painter.setPen(QtGui.QPen(style.color(style.ACCENT), 2))
        for top, left in patches_at(stage, x, y):
            area = to_widget(patch_area(stage, top, left, window))
            painter.fillRect(area, style.color(style.ACCENT, 0.08))
            painter.drawRect(area.adjusted(1, 1, -1, -1))


def paint_stages(
    painter: QtGui.QPainter,
    stages: Sequence[Stage],
    chosen: int,
    corner: QtCore.QPointF,
    room: float,
) -> list[QtCore.QRectF]:
    """The cascade as a list, coarse to fine, its bottom left at `corner`, no wider than `room`;
    where each row is.
    """
    metrics = painter.fontMetrics()
    texts = [stage_text(stage, number) for number, stage in enumerate(stages)]
    width = min(room - 16, 64 + max(metrics.horizontalAdvance(text) for text in texts))
    mode = QtCore.Qt.TextElideMode.ElideRight
    texts = [metrics.elidedText(text, mode, int(width) - 58) for text in texts]
    row = metrics.height() + 8
    top = corner.y() - row * len(texts) - 8
    box = QtCore.QRectF(corner.x(), top, width + 16, row * len(texts) + 8)
    paint_plaque(painter, box)
    rows = []
    for number, (stage, text) in enumerate(zip(stages, texts)):
        line = QtCore.QRectF(box.x() + 4, top + 4 + number * row, box.width() - 8, row)
        if number == chosen:
            painter.fillRect(line, style.color(style.ACCENT, 0.25))
        share = stage.width / stages[-1].width
        size = QtCore.QSizeF(40 * share, (row - 8) * share)
        picture = QtCore.QRectF(QtCore.QPointF(0, 0), size)
        picture.moveCenter(QtCore.QPointF(line.x() + 26, line.center().y()))
        painter.setPen(QtGui.QPen(style.color(style.ACCENT if number == chosen else style.QUIET)))
        painter.drawRect(picture)
        painter.setPen(style.color(style.TEXT if number == chosen else style.QUIET))
        painter.drawText(line.adjusted(56, 0, 0, 0), QtCore.Qt.AlignmentFlag.AlignVCenter, text)
        rows.append(line)
    return rows


def paint_heat_scale(
    painter: QtGui.QPainter, preview: Preview, image_colors: Sequence[str], corner: QtCore.QPointF
) -> None:
    """What the heat map's colors mean, its bottom right at `corner`."""
    title = {
        "samples": "Spread of the samples",
        "motion": "Disagreement of left and right, moved here",
    }.get(preview.spread, "")
    metrics = painter.fontMetrics()
    width = max(190, metrics.horizontalAdvance(title) + 20)
    box = QtCore.QRectF(corner.x() - width, corner.y() - 52, width, 52)
    paint_plaque(painter, box)
    painter.setPen(style.color(style.TEXT))
    line = box.adjusted(10, 5, -10, 0)
    painter.drawText(line, QtCore.Qt.AlignmentFlag.AlignTop, title)
    ramp = QtGui.QLinearGradient(line.topLeft(), line.topRight())
    for index, name in enumerate(image_colors):
        ramp.setColorAt(index / (len(image_colors) - 1), QtGui.QColor(name))
    bar = QtCore.QRectF(line.x(), box.y() + 23, line.width(), 6)
    painter.fillRect(bar, ramp)
    painter.setPen(style.color(style.QUIET))
    scale = QtCore.QRectF(line.x(), bar.bottom() + 2, line.width(), 18)
    painter.drawText(scale, QtCore.Qt.AlignmentFlag.AlignLeft, "0")
    largest = f"{100 * preview.spread_scale:.1f} % of white"
    painter.drawText(scale, QtCore.Qt.AlignmentFlag.AlignRight, largest)


HEAT_COLORS = ("#000000", "#540f6e", "#cc3854", "#fa9938", "#ffffe6")


def paint_caption(
    painter: QtGui.QPainter,
    text: str,
    corner: QtCore.QPointF,
    right: bool = False,
    room: float = math.inf,
) -> QtCore.QRectF:
    """A caption with its top left, or top right, at `corner`, no wider than `room`; where it is."""
    width = min(room, caption_width(painter, text))
    if width == room:
        mode = QtCore.Qt.TextElideMode.ElideRight
        text = painter.fontMetrics().elidedText(text, mode, int(room) - 16)
    left = corner.x() - width if right else corner.x()
    box = QtCore.QRectF(left, corner.y(), width, painter.fontMetrics().height() + 8)
    paint_plaque(painter, box)
    painter.setPen(style.color(style.TEXT))
    painter.drawText(box, QtCore.Qt.AlignmentFlag.AlignCenter, text)
    return box


def caption_width(painter: QtGui.QPainter, text: str) -> float:
    """How wide a caption is."""
    return painter.fontMetrics().horizontalAdvance(text) + 16.0


def paint_plaque(painter: QtGui.QPainter, box: QtCore.QRectF) -> None:
    """A dark ground that text can be read on, whatever the picture."""
    painter.setPen(QtCore.Qt.PenStyle.NoPen)
    painter.setBrush(style.color("#101010", 0.78))
    painter.drawRoundedRect(box, 3, 3)
    painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)


def paint_windows(painter: QtGui.QPainter, preview: Preview, to_widget: ToWidget) -> None:
    """The display window, and the data window where it is another."""
    painter.setBrush(QtCore.Qt.BrushStyle.NoBrush)
    painter.setPen(QtGui.QPen(style.color("#ffffff", 0.22), 1))
    painter.drawRect(to_widget(QtCore.QRectF(*preview.display_window)))
    if preview.data_window != preview.display_window:
        painter.setPen(QtGui.QPen(style.color("#ffffff", 0.3), 1, QtCore.Qt.PenStyle.DashLine))
        painter.drawRect(to_widget(QtCore.QRectF(*preview.data_window)))


def paint_wipe(painter: QtGui.QPainter, x: float, height: float) -> None:
    """The line between two pictures, and its handle."""
    top, bottom = QtCore.QPointF(x, 0), QtCore.QPointF(x, height)
    painter.setPen(QtGui.QPen(style.color("#000000", 0.6), 3))
    painter.drawLine(top, bottom)
    painter.setPen(QtGui.QPen(style.color(style.ACCENT), 1))
    painter.drawLine(top, bottom)
    painter.setBrush(style.color(style.ACCENT))
    painter.setPen(style.color("#000000", 0.6))
    painter.drawRoundedRect(QtCore.QRectF(x - 4, height / 2 - 14, 8, 28), 3, 3)
