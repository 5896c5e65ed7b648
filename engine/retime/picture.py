"""What of two frames an in-between is made from: where something is, and black around it.

A data window is not the picture's border. Outside it lies black, up to the display window; where
the window reaches over that, its own edge is the border. So what is worked on does not depend on
the data windows, but on the pixels alone: a picture in a window that hugs it gives what it gives
in a full one, to the bit. It is the box of all pixels of both frames that are not 0, with as much
black around it as motion needs, on a grid, so that it stays in place while things move a little.

Of that, what both frames have in common needs no in-between: it is what it is. So less is worked on
where all that changes lies in a part of the picture, as before a locked-off background.

Formats other than EXR have no data window, and what changes of all of them is worked on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..plate.content import changes, content
from ..plate.frame import Frame, Part, Window, pairs, plane_in
from ..plate.layers import Layer, layers

# Measured with elements before black of 960x540 pixels (docs/experiments.md): with less around it
# the motion network loses 2 to 10 dB; with more it gains nothing.
MARGIN = 128  # pixels of black around what is there, at least
PER_MOTION = 4  # and this many for every pixel that its sides move by
# Around what changes there is picture, not black: with 64, 128 or 192 pixels of it, or all there
# is, the same comes out within 0.2 dB, and something that moves by 160 pixels 1 dB better with 64.
UNCHANGED = 64
WORTHWHILE = 0.8  # of the picture: what changes in more of it is as well worked on whole
GRID = 64  # the motion network's coarsest cell; edges lie on multiples of it

Views = dict[str, Window]  # by the name of the view, "" where there is one
Parts = Sequence[tuple[tuple[Part, Part], tuple[Layer, ...]]]  # of one view, left and right


def pictures(left: Frame, right: Frame, policies: str = "") -> Views:
    """The window that in-betweens of two frames are made from, view by view.

    Policies are those of `Output.layers`: only what is synthesized counts. Where nothing is, it
    is the window that holds both data windows.
    """
    every = list(zip(pairs(left, right), layers(left, policies), strict=True))
    found: Views = {}
    for view in dict.fromkeys(one.view for (one, _), _ in every):
        here = [entry for entry in every if entry[0][0].view == view]
        whole = _holding(left.format, here)
        found[view] = whole if left.matte or right.matte else _changing(here, whole)
    return found


def of_header(header: Frame) -> Window:
    """About what in-betweens of frames like this one are made from, without their pixels."""
    part = header.parts[0]
    if header.format != "openexr":
        return part.data_window
    return surrounded(part.data_window, (), part.display_window, part.data_window)


def canvas(part: Part) -> Window:
    """All that is looked at to tell frames apart: the display window, and what reaches over it.

    Where data lie further away than any picture is large, the data window alone.
    """
    whole = part.display_window.union(part.data_window)
    return whole if whole.fits else part.data_window


def _changing(parts: Parts, whole: Window) -> Window:
    """What changes of a window, with as much around it as motion needs; all of it if that is most.

    Where a thing goes by, it lies between where it was and where it will be: inside one box.
    """
    boxes = [changes(*pair, _synthesized(of)) for pair, of in parts]
    there = [box for box in boxes if box is not None]
    if not there:
        return whole
    box = _all(there)
    held = _held(parts, box)
    before_black = any(one != box for one in held) or len(held) < 2
    changed = _on_grid(box, _margin(held) if before_black else UNCHANGED, whole)
    return changed if changed.area < WORTHWHILE * whole.area else whole


def _holding(kind: str, parts: Parts) -> Window:
    """All that either frame holds, and black around it."""
    data = _all([part.data_window for pair, _ in parts for part in pair])
    there = _held(parts) if kind == "openexr" else []
    if not there:
        return data
    return surrounded(_all(there), there, parts[0][0][0].display_window, data)


def _held(parts: Parts, box: Window | None = None) -> list[Window]:
    """What the left and the right frame hold, in a box of them; nothing where one holds nothing."""
    held = []
    for side in (0, 1):
        every = ((pair[side], _synthesized(of)) for pair, of in parts)
        boxes = [content(_inside(part, names, box), names) for part, names in every]
        held.append([one for one in boxes if one is not None])
    return [_all(boxes) for boxes in held if boxes]


def _inside(part: Part, names: Sequence[str], box: Window | None) -> Part:
    """The part with no more of these channels than what lies in a box."""
    if box is None:
        return part
    planes = {name: plane_in(part, name, box) for name in names}
    return dataclasses.replace(part, data_window=box, planes=planes)


def surrounded(box: Window, held: Sequence[Window], display: Window, data: Window) -> Window:
    """A box with black around it for the motion of what both frames hold.

    It lies on the grid, and ends where display and data window both do.
    """
    return _on_grid(box, _margin(held), display.union(data))


def _margin(held: Sequence[Window]) -> int:
    """How much black motion needs around what one or both frames hold, in pixels."""
    return max(MARGIN, PER_MOTION * _moved(held)) if held else MARGIN


def _on_grid(box: Window, margin: int, border: Window) -> Window:
    """A box with so many pixels around it, from line to line of the grid, inside a border."""
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
