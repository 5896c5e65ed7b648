"""Keep one engine up for several retimes of one session, as a farm's tasks are."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from .. import engine_keeper


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx keep`."""
    parser.add_argument("what", choices=("start", "stop"), help="What to do.")
    parser.add_argument("file", type=Path, help="A file that says where the engine is; not there.")
    parser.add_argument(
        "--openjd", action="store_true", help="Set the session's environment by openjd_env."
    )


def run(arguments: argparse.Namespace) -> int:
    """Start an engine that stays, and say how it is found; or end it."""
    file = Path(os.path.abspath(arguments.file))
    if arguments.what == "stop":
        engine_keeper.stop(file)
        return 0
    engine_keeper.start(file)
    mark = "openjd_env: " if arguments.openjd else ""
    print(f"{mark}{engine_keeper.VARIABLE}={file}", flush=True)
    return 0
