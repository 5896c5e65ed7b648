"""The queue on disk, so that it outlives its panel: closed, killed, or in a machine without power.

Every panel has a file of its own beside the settings, and holds a lock on it while it lives. A
panel that opens takes up the jobs of those whose lock is free.
"""

from __future__ import annotations

import contextlib
import json
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Optional

from ..codec import json_value
from ..file_lock import locked
from ..files import write_whole
from ..request import RenderRequest
from ..user_folders import config_folder
from . import jobs
from .jobs import Job


class KeptQueue:
    """The jobs of one panel in a file; nothing is kept where the settings cannot be written.

    It is written in the background too: what is forgotten or released is not written again.
    """

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._path = config_folder() / "queues" / f"{uuid.uuid4().hex}.json"
        self._lock: Optional[IO[bytes]] = None
        self.is_on = True

    def keep(self, described: Sequence[dict[str, Any]]) -> None:
        """Write these jobs, whole or not at all; none of them removes the file."""
        with self._writing, contextlib.suppress(OSError):
            if not self.is_on:
                return
            if described:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._lock = self._lock or locked(_lock_of(self._path))
                write_whole(self._path, json.dumps(described, indent=1).encode())
            else:
                self._path.unlink()

    def forget(self) -> None:
        """Remove what was kept, and keep nothing more."""
        with self._writing:
            self.is_on = False
            _remove(self._path)

    def release(self) -> None:
        """Let another panel take up what is kept."""
        with self._writing:
            self.is_on = False
            if self._lock is not None:
                self._lock.close()
                if not self._path.exists():
                    _remove(_lock_of(self._path))

    def take_up(self) -> list[Job]:
        """The jobs that panels left behind which are gone, the oldest file first."""
        found: list[Job] = []
        with contextlib.suppress(OSError):
            files = sorted(self._path.parent.glob("*.json"), key=lambda file: file.stat().st_mtime)
            for file in files:
                found += _taken(file) if file != self._path else []
        return found


def described(found: Sequence[Job]) -> list[dict[str, Any]]:
    """What is kept of jobs: all but those that are finished."""
    return [
        {
            "request": job.request.to_json(),
            "state": jobs.WAITING if job.state == jobs.RENDERING else job.state,
            "frames": job.frames,
            "frames_done": job.frames_done,
            "share": job.share,
            "message": job.message,
        }
        for job in found
        if job.state not in (jobs.FINISHED, jobs.CANCELLED)
    ]


def _taken(file: Path) -> list[Job]:
    """The jobs in a file, which is removed; none where its panel is alive, or it is damaged."""
    lock = locked(_lock_of(file))
    if lock is None:
        return []
    try:
        return [_job(entry) for entry in json_value(file.read_text(encoding="utf-8"))]
    except (AttributeError, KeyError, TypeError, ValueError):
        return []
    finally:
        lock.close()
        _remove(file)
        _remove(_lock_of(file))


def _job(entry: dict[str, Any]) -> Job:
    job = Job(RenderRequest.from_json(entry["request"]), str(entry["state"]))
    job.frames, job.frames_done = int(entry["frames"]), int(entry["frames_done"])
    job.share, job.message = float(entry["share"]), str(entry["message"])
    return job


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
