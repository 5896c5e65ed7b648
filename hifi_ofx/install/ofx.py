"""OpenFX: the plug-in's bundle where hosts look, with the engine's Python written inside.

Folders: OpenFX 1.4, "Packaging OFX Plug-ins".
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Optional
from xml.etree import ElementTree

from ..errors import InvalidSetting
from ..interpreter import RECORD
from .copying import Receipt, copy_tree, put, refused, take_away, write_receipt

NAME = "HiFI.ofx.bundle"
PATH_VARIABLE = "OFX_PLUGIN_PATH"


def default_folder() -> Path:
    """Where every OpenFX host of this system looks; usually an administrator's."""
    if sys.platform == "win32":
        common = os.environ.get("COMMONPROGRAMFILES", r"C:\Program Files\Common Files")
        return Path(common) / "OFX" / "Plugins"
    return Path("/Library/OFX/Plugins" if sys.platform == "darwin" else "/usr/OFX/Plugins")


def built_bundle() -> Path:
    """The bundle that was built with this package. InvalidSetting when there is none."""
    try:
        bundle = Path(importlib.import_module("hifi_ofx.ofx").bundle_path())
    except (ImportError, AttributeError):
        bundle = None
    if bundle is None or not bundle.is_dir():
        raise InvalidSetting(
            "The OpenFX plug-in has not been built for this system.",
            "`pip install .` in a checkout builds it; it needs CMake and a C++17 compiler.",
        )
    return bundle


def install(folder: Path, receipt: Receipt) -> list[str]:
    """Put the bundle into an OpenFX folder. Returns what to tell the user."""
    bundle, place = built_bundle(), folder / NAME

    def fill(target: Path) -> None:
        copy_tree(bundle, target, whole=True)
        resources = target / "Contents" / "Resources"
        resources.mkdir(parents=True, exist_ok=True)
        (resources / RECORD).write_text(receipt.engine_python + "\n", encoding="utf-8")
        write_receipt(resources, receipt)

    try:
        put(place, fill)
    except OSError as error:
        raise refused(folder, error, _way_out(folder)) from error
    return [
        f"OpenFX: {place}.",
        *_path_in_words(folder),
        *(f"{cache}: {words}" for cache, words in bad_entries(cache_files())),
        "Restart the host; the node is HiFI Retime, in the group HiFI ▸ Time.",
    ]


def remove(folder: Path) -> list[str]:
    """Take the bundle out of an OpenFX folder. Returns what to tell the user."""
    try:
        taken = take_away(folder / NAME)
    except OSError as error:
        raise refused(folder, error, _way_out(folder)) from error
    if not taken:
        return [f"OpenFX: nothing of hifi-ofx is in {folder}."]
    return [f"OpenFX: removed from {folder}. Restart the host."]


def places(folder: Optional[Path]) -> list[Path]:
    """Where an installed bundle may lie."""
    return [entry / NAME for entry in ([folder] if folder else [default_folder(), *_path()])]


def cache_files() -> list[Path]:
    """The files in which DaVinci Resolve remembers which plug-ins it could load."""
    if sys.platform == "win32":
        roaming = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
        folder = Path(roaming) / "Blackmagic Design" / "DaVinci Resolve" / "Support"
    elif sys.platform == "darwin":
        support = Path.home() / "Library" / "Application Support"
        folder = support / "Blackmagic Design" / "DaVinci Resolve"
    else:
        folder = Path.home() / ".local" / "share" / "DaVinciResolve"
    return sorted(folder.glob("OFXPluginCache*.xml"))


def bad_entries(caches: Iterable[Path]) -> list[tuple[Path, str]]:
    """The caches in which our plug-in failed to load, and what to do about each.

    Resolve does not try again by itself: such a plug-in is gone from its list without a word.
    """
    words = (
        "Resolve failed to load an earlier HiFI. Quit Resolve, delete this file, start it again."
    )
    return [(cache, words) for cache in caches if _has_failed(cache)]


def _has_failed(cache: Path) -> bool:
    try:
        root = ElementTree.parse(cache).getroot()
    except (OSError, ElementTree.ParseError):
        return False
    entries = (entry for entry in root.iter() if entry.get("status") not in (None, "0"))
    ours = NAME.split(".")[0].lower() + ".ofx"
    return any(ours in ElementTree.tostring(entry, encoding="unicode").lower() for entry in entries)


def _path() -> list[Path]:
    return [Path(text) for text in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if text]


def _path_in_words(folder: Path) -> list[str]:
    if folder == default_folder() or folder in _path():
        return []
    return [f"Hosts look there when {PATH_VARIABLE} names it: set {PATH_VARIABLE}={folder}."]


def _way_out(folder: Path) -> str:
    if folder != default_folder():
        return ""
    again = f"{sys.executable} -m hifi_ofx.cli install ofx"
    how = f"in an administrator's terminal: {again}" if sys.platform == "win32" else f"sudo {again}"
    return (
        f"Quit the hosts and run ({how}), or use a folder of yours: --dir DIR here, and "
        f"{PATH_VARIABLE}=DIR where the host is started."
    )
