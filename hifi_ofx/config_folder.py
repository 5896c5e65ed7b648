"""The user's own folder for settings."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def config_folder() -> Path:
    """Where settings are kept: HIFI_CONFIG, or where the system keeps them.

    For users without a home, as in many containers, among the temporary files.
    """
    override = os.environ.get("HIFI_CONFIG")
    if override:
        return Path(override)
    try:
        return _at_home()
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"hifi-ofx-{os.environ.get('USER', 'settings')}"


def _at_home() -> Path:
    """Raises RuntimeError where there is no home."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home()) / "hifi-ofx"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "hifi-ofx"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "hifi-ofx"
