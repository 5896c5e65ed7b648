"""Codes to what a display shows, at any exposure and gamma, in milliseconds and without numpy.

The engine writes 16-bit codes along one invertible curve. A view is then a curve from codes to
display values, which Qt applies with all its threads as the transfer function of a color space.
Qt before 6.2 has no such color spaces; there a table does it, slower. A view of OpenColorIO
(ocio.py) takes the place of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from . import channels
from .ocio import Transform
from .qt import QtGui, can_expose

BAND = 1_000_000  # pixels
CHANNELS = ("RGB", "Red", "Green", "Blue", "Alpha", "Luminance", "Checkerboard")


@dataclass(frozen=True)
class View:
    """How light is shown: exposure in stops, and a gamma on top of the display's own.

    The display's own is sRGB where there is no `transform`. channel: one of CHANNELS; RGB is over
    black, as premultiplied colors are, Checkerboard the same over a checkerboard.
    """

    exposure: float = 0.0
    gamma: float = 1.0
    transform: Optional[Transform] = None
    channel: str = CHANNELS[0]

    def shown(self, linear: float) -> float:
        """The display value in [0, 1] of scene-linear light, as sRGB."""
        lit = min(1.0, max(0.0, linear * 2.0**self.exposure))
        return float(encoded(lit) ** (1.0 / self.gamma))


@dataclass(frozen=True)
class Codes:
    """What codes in equal steps from 0 to 65535 stand for: scene-linear light, and of what."""

    linear: Sequence[float]
    display_referred: bool = False

    @property
    def values(self) -> list[float]:
        """In the plate's own values, which are no light where it is display-referred."""
        if not self.display_referred:
            return list(self.linear)
        return [encoded(min(1.0, max(0.0, light))) for light in self.linear]


def encoded(linear: float) -> float:
    """The sRGB curve, for [0, 1]."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def decoded(display: float) -> float:
    """The inverse of `encoded`."""
    return display / 12.92 if display <= 0.04045 else ((display + 0.055) / 1.055) ** 2.4


def exposed(codes: QtGui.QImage, view: View, kind: Codes, exact: bool = True) -> QtGui.QImage:
    """An image of codes (RGBX64) as a display shows it (RGB32).

    Band by band: what is done to one holds Python's lock for some milliseconds, in which the
    interface waits.

    exact: else as fast as it can be, where the view is one of OpenColorIO. Raises InvalidSetting.
    """
    width, height = codes.width(), codes.height()
    rows = max(1, BAND // (channels.TILE * width)) * channels.TILE
    whole = QtGui.QImage(width, height, QtGui.QImage.Format.Format_RGB32)
    painter = QtGui.QPainter(whole)
    painter.setCompositionMode(QtGui.QPainter.CompositionMode.CompositionMode_Source)
    for top in range(0, height, rows):
        band = codes.copy(0, top, width, min(rows, height - top))
        painter.drawImage(0, top, _band(band, view, kind, exact))
    painter.end()
    return whole


def _band(codes: QtGui.QImage, view: View, kind: Codes, exact: bool) -> QtGui.QImage:
    if view.channel == "Alpha":
        return channels.alpha(codes, view.exposure, view.gamma)
    one = channels.alone(codes, CHANNELS.index(view.channel) - 1)
    shown = _shown(one, view, kind, exact)
    if view.channel == "Luminance":
        return channels.luminance(shown)
    return channels.over_checkerboard(shown, codes) if view.channel == "Checkerboard" else shown


def _shown(codes: QtGui.QImage, view: View, kind: Codes, exact: bool) -> QtGui.QImage:
    if view.transform is not None:
        return _by_transform(codes, view, kind, exact)
    way = _by_color_space if can_expose() else by_table
    return way(codes, view, kind)


def _by_transform(codes: QtGui.QImage, view: View, kind: Codes, exact: bool) -> QtGui.QImage:
    assert view.transform is not None
    width, height = codes.width(), codes.height()
    data = view.transform.applied(
        channels.pixels(codes),
        width,
        view.exposure,
        view.gamma,
        kind.values,
        kind.display_referred,
        exact,
    )
    return _image(bytes(data), width, height)


def _by_color_space(codes: QtGui.QImage, view: View, kind: Codes) -> QtGui.QImage:
    curve = [round(65535 * decoded(view.shown(value))) for value in kind.linear]
    space = QtGui.QColorSpace(QtGui.QColorSpace.Primaries.SRgb, curve)
    codes.setColorSpace(space)
    shown = codes.convertedToColorSpace(QtGui.QColorSpace(QtGui.QColorSpace.NamedColorSpace.SRgb))
    return shown.convertToFormat(QtGui.QImage.Format.Format_RGB32)


def by_table(codes: QtGui.QImage, view: View, kind: Codes) -> QtGui.QImage:
    """As `exposed`, with nothing but Python: for Qt before 6.2."""
    table = _table(view, kind.linear)
    return _image(
        bytes(map(table.__getitem__, channels.pixels(codes))), codes.width(), codes.height()
    )


def _image(data: bytes, width: int, height: int) -> QtGui.QImage:
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
