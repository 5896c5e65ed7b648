"""What was rendered into a folder: one JSON line a finished frame, beside the frames.

A frame's key is a hash of everything that decides its pixels. Lines are only ever appended, so
that several machines may write one manifest, and a torn last line spoils nothing.
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

    def finished(self) -> dict[int, str]:
        """The key under which each output frame was finished last."""
        return {line["frame"]: line["key"] for line in self._lines()}

    def is_finished(self, frame: int, key: str, file: Path, lines: dict[int, str]) -> bool:
        """Whether this very frame lies on disk already."""
        return lines.get(frame) == key and file.is_file()

    def add(self, frame: int, key: str, file: Path) -> None:
        """Record a frame that has just been written. Raises OutputError when that fails."""
        line = json.dumps({"frame": frame, "key": key, "file": file.name}) + "\n"
        try:
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
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    complete = isinstance(entry, dict) and isinstance(entry.get("frame"), int)
    return entry if complete and isinstance(entry.get("key"), str) else None
