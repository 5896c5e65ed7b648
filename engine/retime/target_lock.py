"""Who renders into a target: a small file for each job, beside the frames it makes.

A job writes its own file, and then looks for those of others. Of two that start together, each has
written before it looks, so at least one of them sees the other and steps back. Jobs of the same
settings share a target: they are parts of one retime.

This needs nothing of a disk but creating, renaming, listing and reading files: no flock and no hard
links, which network disks lack. A client that has just created a file in a folder has its list of
that folder read anew. Ages are told by the disk's clock alone: that of the file just written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import psutil

from hifi_ofx.codec import json_value
from hifi_ofx.errors import OutputError
from hifi_ofx.sequence import ImageSequence

from ..plate.atomic import atomic

BEAT = 20.0  # seconds between two signs of life
FRESH = 180.0  # seconds after which a job of another host counts as dead: nine signs were missed
_SAME_START = 2.0  # seconds by which two readings of a process's start may differ
_TRIES, _PAUSE = 4, 0.5  # where two jobs start together and both step back; seconds, at most
_PREFIX = ".hifi-lock-"


@dataclass(frozen=True)
class Holder:
    """A job that renders into a target. `space` is what its process number counts in."""

    host: str
    space: str
    pid: int
    started: float  # of the process, in seconds since 1970
    since: float  # of the job
    settings: str

    @classmethod
    def here(cls, settings: str) -> Holder:
        """This process, with a job of these settings."""
        pid = os.getpid()
        return cls(socket.gethostname(), _space(), pid, _start_of(pid) or 0, time.time(), settings)

    @property
    def is_of_this_host(self) -> bool:
        """Whether its process could be seen from here."""
        return (self.host, self.space) == (socket.gethostname(), _space())

    @property
    def is_running(self) -> bool | None:
        """Whether this very process runs here, not one that got its number; None: nobody says."""
        started = _start_of(self.pid)
        if started is None:
            return None if psutil.pid_exists(self.pid) else False
        return abs(started - self.started) < _SAME_START


@contextlib.contextmanager
def target_lock(target: ImageSequence, settings: str) -> Iterator[Callable[[], None]]:
    """Hold a target against jobs of other settings. Yields what raises once it is lost.

    The folder must be there. Raises OutputError where a job of other settings renders into it, and
    where the folder cannot be written.
    """
    file, ended = _announced(target, settings), threading.Event()
    beat = threading.Thread(target=_beat, args=(file, ended), daemon=True, name="target-lock")
    beat.start()
    try:
        yield partial(_check, file, target)
    finally:
        ended.set()
        beat.join()
        _remove(file)


def _announced(target: ImageSequence, settings: str) -> Path:
    """This job's file, once no other job of other settings is there."""
    me = Holder.here(settings)
    key = hashlib.sha256(f"{target.prefix}#{target.suffix}".casefold().encode()).hexdigest()[:8]
    name = f"{_PREFIX}{key}-{me.host}-{me.pid}-{uuid.uuid4().hex[:8]}.lock"
    file = Path(target.folder) / name
    tries = 1
    while other := _tried(file, me, f"{_PREFIX}{key}-"):
        if tries == _TRIES:
            raise _refused(target, *other)
        time.sleep(random.uniform(0, _PAUSE))
        tries += 1
    return file


def _tried(file: Path, me: Holder, ours: str) -> tuple[Path, Holder] | None:
    """Write the file; where another job has the target remove it again, and return that one."""
    with atomic(file) as temporary:
        temporary.write_text(json.dumps(asdict(me)), encoding="utf-8")
    others: list[tuple[Path, Holder]] = []
    try:
        others = [
            (path, holder)
            for path, holder in _living(file)
            if path.name.startswith(ours) and holder.settings != me.settings
        ]
    except BaseException:
        _remove(file)
        raise
    if others:
        _remove(file)
    return others[0] if others else None


def _living(own: Path) -> list[tuple[Path, Holder]]:
    """The jobs that render into a folder beside the one of this file; files of dead ones go."""
    now = own.stat().st_mtime  # by the disk's clock
    found = []
    for path in sorted(own.parent.glob(f"{_PREFIX}*.lock")):
        if path == own:
            continue
        holder = _read(path)
        if holder and _lives(path, holder, now):
            found.append((path, holder))
        else:
            _remove(path)
    return found


def _lives(path: Path, holder: Holder, now: float) -> bool:
    runs = holder.is_running if holder.is_of_this_host else None
    if runs is not None:
        return runs
    try:
        return now - path.stat().st_mtime < FRESH
    except FileNotFoundError:
        return False


def _read(path: Path) -> Holder | None:
    """The job of a file; None where the file has gone or is none. It is whole: it was renamed."""
    try:
        return Holder(**json_value(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, TypeError, ValueError):
        return None


def _beat(file: Path, ended: threading.Event) -> None:
    """Write the same bytes again and again, which renews the file's time by the disk's clock."""
    while not ended.wait(BEAT):
        with contextlib.suppress(OSError), file.open("r+b") as sign:
            same = sign.read()
            sign.seek(0)
            sign.write(same)


def _check(file: Path, target: ImageSequence) -> None:
    """Raise OutputError where the file has gone, and another job may have the target."""
    if not file.exists():
        raise OutputError(
            f"This job's lock on {target.pattern} was removed: another job may have taken over.",
            "Finished frames are kept. Run it again when the other one has ended.",
        )


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError):
        file.unlink()


def _refused(target: ImageSequence, file: Path, holder: Holder) -> OutputError:
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder.since))
    return OutputError(
        f"Another job with other settings renders into {target.pattern}: process {holder.pid} on "
        f"{holder.host}, since {since}.",
        f"Wait for it or write under another name. If it does not run any more, delete {file}.",
    )


def _start_of(pid: int) -> float | None:
    """When a process of this host started, in seconds since 1970.

    0 for one that has ended and was not waited for; None where there is none, or none may be seen.
    """
    try:
        process = psutil.Process(pid)
        ended = process.status() == psutil.STATUS_ZOMBIE
        return 0.0 if ended else float(process.create_time())
    except psutil.Error:
        return None


def _space() -> str:
    """What process numbers count in: containers of one host name may have numbers of their own."""
    try:
        return os.readlink("/proc/self/ns/pid")
    except OSError:
        return ""
