"""*Show: live*: the OpenFX plug-in inside the node, driven by the node's own knobs.

It makes the frame that the Viewer asks for, and nothing is written. The OpenFX node is made when it
is first wanted, so that nodes open where there is no such plug-in.
"""

from __future__ import annotations

import nuke

from hifi_ofx.errors import HifiError, InvalidSetting

from . import knobs, layout, node, timing
from .undo import not_recorded

CLASS = "OFXorg.hifi.Interpolate_v1"
LIVE = "Live1"
_INPUT = layout.SHOWN.index("live")
# Its knobs that have the names of ours but are not of the same kind, or are none of a picture.
_OWN = ("timing", "preset", "status", "weights", "device", "name", "label", "panel")


def follow(retime: nuke.Node) -> None:
    """*Show* was turned: make the live node, or bring it up to date, where it is to be seen."""
    if retime["show"].value() != layout.SHOWN[_INPUT] or not isinstance(retime, nuke.Group):
        return
    live = retime.node(LIVE)
    with not_recorded(), retime:
        if live is None:
            live = _make(retime)
        _drive(live, retime)


def _make(retime: nuke.Group) -> nuke.Node:
    try:
        live: nuke.Node = getattr(nuke.nodes, CLASS)(name=LIVE)
    except RuntimeError:
        knobs.put(retime, "show", layout.SHOWN[0])
        raise InvalidSetting(
            "Live needs HiFI's OpenFX plug-in, which this Nuke does not have.",
            "To install it: hifi-ofx install ofx; then start Nuke again.",
        ) from None
    live.setInput(0, retime.node("Input1"))
    switch = retime.node(node.SHOW)
    if switch is None:
        raise HifiError(f"{retime.name()} has no Switch inside.", "Make a new HiFIRetime.")
    switch.setInput(_INPUT, live)
    return live


def _drive(live: nuke.Node, retime: nuke.Node) -> None:
    """Settings by expressions; what Nuke's expressions cannot reach, by value."""
    ours = layout.entries()
    for name, knob in live.knobs().items():
        numeric = name in ours and ours[name].kind in ("int", "float", "bool", "choice")
        if numeric and name not in _OWN and isinstance(knob, nuke.Array_Knob):
            knob.setExpression(f"parent.{name}")
    for name in ("weights", "device"):
        if live.knob(name) is not None:
            knobs.put(live, name, retime[name].value())
    knobs.put(live, "timing", "source frame")
    knobs.put(live, "counted_from", "host frames")
    live["source_frame"].setExpression(source_frame(*timing.used_range(retime)))


def source_frame(first: int, last: int) -> str:
    """The source frame at an output frame, as an expression over the node's timing knobs.

    The input range is in it as numbers: a name with a dot in it, `input.first`, is not one that
    expressions are known to take.
    """
    ways = (
        "parent.timingFrame2",
        f"(frame - {first}) * parent.timingInputSpeed + {first}",
        f"parent.timingOutputSpeed.integrate({first}, frame) + {first}",
    )
    frame, by_input, by_output = (f"clamp({way}, {first}, {last})" for way in ways)
    return f"parent.timing2 == 2 ? {frame} : parent.timing2 == 1 ? {by_input} : {by_output}"
