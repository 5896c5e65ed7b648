"""What was rendered into a folder: one JSON line a finished frame, beside the frames.

A frame's key is a hash of everything that decides its pixels. It counts for the file of that name
and size alone: what another program put in its place, or cut short, is made again. Lines are only
ever appended, so that several machines may write one manifest, and a torn last line spoils nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hifi_ofx.errors import OutputError


@dataclass(frozen=True)
class Manifest:
    """The record of a target sequence, in `path`."""

    path: Path

    def finished(self) -> dict[str, dict[str, Any]]:
        """The last line of each file, by its name."""
        return {line["file"]: line for line in self._lines()}

    def is_finished(self, key: str, file: Path, lines: dict[str, dict[str, Any]]) -> bool:
        """Whether this very frame lies on disk already, whole as far as its size says."""
        line = lines.get(file.name)
        if line is None or line["key"] != key:
            return False
        return file.is_file() and file.stat().st_size == line["bytes"]

    def add(self, frame: int, key: str, file: Path) -> None:
        """Record a frame that has just been written. Raises OutputError when that fails."""
        try:
            entry = {"frame": frame, "key": key, "file": file.name, "bytes": file.stat().st_size}
            line = json.dumps(entry) + "\n"
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            try:
                os.write(handle, line.encode())
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
        return [entry for line in text.splitlines() if (entry := _parsed(line)) is not None]


def frame_key(**decides: Any) -> str:
    """A hash of what decides a frame's pixels, given as JSON values."""
    text = json.dumps(decides, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _parsed(line: str) -> dict[str, Any] | None:
    """A line that says all it should; those of earlier versions, without a size, do not."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    kinds = {"frame": int, "key": str, "file": str, "bytes": int}
    whole = isinstance(entry, dict) and all(
        isinstance(entry.get(name), kind) for name, kind in kinds.items()
    )
    return entry if whole else None
