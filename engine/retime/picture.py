"""What of two frames an in-between is made from: where something is, and black around it.

A data window is not the picture's border. Outside it lies black, up to the display window; where
the window reaches over that, its own edge is the border. So what is worked on does not depend on
the data windows, but on the pixels alone: a picture in a window that hugs it gives what it gives
in a full one, to the bit. It is the box of all pixels of both frames that are not 0, with as much
black around it as motion needs, on a grid, so that it stays in place while things move a little.

Formats other than EXR have no data window, and are worked on whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..plate.content import content
from ..plate.frame import Frame, Part, Window, pairs
from ..plate.layers import Layer, layers

# Measured with elements before black of 960x540 pixels (docs/experiments.md): with less around it
# the motion network loses 2 to 10 dB; with more it gains nothing.
MARGIN = 128  # pixels of black around what is there, at least
PER_MOTION = 4  # and this many for every pixel that its sides move by
GRID = 64  # the motion network's coarsest cell; edges lie on multiples of it

Views = dict[str, Window]  # by the name of the view, "" where there is one


def pictures(left: Frame, right: Frame, policies: str = "") -> Views:
    """The window that in-betweens of two frames are made from, view by view.

    Policies are those of `Output.layers`: only what is synthesized counts. Where nothing is, it
    is the window that holds both data windows.
    """
    every = list(zip(pairs(left, right), layers(left, policies), strict=True))
    found: Views = {}
    for view in dict.fromkeys(one.view for (one, _), _ in every):
        here = [entry for entry in every if entry[0][0].view == view]
        found[view] = _picture(left.format, here)
    return found


def of_header(header: Frame) -> Window:
    """About what in-betweens of frames like this one are made from, without their pixels."""
    part = header.parts[0]
    if header.format != "openexr":
        return part.data_window
    return surrounded(part.data_window, 0, part.display_window, part.data_window)


def canvas(part: Part) -> Window:
    """All that is looked at to tell frames apart: the display window, and what reaches over it.

    Where data lie further away than any picture is large, the data window alone.
    """
    whole = part.display_window.union(part.data_window)
    return whole if whole.fits else part.data_window


def _picture(kind: str, parts: Sequence[tuple[tuple[Part, Part], tuple[Layer, ...]]]) -> Window:
    data = _all([part.data_window for pair, _ in parts for part in pair])
    if kind != "openexr":
        return data
    held = []
    for side in (0, 1):
        boxes = [content(pair[side], _synthesized(of)) for pair, of in parts]
        held.append(_all([box for box in boxes if box is not None]) if any(boxes) else None)
    there = [box for box in held if box is not None]
    if not there:
        return data
    display = parts[0][0][0].display_window
    return surrounded(_all(there), _moved(there), display, data)


def surrounded(box: Window, motion: int, display: Window, data: Window) -> Window:
    """A box with black around it for so many pixels of motion.

    It lies on the grid, and ends where display and data window both do.
    """
    border = display.union(data)
    margin = max(MARGIN, PER_MOTION * motion)
    x, y = (_down(place - margin, start) for place, start in zip((box.x, box.y), _at(border)))
    right, bottom = (
        -_down(-(place + margin), -start)
        for place, start in zip((box.right, box.bottom), _at(border))
    )
    return Window(x, y, right - x, bottom - y).intersection(border)


def _at(window: Window) -> tuple[int, int]:
    return window.x, window.y


def _down(place: int, start: int) -> int:
    """The next line of the grid that begins at `start`, at or before a place."""
    return start + (place - start) // GRID * GRID


def _moved(boxes: Sequence[Window]) -> int:
    """By how many pixels the sides of two boxes differ, at most; 0 where there is one."""
    one, other = boxes[0], boxes[-1]
    return max(
        abs(one.x - other.x),
        abs(one.y - other.y),
        abs(one.right - other.right),
        abs(one.bottom - other.bottom),
    )


def _all(windows: Sequence[Window]) -> Window:
    found = windows[0]
    for window in windows[1:]:
        found = found.union(window)
    return found


def _synthesized(part_layers: Sequence[Layer]) -> list[str]:
    return [
        name for layer in part_layers if layer.policy == "synthesize" for name in layer.channels
    ]
