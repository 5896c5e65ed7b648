"""The user's own folder for settings."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def config_folder() -> Path:
    """Where settings are kept: HIFI_CONFIG, or where the system keeps them."""
    override = os.environ.get("HIFI_CONFIG")
    if override:
        return Path(override)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home())) / "hifi-ofx"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "hifi-ofx"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "hifi-ofx"
