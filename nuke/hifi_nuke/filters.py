"""A studio's filename filters: what `nuke.addFilenameFilter` makes of a name.

They change what Nuke opens, and not what a script's own file access opens; so they are asked here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nuke

from hifi_ofx.errors import HifiError
from hifi_ofx.sequence import ImageSequence


def mapped(pattern: str, span: tuple[int, int]) -> str | None:
    """The pattern of the files that Nuke opens for a Read; None where the filters tell no pattern.

    They are asked for the pattern and for its first and last frame, and have to agree.
    """
    found = named(pattern)
    if found == pattern and not _filters():
        return pattern
    try:
        before, after = ImageSequence.parse(pattern), ImageSequence.parse(found)
    except HifiError:
        return None
    for frame in span:
        if named(before.path(frame).as_posix()) != after.path(frame).as_posix():
            return None
    return found


def named(name: str) -> str:
    """A file name as the filters for Reads change it."""
    for call, args, kwargs in _filters():
        try:
            name = call(*args, name, **kwargs) or name
        except Exception:  # a studio's own code, made for another moment
            return name
    return name


def _filters() -> list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]:
    """What is registered for Reads and for every node, in Nuke's own list of it."""
    known = getattr(nuke.callbacks, "filenameFilters", None) or {}
    return [tuple(entry[:3]) for kind in ("Read", "*") for entry in known.get(kind, [])]
