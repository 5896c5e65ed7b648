"""Nodes that were saved by other versions: they get what they lack, and change no picture.

A node carries the version whose knobs it has. One from before that opens as it was saved; knobs
that have come since are added at the end of its last tab with today's defaults, and what was
rendered goes on being shown, marked in its status as what it is.
"""

from __future__ import annotations

import nuke

from hifi_ofx import __version__

from . import identity, knobs, layout, licence, mark, node, result, state
from .session import session
from .threads import Gone, alive
from .undo import not_recorded


def bring_up(retime: nuke.Node) -> None:
    """Bring a node up to this version, where it is not. Main thread; quick for one that is."""
    known = retime.knob("hifi_version")
    if known is not None and known.value() == __version__:
        return
    with not_recorded():
        added = knobs.add_knobs(retime)
        if "hifi_asked" in added and retime["hifi_rendered"].value():
            _keep_the_picture(retime)
        if not retime["label"].value():
            retime["label"].setValue(mark.LABEL)
        _mend_choices(retime)
        retime["hifi_version"].setValue(__version__)
    _finish(retime)


def all_loaded() -> None:
    """The same for every node that the script came with. Main thread."""
    for name in dict.fromkeys(session().loaded):
        retime = nuke.root().node(name)
        if retime is not None and identity.is_ours(retime):
            bring_up(retime)


def _keep_the_picture(retime: nuke.Node) -> None:
    """Of frames from before signatures nobody can tell whether they are up to date."""
    retime["hifi_rendered"].setValue(state.BEFORE)
    retime["whenOld"].setValue(layout.WHEN_OLD[1])


def _mend_choices(retime: nuke.Node) -> None:
    """Lists of names that have become longer."""
    for name in ("show", "whenOld"):
        knob, names = retime[name], list(layout.entries()[name].choices)
        if isinstance(knob, nuke.Enumeration_Knob) and list(knob.values()) != names:
            value = knob.value()
            knob.setValues(names)
            knob.setValue(str(value))


def _finish(retime: nuke.Node) -> None:
    """What is inside, at once or as soon as it is there: Nuke may tell of a Group before."""
    if licence.counts_nodes():
        return  # each node that is touched would count; Show goes on working as it did
    if result.has_reads(retime) and isinstance(retime, nuke.Group):
        switch = retime.node(node.SHOW)
        if switch is not None:
            with not_recorded(), retime:
                node.add_what_old_ones_lack(retime, switch)
    elif nuke.GUI:
        nuke.executeInMainThread(_finish_later, args=(retime,))


def _finish_later(retime: nuke.Node) -> None:
    try:
        alive(retime)
    except Gone:
        return
    if result.has_reads(retime):
        _finish(retime)
