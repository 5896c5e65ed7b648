"""The node: a Group built here and saved whole in the script, so that it opens everywhere.

Inside:

    Old1 (Read, in error) ──┐
    Live1 (OpenFX) ────────┐│
    Input1 ───────────────┐││
    Preview1 (Read) ─────┐│││
    Result1 (Read) ─────┐││││
                       Show1 (Switch, by Show and When not up to date) ── Output1
    Matte                  (input 1: into what is written out, see matte.py)

Live1 is made when *Show* is set to live for the first time.

A gizmo would be a reference that has to exist on every machine; a Group still reads its rendered
frames where the plug-in is missing. All its settings are literal values but the Switch's, which
follows a knob of the Group: nothing inside needs Python to be evaluated.

Before the first render, and wherever a frame is missing, Result1 is in error, on purpose: a node
that let the source through instead would put unretimed frames on a farm without a word. So is Old1,
by which a node hands on an error while its frames are from before a change.
"""

from __future__ import annotations

import nuke

from hifi_ofx import __version__

from . import identity, knobs, layout, licence, mark, matte
from .bake import WRITE
from .result import PREVIEW, RESULT
from .session import session
from .timing import reset_range

OLD, SHOW = "Old1", "Show1"
OLD_INPUT = len(layout.SHOWN)
_NOT_RENDERED = "HiFIRetime-has-not-been-rendered-yet.%04d.exr"
_NO_PREVIEW = "HiFIRetime-has-no-preview-yet.%04d.exr"
_NOT_UP_TO_DATE = "HiFIRetime-is-not-up-to-date.Press-Render.%04d.exr"
# The input of the Switch: an old result gives way to Old1 or to the source, as whenOld says.
WHICH = (
    "parent.hifi_stale && parent.show == 0 && parent.whenOld != 1 "
    f"? (parent.whenOld == 2 ? 2 : {OLD_INPUT}) : parent.show"
)


def create() -> nuke.Node:
    """Make a HiFIRetime below the selected node, with its panel open. For the menu.

    As every node made with Tab it goes between the selected node and what hangs below.
    """
    selected = nuke.selectedNodes()
    node = build()
    if selected:
        insert_below(node, selected[0])
    reset_range(node)
    if nuke.GUI:
        node.selectOnly()
        node.showControlPanel()
    return node


def insert_below(node: nuke.Node, above: nuke.Node) -> None:
    """Connect a node to another, and what hung from that to the node. Viewers stay as they are."""
    # Where nodes are counted, nothing below is touched: each one would count.
    below = [] if licence.counts_nodes() else above.dependent(nuke.INPUTS, forceEvaluate=False)
    node.setInput(0, above)
    for other in below:
        if other.Class() != "Viewer" and other != node and other.parent() == node.parent():
            for index in range(other.inputs()):
                if other.input(index) == above:
                    other.setInput(index, node)
    node.setXYpos(above.xpos(), above.ypos() + 80)


def build() -> nuke.Group:
    """Make a HiFIRetime without an input. Also in a terminal, where `createNode` is refused."""
    group = nuke.nodes.Group(name="HiFIRetime1")
    knobs.add_knobs(group)
    group["hifi_version"].setValue(__version__)
    group["label"].setValue(mark.LABEL)
    identity.christen(group)
    with group:
        _fill_by_script() if licence.counts_nodes() else _fill(group)
    group["show"].setValue(layout.SHOWN[0])
    session().loaded.append(group.fullName())
    return group


def _fill(group: nuke.Group) -> None:
    """Make what is inside, in the current Group."""
    source = nuke.nodes.Input(name="Input1")
    # "error" for the result and a checkerboard for previews: neither can be taken for a frame.
    result = _read(RESULT, _NOT_RENDERED, "error")
    preview = _read(PREVIEW, _NO_PREVIEW, "checkerboard")
    switch = nuke.nodes.Switch(name=SHOW)
    for index, node in enumerate((result, preview, source)):
        switch.setInput(index, node)
    add_what_old_ones_lack(group, switch)
    nuke.nodes.Output(name="Output1").setInput(0, switch)


def add_what_old_ones_lack(group: nuke.Group, switch: nuke.Node) -> None:
    """Give the current Group the matte's input, its Switch that for old frames, and the rule."""
    if group.node(matte.INPUT) is None:
        matte.add_input()
    if switch.input(OLD_INPUT) is None:
        switch.setInput(OLD_INPUT, _read(OLD, _NOT_UP_TO_DATE, "error"))
    switch["which"].setExpression(WHICH)


def _fill_by_script() -> None:
    """The same without a Python object of any node: each would count. The last one is input 0."""
    read = "Read {{inputs 0 file {} raw true on_error {} localizationPolicy off name {}}}"
    lines = (
        read.format(_NOT_UP_TO_DATE, "error", OLD),
        "push 0",
        "Input {inputs 0 name Input1}",
        f"Write {{disable true name {WRITE}}}",  # hands its input on while it is disabled
        read.format(_NO_PREVIEW, "checkerboard", PREVIEW),
        read.format(_NOT_RENDERED, "error", RESULT),
        f"Switch {{inputs {OLD_INPUT + 1} which {{{{{WHICH}}}}} name {SHOW}}}",
        "Output {name Output1}",
        f"Input {{inputs 0 number 1 name {matte.INPUT}}}",
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
