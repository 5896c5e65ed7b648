"""The sequences and videos that lie in a folder, as the patterns that read them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from . import placeholder
from .errors import SequenceError
from .placeholder import Reading
from .video_file import VIDEO_SUFFIXES

__all__ = ["IMAGES", "sequences_in", "the_sequence"]

IMAGES = (".exr", ".sxr", ".dpx", ".cin", ".tif", ".tiff", ".png", ".jpg", ".jpeg", ".tga", ".hdr")
_NAMED = 3  # of several sequences, in words


def the_sequence(path: str) -> str:
    """A path as it is; of a folder, the only sequence or video in it.

    Raises SequenceError for a folder with none, or with several.
    """
    folder = Path(os.path.expanduser(path))
    if not path.strip() or "\0" in path or not folder.is_dir():
        return path
    found = sequences_in(folder)
    if len(found) == 1:
        return found[0]
    if not found:
        raise SequenceError(f"Folder {path!r} holds no plate.", "Name one, as 'plate.####.exr'.")
    some = ", ".join(Path(name).name for name in found[:_NAMED])
    more = " …" if len(found) > _NAMED else ""
    raise SequenceError(
        f"Folder {path!r} holds {len(found)} plates: {some}{more}.",
        f"Name one of them, as in {found[0]!r}.",
    )


def sequences_in(folder: Path) -> list[str]:
    """The sequences and videos that lie in a folder. Raises SequenceError where it is not read."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise SequenceError(
            f"Folder {str(folder)!r} cannot be listed: {error.strerror}.",
            "Check the path and its permissions.",
        ) from error
    shown = [name for name in names if not name.startswith(".") and (folder / name).is_file()]
    videos = [name for name in shown if Path(name).suffix.lower() in VIDEO_SUFFIXES]
    images = (name for name in shown if Path(name).suffix.lower() in IMAGES)
    return [str(folder / name) for name in (*videos, *_patterns(images))]


def _patterns(names: Iterable[str]) -> list[str]:
    """The patterns of file names, by the fewest digits of each; a name without a number is none."""
    narrowest: dict[tuple[str, str], Reading] = {}
    for name in names:
        if reading := placeholder.of_number(name):
            key = reading.prefix, reading.suffix
            known = narrowest.get(key, reading)
            narrowest[key] = min(known, reading, key=lambda one: one.padding)
    return [placeholder.spelled(reading) for reading in narrowest.values()]
