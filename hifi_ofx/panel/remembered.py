"""What the panel remembers between two sessions: a JSON file in the user's own folder."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from ..codec import json_value
from ..files import write_whole


def settings_file() -> Path:
    """The panel's file: HIFI_CONFIG names its folder, else where the system keeps settings."""
    return config_folder() / "panel.json"


def config_folder() -> Path:
    """The user's own folder for settings."""
    override = os.environ.get("HIFI_CONFIG")
    if override:
        return Path(override)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "hifi-ofx"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "hifi-ofx"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "hifi-ofx"


def recall() -> dict[str, Any]:
    """What was remembered; nothing where the file is missing or damaged."""
    try:
        known = json_value(settings_file().read_text(encoding="utf-8"))
    except (OSError, RuntimeError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def remember(values: dict[str, Any]) -> None:
    """Keep these values, whole or not at all. A read-only home is no error."""
    with contextlib.suppress(OSError, RuntimeError):  # the latter where there is no home
        settings_file().parent.mkdir(parents=True, exist_ok=True)
        write_whole(settings_file(), json.dumps(values, indent=1).encode())
