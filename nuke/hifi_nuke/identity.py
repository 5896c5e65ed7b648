"""Whose cache is whose: every node has a folder of its own, also after copy and paste.

The node carries an id, and the name under which it last had it. A copy arrives with both, but under
another name while the first node still stands: it gets a new id, and a folder that starts with
hard links to what the first had rendered, so that its first render makes what differs alone. A node
that was renamed finds nobody under its old name, and keeps its id. The script's file name is no
part of it: farms render copies of a script under names of their own.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nuke

from hifi_ofx.errors import OutputError

from . import knobs, licence

ENVIRONMENT = "NUKE_TEMP_DIR"


@dataclass(frozen=True)
class Cache:
    """The files of one node. Patterns as Nuke reads them, with forward slashes on every system."""

    folder: Path

    @property
    def source(self) -> str:
        """What the input was written to."""
        return self._pattern("source")

    @property
    def result(self) -> str:
        """The rendered frames."""
        return self._pattern("result")

    @property
    def preview(self) -> str:
        """Frames made with Preview, in their own folder: the engine keeps one record in each."""
        return self._pattern("preview/preview")

    @property
    def source_record(self) -> Path:
        """Which frames of the input were written, and from what."""
        return self.folder / "source.nuke.jsonl"

    @property
    def result_record(self) -> Path:
        """Which frames were rendered, and from what."""
        return self.folder / "result.nuke.jsonl"

    def _pattern(self, name: str) -> str:
        return f"{self.folder.as_posix()}/{name}.%04d.exr"


def is_ours(node: nuke.Node) -> bool:
    """Whether a node is a HiFIRetime."""
    return node.knob("hifi_id") is not None


def claim(node: nuke.Node) -> Cache:
    """The node's cache, under an id that no other node of the script has. Main thread."""
    if not node["hifi_id"].value() or is_copy(node):
        christen(node)
    elif not nuke.GUI and not knobs.text(node, "cacheFolder").strip():
        # A farm may render a copy of the script in a folder of its own; the frames are where they
        # were when it was sent.
        before = str(node["hifi_folder"].value())
        if before and os.path.isdir(before):
            return Cache(Path(before))
    knobs.put(node, "hifi_owner", node.fullName())
    return Cache(root_folder(node) / f"HiFIRetime_{node['hifi_id'].value()}")


def earlier(node: nuke.Node, cache: Cache) -> Path | None:
    """The folder that the node's frames are in so far, when its cache is to be another one.

    So with a copy, a script that is saved for the first time, another cache folder.
    """
    before = str(node["hifi_folder"].value())
    moves = before and Path(before) != cache.folder and not cache.folder.exists()
    return Path(before) if moves else None


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


def make_folder(cache: Cache) -> None:
    """Make the cache's folders. Raises OutputError with the reason."""
    try:
        if cache.folder.parent == _temporary():
            # Others can write there, too: nobody else may put frames in this folder.
            cache.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if hasattr(os, "getuid") and cache.folder.parent.stat().st_uid != os.getuid():
                raise PermissionError(errno.EACCES, "it belongs to somebody else")
        (cache.folder / "preview").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"The cache folder {cache.folder} cannot be made: {error.strerror}.",
            "Choose another one in the tab Cache.",
        ) from error


def root_folder(node: nuke.Node) -> Path:
    """Where caches go: the knob, else hifi_cache beside the script, else a temporary folder."""
    given = os.path.expanduser(knobs.text(node, "cacheFolder").strip().replace("\\", "/"))
    if os.path.isabs(given):
        return Path(given)
    script = str(nuke.root()["name"].value() or "")
    if not script:
        return _temporary()  # not saved yet
    # In full: nuke -x may have been given a name in its own folder, and the engine has another.
    return Path(os.path.abspath(script)).parent / (given or "hifi_cache")


def _temporary() -> Path:
    return Path(os.environ.get(ENVIRONMENT) or tempfile.gettempdir()) / f"hifi_{_user()}"


def seed(old: Path, new: Cache, *, may_copy: bool) -> bool:
    """Start a folder with the frames of another, as hard links, which cost nothing.

    Where there can be no links, to another disk, copies are made if they may: that takes its
    time. False where nothing came of it; then the frames are rendered again.
    """
    try:
        make_folder(new)
        for path in sorted(old.glob("*")):
            if path.is_file() and re.match(r"(source|result)\.", path.name):
                _link(path, new.folder / path.name, may_copy)
    except (OSError, OutputError):
        return False
    return True


def _link(path: Path, target: Path, may_copy: bool) -> None:
    # Records are appended to, and must not be shared; frames are only ever replaced.
    if path.suffix == ".jsonl":
        shutil.copyfile(path, target)
        return
    try:
        os.link(path, target)
    except OSError:
        if not may_copy:
            raise
        shutil.copy2(path, target)


def _user() -> str:
    return re.sub(r"\W", "_", os.environ.get("USER") or os.environ.get("USERNAME") or "user")
