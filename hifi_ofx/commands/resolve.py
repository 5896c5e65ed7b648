"""Slow the selected clip of a running DaVinci Resolve Studio.

The work is done by the scripts in `resolve/`, which the free edition runs from its own menu.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from .. import parameters, request_flags
from ..errors import Cancelled, HifiError
from ..install.copying import host_folder
from ..placement import Placement
from ..retime import parse_speed

EXAMPLES = """
examples:
  hifi-ofx resolve --speed 1/4              opens the dialog on the clip under the playhead
  hifi-ofx resolve --speed 25% --no-panel --preset draft
  hifi-ofx resolve --speed 1/2 --no-panel --place replace
"""

PACKAGE = "hifi_resolve"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx resolve`."""
    parser.epilog = EXAMPLES + (parser.epilog or "")
    parser.add_argument(
        "--speed",
        help="1/4, 0.25 or 25%%: a quarter of the clip's speed (default: the speed that is set in "
        "Resolve, else 1/2).",
    )
    parser.add_argument(
        "--no-panel", action="store_true", help="Render at once, without the dialog."
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="Where the frames go (default: HIFI_RESOLVE_MEDIA, else HiFI Retime among your "
        "movies).",
    )
    parameters.add_flags(parser, Placement, "placement")
    request_flags.add_settings(parser)


def run(arguments: argparse.Namespace) -> int:
    """Slow the clip. Raises Cancelled on Ctrl-C; the project is then as it was."""
    speed = parse_speed(arguments.speed) if arguments.speed else None
    settings = request_flags.settings_from(arguments)
    placement = parameters.from_flags(Placement(), arguments)
    connect, flow, wishes = (scripts(name) for name in ("connect", "flow", "wishes"))
    wanted = wishes.Wishes(
        speed=speed,
        panel=not arguments.no_panel,
        folder=arguments.folder,
        placement=placement,
        **settings,
    )
    try:
        done = flow.slow_motion(connect.connect(), wanted)
    except KeyboardInterrupt:
        raise Cancelled("Cancelled.", "Resolve's project is as it was.") from None
    print("\n".join([done.sentence, *done.notes, f"frames: {done.files}"]))
    return 0


def scripts(module: str) -> ModuleType:
    """A module of the scripts for Resolve, which are beside this package or inside it."""
    if PACKAGE not in sys.modules:
        start = host_folder("resolve") / PACKAGE / "__init__.py"
        spec = importlib.util.spec_from_file_location(
            PACKAGE, start, submodule_search_locations=[str(start.parent)]
        )
        if spec is None or spec.loader is None or not start.is_file():
            raise HifiError(f"{start} is missing.", "Install hifi-ofx again.")
        package = importlib.util.module_from_spec(spec)
        sys.modules[PACKAGE] = package
        spec.loader.exec_module(package)
    return importlib.import_module(f"{PACKAGE}.{module}")
