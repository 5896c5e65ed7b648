"""Noticing that a comp has changed: then every HiFIRetime of the script is looked at anew.

Nuke tells of knobs and of connections, in some versions only while a panel is open, and never of
files. So the look that counts is the one before a Write; this one is for the artist's eyes. It
comes half a second after the last change and works in the background.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import nuke

from hifi_ofx.errors import HifiError

from . import identity, licence, state, upstream
from . import job as jobs
from .job import Job, Wish
from .session import session
from .state import Told
from .threads import Gone, Steps, from_worker, in_slices

_AFTER = 0.5  # seconds
_OF_THE_PANEL = frozenset(("showPanel", "hidePanel"))


def heard() -> None:
    """Some knob of some node was set, or an input connected. Main thread; called very often."""
    knob = nuke.thisKnob()
    name = knob.name() if knob is not None else "hidePanel"
    if name in upstream.LOOKS or name in _OF_THE_PANEL or name.startswith("hifi_"):
        return
    soon()


def soon() -> None:
    """Look at all nodes in a moment. Main thread, or none."""
    if not nuke.GUI or licence.counts_nodes():
        return
    shared = session()
    if shared.pending is not None:
        shared.pending.cancel()
    shared.pending = threading.Timer(_AFTER, nuke.executeInMainThread, (_look,))
    shared.pending.daemon = True
    shared.pending.start()


def _look() -> None:
    """Read the knobs of all HiFIRetimes, and leave the rest to a worker. Main thread."""
    session().pending = None
    wishes = list(_wishes())
    if wishes:
        name = "hifi state of the comp"
        threading.Thread(target=_work, args=(wishes,), name=name, daemon=True).start()


def _wishes() -> Iterator[Wish]:
    # By name: of nodes that Nuke told of, those that are still there.
    for name in dict.fromkeys(session().loaded):
        node = nuke.root().node(name)
        if node is None or not identity.is_ours(node) or not node["hifi_rendered"].value():
            continue
        try:
            yield jobs.wish(node)
        except HifiError:
            continue  # its status line says what is wrong with the knobs


def _work(wishes: list[Wish]) -> None:
    for wish in wishes:
        try:
            job, told = looked_at(wish)
        except (HifiError, ValueError):  # ValueError: a node went meanwhile
            continue
        nuke.executeInMainThread(state.apply, args=(job, told))


def looked_at(wish: Wish) -> tuple[Job, Told]:
    """A full look, on a worker thread. HifiError; ValueError where a node goes meanwhile."""
    source = from_worker(_begun, wish)
    job = wish.job(in_slices(from_worker, source))
    return job, state.judged(job)


def _begun(wish: Wish) -> Steps:
    try:
        wish.node.name()
    except ValueError:
        raise Gone("The node was deleted.") from None
    return upstream.looking(wish.node, wish.timing.span)
