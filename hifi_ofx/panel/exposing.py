"""Codes to what a display shows, at any exposure and gamma, in milliseconds and without numpy.

The engine writes 16-bit codes along one invertible curve. A view is then a curve from codes to
display values, which Qt applies with all its threads as the transfer function of a color space.
Qt before 6.2 has no such color spaces; there a table does it, slower.
"""

from __future__ import annotations

import array
from collections.abc import Sequence
from dataclasses import dataclass

from .qt import QtGui, can_expose


@dataclass(frozen=True)
class View:
    """How light is shown: exposure in stops, and a gamma on top of the display's own (sRGB)."""

    exposure: float = 0.0
    gamma: float = 1.0

    def shown(self, linear: float) -> float:
        """The display value in [0, 1] of scene-linear light."""
        lit = min(1.0, max(0.0, linear * 2.0**self.exposure))
        return float(encoded(lit) ** (1.0 / self.gamma))


def encoded(linear: float) -> float:
    """The sRGB curve, for [0, 1]."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def decoded(display: float) -> float:
    """The inverse of `encoded`."""
    return display / 12.92 if display <= 0.04045 else ((display + 0.055) / 1.055) ** 2.4


def exposed(codes: QtGui.QImage, view: View, linear: Sequence[float]) -> QtGui.QImage:
    """An image of codes (RGBX64) as a display shows it (RGB32).

    `linear` holds the scene-linear values of codes in equal steps from 0 to 65535.
    """
    return _by_color_space(codes, view, linear) if can_expose() else by_table(codes, view, linear)


def _by_color_space(codes: QtGui.QImage, view: View, linear: Sequence[float]) -> QtGui.QImage:
    curve = [round(65535 * decoded(view.shown(value))) for value in linear]
    space = QtGui.QColorSpace(QtGui.QColorSpace.Primaries.SRgb, curve)
    codes.setColorSpace(space)
    shown = codes.convertedToColorSpace(QtGui.QColorSpace(QtGui.QColorSpace.NamedColorSpace.SRgb))
    return shown.convertToFormat(QtGui.QImage.Format.Format_RGB32)


def by_table(codes: QtGui.QImage, view: View, linear: Sequence[float]) -> QtGui.QImage:
    """As `exposed`, with nothing but Python: for Qt before 6.2."""
    table = _table(view, linear)
    width, height = codes.width(), codes.height()
    values = array.array("H", bytes(codes.constBits())[: width * height * 8])
    data = bytes(map(table.__getitem__, values))
    form = QtGui.QImage.Format.Format_RGBX8888
    return QtGui.QImage(data, width, height, width * 4, form).convertToFormat(
        QtGui.QImage.Format.Format_RGB32
    )


def _table(view: View, linear: Sequence[float]) -> bytes:
    """The display byte of every code, between the steps of `linear` by proportion."""
    shown = [255 * view.shown(value) for value in linear]
    shown.append(shown[-1])
    step = 65535 / (len(linear) - 1)
    table = bytearray(65536)
    for code in range(65536):
        index, rest = divmod(code / step, 1)
        low, high = shown[int(index)], shown[int(index) + 1]
        table[code] = round(low + rest * (high - low))
    return bytes(table)
