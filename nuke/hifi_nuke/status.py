"""The status line: what the node would make, and what of it is missing or out of date."""

from __future__ import annotations

import nuke
from hifi_ofx.errors import HifiError

from . import identity, job, record, result
from .session import session


def update(node: nuke.Node) -> None:
    """Write the status line anew. Main thread; renders nothing, and writes no file."""
    if session().is_running(str(node["hifi_id"].value())):
        return
    try:
        result.say(node, text(node))
    except HifiError as error:
        result.say(node, str(error), bad=True)


def text(node: nuke.Node) -> str:
    """One sentence or two. Raises HifiError for knobs that make no sense."""
    if node.upstreamFrameRange(0) is None:
        return "Connect the plate that is to be retimed."
    known = str(node["hifi_id"].value())
    if not known or identity.is_copy(node):
        return "Not rendered yet: press Render."
    made = job.prepare(node)
    first, last = made.timing.outputs
    have = record.read(made.cache.result_record)
    stale = made.stale()
    frames = f"Frames {first} to {last}"
    if not stale:
        return f"{frames}: all rendered."
    missing = [frame for frame in stale if frame not in have]
    old = len(stale) - len(missing)
    parts = [f"{len(missing)} to render"] * bool(missing) + [f"{old} out of date"] * bool(old)
    return f"{frames}: {' and '.join(parts)}. Press Render."
