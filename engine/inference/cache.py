"""Where things are kept that can be computed again; on any machine, there may be no such place."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hifi_ofx.codec import json_value
from hifi_ofx.files import write_whole
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


def kept(name: str) -> dict[str, Any]:
    """The JSON object of a file in the cache folder; empty where there is none that can be read."""
    try:
        known = json_value((cache_folder() / name).read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def keep(name: str, known: Mapping[str, Any]) -> None:
    """Write a JSON object to a file there. A read-only home is no error: it is measured again."""
    file = cache_folder() / name
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps(known).encode())
