"""What was rendered into a folder: JSON lines beside the frames, two for each.

The first says that a file will be ours, before there is one, the second that it is finished.

A frame's key is a hash of everything that decides its pixels. It counts for the file that was
written alone: what another program put in its place, or cut short, is made again. Which file it is
its size and time say, and where another machine sees another time, its bytes. Lines are only ever
appended, so that several machines may write one manifest, and a torn last line spoils nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hifi_ofx.codec import json_value
from hifi_ofx.errors import OutputError
from hifi_ofx.sequence import ImageSequence

_ENDING = ".hifi.jsonl"
_LONGEST_NAME, _KEPT_OF_NAME = 255, 200  # bytes; of ext4, NTFS, APFS, and network disks on them


@dataclass(frozen=True)
class Manifest:
    """The record of a target sequence, in `path`."""

    path: Path

    def files(self) -> dict[str, dict[str, Any]]:
        """The last line of each file that is ours, finished or not, by its name."""
        return {line["file"]: line for line in self._lines()}

    def is_finished(self, key: str, file: Path, lines: dict[str, dict[str, Any]]) -> bool:
        """Whether this very frame lies on disk already, as it was written."""
        line = lines.get(file.name, {})
        if line.get("key") != key or not file.is_file():
            return False
        status = file.stat()
        if status.st_size != line.get("bytes"):
            return False
        # The time alone, where it is the same: else every frame would be read at every start.
        return status.st_mtime_ns == line.get("modified") or _digest(file) == line.get("sha256")

    def claim(self, files: Mapping[int, Path]) -> None:
        """Record that these frames' files will be ours. Raises OutputError when that fails."""
        self._append([{"frame": frame, "file": file.name} for frame, file in files.items()])

    def add(self, frame: int, key: str, file: Path) -> None:
        """Record a frame that has just been written. Raises OutputError when that fails."""
        status = file.stat()
        written = {
            "bytes": status.st_size,
            "modified": status.st_mtime_ns,
            "sha256": _digest(file),
        }
        self._append([{"frame": frame, "key": key, "file": file.name, **written}])

    def _append(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Add lines in one go, so that those of other machines do not come in between."""
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                os.write(handle, text.encode())
            finally:
                os.close(handle)
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be written: {error.strerror}.",
                "Check the free space and the permissions of its folder.",
            ) from error

    def _lines(self) -> list[dict[str, Any]]:
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise OutputError(
                f"{self.path} cannot be read: {error.strerror}.",
                "It is the record of the frames beside it: correct its permissions, or move it "
                "away and every frame is made again.",
            ) from error
        return [entry for line in text.splitlines() if (entry := _parsed(line)) is not None]


def record_of(target: ImageSequence) -> Manifest:
    """The record beside a target's frames: slow.v2.####.exr has slow.v2.hifi.jsonl.

    A name that would be longer than file systems take is cut; a hash of all of it follows.
    """
    stem = target.prefix.rstrip("._-") or target.suffix.lstrip(".")
    name = os.fsencode(stem)
    if len(name) + len(_ENDING) > _LONGEST_NAME:
        start = name[:_KEPT_OF_NAME].decode(errors="ignore")
        stem = f"{start}.{hashlib.sha256(name).hexdigest()[:8]}"
    return Manifest(Path(target.folder) / f"{stem}{_ENDING}")


def frame_key(**decides: Any) -> str:
    """A hash of what decides a frame's pixels, given as JSON values."""
    text = json.dumps(decides, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _digest(file: Path) -> str:
    """A hash of what a file holds; "" where it cannot be read."""
    found = hashlib.sha256()
    try:
        with file.open("rb") as opened:
            while block := opened.read(1 << 20):
                found.update(block)
    except OSError:
        return ""
    return found.hexdigest()[:32]


def _parsed(line: str) -> dict[str, Any] | None:
    """The line of a file; None where it was torn."""
    try:
        entry = json_value(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and isinstance(entry.get("file"), str) else None
