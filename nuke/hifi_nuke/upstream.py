"""Where the source frames come from: the files of a plain Read, or the input written out (baked).

Reading files directly is taken only where it is proven that Nuke would not change a pixel: an EXR
Read, raw or in the working space, in full resolution, one view, reached through Dots and disabled
nodes alone. Whatever is in doubt is baked, which is right for every input.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Union

import nuke

from hifi_ofx.errors import HifiError, InvalidSetting
from hifi_ofx.sequence import ImageSequence

from . import color, filters, layout, licence, matte, record
from .threads import Steps, directly, in_slices

_THROUGH = ("Dot", "NoOp")
_PLAIN_CHANNELS = {"rgba.red", "rgba.green", "rgba.blue", "rgba.alpha"}
# Knobs that say where a node lies in the graph and how it is drawn, and nothing of its pixels.
# fmt: off
LOOKS = frozenset((
    "xpos", "ypos", "selected", "label", "note_font", "note_font_size", "note_font_color",
    "tile_color", "gl_color", "icon", "postage_stamp", "postage_stamp_frame", "bookmark",
    "hide_input", "cached", "dope_sheet", "indicators", "help", "onCreate", "onDestroy",
    "knobChanged", "updateUI", "autolabel", "panel", "lifetimeStart", "lifetimeEnd",
    "useLifetime", "status", "name",
    # Of another HiFIRetime above: who it is. What it shows are the Reads inside.
    "hifi_id", "hifi_owner", "hifi_folder", "hifi_rendered", "hifi_asked", "hifi_made_with",
    "hifi_version", "hifi_note", "hifi_color",
))
# fmt: on
_ROOT = (
    "format",
    "colorManagement",
    "OCIO_config",
    "customOCIOConfigPath",
    "workingSpaceLUT",
    "working_space",
    "views",
)
# Read knobs that must be as they come, for the file's values to be what the Read gives.
_READ_DEFAULTS = {
    "frame_mode": "expression",
    "frame": "",
    "premultiplied": False,
    "auto_alpha": False,
}


@dataclass(frozen=True)
class Direct:
    """Files that the engine reads itself. `signature` changes when one of them does."""

    pattern: str
    signature: str = ""


@dataclass(frozen=True)
class Bake:
    """The input as Nuke computes it. `fingerprint` changes when it may; "" when that is unknown.

    `datatype` follows from `written_as`, what the knob says, and from the channels that there are.
    """

    fingerprint: str
    channels: str
    datatype: str
    views: tuple[str, ...]
    why: str
    written_as: str = ""
    matte: bool = False

    @property
    def signature(self) -> str:
        """What decides the pixels that are written; "" when that is unknown."""
        # Not the datatype: at a frame that is in error nobody can tell the channels.
        parts = [self.fingerprint, self.channels, self.written_as, *self.views]
        parts += [matte.LAYER] if self.matte else []
        return _hashed(*parts) if self.fingerprint else ""


Source = Union[Direct, Bake]


def source(node: nuke.Node, span: tuple[int, int]) -> Source:
    """How the source frames of a node, which has an input, are got. Main thread."""
    found: Source = in_slices(directly, looking(node, span))
    return found


def looking(node: nuke.Node, span: tuple[int, int]) -> Steps:
    """The same in steps that a worker takes one by one, so that a big comp blocks nothing.

    Returns a Source.
    """
    if licence.counts_nodes():
        if matte.is_connected(node):
            raise InvalidSetting(
                "With this licence a matte that is connected cannot be written out.",
                "Disconnect it, and name its files or a layer in the knob Matte.",
            )
        return _bake(node, "", "this licence lets Python touch ten nodes")
    why = _why_not_direct(node, span)
    if isinstance(why, _Sequence):
        found = yield partial(why.looked_at, range(span[0], span[1] + 1))
        if isinstance(found, Direct):
            return found
        why = str(found)
    known = yield from _fingerprint(node)
    return _bake(node, known, why)


def as_written(node: nuke.Node) -> Bake:
    """The input to be written out, whatever it is. Main thread."""
    return _bake(node, "unknown", "its folder was named before")


def fingerprint(node: nuke.Node) -> str:
    """A hash of every node, knob and file that the input of a node depends on.

    Not `opHashes`: those are of one frame, and a key that was moved at another frame would go
    unnoticed. Curves and expressions count as their text, files by their sizes and dates.
    """
    return str(in_slices(directly, _fingerprint(node)))


def _fingerprint(node: nuke.Node) -> Steps:
    root = nuke.root()
    parts: list[str] = []
    numbers: dict[str, int] = {}
    for name in _ROOT:
        knob = root.knob(name)
        if knob is not None:
            parts.append(f"{name} {knob.toScript()}")
    for upstream in filter(None, (node.input(0), node.input(1))):
        for above in _above(upstream):
            if above.Class() != "Dot":
                parts.append(_described(above, numbers))
            yield None
            folders = _folders(above)
            if folders:
                parts += yield partial(_all_listed, *folders)
    return _hashed(*parts)


def _hashed(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _bake(node: nuke.Node, known: str, why: str) -> Bake:
    channels = str(node["retimedChannels"].value() or "all")
    datatype = written_as = str(node["bakeType"].value())
    if datatype == layout.PRECISIONS[0]:
        datatype = layout.PRECISIONS[1 if _is_plain_color(node) else 2]
    has_matte = matte.is_connected(node)
    return Bake(known, channels, datatype, tuple(nuke.views()), why, written_as, has_matte)


def _is_plain_color(node: nuke.Node) -> bool:
    """Whether half holds all that comes in: color and alpha alone. False where nobody may look."""
    above = None if licence.counts_nodes() else node.input(0)
    channels = set(above.channels()) if above is not None else set()
    return bool(channels) and channels <= _PLAIN_CHANNELS


@dataclass(frozen=True)
class _Sequence:
    """A Read's files, as its knob spells them and as they are found here."""

    name: str
    spelled: str
    pattern: str
    needs_all: bool

    def looked_at(self, frames: range) -> Direct | str:
        """The files to read, or the reason why they cannot be. Any thread."""
        try:
            sequence = ImageSequence.parse(self.pattern)
            missing = sequence.missing(frames)
        except HifiError:
            return f"only Nuke finds the files of {self.name}"
        if len(missing) == len(frames):
            return f"only Nuke finds the files of {self.name}"
        if missing and self.needs_all:
            return f"{self.name} says what stands in for missing frames"
        stamps = [record.stamp(sequence.path(frame)) for frame in frames]
        return Direct(self.pattern, _hashed(self.spelled, *stamps))


