"""One channel of a picture, its luminance, its alpha, and what alpha leaves of a checkerboard."""

from __future__ import annotations

import array
import sys

from .qt import QtCore, QtGui

TILE = 16  # pixels across and down, after which the checkerboard begins anew
_SHADES = ("#5a5a5a", "#868686")


def pixels(codes: QtGui.QImage) -> array.array[int]:
    """The codes of an image, four a pixel, row by row."""
    values = array.array("H")
    values.frombytes(codes.constBits())
    return values


def alone(codes: QtGui.QImage, channel: int) -> QtGui.QImage:
    """One of the three colors as gray, codes as before; the image itself for any other number."""
    if channel not in (0, 1, 2):
        return codes
    data = pixels(codes)
    for other in {0, 1, 2} - {channel}:
        data[other::4] = data[channel::4]
    width, height = codes.width(), codes.height()
    return QtGui.QImage(data.tobytes(), width, height, 8 * width, codes.format()).copy()


def alpha(codes: QtGui.QImage, exposure: float = 0.0, gamma: float = 1.0) -> QtGui.QImage:
    """The alpha of an image of codes as gray (RGB32): 1 is white, whatever the view."""
    gain = 2.0**exposure
    table = [round(255 * min(1.0, gain * step / 255) ** (1 / gamma)) for step in range(256)]
    return _gray(_alpha_bytes(codes).translate(bytes(table)), codes).convertToFormat(
        QtGui.QImage.Format.Format_RGB32
    )


def luminance(shown: QtGui.QImage) -> QtGui.QImage:
    """The luminance of what is shown (RGB32): gray of the same light, by sRGB's weights."""
    form = QtGui.QImage.Format
    return shown.convertToFormat(form.Format_Grayscale8).convertToFormat(form.Format_RGB32)


def over_checkerboard(shown: QtGui.QImage, codes: QtGui.QImage) -> QtGui.QImage:
    """Premultiplied colors as they are shown, and of a checkerboard what alpha lets through.

    Both are added as a display shows them: edges are a little brighter than in linear light.
    """
    board = QtGui.QImage(shown.size(), QtGui.QImage.Format.Format_RGB32)
    painter = QtGui.QPainter(board)
    painter.fillRect(board.rect(), QtGui.QBrush(_tile()))
    painter.end()
    clear = bytes(255 - step for step in range(256))
    board.setAlphaChannel(_gray(_alpha_bytes(codes).translate(clear), codes))
    painter = QtGui.QPainter(shown)
    painter.setCompositionMode(QtGui.QPainter.CompositionMode.CompositionMode_Plus)
    painter.drawImage(0, 0, board)
    painter.end()
    return shown


def _alpha_bytes(codes: QtGui.QImage) -> bytes:
    """The upper byte of every alpha."""
    upper = 7 if sys.byteorder == "little" else 6
    return bytes(codes.constBits())[upper::8]


def _gray(data: bytes, like: QtGui.QImage) -> QtGui.QImage:
    width, height = like.width(), like.height()
    return QtGui.QImage(data, width, height, width, QtGui.QImage.Format.Format_Grayscale8).copy()


def _tile() -> QtGui.QImage:
    tile, half = QtGui.QImage(TILE, TILE, QtGui.QImage.Format.Format_RGB32), TILE // 2
    tile.fill(QtGui.QColor(_SHADES[0]))
    painter = QtGui.QPainter(tile)
    for x, y in ((0, 0), (half, half)):
        painter.fillRect(QtCore.QRect(x, y, half, half), QtGui.QColor(_SHADES[1]))
    painter.end()
    return tile
