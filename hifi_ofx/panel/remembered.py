"""What the panel remembers between two sessions: a JSON file in the user's own folder."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from ..codec import json_value
from ..files import write_whole
from ..user_folders import config_folder


def settings_file() -> Path:
    """The panel's file: HIFI_CONFIG names its folder, else where the system keeps settings."""
    return config_folder() / "panel.json"


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
