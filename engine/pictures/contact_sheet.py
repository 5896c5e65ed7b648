"""A contact sheet: pictures in rows and columns with headings and captions, as one image."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio

log = logging.getLogger(__name__)

Image = npt.NDArray[np.float32]  # (H, W, 3), display-referred, 0 to 1

_FONT, _BOLD = "DroidSans", "DroidSans-Bold"  # OpenImageIO brings them
_PAPER, _INK, _PALE = 0.11, (0.93, 0.93, 0.93), (0.68, 0.68, 0.68)
_GAP = 14  # pixels between cells


@dataclass(frozen=True)
class Cell:
    """A picture (H, W, 3), display-referred, and a line below it; bold for the better result."""

    image: Image
    caption: str
    bold: bool = False


def contact_sheet(
    title: str, notes: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]
) -> Image:
    """All cells, which are of one size, below a title and one heading a column. (H, W, 3)."""
    height, width = rows[0][0].image.shape[:2]
    text = max(12, min(26, width // 22))  # pixels
    line = round(1.7 * text)
    top = round(2.2 * text) + 2 * line
    step = height + line + _GAP
    sheet = np.full(
        (top + len(rows) * step, _GAP + len(headings) * (width + _GAP), 3), _PAPER, np.float32
    )
    lefts = [_GAP + column * (width + _GAP) for column in range(len(headings))]
    words = [
        Words(title, _GAP, round(1.5 * text), round(1.3 * text), True, _INK),
        Words(notes, _GAP, round(1.5 * text) + line, text, False, _PALE),
    ]
    for heading, left in zip(headings, lefts, strict=True):
        words.append(Words(heading, left, top - text // 2, text, True, _INK))
    for number, row in enumerate(rows):
        below = top + number * step
        for cell, left in zip(row, lefts, strict=True):
            sheet[below : below + height, left : left + width] = cell.image
            baseline = below + height + round(1.2 * text)
            ink = _INK if cell.bold else _PALE
            words.append(Words(cell.caption, left, baseline, text, cell.bold, ink))
    return lettered(sheet, words)


@dataclass(frozen=True)
class Words:
    """A line of text, where it stands, and how it looks."""

    text: str
    left: int
    baseline: int
    height: int  # of the letters, in pixels
    bold: bool
    ink: tuple[float, float, float]


def lettered(sheet: Image, words: Sequence[Words]) -> Image:
    """An image with the words on it; without them, and a warning, where there are no fonts."""
    canvas: Any = oiio.ImageBuf(np.ascontiguousarray(sheet))
    for word in words:
        font = _BOLD if word.bold else _FONT
        place = word.left, word.baseline, word.text, word.height, font, word.ink
        if not oiio.ImageBufAlgo.render_text(canvas, *place):
            log.warning("The contact sheet has no labels: %s.", canvas.geterror().strip())
            return sheet
    return np.asarray(canvas.get_pixels(oiio.FLOAT), np.float32)
