"""Back to the node: frames into its Reads, words into its status line."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import TYPE_CHECKING

import nuke

from hifi_ofx.errors import Cancelled, HifiError

from . import knobs, layout, notice, record
from .identity import Cache
from .job import Job
from .threads import Gone, alive

if TYPE_CHECKING:
    from .work import Outcome

RESULT, PREVIEW = "Result1", "Preview1"


def remember(job: Job, keys: Mapping[int, str]) -> None:
    """Record that these output frames are there. Any thread."""
    record.add(job.cache.result_record, keys)


def finish(job: Job, outcome: Outcome) -> None:
    """A render has ended: show its frames, also those of one that failed, and what it said."""
    try:
        alive(job.node)
    except Gone:
        return
    load(job)
    if isinstance(outcome, HifiError):
        _failed(job, outcome)
        return
    if not job.is_preview and outcome.is_render:
        knobs.put(job.node, "hifi_rendered", job.asked)
        if job.node["show"].value() == layout.SHOWN[1]:
            knobs.put(job.node, "show", layout.SHOWN[0])
    warned = "".join(f" Note: {text}." for text in outcome.warnings)
    say(job.node, f"{'Preview' if job.is_preview else 'Rendered'}. {outcome}{warned}")


def load(job: Job) -> None:
    """Point the node's Read at the frames and read them anew. Main thread."""
    read = _inside(job.node, PREVIEW if job.is_preview else RESULT)
    pattern = job.cache.preview if job.is_preview else job.cache.result
    first, last = job.timing.outputs
    nuke.Undo.disable()
    try:
        for knob, value in {
            "file": pattern, "first": first, "last": last, "origfirst": first, "origlast": last
        }.items():  # fmt: skip
            knobs.put(read, knob, value)
        # The files have new pixels under their old names, which Nuke does not notice by itself.
        reload_files(read)
        knobs.put(job.node, "hifi_folder", job.cache.folder.as_posix())
        if job.is_preview:
            knobs.put(job.node, "show", layout.SHOWN[1])
    finally:
        nuke.Undo.enable()


def show_files(node: nuke.Node, cache: Cache) -> None:
    """Point the node's Reads, where they have frames, at another folder. Main thread."""
    for name, pattern in ((RESULT, cache.result), (PREVIEW, cache.preview)):
        read = _inside(node, name)
        if "/" in str(read["file"].value()):
            knobs.put(read, "file", pattern)
    knobs.put(node, "hifi_folder", cache.folder.as_posix())


def show_files_later(node: nuke.Node, cache: Cache) -> None:
    """The same for a node that may be gone by now. Main thread."""
    try:
        alive(node)
    except Gone:
        return
    show_files(node, cache)


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
    """Press a Read's Reload."""
    button = read["reload"]
    assert isinstance(button, nuke.Script_Knob)
    button.execute()


def say(node: nuke.Node, text: str, *, bad: bool = False) -> None:
    """Put a sentence into the status line. Main thread."""
    escaped = html.escape(text, quote=False)
    nuke.Undo.disable()
    try:
        knobs.put(node, "status", f"<font color='#e66'>{escaped}</font>" if bad else escaped)
    finally:
        nuke.Undo.enable()


def _failed(job: Job, error: HifiError) -> None:
    say(job.node, str(error), bad=not isinstance(error, Cancelled))
    if isinstance(error, Cancelled):
        return
    nuke.error(f"{job.name}: {error}")
    notice.show(f"HiFI {job.name}", str(error))
