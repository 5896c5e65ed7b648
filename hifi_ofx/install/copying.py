"""Folders put in place whole, with a receipt inside, and taken away again."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .. import __version__
from ..codec import decode_answer, encode, json_value
from ..errors import HifiError, InvalidSetting, OutputError
from ..files import not_written
from ..interpreter import PACKAGE, RECORD

RECEIPT = "installed_by_hifi_ofx.json"
FRONT_END = "hifi_ofx"

# What a host never loads: caches, the installer's own stock of shims, the native plug-in and its
# sources, and where the engine of this very copy is.
_LEFT_OUT = ("__pycache__", "_hosts", "ofx", RECORD)


@dataclass(frozen=True)
class Receipt:
    """What lies inside an installed folder to say whose it is, and what removal has to undo."""

    version: str
    engine_python: str
    made_init: bool = False  # Nuke: there was no init.py before
    scripts: tuple[str, ...] = ()  # Resolve: the menu scripts, in full
    folders: tuple[str, ...] = ()  # Resolve: those made for the menu scripts


def host_folder(host: str) -> Path:
    """The folder with a host's shim: beside the package in a checkout, inside it in a wheel."""
    for folder in (PACKAGE.parent / host, PACKAGE / "_hosts" / host):
        if folder.is_dir():
            return folder
    raise HifiError(
        f"This hifi-ofx has no files for {host}: {PACKAGE / '_hosts' / host} is missing.",
        "Install hifi-ofx again, or run it from a checkout.",
    )


def fill_host_folder(host: str, receipt: Receipt) -> Callable[[Path], None]:
    """What puts a host's shim and the front end into an empty folder, for `put`."""
    shim = host_folder(host)

    def fill(folder: Path) -> None:
        copy_tree(shim, folder)
        copy_tree(PACKAGE, folder / FRONT_END)
        (folder / FRONT_END / RECORD).write_text(receipt.engine_python + "\n", encoding="utf-8")
        write_receipt(folder, receipt)

    return fill


def copy_tree(source: Path, target: Path, whole: bool = False) -> None:
    """Copy a folder's files, with the modes of new files; `whole` leaves nothing out."""
    target.mkdir(parents=True, exist_ok=True)
    for entry in sorted(source.iterdir()):
        if not whole and entry.name in _LEFT_OUT:
            continue
        if entry.is_dir():
            copy_tree(entry, target / entry.name, whole)
        else:
            shutil.copyfile(entry, target / entry.name)


def put(target: Path, fill: Callable[[Path], None]) -> None:
    """Put a folder in place in one step: filled beside it first, then swapped in.

    A folder of the same name must be one that was put there like this; it is replaced. Raises
    OSError, and then leaves everything as it was.
    """
    if target.exists() and receipt_in(target) is None:
        raise InvalidSetting(
            f"{target} is there already, and hifi-ofx did not put it there.",
            "Move it away, or choose another folder with --dir.",
        )
    with _staging(target.parent) as staging:
        fill(staging / "new")
        if not target.exists():
            os.rename(staging / "new", target)
            return
        os.rename(target, staging / "old")
        try:
            os.rename(staging / "new", target)
        except OSError:
            os.rename(staging / "old", target)
            raise


def take_away(target: Path) -> bool:
    """Remove a folder that was put in place; False when there is none. Raises OSError.

    It is first moved out of the host's sight in one step.
    """
    if receipt_in(target) is None:
        return False
    with _staging(target.parent) as staging:
        os.rename(target, staging / "old")
    return True


def receipt_in(folder: Path) -> Optional[Receipt]:
    """The receipt in an installed folder; None when hifi-ofx did not put the folder there."""
    for place in (folder / RECEIPT, folder / "Contents" / "Resources" / RECEIPT):
        try:
            data = json_value(place.read_text(encoding="utf-8"))
            return decode_answer(Receipt, data)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def write_receipt(folder: Path, receipt: Receipt) -> None:
    """Leave the receipt in a folder that is being filled."""
    text = json.dumps(encode(receipt), indent=2) + "\n"
    (folder / RECEIPT).write_text(text, encoding="utf-8")


def new_receipt(engine_python: str) -> Receipt:
    """A receipt of this version."""
    return Receipt(__version__, engine_python)


@contextlib.contextmanager
def _staging(parent: Path) -> Iterator[Path]:
    """A folder on the same disk to prepare in; OpenFX hosts skip names that start with an @."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="@hifi-ofx-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refused(path: Path, error: OSError, way_out: str = "") -> OutputError:
    """The sentence for a place that cannot be written, with the ways out."""
    if not isinstance(error, PermissionError):
        return not_written(path, error, "")
    return not_written(
        path,
        error,
        way_out
        or "Close the host if it is running, and check who may write there; --dir takes another "
        "folder.",
    )
