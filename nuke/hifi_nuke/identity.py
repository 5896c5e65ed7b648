"""Which node is which: every node has an id of its own, also after copy and paste.

The id says whose render is under way. The node carries it, and the name under which it last had it.
A copy arrives with both, but under another name while the first node still stands: it gets a new
id. A node that was renamed finds nobody under its old name, and keeps its id. Folders of frames
have nothing to do with it: they are named by what made the frames.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import nuke

from . import knobs, licence


def is_ours(node: nuke.Node) -> bool:
    """Whether a node is a HiFIRetime."""
    return node.knob("hifi_id") is not None


def claim(node: nuke.Node) -> str:
    """The node's id, which no other node of the script has. Main thread."""
    if not node["hifi_id"].value() or is_copy(node):
        christen(node)
    knobs.put(node, "hifi_owner", node.fullName())
    return str(node["hifi_id"].value())


def christen(node: nuke.Node) -> None:
    """Give a node an id of its own; at its creation already, so that a farm's tasks share it."""
    node["hifi_id"].setValue(uuid.uuid4().hex[:12])
    node["hifi_owner"].setValue(node.fullName())


def is_copy(node: nuke.Node) -> bool:
    """Whether the node has been pasted beside the one it was copied from, and shares its id."""
    owner, name = str(node["hifi_owner"].value()), node.fullName()
    if not owner or owner == name:
        return False
    # Not nuke.toNode: it looks in the current group, which may be any in a callback.
    first = nuke.root().node(owner)
    knob = first.knob("hifi_id") if first is not None else None
    return knob is not None and knob.value() == node["hifi_id"].value()


def has_twin(node: nuke.Node) -> bool:
    """Whether another node of the script has its id: the one it was copied from, renamed since.

    Not asked where nodes are counted, nor of a node that has the name that it had.
    """
    known, name = node["hifi_id"].value(), node.fullName()
    if not known or node["hifi_owner"].value() == name or licence.counts_nodes():
        return False
    others = (one for one in every(nuke.root()) if is_ours(one))
    return any(one["hifi_id"].value() == known and one.fullName() != name for one in others)


def every(group: nuke.Group) -> Iterator[nuke.Node]:
    """All nodes of a script, those of Groups after the Group."""
    for node in group.nodes():
        yield node
        if isinstance(node, nuke.Group):
            yield from every(node)


def follow_name(node: nuke.Node) -> None:
    """The node was renamed: what is copied from it must find it under its new name."""
    if node["hifi_owner"].value() and not is_copy(node):
        knobs.put(node, "hifi_owner", node.fullName())
