"""Names that people take for equal: accents in either of Unicode's forms, and case."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def on_disk(path: Path) -> Path:
    """A path in the spelling of accented letters that its folders and files have on disk.

    What is not there stays as it was said.
    """
    if os.path.lexists(path) or not path.name:
        return path
    folder = on_disk(path.parent) if path.parent != path else path
    try:
        names = os.listdir(folder)
    except OSError:
        return folder / path.name
    wanted = composed(path.name)
    same = (name for name in names if composed(name) == wanted)
    return folder / next(same, path.name)


def key(name: str) -> str:
    """Equal for names that some file system takes for one: case, and how accents are written."""
    return composed(composed(name).casefold())


def composed(name: str) -> str:
    """Accented letters as one character each: Unicode's form C."""
    return unicodedata.normalize("NFC", name)