def _why_not_direct(node: nuke.Node, span: tuple[int, int]) -> _Sequence | str:
    """The files to look at, or the reason why they cannot be read."""
    if node["color"].value() != layout.SOURCES[0]:
        return "Color is set to working space"
    if matte.is_connected(node):
        return "a matte is connected"
    if node["retimedChannels"].value() != "all":
        return "only some channels are retimed"
    if len(nuke.views()) > 1:
        return "the script has several views"
    read = _read_above(node)
    if read is None:
        return "there are nodes above that may change pixels"
    spelled = _pattern(read)
    if spelled is None:
        return f"{read.name()} is no plain sequence of EXR files"
    pattern = filters.mapped(spelled, span)
    if pattern is None:
        return f"a filename filter changes the files of {read.name()}"
    on_error = read.knob("on_error")
    needs_all = on_error is not None and on_error.value() != "error"
    return _why_changed(read, span) or _Sequence(read.name(), spelled, pattern, needs_all)


def _read_above(node: nuke.Node) -> nuke.Node | None:
    """The Read that the input comes from, through nodes that do nothing."""
    above = node.input(0)
    while above is not None and above.Class() != "Read":
        if above.Class() not in _THROUGH and not _is_off(above):
            return None
        above = above.input(0)
    return above


def _is_off(node: nuke.Node) -> bool:
    knob = node.knob("disable")
    return knob is not None and _is_plain(knob) and bool(knob.value())


def _is_plain(knob: nuke.Knob) -> bool:
    return not (knob.isAnimated() or knob.hasExpression())


