"""*Matte*, the second input: what of the source is foreground, to be retimed apart.

As in Kronos: white is foreground, black background, by its alpha. It is written out with the input,
as a layer of its own, and so the result has it, too, retimed.
"""

from __future__ import annotations

import nuke

INPUT = "Matte"
LAYER = "hifi_matte"
_CHANNEL = f"{LAYER}.alpha"
_COPY, _KEEP = "HiFIMatte1", "HiFIKeep1"


def is_connected(node: nuke.Node) -> bool:
    """Whether a node has a matte. Asked of the node itself, which touches no other."""
    return node.upstreamFrameRange(1) is not None


def add_input() -> None:
    """Give the current Group the input."""
    entry = nuke.nodes.Input(name=INPUT)
    entry["number"].setValue(1)


def written(node: nuke.Group, channels: str) -> nuke.Node:
    """What is to be written, in the current Group: these channels of the source, and the matte.

    Made of two nodes that `remove` takes away again.
    """
    nuke.Layer(LAYER, [_CHANNEL])
    keep = node.node(_KEEP) or nuke.nodes.Remove(name=_KEEP)
    keep.setInput(0, node.node("Input1"))
    keep["operation"].setValue("keep")
    keep["channels"].setValue(channels)
    copy = node.node(_COPY) or nuke.nodes.Copy(name=_COPY)
    copy.setInput(0, keep)
    copy.setInput(1, node.node(INPUT))
    copy["from0"].setValue("rgba.alpha")
    copy["to0"].setValue(_CHANNEL)
    return copy


def remove(node: nuke.Group) -> None:
    """Take away what `written` has made."""
    for name in (_COPY, _KEEP):
        found = node.node(name)
        if found is not None:
            nuke.delete(found)
