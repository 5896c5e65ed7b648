"""Folders among the temporary files that this user alone can enter, for as long as a process lives.

What a process that was killed has left behind goes when the next such folder is made. Whether its
owner lives is told by a lock in it, as in folders of the OpenFX plug-in: a process's number says
nothing in another container that sees the same files.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from types import TracebackType
from typing import IO, Optional

from .file_lock import locked
from .user_folders import is_own

_LOCK = "lock"


class PrivateFolder:
    """A new folder `hifi-<kind>-…` of mode 0700. Raises OSError where none can be made.

    `remove` takes it away, and so does leaving it as a context, and the end of this object. among:
    where, if not where temporary files go.
    """

    def __init__(self, kind: str, among: Optional[str] = None) -> None:
        prefix, base = f"hifi-{kind}-", Path(among or tempfile.gettempdir())
        _remove_leftovers(base, prefix)
        self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=base))  # 0700, as Python documents
        renames = os.name != "nt"  # Windows renames no file that is open
        lock = self.path / (f"{_LOCK}.new" if renames else _LOCK)
        self._removal = weakref.finalize(self, _removed, self.path, locked(lock))
        if renames:
            os.replace(lock, self.path / _LOCK)  # locked by the time that others look for it

    def __enter__(self) -> PrivateFolder:
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """Take it away, with all that is in it; once or twice."""
        self._removal()


def _remove_leftovers(base: Path, prefix: str) -> None:
    """Those of this user whose lock nobody holds. One that is just being made has none yet."""
    for folder in base.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):  # another process removes it at the same time
            if is_own(folder) and (folder / _LOCK).is_file():
                lock = locked(folder / _LOCK)
                if lock is not None:
                    _removed(folder, lock)


def _removed(folder: Path, lock: Optional[IO[bytes]]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        lock.close()
    shutil.rmtree(folder, ignore_errors=True)  # Windows keeps a file that is open
