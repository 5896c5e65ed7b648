"""Which DaVinci Resolve is on this machine, and which way into it that version leaves open.

Told from its scripting folder alone, which every edition has: 21.1 ships types there
(DaVinciResolveScript.pyi), and the README of earlier ones says when it was written. On macOS the
application says it itself. The edition is not told: each has its line.
"""

from __future__ import annotations

import os
import plistlib
import re
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Optional

TYPES = "DaVinciResolveScript.pyi"
READMES = {
    date(2024, 10, 3): "19.0",
    date(2024, 10, 28): "19.1",
    date(2025, 5, 7): "20.0",
    date(2025, 6, 6): "20.1",
    date(2025, 8, 18): "20.2",
    date(2026, 5, 8): "21.0",
}
"""When the README of a version was last updated, as it says."""

_MAC = "/Library/Application Support/Blackmagic Design/DaVinci Resolve"
_APPLICATION = Path("/Applications/DaVinci Resolve/DaVinci Resolve.app/Contents/Info.plist")
_UPDATED = re.compile(r"Last Updated:\s*(\d{1,2})\s+([A-Za-z]{3})[a-z]*\s+(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WITHOUT_PYTHON = (21, 1)
_BOTH = "Studio and free: choose Workspace ▸ Scripts ▸ HiFI Retime. Studio also: hifi-ofx resolve."
_STUDIO = (
    "Studio: choose Workspace ▸ Scripts ▸ HiFI Retime, or use hifi-ofx resolve. "
    "Free: it lists no Python scripts; use the HiFI Retime OpenFX node (hifi-ofx install ofx), or "
    "hifi-ofx panel and hifi-ofx retime on an exported clip: docs/resolve.md."
)


def scripting_folders(platform: str, environment: Mapping[str, str]) -> list[Path]:
    """Resolve's folder for developers of scripts: the environment's, then the documented ones."""
    if platform == "darwin":
        found = [Path(_MAC) / "Developer" / "Scripting"]
    elif platform == "win32":
        data = Path(environment.get("PROGRAMDATA", r"C:\ProgramData"))
        support = data / "Blackmagic Design" / "DaVinci Resolve" / "Support"
        found = [support / "Developer" / "Scripting"]
    else:
        roots = (Path("/opt/resolve"), Path("/home/resolve"))
        found = [root / "Developer" / "Scripting" for root in roots]
    given = environment.get("RESOLVE_SCRIPT_API")
    return [Path(given), *found] if given else found


def advice() -> list[str]:
    """What to tell the user about the version that is found on disk."""
    version = installed()
    if version is None:
        return [
            "No DaVinci Resolve was found here. Up to 21.0, every edition has the menu; from 21.1 "
            f"on: {_STUDIO}"
        ]
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    way = _STUDIO if numbers >= _WITHOUT_PYTHON else _BOTH
    return [f"Found DaVinci Resolve {version}. {way}"]


def installed() -> Optional[str]:
    """The version that is installed, as far as files tell: "20.2", "21.1 or later"; or None."""
    if sys.platform == "darwin" and _APPLICATION.is_file():
        said = _of_application(_APPLICATION)
        if said:
            return said
    found = (_of_folder(folder) for folder in scripting_folders(sys.platform, os.environ))
    return next(filter(None, found), None)


def _of_application(plist: Path) -> str:
    try:
        return str(plistlib.loads(plist.read_bytes()).get("CFBundleShortVersionString") or "")
    except (OSError, ValueError, plistlib.InvalidFileException):
        return ""


def _of_folder(folder: Path) -> Optional[str]:
    if (folder / TYPES).is_file():
        return "21.1 or later"
    for name in ("README.txt", "README.md"):
        written = _written(folder / name)
        if written is not None:
            older = [version for day, version in READMES.items() if day <= written]
            return older[-1] if older else "18.6 or earlier"
    return None


def _written(readme: Path) -> Optional[date]:
    """The day that a README was last updated."""
    try:
        match = _UPDATED.search(readme.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    if match is None or match.group(2).lower() not in _MONTHS:
        return None
    return date(int(match.group(3)), _MONTHS.index(match.group(2).lower()) + 1, int(match.group(1)))
