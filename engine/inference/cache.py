"""Where things are kept that can be computed again; on any machine, there may be no such place."""

from __future__ import annotations

import os
from pathlib import Path

from hifi_ofx.user_folders import cache_folder, temporary_folder


def made_folder() -> Path | None:
    """A folder that files can be written to, the same for all engines of a user on this machine.

    The cache folder, else one among the temporary files; None where neither can be written to.
    """
    for folder in (cache_folder(), temporary_folder()):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK):
            return folder
    return None
