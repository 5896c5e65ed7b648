"""A picture of what the run predicts by now: first, truth, ours, blend and error, side by side.

Drawn with Pillow alone, which training needs anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from ...pictures.heat import heat
from .validation import Row

HEADINGS = ("first", "truth", "ours", "blend", "error of ours", "error of the blend")
LARGEST_ERROR = 0.25  # of diffuse white: what is white in the error maps
WIDTH = 256  # pixels of a picture, about: crops are enlarged by whole numbers
_PAPER, _INK, _PALE, _BETTER = (28, 28, 28), (237, 237, 237), (165, 165, 165), (150, 215, 150)
_GAP, _TEXT = 12, 14  # pixels

Pixels = npt.NDArray[Any]  # (H, W, 3) bytes


def preview(rows: list[Row], title: str) -> Image.Image:
    """All rows below a title; each picture with its PSNR in dB below it, the better in green."""
    pictures = [_pictures(row) for row in rows]
    line = round(1.7 * _TEXT)
    top = _GAP + 2 * line
    width = max(picture.width for row in pictures for picture in row)
    steps = [row[0].height + line + _GAP for row in pictures]
    sheet = Image.new("RGB", (_GAP + len(HEADINGS) * (width + _GAP), top + sum(steps)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, _GAP // 2), title, _INK, _font(_TEXT + 2))
    lefts = [_GAP + column * (width + _GAP) for column in range(len(HEADINGS))]
    for heading, left in zip(HEADINGS, lefts, strict=True):
        draw.text((left, top - line), heading, _PALE, _font(_TEXT))
    for row, images, step in zip(rows, pictures, steps, strict=True):
        below = top + images[0].height + 4
        captions = zip(images, _captions(row), lefts, strict=True)
        for image, (caption, color), left in captions:
            sheet.paste(image, (left, top))
            draw.text((left, below), caption, color, _font(_TEXT))
        top += step
    return sheet


def _pictures(row: Row) -> list[Image.Image]:
    shown = [_pixels(image) for image in (row.first, row.truth, row.ours, row.blend)]
    shown += [_error(row.ours, row.truth), _error(row.blend, row.truth)]
    return [_scaled(Image.fromarray(pixels)) for pixels in shown]


def _captions(row: Row) -> list[tuple[str, tuple[int, int, int]]]:
    ours, blend = _psnr(row.ours, row.truth), _psnr(row.blend, row.truth)
    return [
        (row.name, _PALE),
        ("", _PALE),
        (f"{ours:.2f} dB", _BETTER if ours > blend else _INK),
        (f"{blend:.2f} dB", _BETTER if blend > ours else _INK),
        (f"{ours - blend:+.2f} dB to the blend".replace("-", "−"), _PALE),
        ("", _PALE),
    ]


def _pixels(image: Tensor) -> Pixels:
    """(3, H, W) in [0, 1] as (H, W, 3) bytes."""
    pixels: Pixels = (image * 255).round().byte().permute(1, 2, 0).numpy()
    return pixels


def _error(image: Tensor, truth: Tensor) -> Pixels:
    colors = heat((image - truth).abs().mean(dim=0).numpy(), LARGEST_ERROR)
    pixels: Pixels = np.rint(colors.clip(0, 1) * 255).astype(np.uint8)
    return pixels


def _scaled(image: Image.Image) -> Image.Image:
    times = max(1, WIDTH // image.width)
    if image.width > WIDTH:
        size = WIDTH, max(1, round(image.height * WIDTH / image.width))
        return image.resize(size, Image.Resampling.LANCZOS)
    return image.resize((image.width * times, image.height * times), Image.Resampling.NEAREST)


def _psnr(made: Tensor, truth: Tensor) -> float:
    error = max(float((made - truth).square().mean()), 1e-12)
    return float(-10 * np.log10(error))


def _font(size: int) -> Any:
    """Pillow's own font; where it was built without FreeType, its small bitmap one."""
    try:
        return ImageFont.load_default(size)
    except (ImportError, OSError):
        return ImageFont.load_default()
