"""Whether what a node shows is what it would render now, and the status line that says so.

What is shown has a signature, a hash of everything that it was made of: knobs, the nodes and files
above, weights. A knob that is turned is answered from the knobs alone, since a slider must not
wait for a network disk; then the whole is looked at in the background, and before a Write at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import nuke

from hifi_ofx.errors import HifiError

from . import job as jobs
from . import layout, licence, mark, result, timing
from .job import Job
from .outcome import RENDERED
from .session import session
from .threads import Gone, alive

BEFORE = "before"  # the signature of frames from versions that knew none
OLD = "NOT UP TO DATE"


@dataclass(frozen=True)
class Told:
    """A sentence about a node's frames; whether they are old; whether all of them are there.

    `as_rendered`: the knobs are as they were for the frames, and nobody looked at the rest.
    """

    words: str
    old: bool = False
    complete: bool = False
    as_rendered: bool = False


def update(node: nuke.Node, *, opened: bool = False) -> None:
    """Write the status line anew from the knobs alone. Main thread; touches no file.

    A panel that is only opened leaves a line that is right: a set knob marks the script as changed.
    """
    if session().is_running(str(node["hifi_id"].value())):
        return
    try:
        told = from_knobs(node)
    except HifiError as error:
        result.say(node, str(error), bad=True)
        mark.old(node, OLD if node["hifi_rendered"].value() else "")
        return
    if opened and told.as_rendered:
        return
    # That the knobs are back as they were says nothing of the nodes above: a full look tells.
    if told.old or licence.counts_nodes():
        mark.old(node, OLD if told.old else "")
    result.say(node, told.words)


def from_knobs(node: nuke.Node) -> Told:
    """What the knobs tell. Raises HifiError for knobs that make no sense."""
    if node.upstreamFrameRange(0) is None:
        return Told("Connect the plate that is to be retimed.")
    wanted, shown = timing.timing(node), jobs.shown(node)
    frames = _frames(wanted)
    if not shown.signature:
        return Told(f"{frames}: not rendered yet. Press Render.")
    if shown.signature == BEFORE:
        return Told(_of_before(frames))
    if jobs.asked(node, wanted.retime) == node["hifi_asked"].value():
        return Told(f"{frames}: rendered with these knobs.", as_rendered=True)
    return Told(f"{frames}: knobs were changed since the render. Press Render.", old=True)


def judged(job: Job) -> Told:
    """What a full look tells. Any thread; looks for the frames on disk."""
    frames, shown = _frames(job.wish.timing), job.wish.shown
    missing = job.missing()
    if not missing:
        return Told(f"{frames}: all rendered.", complete=True)
    if job.signature == shown.signature:
        return Told(f"{frames}: {len(missing)} to render. Press Render.")
    if not shown.signature:
        return Told(f"{frames}: not rendered yet. Press Render.")
    if shown.signature == BEFORE:
        return Told(_of_before(frames))
    return Told(f"{frames}: not up to date. {_why(job)} since the render. Press Render.", old=True)


def apply(job: Job, told: Told) -> None:
    """Say what a full look told, and show the frames of these very knobs where they are there.

    Main thread. A node that went, or was changed since, is left alone.
    """
    node = job.node
    try:
        alive(node)
        changed = jobs.wish(node).asked != job.wish.asked
    except (Gone, HifiError):
        return
    if changed or session().is_running(job.wish.identity):
        return
    same = job.signature == job.wish.shown.signature
    if told.complete and not same:
        result.show(job)
    mark.old(node, OLD if told.old else "")
    if not (told.complete and same and str(node["status"].value()).startswith(RENDERED)):
        result.say(node, told.words)  # what the render said is more than that all is there


def check(node: nuke.Node) -> Told:
    """Look at all of it at once, on the main thread, and say it. Raises HifiError."""
    job = jobs.prepare(node)
    told = judged(job)
    apply(job, told)
    return told


def doubt(node: nuke.Node) -> str:
    """What may not be meant about what a node hands on to a Write; "" when nothing. HifiError."""
    shown = str(node["show"].value())
    if shown != layout.SHOWN[0]:
        return f"it shows the {shown}, not the result."
    if licence.counts_nodes():
        return from_knobs(node).words if from_knobs(node).old else ""
    told = check(node)
    if told.old or node["hifi_rendered"].value() in ("", BEFORE):
        return told.words
    return ""


def _frames(wanted: timing.Timing) -> str:
    first, last = wanted.outputs
    return f"Frames {first} to {last}"


def _why(job: Job) -> str:
    if job.wish.asked != job.wish.shown.asked:
        return "Knobs were changed"
    return "What comes in has changed"


def _of_before(frames: str) -> str:
    return (
        f"{frames}: rendered by an older HiFIRetime, which did not say what of. Press Render to "
        "have them made anew."
    )
