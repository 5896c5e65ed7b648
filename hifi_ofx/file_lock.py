"""A file that one process at a time has locked, on this machine. The system lets go of it when the
process ends, however it ends.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, Optional


def locked(path: Path) -> Optional[IO[bytes]]:
    """The file, locked until it is closed or its process ends; None where another has the lock."""
    file = open(path, "a+b")  # noqa: SIM115 - it stays open as long as the lock is held
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
