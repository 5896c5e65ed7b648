"""Folders of the user's own: for settings, and for what can be computed again.

On any machine there may be no home, as in many containers: then they are among the temporary files,
where others can write, too. A folder there that is somebody else's is not taken.
"""

from __future__ import annotations

import os
import sys
import tempfile
from itertools import count
from pathlib import Path


def config_folder() -> Path:
    """Where settings are kept: HIFI_CONFIG, or where the system keeps them."""
    return _folder("HIFI_CONFIG", "APPDATA", "Library/Application Support", ".config")


def cache_folder() -> Path:
    """What can be computed again: HIFI_CACHE, or where the system keeps it. It may not be there."""
    return _folder("HIFI_CACHE", "LOCALAPPDATA", "Library/Caches", ".cache")


def temporary_folder() -> Path:
    """A folder among the temporary files that is this user's, or not there yet."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    try:
        among = Path(tempfile.gettempdir())
    except OSError:  # none that can be written to
        among = Path.cwd()
    names = (f"hifi-ofx-{user}" + (f"-{number}" if number else "") for number in count())
    return next(among / name for name in names if is_own(among / name))


def is_own(folder: Path) -> bool:
    """Whether it is nobody else's: one of this user's, and no link, or none at all."""
    try:
        status = folder.lstat()
    except OSError:
        return True
    own = not hasattr(os, "getuid") or status.st_uid == os.getuid()
    return own and folder.is_dir() and not folder.is_symlink()


def _folder(variable: str, windows: str, mac: str, other: str) -> Path:
    if override := os.environ.get(variable):
        return Path(override)
    try:
        if sys.platform == "win32":
            return Path(os.environ.get(windows) or Path.home()) / "hifi-ofx"
        if sys.platform == "darwin":
            return Path.home() / mac / "hifi-ofx"
        xdg = f"XDG_{other[1:].upper()}_HOME"
        return Path(os.environ.get(xdg) or Path.home() / other) / "hifi-ofx"
    except RuntimeError:  # neither HOME nor an entry in the list of users
        return temporary_folder()
