"""Back to the node: frames into its Reads, words into its status line."""

from __future__ import annotations

import html

import nuke

from hifi_ofx.errors import Cancelled, HifiError

from . import knobs, layout, mark, notice
from .job import Job, Wish
from .outcome import Outcome
from .threads import Gone, alive
from .undo import not_recorded

RESULT, PREVIEW = "Result1", "Preview1"


def show(job: Job) -> None:
    """Point the node's Read at the job's folder and read it anew. Main thread; Gone.

    So it is when a render begins, and its frames show as they come.
    """
    alive(job.node)
    read = _inside(job.node, PREVIEW if job.wish.is_preview else RESULT)
    first, last = job.wish.timing.outputs
    with not_recorded():
        for knob, value in {
            "file": job.cache.result, "first": first, "last": last,
            "origfirst": first, "origlast": last,
        }.items():  # fmt: skip
            knobs.put(read, knob, value)
        reload_files(read)
        if not job.wish.is_preview:
            knobs.put(job.node, "hifi_folder", job.cache.folder.as_posix())
            knobs.put(job.node, "hifi_rendered", job.signature)
            knobs.put(job.node, "hifi_asked", job.wish.asked)
            knobs.put(job.node, "hifi_made_with", job.version)
            mark.old(job.node, "")


def look_again(job: Job) -> None:
    """Frames have come: read them. Main thread."""
    try:
        alive(job.node)
    except Gone:
        return
    with not_recorded():
        reload_files(_inside(job.node, PREVIEW if job.wish.is_preview else RESULT))


def finish(wish: Wish, job: Job | None, outcome: Outcome) -> None:
    """A render has ended: show its frames, also those of one that failed, and what it said."""
    try:
        alive(wish.node)
    except Gone:
        return
    if job is not None:
        look_again(job)
    if isinstance(outcome, HifiError):
        _failed(wish, outcome)
        return
    if outcome.is_render:
        _choose_what_is_shown(wish)
    warned = "".join(f" Note: {text}." for text in outcome.warnings)
    say(wish.node, f"{outcome}{warned}")


def _choose_what_is_shown(wish: Wish) -> None:
    """A preview is shown when it is there, and the result once it is."""
    result, preview = layout.SHOWN[:2]
    with not_recorded():
        if wish.is_preview:
            knobs.put(wish.node, "show", preview)
        elif wish.node["show"].value() == preview:
            knobs.put(wish.node, "show", result)


def has_reads(node: nuke.Node) -> bool:
    """Whether the nodes inside have been made yet."""
    return isinstance(node, nuke.Group) and None not in (node.node(RESULT), node.node(PREVIEW))


def _inside(node: nuke.Node, name: str) -> nuke.Node:
    found = node.node(name) if isinstance(node, nuke.Group) else None
    if found is None:
        raise HifiError(
            f"{node.name()} has no Read called {name} inside.", "Make a new HiFIRetime."
        )
    return found


def reload_files(read: nuke.Node) -> None:
    """Press a Read's Reload: files have come that were not there, which it does not notice."""
    button = read["reload"]
    assert isinstance(button, nuke.Script_Knob)
    button.execute()


def say(node: nuke.Node, text: str, *, bad: bool = False) -> None:
    """Put a sentence into the status line. Main thread."""
    escaped = html.escape(text, quote=False)
    with not_recorded():
        knobs.put(node, "status", f"<font color='#e66'>{escaped}</font>" if bad else escaped)


def _failed(wish: Wish, error: HifiError) -> None:
    say(wish.node, str(error), bad=not isinstance(error, Cancelled))
    if isinstance(error, Cancelled):
        return
    nuke.error(f"{wish.name}: {error}")
    notice.show(f"HiFI {wish.name}", str(error))
