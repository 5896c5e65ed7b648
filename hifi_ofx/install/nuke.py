"""Nuke: the node's folder beside `init.py`, and a block in `init.py` that adds it to the path.

Nuke runs `~/.nuke/init.py` of every version, in the GUI and in the terminal; a path added from
`menu.py` would be unknown to renders. https://learn.foundry.com/nuke/developers/latest/ "Startup
scripts", "Defining the Nuke plug-in path".
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Optional

from ..errors import InvalidSetting
from ..files import write_whole
from .copying import Receipt, fill_host_folder, put, receipt_in, refused, take_away

FOLDER = "hifi-ofx"
OLDEST = 14  # Nuke 13 has Python 3.7, which does not understand our files

_BEGIN = b"# >>> hifi-ofx: written by `hifi-ofx install nuke` >>>"
_END = b"# <<< hifi-ofx: `hifi-ofx install nuke --remove` takes this block away <<<"
_BLOCK = f"""
import os
import nuke

if nuke.NUKE_VERSION_MAJOR >= {OLDEST}:
    nuke.pluginAddPath(
        os.path.join(os.path.dirname(os.path.abspath(__file__)), "{FOLDER}").replace("\\\\", "/")
    )
"""
_VERSION = re.compile(r"nuke([0-9]+)\.[0-9]+", re.IGNORECASE)


def default_folder() -> Path:
    """The user's folder that every Nuke reads: `~/.nuke`, or `%HOME%` first on Windows."""
    if sys.platform == "win32":
        home = os.environ.get("HOME") or os.environ.get("USERPROFILE")
        if home:
            return Path(home) / ".nuke"
    return Path.home() / ".nuke"


def install(folder: Path, receipt: Receipt) -> list[str]:
    """Put the node into a `.nuke` folder. Returns what to tell the user."""
    init, place = folder / "init.py", folder / FOLDER
    earlier = receipt_in(place)
    made = not init.exists() if earlier is None else earlier.made_init
    try:
        before = init.read_bytes() if init.exists() else b""
        after = with_block(before, init)
        put(place, fill_host_folder("nuke", replace(receipt, made_init=made)))
        if after != before:
            _write_init(init, after, place, earlier)
    except OSError as error:
        raise refused(folder, error) from error
    return [
        f"Nuke: {place}, and a block in {init}.",
        *_versions_in_words(installed_versions()),
        "Restart Nuke; then press Tab in the Node Graph and type HiFIRetime.",
    ]


def _write_init(init: Path, content: bytes, place: Path, earlier: Optional[Receipt]) -> None:
    try:
        write_whole(init, content)
    except OSError:
        if earlier is None:
            take_away(place)  # a folder that is not on the path would be half an installation
        raise


def remove(folder: Path) -> list[str]:
    """Take the node out of a `.nuke` folder. Returns what to tell the user."""
    init, place = folder / "init.py", folder / FOLDER
    receipt = receipt_in(place)
    try:
        content = init.read_bytes() if init.exists() else b""
        rest = without_block(content, init)
        if receipt is not None and receipt.made_init and not rest:
            init.unlink(missing_ok=True)
        elif rest != content:
            write_whole(init, rest)
        taken = take_away(place)
    except OSError as error:
        raise refused(folder, error) from error
    if not taken and rest == content:
        return [f"Nuke: nothing of hifi-ofx is in {folder}."]
    return [f"Nuke: removed from {folder}. Restart Nuke."]


def places(folder: Optional[Path]) -> list[Path]:
    """Where an installed node may lie: the folder given, or the default and those of NUKE_PATH."""
    if folder is not None:
        return [folder / FOLDER]
    path = [Path(text) for text in os.environ.get("NUKE_PATH", "").split(os.pathsep) if text]
    return [entry / FOLDER for entry in (default_folder(), *path)]


def with_block(content: bytes, init: Path) -> bytes:
    """An `init.py` with our block, once, at its end; the rest stays byte for byte."""
    rest = without_block(content, init)
    newline = b"\r\n" if b"\r\n" in rest else b"\n"
    block = newline.join([_BEGIN, *_BLOCK.strip().encode().splitlines(), _END])
    # A file that ends without a newline still does, which tells removal whose newline is whose.
    ended = not rest or rest.endswith(b"\n")
    return rest + block + newline if ended else rest + newline + block


def without_block(content: bytes, init: Path) -> bytes:
    """An `init.py` as it was before `with_block`. InvalidSetting when a half of it is gone."""
    start, end = content.find(_BEGIN), content.find(_END)
    if start < 0 and end < 0:
        return content
    if start < 0 or end < start:
        raise InvalidSetting(
            f"{init} has only a part of the block that hifi-ofx wrote.",
            "Remove the lines between, and with, '# >>> hifi-ofx' and '# <<< hifi-ofx' by hand.",
        )
    before, after = content[:start], content[end + len(_END) :]
    newline = b"\r\n" if content[start + len(_BEGIN) :].startswith(b"\r\n") else b"\n"
    if after.startswith(newline):
        return before + after[len(newline) :]
    return before[: -len(newline)] + after


def installed_versions() -> list[str]:
    """The names of the Nukes on this machine, such as Nuke15.1v3, where they usually are."""
    if sys.platform == "win32":
        programs = [Path(os.environ.get("PROGRAMFILES", r"C:\Program Files"))]
    elif sys.platform == "darwin":
        programs = [Path("/Applications")]
    else:
        programs = [Path("/usr/local"), Path("/opt"), Path.home()]
    return versions_in(programs)


def versions_in(folders: Iterable[Path]) -> list[str]:
    """The folders named like a Nuke that hold a program of Nuke's name, sorted, once each."""
    found = (entry for folder in folders for entry in folder.glob("Nuke[0-9]*") if entry.is_dir())
    return sorted({entry.name for entry in found if any(map(_is_nuke, _programs(entry)))})


def _programs(folder: Path) -> list[Path]:
    return [*folder.glob("Nuke*"), *folder.glob("Nuke*.app/Contents/MacOS/Nuke*")]


def _is_nuke(path: Path) -> bool:
    named = _VERSION.match(path.name) is not None and "crash" not in path.name.lower()
    return named and path.is_file()


def _versions_in_words(names: list[str]) -> list[str]:
    if not names:
        return ["No Nuke was found in the usual places; any Nuke 14 or later will load it."]
    lines = [f"Found {', '.join(names)}."]
    matches = ((name, _VERSION.match(name)) for name in names)
    old = [name for name, match in matches if match and int(match.group(1)) < OLDEST]
    if old:
        lines.append(f"{', '.join(old)} will not load it: it needs Nuke {OLDEST} or later.")
    return lines
