"""A node whose frames are old says so where it is seen: its label, its color, and the Viewer.

The Viewer follows from the hidden knob `hifi_stale`, by which the Switch inside chooses what the
node hands on: an error, the old frames, or the source, as *When not up to date* says.
"""

from __future__ import annotations

import nuke

from . import knobs, layout
from .undo import not_recorded

LABEL = "[value hifi_note]"
COLOR = 0xAA3333FF  # of the node in the node graph


def old(node: nuke.Node, note: str) -> None:
    """Mark a node as not up to date, or with "" as up to date. Main thread."""
    with not_recorded():
        knobs.put(node, "hifi_stale", 1 if note else 0)
        knobs.put(node, "hifi_note", note)
        _paint(node, bool(note))


def is_old(node: nuke.Node) -> bool:
    """Whether it is marked."""
    return bool(node["hifi_stale"].value())


def policy(node: nuke.Node) -> str:
    """What the node hands on while it is not up to date."""
    return str(node["whenOld"].value())


def holds(node: nuke.Node) -> bool:
    """Whether it hands on its old frames."""
    return policy(node) == layout.WHEN_OLD[1]


def _paint(node: nuke.Node, marked: bool) -> None:
    """Color the node, and give it back the color that the artist had chosen."""
    color = node.knob("tile_color")
    if color is None:
        return
    now = int(color.value())
    if marked and now != COLOR:
        knobs.put(node, "hifi_color", str(now))
        color.setValue(COLOR)
    elif not marked and now == COLOR:
        before = str(node["hifi_color"].value())
        color.setValue(int(before) if before.isdigit() else 0)
