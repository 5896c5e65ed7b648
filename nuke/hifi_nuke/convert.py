"""*Convert to HiFIRetime*: a selected Kronos, OFlow, TimeWarp or Retime, with its timing, anew.

The new node lies beside the old one, which stays, and has the same input. Kronos' and OFlow's
timing has the same knobs there. A TimeWarp's curve, and a Retime whose ends are not the same,
become a curve of frames. https://learn.foundry.com/nuke/content/reference_guide/time_nodes/
"Retime", "TimeWarp", "Kronos", "OFlow".
"""

from __future__ import annotations

from collections.abc import Callable

import nuke

from hifi_ofx.errors import InvalidSetting

from . import layout, node, state, timing

_SPEED, _FRAME = layout.TIMINGS[0], layout.TIMINGS[2]
_SAME = ("timingOutputSpeed", "timingInputSpeed", "timingFrame2")
_RANGE = ("input.first", "input.last")
_OLD_OFLOW = "OFXuk.co.thefoundry.time.oflow_v100"


def selected() -> list[nuke.Node]:
    """Convert what is selected. For the menu; a message where nothing can be converted."""
    chosen = [one for one in nuke.selectedNodes() if one.Class() in _KINDS]
    if not chosen:
        nuke.message("Select a Kronos, OFlow, TimeWarp or Retime to convert.")
        return []
    return [converted(one) for one in chosen]


def converted(old: nuke.Node) -> nuke.Node:
    """A HiFIRetime with the timing of another retime, beside it. Raises InvalidSetting."""
    if old.Class() not in _KINDS:
        raise InvalidSetting(
            f"{old.name()} is a {old.Class()}.", "Select a Kronos, OFlow, TimeWarp or Retime."
        )
    new = node.build()
    new.setInput(0, old.input(0))
    new.setXYpos(old.xpos() + 110, old.ypos())
    timing.reset_range(new)
    _KINDS[old.Class()](old, new)
    state.update(new)
    return new


def _from_kronos(old: nuke.Node, new: nuke.Node) -> None:
    new.setInput(1, old.input(1))  # the matte
    new["timing2"].setValue(str(old["timing2"].value()))
    for name in (*_RANGE, *_SAME):
        knob = old.knob(name)
        if knob is not None:
            new[name].fromScript(knob.toScript())


def _from_old_oflow(old: nuke.Node, new: nuke.Node) -> None:
    is_speed = str(old["timing"].value()) == "Speed"
    new["timing2"].setValue(_SPEED if is_speed else _FRAME)
    new["timingOutputSpeed"].fromScript(old["timingSpeed"].toScript())
    new["timingFrame2"].fromScript(old["timingFrame"].toScript())


def _from_timewarp(old: nuke.Node, new: nuke.Node) -> None:
    new["timing2"].setValue(_FRAME)
    new["timingFrame2"].fromScript(old["lookup"].toScript())


def _from_retime(old: nuke.Node, new: nuke.Node) -> None:
    """A Retime shows input.first at output.first, and goes on at its speed, or backwards."""
    start, end = (int(old[name].value()) for name in ("output.first", "output.last"))
    first, last = (int(old[name].value()) for name in _RANGE)
    for name, frame in zip(_RANGE, (first, last)):
        new[name].setValue(frame)
    speed, backwards = old["speed"], bool(old["reverse"].value())
    if start == first and not backwards:
        new["timing2"].setValue(_SPEED)
        new["timingOutputSpeed"].fromScript(speed.toScript())
        return
    new["timing2"].setValue(_FRAME)
    frames = new["timingFrame2"]
    frames.setAnimated()
    varies = speed.isAnimated() or speed.hasExpression()
    for output in range(start, end + 1) if varies else (start, end):
        gone = speed.getIntegral(start, output)
        frames.setValueAt(last - gone if backwards else first + gone, output)


_KINDS: dict[str, Callable[[nuke.Node, nuke.Node], None]] = {
    "Kronos": _from_kronos,
    "OFlow2": _from_kronos,
    _OLD_OFLOW: _from_old_oflow,
    "TimeWarp": _from_timewarp,
    "Retime": _from_retime,
}
