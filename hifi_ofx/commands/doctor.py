"""Try on a host of this machine what our plug-in takes for granted there."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from ..errors import HifiError, InvalidSetting
from ..install import nuke as installed

_CHECKOUT = Path(__file__).resolve().parents[2] / "nuke" / "doctor.py"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx doctor`."""
    parser.add_argument("host", choices=("nuke",), help="The host.")
    parser.add_argument(
        "--nuke",
        default="",
        metavar="PROGRAM",
        help="The Nuke to try, in full; it needs a render licence. Without it: what to run.",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the script in a Nuke without an interface. Returns its exit code."""
    places = [place / "doctor.py" for place in installed.places(None)]
    script = next((place for place in (*places, _CHECKOUT) if place.is_file()), None)
    if script is None:
        raise HifiError("The plug-in for Nuke is not installed.", "Run `hifi-ofx install nuke`.")
    if not arguments.nuke:
        print(f"nuke -t '{script}'")
        return 0
    try:
        return subprocess.call([arguments.nuke, "-t", str(script)])
    except OSError as error:
        raise InvalidSetting(
            f"{arguments.nuke} cannot be started: {error.strerror}.", "Name Nuke's own program."
        ) from error
