"""Rendering: nuke.execute, a Write's file, and what can go wrong."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from typing import Any, Callable

from tests.nuke_host import exr_header, flow, pixels
from tests.nuke_host.frames import FrameRange, FrameRanges
from tests.nuke_host.graph import Core
from tests.nuke_host.node_classes import apply_file_type
from tests.nuke_host.tcl import Word
from tests.nuke_host.text_knobs import with_frame

BUSY = "I'm already executing something else"
NOTHING = "There are no active Write operators in this script"
_COMPRESSION = {
    "none": "none", "Zip (1 scanline)": "zips", "Zip (16 scanlines)": "zip",
    "PIZ Wavelet (32 scanlines)": "piz", "RLE": "rle", "B44": "b44", "B44A": "b44a",
    "DWAA": "dwaa", "DWAB": "dwab",
}  # fmt: skip
_SHORT = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}


def render(
    host: Any, writes: list[Core], frames: list[int], views: list[str] | None, go_on: bool = False
) -> None:
    """Render Writes frame by frame. Raises RuntimeError with the node's words, or `cancelled`."""
    if host.executing is not None or host.callbacks.changing:
        raise RuntimeError(BUSY)
    if not writes:
        raise RuntimeError(NOTHING)
    before = host.frame
    host.executing, host.cancelled = writes[0], False
    try:
        for write in writes:
            _render_one(host, write, frames, views, go_on)
    finally:
        host.executing = None
        host.set_frame(before)


def _render_one(
    host: Any, write: Core, frames: list[int], views: list[str] | None, go_on: bool
) -> None:
    if write.number("use_limit"):
        low, high = write.number("first"), write.number("last")
        frames = [frame for frame in frames if low <= frame <= high]
    host.callbacks.fire("BeforeRender", write)
    for frame in frames:
        _check_cancel(host)
        host.set_frame(frame)
        host.callbacks.fire("BeforeFrameRender", write)
        try:
            _write_frame(host, write, frame, views)
        except RuntimeError as error:
            if not go_on or str(error) == "cancelled":
                raise
            host.shown.errors.append(str(error))
        host.callbacks.fire("RenderProgress", write)
        host.callbacks.fire("AfterFrameRender", write)
        _check_cancel(host)
        if not host.gui:
            print(f"Writing {write.text('file')} frame {frame} .8")
    host.callbacks.fire("AfterRender", write)


def _check_cancel(host: Any) -> None:
    """The modal bar's loop: queued calls run here too, and nuke.cancel may be one of them."""
    host.threads.pump()
    if host.cancelled:
        raise RuntimeError("cancelled")


def target_path(host: Any, write: Core, frame: int, view: str) -> str:
    """The file of a frame. In proxy mode a Write asks for its proxy path."""
    knob = "proxy" if host.root_core.number("proxy") else "file"
    path = write.text(knob, frame, view)
    if not path:
        what = "proxy filename: the script is in proxy mode" if knob == "proxy" else "filename"
        raise RuntimeError(f"{write.name}: You must specify a {what}")
    return host.filtered(write, with_frame(path, frame, view))


def _write_frame(host: Any, write: Core, frame: int, views: list[str] | None) -> None:
    wanted = write.knobs["views"]._views()  # type: ignore[attr-defined]  # MultiView_Knob
    chosen = [view for view in wanted if views is None or view in views]
    files: dict[str, list[str]] = {}
    for view in chosen:
        files.setdefault(target_path(host, write, frame, view), []).append(view)
    for path, inside in files.items():
        _write_file(host, write, path, frame, inside)
        host.rendered.append((path, frame))