def _pattern(read: nuke.Node) -> str | None:
    """The Read's file as a sequence that the engine can read, None when it is not one."""
    raw = str(read["file"].getValue() or "")
    if not raw.lower().endswith(".exr") or re.search(r"\[|%[vV]|\$", raw):
        return None
    if not os.path.isabs(raw):  # Nuke looks in the project's folder, the engine would in its own
        return None
    try:
        ImageSequence.parse(raw)
    except HifiError:
        return None
    return raw


def _why_changed(read: nuke.Node, span: tuple[int, int]) -> str:
    """Why what the Read gives may differ from its files; "" when it cannot."""
    name = read.name()
    disable = read.knob("disable")
    if disable is not None and (not _is_plain(disable) or disable.value()):
        return f"{name} is disabled"
    for knob_name, default in _READ_DEFAULTS.items():
        knob = read.knob(knob_name)
        if knob is not None and (not _is_plain(knob) or knob.value() != default):
            return f"{name} has its knob {knob_name} set"
    if not color.is_unchanged(read):
        return f"{name} converts colors"
    if span[0] < int(read["first"].value()) or span[1] > int(read["last"].value()):
        return f"the input range goes beyond {name}'s"
    return ""


def _above(node: nuke.Node) -> Iterator[nuke.Node]:
    """A node and all that it depends on, by pipes and by expressions, those inside Groups too."""
    seen: set[str] = set()
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if here.fullName() in seen:
            continue
        seen.add(here.fullName())
        yield here
        waiting += needs(here)
        if isinstance(here, nuke.Group):
            waiting += here.nodes()


def needs(node: nuke.Node) -> list[nuke.Node]:
    """The nodes that a node depends on; of an Input inside a Group, those that the Group does."""
    below = node.parent() if node.Class() == "Input" else node
    return below.dependencies(nuke.INPUTS | nuke.HIDDEN_INPUTS | nuke.EXPRESSIONS)


def _described(node: nuke.Node, numbers: dict[str, int]) -> str:
    """A node as text: class, what is connected, and each knob that can change pixels.

    Nodes are numbered as they are met: a name changes no pixel, either.
    """
    connected = [
        numbers.setdefault(above.fullName(), len(numbers)) if above else None
        for above in _inputs(node)
    ]
    knobs = {
        name: knob.toScript() for name, knob in sorted(node.knobs().items()) if name not in LOOKS
    }
    return json.dumps([node.Class(), connected, knobs])


def _inputs(node: nuke.Node) -> Iterator[nuke.Node | None]:
    """What is connected. Dots are passed over: where a wire runs changes no pixel."""
    for index in range(node.inputs()):
        above = node.input(index)
        while above is not None and above.Class() == "Dot":
            above = above.input(0)
        yield above


def _folders(node: nuke.Node) -> tuple[list[Path], str] | None:
    """Where the files of a node's sequence lie, and how their names start; None without any."""
    if node.Class() == "Write" or node.knob("file") is None:
        return None
    text = str(nuke.filename(node) or "")
    if not text:
        return None
    name = re.split(r"%0?\d*d|#+|%[vV]|\[", filters.named(text).rpartition("/")[2])[0]
    if "[" in text:  # an expression: where it leads now
        text = str(nuke.filename(node, nuke.REPLACE) or "")
    text = filters.named(text)
    folders = {Path(_for_view(text, view)).parent for view in nuke.views()}
    return sorted(folders), name


def _all_listed(folders: list[Path], start: str) -> list[str]:
    """Name, size and date of the files of a sequence, whichever frames of it are used."""
    return [line for folder in folders for line in _listed(folder, start)]


def _for_view(text: str, view: str) -> str:
    return text.replace("%V", view).replace("%v", view[:1])


def _listed(folder: Path, start: str) -> list[str]:
    """Name, size and date of a folder's files whose names start so."""
    try:
        with os.scandir(folder) as listing:
            found = [entry for entry in listing if entry.name.startswith(start)]
            return sorted(
                f"{entry.name} {entry.stat().st_size} {entry.stat().st_mtime_ns}" for entry in found
            )
    except OSError:
        return []
