"""What lies in a folder and what it was made of: one JSON line a frame, only ever appended.

Several machines of a farm may write one record, and a torn last line spoils nothing. The engine has
its own, stricter record of what it rendered; this one answers without starting the engine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from hifi_ofx.codec import json_value
from hifi_ofx.errors import OutputError


def read(path: Path) -> dict[int, str]:
    """The key under which each frame was recorded last; empty where there is no record."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {entry[0]: entry[1] for entry in map(_parsed, lines) if entry is not None}


def add(path: Path, keys: Mapping[int, str]) -> None:
    """Record frames. Raises OutputError when that fails."""
    lines = "".join(json.dumps([frame, key]) + "\n" for frame, key in keys.items())
    try:
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            os.write(handle, lines.encode())
        finally:
            os.close(handle)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror}.",
            "Check the free space and the permissions of its folder.",
        ) from error


def stamp(path: Path) -> str:
    """Text that changes when a file does; "missing" where there is none."""
    try:
        status = path.stat()
    except OSError:
        return "missing"
    return f"{status.st_size} {status.st_mtime_ns}"


def _parsed(line: str) -> tuple[int, str] | None:
    try:
        frame, key = json_value(line)
    except (ValueError, TypeError):
        return None
    return (frame, key) if isinstance(frame, int) and isinstance(key, str) else None
