"""Put the plug-ins where Nuke, Resolve and OpenFX hosts look, and take them away again.

A host gets files of its own: the shim and a copy of this package, never torch or the engine. Where
the engine lives is written beside them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Optional

from ..child import engine_environment
from ..errors import InvalidSetting
from ..interpreter import engine_python
from . import nuke, ofx, resolve
from .copying import host_folder, new_receipt, receipt_in

__all__ = ["HOSTS", "add_arguments", "host_folder", "run"]

HOSTS = ("nuke", "ofx", "resolve")

_FIND_ENGINE = (
    "import importlib.util as util, sys; "
    "sys.exit(not all(map(util.find_spec, ('engine', 'torch', 'hifi_ofx'))))"
)

EXAMPLES = """
examples:
  hifi-ofx install nuke                      into ~/.nuke
  hifi-ofx install ofx --dir ~/OFX           into a folder that OFX_PLUGIN_PATH names
  hifi-ofx install resolve --remove
  hifi-ofx install --list
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx install`."""
    parser.epilog = EXAMPLES + (parser.epilog or "")
    parser.add_argument("host", nargs="?", choices=HOSTS, help="Which host.")
    parser.add_argument(
        "--dir",
        type=_folder,
        metavar="DIR",
        help="Nuke: a .nuke folder. Resolve: a Scripts folder. OpenFX: a folder for bundles. "
        "(default: this user's; OpenFX: the system's)",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--remove", action="store_true", help="Take away what was put there.")
    what.add_argument("--list", action="store_true", help="Show what is installed where.")


def run(arguments: argparse.Namespace) -> int:
    """Install, remove or list, and say what was done."""
    if arguments.list:
        hosts = [arguments.host] if arguments.host else list(HOSTS)
        lines = [line for host in hosts for line in installed(host, arguments.dir)]
    elif arguments.host is None:
        raise InvalidSetting("Which host?", f"Give one of {', '.join(HOSTS)}, or --list.")
    elif arguments.remove:
        lines = remove(arguments.host, arguments.dir)
    else:
        lines = install(arguments.host, arguments.dir)
    print("\n".join(lines))
    return 0


def install(host: str, folder: Optional[Path] = None) -> list[str]:
    """Install for a host, and return what to tell the user.

    Raises OutputError when the folder cannot be written, InvalidSetting when something that is not
    ours is in the way or the plug-in is not built; what was there before then still is.
    """
    python = os.path.abspath(engine_python())
    receipt = new_receipt(python)
    if host == "nuke":
        lines = nuke.install(folder or nuke.default_folder(), receipt)
    elif host == "resolve":
        lines = resolve.install([folder] if folder else resolve.script_folders(), receipt)
    else:
        lines = ofx.install(folder or ofx.default_folder(), receipt)
    return [*lines, *_about_engine(python)]


def remove(host: str, folder: Optional[Path] = None) -> list[str]:
    """Take away what `install` put there, and nothing else; returns what to tell the user."""
    if host == "nuke":
        return nuke.remove(folder or nuke.default_folder())
    if host == "resolve":
        return resolve.remove([folder] if folder else resolve.script_folders())
    return ofx.remove(folder or ofx.default_folder())


def places(host: str, folder: Optional[Path] = None) -> list[Path]:
    """Where a host's plug-in may be installed."""
    find = {"nuke": nuke.places, "ofx": ofx.places, "resolve": resolve.places}[host]
    return find(folder)


def installed(host: str, folder: Optional[Path] = None) -> list[str]:
    """A line for each place where a host's plug-in is installed, or one that says there is none."""
    looked_in = places(host, folder)
    found = [(place, receipt_in(place)) for place in looked_in]
    lines = [
        f"{host}: {place}, version {receipt.version}, engine in {receipt.engine_python}"
        for place, receipt in found
        if receipt is not None
    ]
    looked = ", ".join(str(place.parent) for place in looked_in)
    return lines or [f"{host}: not installed (looked in {looked})"]


def _about_engine(python: str) -> list[str]:
    """Where the engine runs, or a warning when that Python has none."""
    command = [python, "-c", _FIND_ENGINE]
    try:
        # From a neutral folder: -c looks for modules in the current one as well.
        found = subprocess.run(
            command, env=engine_environment(os.environ), cwd=tempfile.gettempdir(), check=False
        )
    except OSError as error:
        return [f"Warning: {python} cannot be started: {error.strerror}."]
    if found.returncode == 0:
        return [f"The engine runs in {python}."]
    return [
        f"Warning: {python} has no engine, so nothing can be rendered on this machine. "
        f"Install hifi-ofx[engine] there ({sys.executable} -m pip install 'hifi-ofx[engine]')."
    ]


def _folder(text: str) -> Path:
    return Path(os.path.abspath(os.path.expanduser(text)))