def _write_file(host: Any, write: Core, path: str, frame: int, views: list[str]) -> None:
    kind = write.text("file_type", frame).strip() or os.path.splitext(path)[1].lstrip(".")
    if kind != "exr":
        raise RuntimeError(f"{write.name}: {path}: the fake writes exr only, not {kind!r}")
    if not write.text("file_type", frame).strip():
        write.knobs["file_type"]._from_script(Word("exr"))  # taken from the name's end
        apply_file_type(write)
    pictures = {view: pixels.evaluate(write.input_core(0), frame, view, write) for view in views}
    if host.root_core.number("proxy"):
        scale = host.root_core.number("proxy_scale")
        pictures = {view: pixels.scaled(host, one, scale) for view, one in pictures.items()}
    form = next(iter(pictures.values())).info.format
    if host.nc and (form._width > 1920 or form._height > 1080):
        raise RuntimeError(f"{write.name}: Nuke Non-commercial writes 1920x1080 at most")
    _check_folder(write, path)
    _save(host, write, path, pictures)


def _check_folder(write: Core, path: str) -> None:
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        if not write.number("create_directories"):
            raise RuntimeError(f"{write.name}: {path}: No such file or directory")
        _making(write, folder)
    # root may write anywhere: the folder's own bits say what an artist could do.
    if not os.stat(folder).st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise RuntimeError(f"{write.name}: {path}: Permission denied")


def _making(write: Core, folder: str) -> None:
    parent = folder
    while not os.path.isdir(parent):
        parent = os.path.dirname(parent) or "."
    if not os.stat(parent).st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise RuntimeError(f"{write.name}: {folder}: Permission denied")
    os.makedirs(folder, exist_ok=True)


def _channels(write: Core, available: tuple[str, ...]) -> tuple[str, ...]:
    return flow.layer_channels(write.text("channels"), available)


def _file_name(channel: str) -> str:
    layer, _, name = channel.rpartition(".")
    short = _SHORT.get(name, name)
    return short if layer in ("rgba", "depth", "other") else f"{layer}.{short}"


def _save(host: Any, write: Core, path: str, pictures: dict[str, Any]) -> None:
    """One file with one view or several; written beside its name first, then renamed."""
    import numpy as np
    import OpenImageIO as oiio

    views = list(pictures)
    first = pictures[views[0]].info
    box = pixels.cropped_box(pictures.values()) if write.number("autocrop") else first.box
    first = replace(first, box=box)
    names, planes = [], []
    for view, picture in pictures.items():
        own = picture.planes
        if not write.number("raw"):
            own = pixels.encoded(write, own)
        for channel in _channels(write, picture.info.channels):
            plane = own.get(channel)
            names.append(("" if view == views[0] else f"{view}.") + _file_name(channel))
            zero = np.zeros((box[3] - box[1], box[2] - box[0]), np.float32)
            planes.append(zero if plane is None else pixels.fitted(plane, picture.info.box, box))
    if not names:
        raise RuntimeError(
            f"{write.name}: nothing is written: no channels in {write.text('channels')!r}"
        )
    spec = _spec(oiio, write, first, names, views if len(host.views) > 1 else [])
    data = np.stack(planes, -1)
    _to_disk(host, oiio, write, path, spec, data)


def _spec(oiio: Any, write: Core, info: flow.Info, names: list[str], views: list[str]) -> Any:
    x, y, r, t = info.box
    half = write.text("datatype") == "16 bit half"
    spec = oiio.ImageSpec(r - x, t - y, len(names), "half" if half else "float")
    spec.channelnames = tuple(names)
    spec.x, spec.y = x, info.format._height - t
    spec.full_x, spec.full_y = 0, 0
    spec.full_width, spec.full_height = info.format._width, info.format._height
    spec.attribute("compression", _COMPRESSION[write.text("compression")])
    spec.attribute("PixelAspectRatio", float(info.format._aspect))
    if len(views) > 1:
        spec.attribute("multiView", oiio.TypeDesc(f"string[{len(views)}]"), tuple(views))
    elif views:
        spec.attribute("view", views[0])
    _write_metadata(oiio, write, spec, info.metadata)
    return spec


