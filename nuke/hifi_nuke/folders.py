"""Where frames lie: a folder for each thing that made some, which nothing else ever writes into.

    hifi_cache/
      1f0c…/             what one set of settings makes of one input: result.####.exr
        about.json       for people, and for cleaning: which script, which node, which source
        frames.jsonl     what each frame was made of, by which another folder finds equal ones
      source_77ab…/      an input that had to be written out: source.####.exr

The name is a hash of everything that decides the pixels. A script goes on meaning the frames that
it was saved with, whatever is rendered later, by whom, and in whichever copy of the script.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nuke

from hifi_ofx.errors import OutputError
from hifi_ofx.files import write_whole
from hifi_ofx.results import ABOUT, SOURCE, about

from . import knobs, record

ENVIRONMENT = "NUKE_TEMP_DIR"
RECORD = "frames.jsonl"
_ENGINE_RECORD = "result.hifi.jsonl"


@dataclass(frozen=True)
class Cache:
    """The folders of one render. Patterns as Nuke reads them, with forward slashes everywhere."""

    root: Path
    name: str = ""
    source_name: str = ""

    @property
    def folder(self) -> Path:
        """Where the result goes."""
        return self.root / self.name

    @property
    def result(self) -> str:
        """The rendered frames."""
        return f"{self.folder.as_posix()}/result.%04d.exr"

    @property
    def source_folder(self) -> Path:
        """Where the input is written."""
        return self.root / self.source_name

    @property
    def source(self) -> str:
        """What the input is written to."""
        return f"{self.source_folder.as_posix()}/source.%04d.exr"

    @property
    def record(self) -> Path:
        """What each frame of the result was made of."""
        return self.folder / RECORD


def root(node: nuke.Node) -> Path:
    """Where the folders of a node go: the knob, else hifi_cache beside the script, else temporary.

    A farm may render a copy of the script in a folder of its own; its frames are where they were
    when it was sent.
    """
    shown = str(node["hifi_folder"].value())
    given = os.path.expanduser(knobs.text(node, "cacheFolder").strip().replace("\\", "/"))
    if os.path.isabs(given):
        return Path(given)
    if not nuke.GUI and not given and shown and os.path.isdir(shown):
        return Path(shown).parent
    script = str(nuke.root()["name"].value() or "")
    if not script:
        return _temporary()  # not saved yet
    # In full: nuke -x may have been given a name in its own folder, and the engine has another.
    return Path(os.path.abspath(script)).parent / (given or "hifi_cache")


def make(cache: Cache, folder: Path, **words: Any) -> None:
    """Make a folder of a cache, and say in it what it is. Raises OutputError with the reason."""
    try:
        if cache.root == _temporary():
            # Others can write there, too: nobody else may put frames in this folder.
            cache.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            if hasattr(os, "getuid") and cache.root.lstat().st_uid != os.getuid():
                raise PermissionError(errno.EACCES, "it belongs to somebody else")
        folder.mkdir(parents=True, exist_ok=True)
        _describe(folder, words)
    except OSError as error:
        raise OutputError(
            f"The cache folder {cache.root} cannot be made: {error.strerror}.",
            "Choose another one in the tab Cache.",
        ) from error


def _describe(folder: Path, words: Mapping[str, Any]) -> None:
    """Bring about.json up to date: a script that uses the folder is added to those before."""
    known = about(folder)
    scripts = sorted({*known.get("scripts", []), *filter(None, [words.get("script")])})
    found = {**known, **{key: value for key, value in words.items() if key != "script"}}
    if {**found, "scripts": scripts} != known:
        text = json.dumps({**found, "scripts": scripts}, indent=1, ensure_ascii=False)
        write_whole(folder / ABOUT, text.encode())


def take_equal(cache: Cache, keys: Mapping[int, str], others: Iterable[Path]) -> list[int]:
    """Take frames that lie in other folders already, as hard links, which cost nothing.

    `keys`: what each missing frame is made of. `others`: roots to look in besides the cache's own.
    Where there can be no links, from another disk, copies are made. Returns what was taken.
    """
    found = _with_keys({cache.root, *others}, set(keys.values()), cache.folder)
    taken = []
    for frame, key in keys.items():
        file = found.get((frame, key))
        if file is not None and link(file, Path(cache.result % frame)):
            _take_engine_line(file, cache.folder / _ENGINE_RECORD)
            taken.append(frame)
    if taken:
        record.add(cache.record, {frame: keys[frame] for frame in taken})
    return taken


def _with_keys(
    roots: Iterable[Path], wanted: set[str], leave_out: Path
) -> dict[tuple[int, str], Path]:
    """{(frame, key): file} of every folder there."""
    found = {}
    for known in (entry for top in roots for entry in sorted(top.glob(f"*/{RECORD}"))):
        if known.parent != leave_out:
            for frame, key in record.read(known).items():
                if key in wanted:
                    found[frame, key] = known.parent / f"result.{frame:04d}.exr"
    return found


def _take_engine_line(file: Path, target: Path) -> None:
    """The engine's own record of a frame, so that a farm's task does not make it again."""
    mark = json.dumps(file.name)
    with contextlib.suppress(OSError):
        lines = (file.parent / _ENGINE_RECORD).read_text(encoding="utf-8").splitlines()
        last = [line for line in lines if f'"file": {mark}' in line][-1:]
        with open(target, "a", encoding="utf-8") as record_file:
            record_file.writelines(line + "\n" for line in last)


def link(file: Path, target: Path) -> bool:
    """Give a file a second name, or copy it where that cannot be. False where it is not there."""
    with contextlib.suppress(OSError):
        target.unlink(missing_ok=True)
    try:
        os.link(file, target)
    except OSError:
        try:
            shutil.copy2(file, target)
        except OSError:
            return False
    return True


def take_sources(cache: Cache, frames: Iterable[int], others: Iterable[Path]) -> None:
    """The same for an input that was written out under another root: a script saved since."""
    for frame in frames:
        target = Path(cache.source % frame)
        for other in others:
            if other != cache.root and not target.exists():
                link(Path(Cache(other, "", cache.source_name).source % frame), target)


def source_of(shown: str) -> Path | None:
    """The folder of the input that a result folder was made of, None where it is not known."""
    name = str(about(Path(shown)).get("source", "")) if shown else ""
    return Path(shown).parent / name if name.startswith(SOURCE) else None


def _temporary() -> Path:
    return Path(os.environ.get(ENVIRONMENT) or tempfile.gettempdir()) / f"hifi_{_user()}"


def _user() -> str:
    return re.sub(r"\W", "_", os.environ.get("USER") or os.environ.get("USERNAME") or "user")
