"""Delete frames in a Nuke cache folder that no script uses any more."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import results
from ..errors import InvalidSetting, OutputError

GIGABYTE = 10**9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx clean`."""
    parser.add_argument("folder", type=Path, help="A cache folder, such as shot/hifi_cache.")
    parser.add_argument(
        "--scripts",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="Look for scripts here and below, too (default: beside the cache folder, and beside "
        "every script that has rendered into it).",
    )
    parser.add_argument(
        "--limit",
        default="",
        metavar="GB",
        help="Delete the oldest ones only, until the folder takes no more than this.",
    )
    parser.add_argument(
        "--age",
        type=float,
        default=results.AN_HOUR / 3600,
        metavar="HOURS",
        help="Leave alone what was written within this time (default 1).",
    )
    parser.add_argument("--dry-run", action="store_true", help="Say what would go; delete nothing.")


def run(arguments: argparse.Namespace) -> int:
    """Say what no script uses, and delete it."""
    if not arguments.folder.is_dir():
        raise InvalidSetting(f"{arguments.folder} is no folder.", "Name a cache folder.")
    found = results.unused(arguments.folder, arguments.scripts, age=arguments.age * 3600)
    if arguments.limit:
        everything = results.folders(arguments.folder)
        found = results.beyond(found, everything, _bytes(arguments.limit))
    for one in found:
        print(f"{one.path.name}  {one.size / GIGABYTE:8.3f} GB  {_words(one)}")
    if not found:
        print("Nothing to delete.")
        return 0
    words = f"{len(found)} folders, up to {results.disk_use(found) / GIGABYTE:.3f} GB"
    if arguments.dry_run:
        print(f"{words} would be deleted.")
        return 0
    _, left = results.remove(found)
    if left:
        raise OutputError(f"{left[0]} cannot be deleted.", "Look at its permissions.")
    print(f"{words} deleted.")
    return 0


def _bytes(text: str) -> int:
    try:
        limit = float(text)
    except ValueError:
        limit = -1.0
    if not limit >= 0:
        raise InvalidSetting(f"A limit of {text} GB is not possible.", "Give 0 or more.")
    return round(limit * GIGABYTE)


def _words(one: results.Folder) -> str:
    names = ("kind", "node", "version")
    return " ".join(str(one.about[name]) for name in names if one.about.get(name))