def _write_metadata(oiio: Any, write: Core, spec: Any, metadata: dict[str, Any]) -> None:
    kind = write.text("metadata")
    if kind == "no metadata":
        return
    prefix = "" if write.number("noprefix") else "nuke/"
    spec.attribute(f"{prefix}version", write.host.version)
    node_hash = flow.op_hash(write.input_core(0), write.host.frame, write.host.view)
    spec.attribute(f"{prefix}node_hash", f"{node_hash:x}")
    if "input/timecode" in metadata:
        packed = exr_header.pack_timecode(metadata["input/timecode"])
        spec.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), (packed, 0))
    if "input/frame_rate" in metadata:
        rate = metadata["input/frame_rate"]
        top, bottom = (round(rate * 1001), 1001) if rate % 1 else (int(rate), 1)
        spec.attribute("framesPerSecond", oiio.TypeDesc("rational"), (top, bottom))
    if kind == "default metadata and exr/*" or kind.startswith("all"):
        for name, value in metadata.items():
            if name.startswith("exr/") and isinstance(value, str):
                spec.attribute(name[4:], value)


def _to_disk(host: Any, oiio: Any, write: Core, path: str, spec: Any, data: Any) -> None:
    temporary = f"{path}.tmp.exr"
    output = oiio.ImageOutput.create(temporary)
    good = output.open(temporary, spec) and output.write_image(data)
    output.close()
    if not good:
        reason = output.geterror()
        _discard(temporary)
        raise RuntimeError(f"{write.name}: {path}: {reason}")
    size = os.path.getsize(temporary)
    if size > host.disk_left:
        _discard(temporary)
        raise RuntimeError(f"{write.name}: {path}: {os.strerror(errno.ENOSPC)}")
    host.disk_left -= size
    os.replace(temporary, path)


def _discard(path: str) -> None:
    if os.path.exists(path):
        os.remove(path)


def enabled_writes(core: Core) -> list[Core]:
    """The Writes that a render of everything makes, in their order; those in groups too."""
    found = [node for node in core.walk() if node.klass == "Write" and not node.disabled]
    return sorted(found, key=lambda node: node.number("render_order"))


def _frames(start: Any, end: Any, incr: Any) -> list[int]:
    if isinstance(start, (FrameRange, FrameRanges)):
        return list(start)
    for value in (start, end, incr):
        if not isinstance(value, int):
            raise TypeError(f"nuke.execute: {value!r} is not a whole frame")
    return list(range(start, end + 1, incr))


def functions(host: Any) -> dict[str, Callable]:
    """The functions of the module `nuke` that this file gives."""

    def writes_of(target: Any) -> list[Core]:
        core = host.find(target) if isinstance(target, str) else target._core
        if core is None:
            raise ValueError(f"There is no node {target!r}")
        if core.deleted:
            raise ValueError("A PythonObject is not attached to a node")
        if core.klass == "Write":
            return [] if core.disabled else [core]
        return enabled_writes(core)

    def execute(
        nameOrNode,
        start=None,
        end=None,
        incr=1,
        views=None,
        continueOnError=False,
        frameRangeSet=None,
    ):
        start = frameRangeSet if frameRangeSet is not None else start
        if isinstance(start, FrameRanges) and end is not None:
            views, end = end, None
        render(host, writes_of(nameOrNode), _frames(start, end, incr), views, continueOnError)

    def executeMultiple(nodes, ranges, views=None, continueOnError=False):
        writes = [write for node in nodes for write in writes_of(node)]
        frames = [n for first, last, step in ranges for n in range(first, last + 1, step)]
        render(host, writes, frames, views, continueOnError)

    def executing(f=None):
        return host.executing is not None

    def cancel():
        host.cancelled = host.executing is not None

    def executeBackgroundNuke(
        exe_path,
        nodes,
        frameRange,
        views,
        limits,
        continueOnError=False,
        flipbookToRun="",
        flipbookOptions=None,
    ):
        host.refuse("executeBackgroundNuke takes a licence for a second Nuke.")

    return {
        f.__name__: f for f in (execute, executeMultiple, executing, cancel, executeBackgroundNuke)
    }
