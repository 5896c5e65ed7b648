"""Files that are whole or not there: written under a temporary name, then renamed."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from hifi_ofx.errors import OutputError

_OLD = 24 * 3600.0  # seconds; a frame is written in a few

_REASONS = {
    errno.ENOSPC: ("the disk is full", "Free some space and run it again; finished frames stay."),
    errno.EDQUOT: ("the quota is used up", "Free some space; finished frames stay."),
    errno.EFBIG: ("the file would be too large for the disk", "Write to another disk."),
    errno.EACCES: ("the folder is read-only", "Choose another folder or change its permissions."),
    errno.EPERM: ("the folder is read-only", "Choose another folder or change its permissions."),
    errno.EROFS: ("the disk is read-only", "Choose another folder."),
    errno.ENOENT: ("the folder does not exist", "Create it first."),
    errno.EISDIR: ("a folder has this name", "Choose another name."),
}


@contextlib.contextmanager
def atomic(target: Path) -> Iterator[Path]:
    """A temporary name beside `target`, which takes its place once all is written and on disk.

    Raises:
        OutputError: Any failure to write; the temporary file is gone and `target` as it was.
    """
    check_replaceable(target)
    temporary = target.with_name(
        f"{_prefix()}{os.getpid()}-{uuid.uuid4().hex[:8]}.tmp{target.suffix}"
    )
    try:
        temporary.touch()
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise output_error(target, error) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def check_replaceable(target: Path) -> None:
    """Raises OutputError for a device or a pipe: a file would take its place, not go into it.

    And for what is no name of a file.
    """
    if not target.name:
        raise OutputError(f"{str(target)!r} is no name of a file.", "Choose another name.")
    if target.exists() and not target.is_file() and not target.is_dir():
        raise OutputError(f"{target} is a device or a pipe, no file.", "Choose another name.")


def remove_leftovers(folder: Path) -> None:
    """Remove what was left half-written in a folder: by processes of this machine that are dead by
    now, and, whoever wrote it, what nobody has written to for a day.
    """
    import psutil  # here, because training writes files without it

    prefix, now = _prefix(), time.time()
    for path in folder.glob(".hifi-*.tmp.*"):
        pid = path.name[len(prefix) :].partition("-")[0] if path.name.startswith(prefix) else ""
        with contextlib.suppress(OSError):
            is_dead = pid.isdigit() and not psutil.pid_exists(int(pid))
            if is_dead or now - path.stat().st_mtime > _OLD:
                path.unlink()


def output_error(path: Path, error: OSError) -> OutputError:
    """The sentence for a failure to write `path`."""
    reason, hint = _REASONS.get(error.errno or 0, (str(error.strerror or error), ""))
    return OutputError(f"{path} was not written: {reason}.", hint)


def _prefix() -> str:
    return f".hifi-{socket.gethostname()}-"
