"""Folders of results, and which of them nothing needs any more. Standard library only.

A host keeps each set of results in a folder of its own, with a file `about.json` in it. A folder is
needed while a script names it, or names a result that was made of it. Nothing without an
`about.json` is ever touched.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .codec import json_value

ABOUT = "about.json"
SOURCE = "source_"  # how the folder of an input that was written out begins
SCRIPTS = "*.nk*"  # Nuke's, those of Indie and Non-commercial, autosaves and backups too
AN_HOUR = 3600.0  # seconds; somebody may be at work in a folder that is younger


@dataclass(frozen=True)
class Folder:
    """A folder of results: when it was last written (seconds), and how large it is (bytes)."""

    path: Path
    about: dict[str, Any]
    written: float
    files: tuple[tuple[int, int], ...]
    """(inode, bytes) of each file: a picture that several folders hold counts once."""

    @property
    def size(self) -> int:
        """Bytes, as if no other folder had the same pictures."""
        return sum(dict(self.files).values())


def about(folder: Path) -> dict[str, Any]:
    """What a folder says of itself; empty where it says nothing."""
    try:
        found = json_value((folder / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def folders(root: Path) -> list[Folder]:
    """The folders of results in a cache folder, the oldest first."""
    found = [_looked_at(path.parent) for path in root.glob(f"*/{ABOUT}")]
    return sorted(found, key=lambda folder: folder.written)


def disk_use(found: Iterable[Folder]) -> int:
    """Bytes on disk: a picture that several folders hold counts once."""
    return sum(dict(entry for folder in found for entry in folder.files).values())


def unused(
    root: Path,
    scripts: Iterable[Path] = (),
    in_use: Iterable[str] = (),
    *,
    age: float | None = None,
) -> list[Folder]:
    """The folders that no script names, the oldest first.

    root: a cache folder. scripts: more scripts, or folders that are searched for some, besides
    those beside the cache and beside every script that has rendered into it. in_use: names of
    folders that an open script shows. age: seconds that a folder must have been left alone for,
    an hour if it is not said.
    """
    age = AN_HOUR if age is None else age
    found = folders(root)
    named = _named(found, _scripts(root, found, scripts)) | set(in_use)
    sources = {str(one.about.get("source", "")) for one in found if one.path.name in named}
    now = time.time()
    return [
        one for one in found if one.path.name not in named | sources and now - one.written >= age
    ]


def beyond(candidates: Iterable[Folder], everything: Iterable[Folder], limit: int) -> list[Folder]:
    """Of the candidates, the oldest ones that have to go for all to take `limit` bytes at most."""
    kept, gone = list(everything), []
    for one in candidates:
        if disk_use(kept) <= limit:
            break
        kept.remove(one)
        gone.append(one)
    return gone


def remove(found: Iterable[Folder]) -> tuple[int, list[Path]]:
    """Delete folders. Returns how many went, and those that could not be deleted whole."""
    gone, left = 0, []
    for one in found:
        shutil.rmtree(one.path, ignore_errors=True)
        left += [one.path] if one.path.exists() else []
        gone += not one.path.exists()
    return gone, left


def _looked_at(path: Path) -> Folder:
    files, written = [], path.stat().st_mtime
    for entry in _entries(path):
        status = entry.stat(follow_symlinks=False)
        number = status.st_ino or hash(entry.path)  # 0 from os.scandir on Windows
        files.append((number, status.st_size))
        written = max(written, status.st_ctime) if entry.name != ABOUT else written
    return Folder(path, about(path), written, tuple(files))


def _entries(path: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(path) as listing:
        for entry in listing:
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))
            else:
                yield entry


def _scripts(root: Path, found: Iterable[Folder], more: Iterable[Path]) -> set[Path]:
    known = {Path(name) for one in found for name in one.about.get("scripts", [])}
    places = {root.parent, *(script.parent for script in known)}
    scripts = {file for place in places for file in place.glob(SCRIPTS)}
    for entry in more:
        scripts |= set(entry.rglob(SCRIPTS)) if entry.is_dir() else {entry}
    return {file for file in scripts if file.is_file()}


def _named(found: Iterable[Folder], scripts: Iterable[Path]) -> set[str]:
    """The names of folders that occur in scripts."""
    waiting = {one.path.name: one.path.name.encode() for one in found}
    named: set[str] = set()
    for script in scripts:
        try:
            text = script.read_bytes()
        except OSError:
            return set(waiting)  # a script that cannot be read may need all of them
        named |= {name for name, word in waiting.items() if word in text}
    return named
