"""Pictures of a preview, mapped from the files the engine wrote (hifi_ofx/preview.py)."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from ..preview import Picture, Preview
from .qt import QtCore, QtGui

Color = tuple[float, float, float]

_VALUE_FORMATS = {"half": "<3e", "float": "<3f"}
_PIXEL = 8  # bytes of a pixel's codes


@dataclass(frozen=True)
class Mapped:
    """One picture, placed over its data window (x, y, width, height in pixels of the plate)."""

    picture: Picture
    window: QtCore.QRectF
    _codes: mmap.mmap = field(repr=False)
    _values: Optional[mmap.mmap] = field(repr=False)

    @property
    def width(self) -> int:
        """Pixels across at full size; less than the window's for a draft."""
        return self.picture.levels[0][0]

    @property
    def height(self) -> int:
        """Pixels down at full size."""
        return self.picture.levels[0][1]

    def level(self, scale: float) -> int:
        """The smallest level that still has a pixel for each of a screen's at this many screen
        pixels for one of the plate.
        """
        for number in reversed(range(len(self.picture.levels))):
            if self.picture.levels[number][0] >= 0.9 * scale * self.window.width():
                return number
        return 0

    def value(self, x: float, y: float) -> Optional[Color]:
        """The linear value at a place of the plate; None outside and where there is none."""
        if self._values is None or not self.window.contains(x, y):
            return None
        column = int((x - self.window.x()) * self.width / self.window.width())
        row = int((y - self.window.y()) * self.height / self.window.height())
        form = _VALUE_FORMATS[self.picture.value_type]
        place = (min(row, self.height - 1) * self.width + min(column, self.width - 1)) * (
            struct.calcsize(form)
        )
        red, green, blue = struct.unpack_from(form, self._values, place)
        return red, green, blue

    def codes(self, level: int, region: QtCore.QRect) -> QtGui.QImage:
        """A region of a level, in that level's pixels, as an image of its own."""
        width, height, offset = self.picture.levels[level]
        inside = region.intersected(QtCore.QRect(0, 0, width, height))
        data = memoryview(self._codes)[offset : offset + width * height * _PIXEL]
        whole = QtGui.QImage(data, width, height, width * _PIXEL, QtGui.QImage.Format.Format_RGBX64)
        return whole.copy(inside)

    def region(self, level: int, area: QtCore.QRectF) -> QtCore.QRect:
        """The pixels of a level that an area of the plate covers."""
        width, height, _ = self.picture.levels[level]
        across, down = width / self.window.width(), height / self.window.height()
        moved = area.translated(-self.window.topLeft())
        scaled = QtCore.QRectF(
            moved.x() * across, moved.y() * down, moved.width() * across, moved.height() * down
        )
        return scaled.toAlignedRect().intersected(QtCore.QRect(0, 0, width, height))

    def area(self, level: int, region: QtCore.QRect) -> QtCore.QRectF:
        """The area of the plate that a region of a level covers: the inverse of `region`."""
        width, height, _ = self.picture.levels[level]
        across, down = self.window.width() / width, self.window.height() / height
        return QtCore.QRectF(
            self.window.x() + region.x() * across,
            self.window.y() + region.y() * down,
            region.width() * across,
            region.height() * down,
        )


def mapped(preview: Preview) -> dict[str, Mapped]:
    """The pictures of a preview but its heat map, by name. Raises OSError when one has gone."""
    window = QtCore.QRectF(*preview.data_window)
    return {
        picture.name: Mapped(
            picture, window, _map(picture.codes), _map(picture.values) if picture.values else None
        )
        for picture in preview.pictures
        if picture.name != "heat"
    }


def heat_map(preview: Preview) -> Optional[QtGui.QImage]:
    """The preview's heat map, where there is one. Raises OSError when it has gone."""
    picture = preview.picture("heat")
    if picture is None:
        return None
    width, height, _ = picture.levels[0]
    form = QtGui.QImage.Format.Format_RGBA8888_Premultiplied
    data = Path(picture.codes).read_bytes()
    return QtGui.QImage(data, width, height, width * 4, form).copy()


def _map(path: str) -> mmap.mmap:
    with open(path, "rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
