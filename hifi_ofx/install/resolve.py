"""DaVinci Resolve: menu scripts where Resolve looks for scripts, everything else where it does not.

Resolve lists every script below its Scripts folder under Workspace ▸ Scripts, and gives a menu
script no `__file__`. So a menu script is a few lines that name the real script, which lies in a
folder beside Scripts. (DaVinci Resolve, Help ▸ Documentation ▸ Developer, Scripting/README.txt.)
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Optional

from ..errors import HifiError, InvalidSetting
from ..files import write_whole
from . import resolve_version
from .copying import Receipt, fill_host_folder, host_folder, put, receipt_in, refused, take_away

FOLDER = "hifi-ofx"
PAGES = ("Edit", "Utility")  # Utility: on every page

_MARK = "# Written by `hifi-ofx install resolve`; `hifi-ofx install resolve --remove` removes it."
_LAUNCHER = """{mark}
_path = {path!r}  # here it gets its __file__, and the names that Resolve gives
with open(_path, encoding="utf-8") as _file:
    _code = compile(_file.read(), _path, "exec")
exec(_code, dict(globals(), __file__=_path))
"""


def script_folders() -> list[Path]:
    """This user's Scripts folders.

    Two on Windows, because sources disagree which of them Resolve reads.
    """
    if sys.platform == "win32":
        roaming = os.environ.get("APPDATA") or str(Path.home() / "AppData" / "Roaming")
        resolve = Path(roaming) / "Blackmagic Design" / "DaVinci Resolve"
        roots = [resolve / "Support", resolve]
    elif sys.platform == "darwin":
        support = Path.home() / "Library" / "Application Support"
        roots = [support / "Blackmagic Design" / "DaVinci Resolve"]
    else:
        roots = [Path.home() / ".local" / "share" / "DaVinciResolve"]
    return [root / "Fusion" / "Scripts" for root in roots]


def menu_scripts() -> list[Path]:
    """The shim's scripts for the menu: those whose names start with a capital letter."""
    shim = host_folder("resolve")
    scripts = sorted(path for path in shim.glob("*.py") if path.name[0].isupper())
    if not scripts:
        raise HifiError(f"{shim} has no script for Resolve's menu.", "Install hifi-ofx again.")
    return scripts


def install(folders: Sequence[Path], receipt: Receipt) -> list[str]:
    """Put menu scripts into Scripts folders, and the rest beside the first of them."""
    place = place_beside(folders[0])
    launchers = {
        folder / page / script.name: launcher(place / script.name)
        for folder in folders
        for page in PAGES
        for script in menu_scripts()
    }
    earlier = receipt_in(place)
    names = tuple(map(str, launchers))
    made = [path.parent for path in launchers if not path.parent.exists()]
    folders_made = sorted({*map(str, made), *(earlier.folders if earlier else ())})
    receipt = replace(receipt, scripts=names, folders=tuple(folders_made))
    try:
        for path in launchers:
            _check_ours(path)
        put(place, fill_host_folder("resolve", receipt))
        _write_launchers(launchers, place, receipt, fresh=earlier is None)
        for name in set(earlier.scripts if earlier else ()).difference(names):
            _remove_launcher(Path(name))
    except OSError as error:
        raise refused(folders[0], error) from error
    entries = ", ".join(script.stem for script in menu_scripts())
    return [
        f"Resolve: {place}, and menu scripts in {' and '.join(map(str, folders))}.",
        f"Restart Resolve; its menu Workspace ▸ Scripts has {entries}.",
        *resolve_version.advice(),
    ]


def remove(folders: Sequence[Path]) -> list[str]:
    """Take away what `install` put there. Returns what to tell the user."""
    place = place_beside(folders[0])
    receipt = receipt_in(place)
    try:
        taken = _remove_launchers(receipt) if receipt else False
        gone = take_away(place)
    except OSError as error:
        raise refused(folders[0], error) from error
    if not gone and not taken:
        return [f"Resolve: nothing of hifi-ofx is in {folders[0]}."]
    return [f"Resolve: removed from {folders[0]}."]


def places(folder: Optional[Path]) -> list[Path]:
    """Where an installed shim may lie."""
    return [place_beside(scripts) for scripts in ([folder] if folder else script_folders())]


def place_beside(scripts: Path) -> Path:
    """The shim's folder for a Scripts folder: beside it, where Resolve looks for nothing."""
    return scripts.parent / FOLDER


def launcher(script: Path) -> str:
    """A menu script that runs another script with the names that Resolve gives, and `__file__`."""
    return _LAUNCHER.format(mark=_MARK, path=str(script))


def _write_launchers(
    launchers: Mapping[Path, str], place: Path, receipt: Receipt, fresh: bool
) -> None:
    try:
        for path, text in launchers.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, text.encode())
    except OSError:
        if fresh:  # a part of the menu would be half an installation
            _remove_launchers(receipt)
            take_away(place)
        raise


def _remove_launchers(receipt: Receipt) -> bool:
    """Whether there was one."""
    taken = [_remove_launcher(Path(name)) for name in receipt.scripts]
    for folder in receipt.folders:
        with contextlib.suppress(OSError):  # not empty: somebody else's scripts came along
            os.rmdir(folder)
    return any(taken)


def _check_ours(path: Path) -> None:
    if path.exists() and not _is_launcher(path):
        raise InvalidSetting(
            f"{path} is there already, and hifi-ofx did not put it there.", "Rename it first."
        )


def _remove_launcher(path: Path) -> bool:
    if not path.exists() or not _is_launcher(path):
        return False
    path.unlink()
    return True


def _is_launcher(path: Path) -> bool:
    return path.read_bytes().startswith(_MARK.encode())
