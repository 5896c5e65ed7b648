"""Where things are kept that can be computed again; on any machine, there may be no such place."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """The user's own folder for what can be computed again; it need not be there yet.

    Users without a home, as in many containers, have one among the temporary files.
    """
    if override := os.environ.get("HIFI_CACHE"):
        return Path(override)
    try:
        return _at_home()
    except RuntimeError:  # neither HOME nor an entry in the list of users
        return _among_temporary_files()


def made_folder() -> Path | None:
    """A folder that files can be written to, the same for all engines of a user on this machine.

    The cache folder, else one among the temporary files; None where neither can be written to.
    """
    for folder in (cache_folder(), _among_temporary_files()):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None


def _at_home() -> Path:
    """Raises RuntimeError where there is no home."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "hifi-ofx"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "hifi-ofx"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hifi-ofx"


def _among_temporary_files() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else "user"
    try:
        return Path(tempfile.gettempdir()) / f"hifi-ofx-{user}"
    except OSError:  # none that can be written to
        return Path(f"hifi-ofx-{user}").absolute()
