"""Deleting what no script uses: the button *Clean cache*, and the size limit after a render."""

from __future__ import annotations

from pathlib import Path

import nuke

from hifi_ofx import results
from hifi_ofx.errors import OutputError

from . import folders, identity, licence, result
from .job import Wish

_GIGABYTE = 10**9


def clean(node: nuke.Node) -> None:
    """Delete the folders of the node's cache that no script uses, after asking. Main thread."""
    root = folders.root(node)
    found = results.unused(root, in_use=_shown_here(node))
    if not found:
        result.say(node, f"Every folder in {root} is used by a script, or is at work.")
        return
    size = results.disk_use(found) / _GIGABYTE
    question = (
        f"Delete {len(found)} folders of frames in {root} that no script there uses? "
        f"They take {size:.2f} GB."
    )
    if nuke.GUI and not nuke.ask(question):
        return
    gone, left = results.remove(found)
    if left:
        raise OutputError(f"{left[0]} cannot be deleted.", "Look at its permissions.")
    result.say(node, f"Deleted {gone} folders of frames, up to {size:.2f} GB.")


def keep_limit(cache: folders.Cache, limit: float, in_use: frozenset[str]) -> str:
    """Delete the oldest folders that no script uses beyond a limit in GB. Any thread.

    Returns a sentence where that is not enough, else "".
    """
    if limit <= 0:
        return ""
    root, most = cache.root, round(limit * _GIGABYTE)
    everything = results.folders(root)
    if results.disk_use(everything) <= most:
        return ""
    found = results.beyond(results.unused(root, in_use=in_use | {cache.name}), everything, most)
    results.remove(found)
    rest = results.disk_use(results.folders(root))
    if rest <= most:
        return ""
    return f"the cache takes {rest / _GIGABYTE:.1f} GB, and scripts use all of it"


def limit_of(wish: Wish) -> tuple[float, frozenset[str]]:
    """The limit of a node's cache in GB, and the folders that others of the script show.

    What the node itself showed so far it will not show any more. Main thread.
    """
    return float(wish.node["cacheLimit"].value()), frozenset(_shown_here(wish.node, but=wish.node))


def _shown_here(node: nuke.Node, but: nuke.Node | None = None) -> set[str]:
    """The folders that the nodes of the open script show, saved or not."""
    nodes = [node] if licence.counts_nodes() else list(identity.every(nuke.root()))
    if but is not None:
        nodes = [one for one in nodes if but not in (one, one.parent())]
    shown = {str(one["hifi_folder"].value()) for one in nodes if identity.is_ours(one)}
    # The Reads inside of the nodes, which show previews, too; and any other that shows our frames.
    files = {str(nuke.filename(one) or "") for one in nodes if one.Class() == "Read"}
    return {Path(folder).name for folder in shown} | {Path(file).parent.name for file in files}
