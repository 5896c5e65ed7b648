"""What stands over each picture: its name, where it lies, and what it is not yet."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from ..preview import Preview
from . import overlays
from .qt import QtCore, QtGui

TITLES = {"ours": "In-between", "left": "Left", "right": "Right", "blend": "Blend"}
COMPARED = {**TITLES, "kept": "A"}
_EDGE = 10  # pixels between a caption and its pane's edge


def caption(
    name: str, preview: Preview, there: Collection[str], state: str, notes_of: Mapping[str, str]
) -> str:
    """A picture in words. there: the pictures that can be shown; state: "draft", "stale" or "".

    Where a picture is on its way, it says which frame stands in for it. notes_of: what is to be
    said of pictures besides, as what one costs.
    """
    note = f"  ·  {notes_of[name]}" if notes_of.get(name) else ""
    _, left, right, fraction = preview.place
    if name in ("left", "right"):
        return f"{TITLES[name]}  {left if name == 'left' else right}"
    if fraction == "0" and name not in there:
        return f"{COMPARED[name]}  {left}  ·  the source frame itself"
    text = f"{COMPARED[name]}  {left}" + (f" + {fraction}" if fraction != "0" else "")
    if name not in there:
        nearer, number = stand_in(preview)
        return f"{text}  ·  on its way; this is the {nearer} frame {number}"
    notes = {"draft": "  ·  draft", "stale": "  ·  before the last change"}
    return text + (notes.get(state, "") if name == "ours" else "") + note


def channel(name: str, preview: Preview) -> str:
    """Which layer and channel are shown, where it is not the color; and that there is no alpha."""
    layer = f"  ·  {preview.layer}" if preview.layer else ""
    if name == "RGB":
        return layer
    none = name in ("Alpha", "Checkerboard") and not preview.alpha
    return f"{layer}  ·  {name.lower()}{', of which there is none' if none else ''}"


def stand_in(preview: Preview) -> tuple[str, int]:
    """The nearer frame, and its number."""
    _, left, right, fraction = preview.place
    top, _, bottom = fraction.partition("/")
    return ("left", left) if int(top) / int(bottom or 1) < 0.5 else ("right", right)


def paint(painter: QtGui.QPainter, texts: Sequence[str], panes: Sequence[QtCore.QRectF]) -> None:
    """One caption, or two: each in its pane, or at the corners of the only one.

    Those that would meet in one pane stand beneath each other.
    """
    first = _paint(painter, texts[0], panes[0])
    if len(texts) < 2:
        return
    if len(panes) > 1:
        _paint(painter, texts[1], panes[1])
        return
    room = panes[0].width() - 3 * _EDGE - first.width()
    meets = overlays.caption_width(painter, texts[1]) > room
    down = first.height() + 4 if meets else 0.0
    _paint(painter, texts[1], panes[0].adjusted(0, down, 0, 0), right=True)


def _paint(
    painter: QtGui.QPainter, text: str, pane: QtCore.QRectF, right: bool = False
) -> QtCore.QRectF:
    room = pane.width() - 2 * _EDGE
    corner = pane.topRight() if right else pane.topLeft()
    inside = corner + QtCore.QPointF(-_EDGE if right else _EDGE, _EDGE)
    return overlays.paint_caption(painter, text, inside, right, room)
