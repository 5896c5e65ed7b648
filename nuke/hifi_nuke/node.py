"""The node: a Group built here and saved whole in the script, so that it opens everywhere.

Inside:

    Input1 ───────────────┐
    Preview1 (Read) ─────┐│
    Result1 (Read) ─────┐││
                       Show1 (Switch, by the knob Show) ── Output1

A gizmo would be a reference that has to exist on every machine; a Group still reads its rendered
frames where the plug-in is missing. All its settings are literal values but the Switch's, which
follows a knob of the Group: nothing inside needs Python to be evaluated.

Before the first render, and wherever a frame is missing, Result1 is in error, on purpose: a node
that let the source through instead would put unretimed frames on a farm without a word.
"""

from __future__ import annotations

import nuke

from . import identity, knobs, layout, licence
from .bake import WRITE
from .result import PREVIEW, RESULT
from .timing import reset_range

_NOT_RENDERED = "HiFIRetime-has-not-been-rendered-yet.%04d.exr"
_NO_PREVIEW = "HiFIRetime-has-no-preview-yet.%04d.exr"


def create() -> nuke.Node:
    """Make a HiFIRetime below the selected node, with its panel open. For the menu."""
    selected = nuke.selectedNodes()
    node = build()
    if selected:
        node.setInput(0, selected[0])
        node.setXYpos(selected[0].xpos(), selected[0].ypos() + 80)
    reset_range(node)
    if nuke.GUI:
        node.selectOnly()
        node.showControlPanel()
    return node


def build() -> nuke.Group:
    """Make a HiFIRetime without an input. Also in a terminal, where `createNode` is refused."""
    group = nuke.nodes.Group(name="HiFIRetime1")
    knobs.add_knobs(group)
    identity.christen(group)
    with group:
        _fill_by_script() if licence.counts_nodes() else _fill()
    group["show"].setValue(layout.SHOWN[0])
    return group


def _fill() -> None:
    """Make what is inside, in the current Group."""
    source = nuke.nodes.Input(name="Input1")
    # "error" for the result and a checkerboard for previews: neither can be taken for a frame.
    result = _read(RESULT, _NOT_RENDERED, "error")
    preview = _read(PREVIEW, _NO_PREVIEW, "checkerboard")
    switch = nuke.nodes.Switch(name="Show1")
    for index, node in enumerate((result, preview, source)):
        switch.setInput(index, node)
    switch["which"].setExpression("parent.show")
    nuke.nodes.Output(name="Output1").setInput(0, switch)


def _fill_by_script() -> None:
    """The same without a Python object of any node: each would count. The last one is input 0."""
    read = "Read {{inputs 0 file {} raw true on_error {} localizationPolicy off name {}}}"
    lines = (
        "Input {inputs 0 name Input1}",
        f"Write {{disable true name {WRITE}}}",  # hands its input on while it is disabled
        read.format(_NO_PREVIEW, "checkerboard", PREVIEW),
        read.format(_NOT_RENDERED, "error", RESULT),
        "Switch {inputs 3 which {{parent.show}} name Show1}",
        "Output {name Output1}",
    )
    nuke.tcl("\n".join(lines))


def _read(name: str, file: str, on_error: str) -> nuke.Node:
    read = nuke.nodes.Read(name=name)
    read["file"].setValue(file)
    read["raw"].setValue(True)  # the working space's values went in, and come out
    read["on_error"].setValue(on_error)
    _keep_local_copies_away(read)
    return read


def _keep_local_copies_away(read: nuke.Node) -> None:
    """Localization goes on showing its copy of a file until it notices that it was replaced."""
    knob = read.knob("localizationPolicy")
    if not isinstance(knob, nuke.Enumeration_Knob):
        return
    off = [value for value in knob.values() if str(value).lower() == "off"]
    if off:
        knob.setValue(off[0])
