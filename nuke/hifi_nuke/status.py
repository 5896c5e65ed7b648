"""The status line: what the node would make, and what of it is missing or out of date."""

from __future__ import annotations

from pathlib import Path

import nuke

from hifi_ofx.errors import HifiError

from . import identity, job, layout, record, result, timing
from .session import session

# When these are told, files and the nodes above are looked at, too. A knob that is turned is
# answered from the knobs alone: a slider must not wait for a network disk.
_LOOKS_FURTHER = ("showPanel", "inputChange", "reset")


def update(node: nuke.Node, changed: str = "showPanel") -> None:
    """Write the status line anew. Main thread; renders nothing, and touches no file."""
    if session().is_running(str(node["hifi_id"].value())):
        return
    try:
        result.say(node, text(node, further=changed in _LOOKS_FURTHER))
    except HifiError as error:
        result.say(node, str(error), bad=True)


def text(node: nuke.Node, *, further: bool) -> str:
    """One sentence or two. Raises HifiError for knobs that make no sense."""
    if node.upstreamFrameRange(0) is None:
        return "Connect the plate that is to be retimed."
    wanted = timing.timing(node)
    first, last = wanted.outputs
    frames = f"Frames {first} to {last}"
    if not node["hifi_rendered"].value() or identity.is_copy(node):
        return f"{frames}: not rendered yet. Press Render."
    if not further:
        asked = job.asked(node, wanted.retime)
        if asked == node["hifi_rendered"].value():
            return f"{frames}: rendered with these knobs."
        return f"{frames}: knobs were changed since the render. Press Render."
    return f"{frames}: {_counted(node)}"


def doubt(node: nuke.Node) -> str:
    """What may not be meant about the frames that a node shows; "" when nothing. HifiError."""
    shown = str(node["show"].value())
    if shown != layout.SHOWN[0]:
        return f"it shows the {shown}, not the result."
    if not node["hifi_rendered"].value():
        return "it has not been rendered."
    if job.asked(node, timing.timing(node).retime) != node["hifi_rendered"].value():
        return "it shows frames from before its knobs were changed."
    return ""


def _counted(node: nuke.Node) -> str:
    made = job.prepare(node)
    stale, have = made.stale(), record.read(made.cache.result_record)
    if not stale:
        return "all rendered."
    missing = [frame for frame in stale if not Path(made.cache.result % frame).is_file()]
    foreign = [frame for frame in stale if frame not in have and frame not in missing]
    counts = {
        "to render": len(missing),
        "made elsewhere": len(foreign),  # on a farm, by the engine alone: Render checks them
        "out of date": len(stale) - len(missing) - len(foreign),
    }
    return f"{', '.join(f'{n} {what}' for what, n in counts.items() if n)}. Press Render."
