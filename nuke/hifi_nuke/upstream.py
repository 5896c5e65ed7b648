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
from pathlib import Path
from typing import Union

import nuke

from hifi_ofx.errors import HifiError, InvalidSetting
from hifi_ofx.sequence import ImageSequence

from . import layout, licence

_THROUGH = ("Dot", "NoOp")
_PLAIN_CHANNELS = {"rgba.red", "rgba.green", "rgba.blue", "rgba.alpha"}
# Knobs that say where a node lies in the graph and how it is drawn, and nothing of its pixels.
# fmt: off
_LOOKS = frozenset((
    "xpos", "ypos", "selected", "label", "note_font", "note_font_size", "note_font_color",
    "tile_color", "gl_color", "icon", "postage_stamp", "postage_stamp_frame", "bookmark",
    "hide_input", "cached", "dope_sheet", "indicators", "help", "onCreate", "onDestroy",
    "knobChanged", "updateUI", "autolabel", "panel", "lifetimeStart", "lifetimeEnd",
    "useLifetime", "status",
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
    """Files that the engine reads itself."""

    pattern: str


@dataclass(frozen=True)
class Bake:
    """The input as Nuke computes it. `fingerprint` changes when it may; "" when that is unknown."""

    fingerprint: str
    channels: str
    datatype: str
    views: tuple[str, ...]
    why: str


Source = Union[Direct, Bake]


def source(node: nuke.Node, span: tuple[int, int]) -> Source:
    """How the source frames of a node are got. Main thread. InvalidSetting without an input."""
    if node.upstreamFrameRange(0) is None:
        raise InvalidSetting(
            f"{node.name()} has no input.", "Connect the plate that is to be retimed."
        )
    if licence.counts_nodes():
        return _bake(node, "", "this licence lets Python touch ten nodes")
    why = _why_not_direct(node, span)
    if isinstance(why, Direct):
        return why
    return _bake(node, fingerprint(node), why)


def fingerprint(node: nuke.Node) -> str:
    """A hash of every node, knob and file that the input of a node depends on.

    Not `opHashes`: those are of one frame, and a key that was moved at another frame would go
    unnoticed. Curves and expressions count as their text, files by their sizes and dates.
    """
    hashed = hashlib.sha256()
    root = nuke.root()
    for name in _ROOT:
        knob = root.knob(name)
        if knob is not None:
            hashed.update(f"{name} {knob.toScript()}\n".encode())
    upstream = node.input(0)
    for above in _above(upstream) if upstream is not None else ():
        hashed.update(_described(above).encode())
    return hashed.hexdigest()[:32]


def _bake(node: nuke.Node, known: str, why: str) -> Bake:
    channels = str(node["retimedChannels"].value() or "all")
    datatype = str(node["bakeType"].value())
    if datatype == layout.PRECISIONS[0]:
        datatype = layout.PRECISIONS[1 if _is_plain_color(node) else 2]
    return Bake(known, channels, datatype, tuple(nuke.views()), why)


def _is_plain_color(node: nuke.Node) -> bool:
    """Whether half holds all that comes in: color and alpha alone. False where nobody may look."""
    above = None if licence.counts_nodes() else node.input(0)
    channels = set(above.channels()) if above is not None else set()
    return bool(channels) and channels <= _PLAIN_CHANNELS


def _why_not_direct(node: nuke.Node, span: tuple[int, int]) -> Direct | str:
    """The files to read, or the reason why they cannot be."""
    if node["color"].value() != layout.SOURCES[0]:
        return "Color is set to working space"
    if node["retimedChannels"].value() != "all":
        return "only some channels are retimed"
    if len(nuke.views()) > 1:
        return "the script has several views"
    read = _read_above(node)
    if read is None:
        return "there are nodes above that may change pixels"
    pattern = _pattern(read)
    if pattern is None:
        return f"{read.name()} is no plain sequence of EXR files"
    return _why_changed(read, pattern, span) or Direct(pattern)


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


def _why_changed(read: nuke.Node, pattern: str, span: tuple[int, int]) -> str:
    """Why what the Read gives may differ from its files; "" when it cannot."""
    name = read.name()
    disable = read.knob("disable")
    if disable is not None and (not _is_plain(disable) or disable.value()):
        return f"{name} is disabled"
    for knob_name, default in _READ_DEFAULTS.items():
        knob = read.knob(knob_name)
        if knob is not None and (not _is_plain(knob) or knob.value() != default):
            return f"{name} has its knob {knob_name} set"
    if not _is_linear(read):
        return f"{name} converts colors"
    if span[0] < int(read["first"].value()) or span[1] > int(read["last"].value()):
        return f"the input range goes beyond {name}'s"
    missing = ImageSequence.parse(pattern).missing(range(span[0], span[1] + 1))
    on_error = read.knob("on_error")
    if missing and on_error is not None and on_error.value() != "error":
        return f"{name} says what stands in for missing frames"
    return ""


def _is_linear(read: nuke.Node) -> bool:
    """Whether the Read gives the file's own values.

    scene_linear is the working space by definition; linear is so only in Nuke's own color
    management, where in an OCIO config it may be a space like any other.
    """
    if bool(read["raw"].value()):
        return True
    space = str(read["colorspace"].value()).lower()
    found = re.fullmatch(r"(?:default \()?(linear|scene_linear)\)?", space)
    if found is None:
        return False
    managed = str(nuke.root()["colorManagement"].value())
    return found.group(1) == "scene_linear" or managed == "Nuke"


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


def _described(node: nuke.Node) -> str:
    """A node as text: class, what is connected, and each knob that can change pixels."""
    connected = [above.fullName() if above else "" for above in _inputs(node)]
    knobs = {
        name: knob.toScript() for name, knob in sorted(node.knobs().items()) if name not in _LOOKS
    }
    files = _files(node) if "file" in knobs and node.Class() != "Write" else []
    return json.dumps([node.Class(), connected, knobs, files]) + "\n"


def _inputs(node: nuke.Node) -> list[nuke.Node | None]:
    return [node.input(index) for index in range(node.inputs())]


def _files(node: nuke.Node) -> list[str]:
    """Name, size and date of the files of a sequence, whichever frames of it are used."""
    text = str(nuke.filename(node) or "")
    if not text:
        return []
    name = re.split(r"%0?\d*d|#+|%[vV]|\[", text.rpartition("/")[2])[0]
    if "[" in text:  # an expression: where it leads now
        text = str(nuke.filename(node, nuke.REPLACE) or "")
    folders = {Path(_for_view(text, view)).parent for view in nuke.views()}
    return [line for folder in sorted(folders) for line in _listed(folder, name)]


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
