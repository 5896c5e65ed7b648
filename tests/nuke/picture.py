"""A picture of HiFIRetime's panel for the guide, drawn from the declarations it is built from."""

from __future__ import annotations

import hashlib
import sys
import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

sys.path.insert(0, str(Path(__file__).parents[2] / "nuke"))

from hifi_nuke import layout
from hifi_nuke.layout import Entry, Tab

BACK, PANEL, HEAD, FIELD, BUTTON = "#232323", "#323232", "#3d3d3d", "#1f1f1f", "#4a4a4a"
TEXT, DIM, RULE, ACCENT = "#d6d6d6", "#9b9b9b", "#4a4a4a", "#c98a2b"
WIDTH, ROW, LABEL, GAP, EDGE = 560, 27, 150, 18, 12
NODE_TABS = 26
KEY = "knobs"
FONT = ImageFont.load_default(13)
BOLD = ImageFont.load_default(14)


def draw() -> Image.Image:
    """All tabs, in two columns of about the same height."""
    tabs = layout.tabs()
    columns: list[list[Tab]] = [[], []]
    for tab in tabs:
        min(columns, key=lambda column: sum(map(_height, column))).append(tab)
    height = max(sum(_height(tab) + GAP for tab in column) for column in columns) + GAP
    image = Image.new("RGB", (2 * WIDTH + 3 * GAP, height), BACK)
    pen = ImageDraw.Draw(image)
    for index, column in enumerate(columns):
        top = GAP
        for tab in column:
            _tab(pen, tab, GAP + index * (WIDTH + GAP), top, [one.label for one in tabs])
            top += _height(tab) + GAP
    return image


def _rows(tab: Tab) -> list[list[Entry]]:
    rows: list[list[Entry]] = []
    for entry in tab.entries:
        if entry.same_line and rows:
            rows[-1].append(entry)
        else:
            rows.append([entry])
    return rows


def _height(tab: Tab) -> int:
    return NODE_TABS + 2 * EDGE + sum(ROW if row[0].kind != "rule" else 14 for row in _rows(tab))


def _tab(pen: ImageDraw.ImageDraw, tab: Tab, left: int, top: int, labels: list[str]) -> None:
    pen.rounded_rectangle((left, top, left + WIDTH, top + _height(tab)), 5, fill=PANEL)
    across = left + EDGE
    for label in labels:
        here = label == tab.label
        width = round(pen.textlength(label, BOLD)) + 16
        if here:
            pen.rectangle((across, top + 3, across + width, top + NODE_TABS), fill=HEAD)
            pen.line((across, top + 3, across + width, top + 3), fill=ACCENT, width=2)
        pen.text((across + 8, top + 7), label, fill=TEXT if here else DIM, font=BOLD)
        across += width + 2
    down = top + NODE_TABS + EDGE
    for row in _rows(tab):
        down += _row(pen, row, left, down)


def _row(pen: ImageDraw.ImageDraw, row: list[Entry], left: int, top: int) -> int:
    if row[0].kind == "rule":
        pen.line((left + EDGE, top + 6, left + WIDTH - EDGE, top + 6), fill=RULE)
        return 14
    across = left + LABEL
    if row[0].kind not in ("button", "bool"):
        _label(pen, row[0].label, across - 8, top)
    for index, entry in enumerate(row):
        if index and entry.kind not in ("button", "bool"):
            across += _words(pen, entry.label, across, top) + 8
        across += _field(pen, entry, across, top, alone=len(row) == 1) + 8
    return ROW


def _label(pen: ImageDraw.ImageDraw, text: str, right: int, top: int) -> None:
    pen.text((right - pen.textlength(text, FONT), top + 5), text, fill=TEXT, font=FONT)


def _words(pen: ImageDraw.ImageDraw, text: str, left: int, top: int) -> int:
    pen.text((left, top + 5), text, fill=TEXT, font=FONT)
    return round(pen.textlength(text, FONT))


def _field(pen: ImageDraw.ImageDraw, entry: Entry, left: int, top: int, *, alone: bool) -> int:
    if entry.kind == "note":
        return _words(pen, textwrap.shorten(str(entry.default), 60), left, top)
    if entry.kind == "button":
        return _box(pen, entry.label, left, top, BUTTON, pad=12)
    if entry.kind == "bool":
        pen.rectangle((left, top + 5, left + 13, top + 18), fill=FIELD, outline=RULE)
        return 20 + _words(pen, entry.label, left + 20, top)
    if entry.kind in ("choice", "channels"):
        return _box(pen, f"{entry.default}   ▾", left, top, BUTTON, pad=8, least=130)
    if entry.kind in ("text", "file"):
        return _box(
            pen, str(entry.default), left, top, FIELD, pad=6, least=WIDTH - LABEL - 3 * EDGE
        )
    width = _box(pen, f"{entry.default:g}", left, top, FIELD, pad=6, least=64)
    if alone and entry.minimum is not None and entry.maximum is not None:
        _slider(pen, entry, left + width + 12, top)
    return width


def _slider(pen: ImageDraw.ImageDraw, entry: Entry, left: int, top: int) -> None:
    right = left + 220
    low, high = float(entry.minimum or 0), float(entry.maximum or 1)
    share = (float(entry.default) - low) / (high - low)
    pen.line((left, top + 12, right, top + 12), fill=RULE, width=2)
    at = left + share * (right - left)
    pen.rectangle((at - 3, top + 6, at + 3, top + 18), fill=DIM)


def _box(
    pen: ImageDraw.ImageDraw, text: str, left: int, top: int, fill: str, *, pad: int, least: int = 0
) -> int:
    plain = text.replace("▾", "").rstrip()
    width = max(least, round(pen.textlength(text, FONT)) + 2 * pad)
    pen.rounded_rectangle((left, top + 2, left + width, top + ROW - 4), 3, fill=fill, outline=RULE)
    pen.text((left + pad, top + 5), plain, fill=TEXT, font=FONT)
    if plain != text:
        x, y = left + width - 16, top + 10
        pen.polygon(((x, y), (x + 8, y), (x + 4, y + 5)), fill=DIM)
    return width


def signature() -> str:
    """A hash of what is drawn; it is kept in the picture, so that an old one is noticed."""
    return hashlib.sha256(repr(layout.tabs()).encode()).hexdigest()[:16]


def signature_of(path: Path) -> str:
    """What `signature` was when a picture was drawn."""
    with Image.open(path) as image:
        return str(getattr(image, "text", {}).get(KEY, ""))


def save(path: Path) -> None:
    """Draw to a file."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text(KEY, signature())
    draw().quantize(64).save(path, optimize=True, pnginfo=notes)
