"""Reads: which file they show at a frame, and what they keep of it.

A Read keeps what it has once read of a path, also that there was no file, until its Reload is
pressed. Whether the real one notices by itself that a file was replaced is not documented,
and not to be relied on; `session(reads="fresh")` is the other answer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from tests.nuke_host import expressions, exr_header
from tests.nuke_host.graph import Core
from tests.nuke_host.text_knobs import with_frame


class NodeError(RuntimeError):
    """A node cannot make its picture; the text starts with the node's name, as Nuke's do."""


@dataclass
class Kept:
    """What a Read knows of a file: its header, or why there is none; its pixels once needed."""

    reloads: int
    path: str
    header: dict[str, Any] | None
    reason: str
    pixels: Any = None
    names: tuple[str, ...] = ()


def frame_range(core: Core) -> tuple[int, int]:
    """First and last frame of a Read, moved as its frame knob says."""
    first, last = int(core.number("first")), int(core.number("last"))
    text, mode = core.text("frame").strip(), core.text("frame_mode")
    if not text or mode == "expression":
        return first, last
    shift = int(float(text)) - first if mode == "start at" else -int(float(text))
    return first + shift, last + shift


def file_frame(core: Core, frame: float) -> int | None:
    """The frame number of the file that a Read shows; None for black."""
    text = core.text("frame", frame).strip()
    mode = core.text("frame_mode")
    first, last = int(core.number("first")), int(core.number("last"))
    wanted = frame
    if text and mode == "expression":
        wanted = expressions.evaluate(text, core, frame, core.host.view)
    elif text and mode == "start at":
        wanted = frame - float(text) + first
    elif text and mode == "offset":
        wanted = frame + float(text)
    return _inside(int(wanted // 1), first, last, core)


def _inside(frame: int, first: int, last: int, core: Core) -> int | None:
    if first <= frame <= last:
        return frame
    how = core.text("before" if frame < first else "after")
    count = last - first + 1
    if how == "black":
        return None
    if how == "loop":
        return first + (frame - first) % count
    if how == "bounce":
        phase = (frame - first) % max(2 * count - 2, 1)
        return first + (phase if phase < count else 2 * count - 2 - phase)
    return first if frame < first else last


def path_at(core: Core, frame: float, view: str) -> str | None:
    """The file that a Read opens at a frame; None for black."""
    number = file_frame(core, frame)
    return None if number is None else _path(core, number, frame, view)


def _path(core: Core, number: int, frame: float, view: str) -> str:
    return core.host.filtered(core, with_frame(core.text("file", frame, view), number, view))


def look(core: Core, frame: float, view: str) -> Kept | None:
    """The file of a frame, or by `on_error` what stands in for it; None for black.

    Raises NodeError.
    """
    if not core.text("file"):
        raise NodeError(f"{core.name}: Read error: No file specified")
    number = file_frame(core, frame)
    if number is None:
        return None
    kept = _kept(core, _path(core, number, frame, view))
    if kept.header is not None:
        return kept
    policy = core.text("on_error")
    if policy == "nearest frame":
        return _nearest(core, number, frame, view) or _failed(core, kept)
    return _failed(core, kept) if policy == "error" else kept


def _failed(core: Core, kept: Kept) -> Kept:
    raise NodeError(f"{core.name}: {kept.path}: Read error: {kept.reason}")


def _nearest(core: Core, number: int, frame: float, view: str) -> Kept | None:
    first, last = int(core.number("first")), int(core.number("last"))
    for other in sorted(range(first, last + 1), key=lambda one: abs(one - number)):
        kept = _kept(core, _path(core, other, frame, view))
        if kept.header is not None:
            return kept
    return None


def _kept(core: Core, path: str) -> Kept:
    cache, key = core.host.read_cache, (core, path)
    found = cache.get(key)
    if found is None or found.reloads != core.reloads or not core.host.sticky_reads:
        found = cache[key] = _open(core, path)
    return found


def _open(core: Core, path: str) -> Kept:
    if not os.path.isfile(path):
        return Kept(core.reloads, path, None, "No such file or directory")
    try:
        return Kept(core.reloads, path, exr_header.read(path), "")
    except (ValueError, KeyError, IndexError, OSError) as error:
        return Kept(core.reloads, path, None, str(error))


def pixels(core: Core, kept: Kept) -> tuple[Any, tuple[str, ...]]:
    """The file's pixels (height, width, channels) and its channels' names. Raises NodeError."""
    if kept.pixels is None:
        import OpenImageIO as oiio

        kept.header = exr_header.read(kept.path)
        source = oiio.ImageInput.open(kept.path)
        kept.pixels = source.read_image("float") if source else None
        if kept.pixels is None:
            reason = source.geterror() if source else oiio.geterror()
            raise NodeError(f"{core.name}: {kept.path}: Read error: {reason}")
        kept.names = tuple(source.spec().channelnames)
        source.close()
    return kept.pixels, kept.names
