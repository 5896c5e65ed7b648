"""What the node's buttons do, and what happens when Nuke tells of changes. All on the main thread.

A change of a knob renders nothing: it may turn other knobs (a preset) and the status line.
"""

from __future__ import annotations

import nuke

from hifi_ofx.errors import HifiError
from hifi_ofx.quality import PRESETS, Quality, preset

from . import (
    cleaning,
    identity,
    job,
    knobs,
    layout,
    live,
    result,
    state,
    submitting,
    timing,
    upgrade,
    watch,
    work,
)
from .session import session

_TIMING_KNOBS = dict(zip(layout.TIMINGS, ("timingOutputSpeed", "timingInputSpeed", "timingFrame2")))
_DUMMIES = ("name", "selected", "xpos", "ypos", "status", "hidePanel")


def press(name: str, node: nuke.Node) -> None:
    """A button of a node: the function of that name here. A failure becomes a message.

    In a terminal, where nobody reads messages, it raises RuntimeError with the same words.
    """
    try:
        upgrade.bring_up(node)
        {
            "render": render,
            "renderFrame": render_frame,
            "preview": preview,
            "cancel": cancel,
            "reset": reset,
            "submit": submitting.submit,
            "clean": cleaning.clean,
        }[name](node)
    except HifiError as error:
        result.say(node, str(error), bad=True)
        if not nuke.GUI:
            raise RuntimeError(f"{node.name()}: {error}") from error
        nuke.message(str(error))


def render(node: nuke.Node) -> None:
    """Render what is missing of the frames asked for: in the background, in a terminal at once."""
    _start(job.wish(node, timing.wanted_frames(node)))


def render_frame(node: nuke.Node) -> None:
    """Render the current frame alone, as it will be in the result."""
    wanted = job.wish(node, [int(nuke.frame())])
    job.check_makes(wanted, int(nuke.frame()))
    _start(wanted)


def preview(node: nuke.Node) -> None:
    """Make the current frame at draft quality, and show it."""
    _start(job.preview(node, int(nuke.frame())))


def _start(wanted: job.Wish) -> None:
    if nuke.GUI:
        work.start(wanted)
    else:
        result.finish(wanted, None, work.now(wanted))


def cancel(node: nuke.Node) -> None:
    """Stop the node's render."""
    if not session().cancel(str(node["hifi_id"].value())):
        result.say(node, "Nothing is being rendered.")


def reset(node: nuke.Node) -> None:
    """Read the input range again."""
    if not timing.reset_range(node):
        result.say(node, "There is no input to read the range from.", bad=True)
        return
    _look(node)


def changed(node: nuke.Node) -> None:
    """A knob of the node was turned, its panel opened, or its input connected."""
    name = nuke.thisKnob().name()
    if name == "name":
        identity.follow_name(node)
        session().loaded.append(node.fullName())
    if name in _DUMMIES or name.startswith("hifi_"):
        return
    upgrade.bring_up(node)
    if name == "preset" and node["preset"].value() != layout.CUSTOM:
        knobs.set_settings(node, preset(str(node["preset"].value())))
    elif name in _quality_names():
        _name_preset(node)
    elif name == "inputChange" and not timing.has_range(node):
        timing.reset_range(node)  # as in Kronos: later ones are read with Reset alone
    if node["show"].value() == "live":
        try:
            live.follow(node)
        except HifiError as error:
            result.say(node, str(error), bad=True)
            return
    if name in ("timing2", "showPanel"):
        _enable_timing(node)
    _look(node, opened=name == "showPanel")


def _look(node: nuke.Node, *, opened: bool = False) -> None:
    """Say what the knobs tell now, and in a moment what the rest does."""
    state.update(node, opened=opened)
    watch.soon()


def created(node: nuke.Node) -> None:
    """The node was made, loaded or pasted. A copy gets an id of its own."""
    if not identity.is_ours(node):
        return
    session().loaded.append(node.fullName())
    upgrade.bring_up(node)
    if identity.is_copy(node) or identity.has_twin(node):
        identity.christen(node)
    watch.soon()


def destroyed(node: nuke.Node) -> None:
    """The node goes: its render stops."""
    knob = node.knob("hifi_id")
    if knob is not None and knob.value():
        session().cancel(str(knob.value()))


def script_closed() -> None:
    """The script goes: all renders stop."""
    session().cancel()
    session().forget()


def _quality_names() -> set[str]:
    return {one.name for tab in layout.tabs() if tab.label == "Quality" for one in tab.entries}


def _name_preset(node: nuke.Node) -> None:
    """The preset that the knobs make up, or custom."""
    try:
        quality = knobs.settings(node, Quality)
    except HifiError:
        return  # the status line says what is wrong with it
    named = next((name for name, known in PRESETS.items() if known == quality), layout.CUSTOM)
    knobs.put(node, "preset", named)


def _enable_timing(node: nuke.Node) -> None:
    mode = str(node["timing2"].value())
    for timing_name, knob_name in _TIMING_KNOBS.items():
        node[knob_name].setEnabled(timing_name == mode)
