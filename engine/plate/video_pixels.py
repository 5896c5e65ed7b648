"""A decoded picture as RGB, upright: matrix and range, rotation."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from hifi_ofx.errors import FrameError

Pixels = npt.NDArray[Any]

LIMITED, FULL = 1, 2
_BT709, _BT601 = 1, 5
_MATRICES = MappingProxyType({1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9})  # H.273 → swscale's coefficients
_OTHER_MATRICES = MappingProxyType(
    {
        8: "YCgCo", 10: "BT.2020 with constant luminance", 11: "SMPTE ST 2085",
        12: "a matrix derived from the primaries", 13: "a matrix derived from the primaries",
        14: "ICtCp", 15: "IPT-C2", 16: "YCgCo-Re", 17: "YCgCo-Ro",
    }
)  # fmt: skip
_LUMA_WEIGHTS: Mapping[int, tuple[float, float]] = MappingProxyType(
    {
        1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 7: (0.212, 0.087),
        9: (0.2627, 0.0593),
    }
)  # fmt: skip
_UPRIGHT = (1, 0, 0, 1)


def rgb(picture: Any, flags: Any) -> Pixels:
    """R, G, B (and A) of a picture of PyAV, (H, W, 3 or 4), 8 or 16 bits, full range.

    By the matrix and range it is tagged with; untagged HD is BT.709. `flags` are PyAV's
    `Interpolation`. Raises FrameError for a matrix that is not known.
    """
    components = picture.format.components
    bits, alpha = max(one.bits for one in components), any(one.is_alpha for one in components)
    matrix = _matrix(picture)
    full = picture.color_range == FULL or picture.format.name.startswith("yuvj")
    if picture.format.is_rgb or bits <= 8:
        target = ("rgb24", "rgba") if bits <= 8 else ("rgb48le", "rgba64le")
        return np.asarray(_reformat(picture, target[alpha], matrix, full, True, flags).to_ndarray())
    # swscale's 16-bit white would be 65280; so it only brings chroma to full size here.
    target_format = f"yuv{'a' if alpha else ''}444p{bits}le"
    yuv = _reformat(picture, target_format, matrix, full, full, flags)
    return _deep_rgb([_plane(plane) for plane in yuv.planes], bits, matrix, full)


def orientation(picture: Any) -> tuple[int, int, int, int] | None:
    """How a player turns and mirrors the picture: a, b, c, d of its display matrix, each -1, 0, 1.

    A point (x, y) is shown at (a x + c y, b x + d y), y down. None for an angle in between.
    """
    matrix = _display_matrix(picture)
    a, b, c, d = (round(value) for value in matrix)
    exact = all(abs(value - near) < 0.001 for value, near in zip(matrix, (a, b, c, d)))
    turns = {abs(a * d), abs(b * c)} == {0, 1}
    return (a, b, c, d) if exact and turns else None


def _display_matrix(picture: Any) -> tuple[float, float, float, float]:
    try:
        found = next((one for one in picture.side_data if one.type.name == "DISPLAYMATRIX"), None)
    except ValueError:  # PyAV lists none where there is one that it does not know, as FFmpeg's EXIF
        angle = math.radians(-picture.rotation)
        return math.cos(angle), math.sin(angle), -math.sin(angle), math.cos(angle)
    if found is None:
        return _UPRIGHT
    a, b, _, c, d, *_ = (value / 65536 for value in struct.unpack("=9i", bytes(found)[:36]))
    return a, b, c, d


def upright(pixels: Pixels, turn: tuple[int, int, int, int]) -> Pixels:
    """The pixels (H, W, …) as a player shows them."""
    a, b, c, d = turn
    if a == 0:
        pixels = pixels.swapaxes(0, 1)
        a, d = c, b
    return np.ascontiguousarray(pixels[::d, ::a])


def premultiplied(pixels: Pixels) -> Pixels:
    """Colors (H, W, 4) times alpha; whole numbers in 16 bits, so that dark edges keep steps."""
    if pixels.dtype.kind == "f":
        color = pixels[..., :3].astype(np.float32) * pixels[..., 3:].astype(np.float32)
        return np.concatenate([color.astype(pixels.dtype), pixels[..., 3:]], -1)
    top = float(np.iinfo(pixels.dtype).max)
    alpha = pixels[..., 3:].astype(np.float32) / top
    scaled = pixels.astype(np.float32) * (65535 / top)
    color = np.concatenate([scaled[..., :3] * alpha, scaled[..., 3:]], -1)
    return np.asarray((color + 0.5).astype(np.uint16))


def _matrix(picture: Any) -> int:
    if picture.colorspace in _OTHER_MATRICES and not picture.format.is_rgb:
        raise FrameError(
            f"The video's colors are stored as {_OTHER_MATRICES[picture.colorspace]}, which is not "
            "read here.",
            "Convert it to RGB or to usual YCbCr first, for example with ffmpeg's zscale.",
        )
    return _MATRICES.get(picture.colorspace) or (_BT709 if picture.height > 576 else _BT601)


def _reformat(picture: Any, format: str, matrix: int, full: bool, to_full: bool, flags: Any) -> Any:
    return picture.reformat(
        format=format,
        interpolation=flags.BICUBIC | flags.ACCURATE_RND | flags.FULL_CHR_H_INT
        | flags.FULL_CHR_H_INP,
        src_colorspace=matrix, dst_colorspace=matrix,
        src_color_range=FULL if full else LIMITED,
        dst_color_range=FULL if to_full else LIMITED,
        threads=1,  # with more, swscale was seen to wait for ever
    )  # fmt: skip


def _plane(plane: Any) -> npt.NDArray[np.uint16]:
    rows = np.frombuffer(plane, np.uint16).reshape(plane.height, plane.line_size // 2)
    return rows[:, : plane.width]


def _deep_rgb(planes: list[npt.NDArray[np.uint16]], bits: int, matrix: int, full: bool) -> Pixels:
    """16-bit RGB, full range, of Y, Cb, Cr (and alpha) by the equations of BT.601, 709 and 2020."""
    top, step = (1 << bits) - 1, 1 << (bits - 8)
    black, luma_span, chroma_span = (0, top, top) if full else (16 * step, 219 * step, 224 * step)
    y = (planes[0].astype(np.float32) - black) / luma_span
    cb, cr = ((one.astype(np.float32) - 128 * step) / chroma_span for one in planes[1:3])
    red, blue = _LUMA_WEIGHTS[matrix]
    r, b = y + 2 * (1 - red) * cr, y + 2 * (1 - blue) * cb
    g = (y - red * r - blue * b) / (1 - red - blue)
    channels = [r, g, b, *(alpha.astype(np.float32) / top for alpha in planes[3:])]
    return np.asarray((np.stack(channels, -1).clip(0, 1) * 65535 + 0.5).astype(np.uint16))
