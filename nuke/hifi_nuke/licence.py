"""What a Nuke's licence leaves to Python."""

from __future__ import annotations

import nuke


def counts_nodes() -> bool:
    """Whether Python may touch ten nodes alone, as in Nuke Indie and Non-commercial.

    There nothing looks at the nodes above, what is inside the node is made by TCL, which is not
    counted, and no node is deleted to be made again.
    """
    return bool(nuke.env["indie"] or nuke.env["nc"])
