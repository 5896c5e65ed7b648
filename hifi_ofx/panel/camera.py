"""Where the plate lies in the viewer: zoom, pan, and the panes that each show it."""

from __future__ import annotations

from typing import Optional

from .qt import QtCore

_LARGEST = 64.0  # widget pixels for one of the plate


class Camera:
    """Plate to widget and back. Panes, side by side or one, all show the same part of the plate."""

    def __init__(self) -> None:
        self.plate = QtCore.QRectF(0, 0, 1, 1)
        self.panes: list[QtCore.QRectF] = [QtCore.QRectF(0, 0, 1, 1)]
        self.aspect = 1.0  # width of a pixel of the plate over its height
        self.ratio = 1.0  # pixels of the screen for one of the widget
        self._center = QtCore.QPointF(0, 0)
        self._zoom = 0.0  # widget pixels for one of the plate; 0 fits

    @property
    def scale(self) -> float:
        """Widget pixels for one of the plate, down; across it is `aspect` times as many."""
        return self._zoom or self._fitting

    def set_panes(self, whole: QtCore.QRectF, side_by_side: bool) -> None:
        """Show the plate in the whole widget, or in each of its halves."""
        half = whole.width() / 2 + 1
        halves = [whole.adjusted(0, 0, -half, 0), whole.adjusted(half, 0, 0, 0)]
        self.panes = halves if side_by_side else [whole]

    def fit(self) -> None:
        """The whole plate."""
        self._zoom = 0.0
        self._center = self.plate.center()

    def zoom_to(self, scale: float, around: Optional[QtCore.QPointF] = None) -> None:
        """So many widget pixels for one of the plate, keeping the place `around` where it is."""
        fixed = around or self.panes[0].center()
        place = self.to_plate(fixed)
        least = min(self._fitting, 1.0 / self.ratio) / 4
        self._zoom = min(_LARGEST, max(least, scale))
        self._center += place - self.to_plate(fixed)

    def pan(self, by: QtCore.QPointF) -> None:
        """Move the plate by so many widget pixels."""
        self._zoom = self.scale
        self._center -= QtCore.QPointF(by.x() / self._across, by.y() / self.scale)

    def to_plate(self, point: QtCore.QPointF) -> QtCore.QPointF:
        """The place of the plate under a point of the widget."""
        pane = next((pane for pane in self.panes if pane.right() >= point.x()), self.panes[-1])
        from_origin = point - self._origin(pane)
        return QtCore.QPointF(from_origin.x() / self._across, from_origin.y() / self.scale)

    def to_widget(self, area: QtCore.QRectF, pane: QtCore.QRectF) -> QtCore.QRectF:
        """Where an area of the plate lies in a pane."""
        origin, across, down = self._origin(pane), self._across, self.scale
        return QtCore.QRectF(
            origin.x() + area.x() * across,
            origin.y() + area.y() * down,
            area.width() * across,
            area.height() * down,
        )

    def _origin(self, pane: QtCore.QRectF) -> QtCore.QPointF:
        """Where the plate's (0, 0) lies: on a whole pixel of the screen, or 1:1 would be a blur."""
        x = pane.center().x() - self._center.x() * self._across
        y = pane.center().y() - self._center.y() * self.scale
        return QtCore.QPointF(round(x * self.ratio), round(y * self.ratio)) / self.ratio

    def visible(self) -> QtCore.QRectF:
        """What can be seen of the plate, and a little around it."""
        pane = self.panes[0]
        seen = QtCore.QRectF(0, 0, pane.width() / self._across, pane.height() / self.scale)
        seen.moveCenter(self._center)
        return seen.adjusted(-seen.width() / 8, -seen.height() / 8, seen.width() / 8,
                             seen.height() / 8)  # fmt: skip

    @property
    def _across(self) -> float:
        return self.scale * self.aspect

    @property
    def _fitting(self) -> float:
        pane, plate = self.panes[0], self.plate
        across = pane.width() / (plate.width() * self.aspect)
        return max(1e-6, min(across, pane.height() / plate.height()))
