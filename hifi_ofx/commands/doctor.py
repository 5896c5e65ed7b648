"""Look this machine over and say what to mend; or try a host's assumptions in that host.

Without a host: Python, the engine and its libraries, device, weights, disk, what is installed in
which host, and an in-between of a tiny plate. Exit code 0 where nothing stops a render, else 1.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .. import __version__, install
from ..child import engine_environment
from ..codec import decode_answer, encode, json_value
from ..errors import EngineError, HifiError, InvalidSetting
from ..finding import BAD, GOOD, NOTE, Finding
from ..install import nuke as installed
from ..install.copying import receipt_in
from ..interpreter import engine_python

LEAST_DISK = 2 * 10**9  # bytes: an 8K in-between in flight
_CHECKOUT = Path(__file__).resolve().parents[2] / "nuke" / "doctor.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx doctor`."""
    parser.add_argument("host", nargs="?", choices=("nuke",), help="A host to try instead.")
    parser.add_argument(
        "--nuke",
        default="",
        metavar="PROGRAM",
        help="The Nuke to try, in full; it needs a render licence. Without it: what to run.",
    )
    parser.add_argument("--json", action="store_true", help="Print JSON lines.")


def run(arguments: argparse.Namespace) -> int:
    """Look over the machine, or run the host's script in the host. Returns the exit code."""
    if arguments.host:
        return _try_nuke(arguments.nuke)
    bad = 0
    for finding in findings():
        print(json.dumps(encode(finding)) if arguments.json else finding.line(), flush=True)
        bad += finding.state == BAD
    if not arguments.json:
        print("Nothing stops a render here." if not bad else f"{bad} to mend before a render.")
    return 1 if bad else 0


def findings() -> Iterator[Finding]:
    """Everything, as it is found: what needs no engine first."""
    yield Finding("hifi-ofx", GOOD, f"{__version__}, Python {platform.python_version()}")
    for host in install.HOSTS:
        yield from hosts(host)
    yield disk(Path(tempfile.gettempdir()))
    yield from of_engine()


def hosts(host: str) -> Iterator[Finding]:
    """What is installed in a host, and whether it is of this version and finds its engine."""
    receipts = [(place, receipt_in(place)) for place in install.places(host)]
    known = [(place, receipt) for place, receipt in receipts if receipt is not None]
    if not known:
        yield Finding(host, NOTE, "Not installed.", f"`hifi-ofx install {host}` puts it there.")
    for place, receipt in known:
        text = f"{place}, version {receipt.version}."
        again = f"Run `hifi-ofx install {host}` again."
        if receipt.version != __version__:
            yield Finding(host, NOTE, text, f"This is {__version__}. {again}")
        elif not shutil.which(receipt.engine_python):
            yield Finding(host, BAD, f"{text} Its engine {receipt.engine_python} is gone.", again)
        else:
            yield Finding(host, GOOD, text)


def disk(folder: Path) -> Finding:
    """Whether the temporary folder takes the files of a frame in flight."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding("disk", BAD, f"{folder} cannot be used: {error.strerror}.", "Set TMPDIR.")
    text = f"{free / 10**9:.1f} GB free in {folder}."
    if free < LEAST_DISK:
        return Finding("disk", NOTE, text, "An 8K frame may not fit: free some, or set TMPDIR.")
    return Finding("disk", GOOD, text)


def of_engine() -> Iterator[Finding]:
    """What the engine finds, in its own interpreter, as it finds it."""
    try:
        command = [engine_python(), "-m", "engine", "doctor"]
        engine = subprocess.Popen(
            command, env=engine_environment(os.environ), stdout=subprocess.PIPE, text=True
        )
    except EngineError as error:
        yield Finding("engine", BAD, error.message, error.hint)
        return
    except OSError as error:
        yield Finding("engine", BAD, f"{command[0]} cannot be started: {error.strerror}.")
        return
    with engine:
        yield Finding("engine", GOOD, f"{command[0]}.")
        for line in engine.stdout or ():
            if line.startswith("{"):  # a library may say something, too
                yield decode_answer(Finding, json_value(line))
    if engine.returncode:
        yield Finding(
            "engine",
            BAD,
            f"It ended with exit code {engine.returncode}.",
            f"Install it: {command[0]} -m pip install 'hifi-ofx[engine]'.",
        )


def _try_nuke(program: str) -> int:
    """Run the script in a Nuke without an interface, or say how."""
    places = [place / "doctor.py" for place in installed.places(None)]
    script = next((place for place in (*places, _CHECKOUT) if place.is_file()), None)
    if script is None:
        raise HifiError("The plug-in for Nuke is not installed.", "Run `hifi-ofx install nuke`.")
    if not program:
        print(f"nuke -t '{script}'")
        return 0
    try:
        return subprocess.call([program, "-t", str(script)])
    except OSError as error:
        raise InvalidSetting(
            f"{program} cannot be started: {error.strerror}.", "Name Nuke's own program."
        ) from error
