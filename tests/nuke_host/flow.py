"""What is upstream of a node at a frame and view: time, size, channels, metadata. No pixels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

from tests.nuke_host import reads
from tests.nuke_host.graph import Core
from tests.nuke_host.node_classes import NOT_PIXELS, OPENFX
from tests.nuke_host.reads import NodeError

# Nodes that hand on their input as it is.
PASSING = {"Dot", "NoOp", "Output", "PostageStamp", "Viewer", "Write", "FrameRange"}


@dataclass(frozen=True)
class Info:
    """A picture without its pixels. Boxes are (left, bottom, right, top), y up, from the format."""

    format: Any
    box: tuple[int, int, int, int]
    channels: tuple[str, ...]
    metadata: dict[str, Any] = field(default_factory=dict)


def source(core: Core | None, frame: float, view: str) -> tuple[Core | None, float, str]:
    """The node that makes the pixels, with the frame and view asked of it."""
    while core is not None:
        step = _step(core, frame, view)
        if step is None:
            return core, frame, view
        core, frame, view = step
    return None, frame, view


def _step(core: Core, frame: float, view: str) -> tuple[Core | None, float, str] | None:
    """One node further up, or None when this one makes or changes pixels."""
    kind = core.klass
    if core.disabled and kind != "Read":
        return core.input_core(0), frame, view
    if core.is_group and kind != "Root":
        return core.output(), frame, view
    if kind == "Input":
        return _outside(core), frame, view
    if kind in PASSING:
        return core.input_core(0), frame, view
    if kind == "TimeOffset":
        return core.input_core(0), frame - core.number("time_offset", frame), view
    if kind == "FrameHold":
        return core.input_core(0), _held(core, frame), view
    if kind == "TimeWarp":
        return core.input_core(0), core.number("lookup", frame), view
    if kind == "Retime":
        return core.input_core(0), _retimed(core, frame), view
    if kind == OPENFX:
        return core.input_core(0), round(core.number("source_frame", frame)), view
    if kind == "Switch":
        return core.input_core(int(core.number("which", frame))), frame, view
    if kind == "JoinViews":
        return core.input_core(core.host.views.index(view)), frame, view
    if kind == "OneView":
        return core.input_core(0), frame, core.text("view", frame)
    return None


def _outside(core: Core) -> Core | None:
    group = core.parent
    return None if group is None else group.input_core(group.group_inputs().index(core))


def _held(core: Core, frame: float) -> float:
    first, step = core.number("firstFrame", frame), core.number("increment", frame)
    return first if not step else first + (frame - first) // step * step


def _retimed(core: Core, frame: float) -> float:
    start = core.number("output.first")
    return core.number("input.first") + core.knobs["speed"]._integral(start, frame)


def frame_range(core: Core | None) -> tuple[int, int]:
    """First and last frame; of the root where nothing says otherwise."""
    if core is None:
        raise ValueError("no input")
    kind, root = core.klass, core.host.root_core
    if kind == "Root":
        return int(core.number("first_frame")), int(core.number("last_frame"))
    if kind == "Read":
        return reads.frame_range(core)
    if core.disabled:
        return _first_input_range(core)
    if kind == "FrameRange":
        return int(core.number("first_frame")), int(core.number("last_frame"))
    if kind in ("Constant", "CheckerBoard2"):
        return int(core.number("first")), int(core.number("last"))
    if kind == "Retime":
        return int(core.number("output.first")), int(core.number("output.last"))
    if kind == "TimeOffset":
        first, last = _first_input_range(core)
        offset = int(core.number("time_offset"))
        return first + offset, last + offset
    if core.is_group:
        return frame_range(core.output() or root)
    if kind == "Input":
        return frame_range(_outside(core) or root)
    if kind == "Switch":
        return frame_range(core.input_core(int(core.number("which"))) or root)
    inputs = [entry for entry in core.inputs if entry is not None]
    ranges = [frame_range(entry) for entry in inputs] or [frame_range(root)]
    return min(first for first, _ in ranges), max(last for _, last in ranges)


def _first_input_range(core: Core) -> tuple[int, int]:
    return frame_range(core.input_core(0) or core.host.root_core)


def info(core: Core | None, frame: float, view: str, asking: Core | None = None) -> Info:
    """Size, channels and metadata of a node's picture. Raises NodeError."""
    made_by, frame, view = source(core, frame, view)
    if made_by is None:
        name = asking.name if asking else getattr(core, "name", "Viewer")
        raise NodeError(f"{name}: Missing input")
    if made_by.klass == "Read":
        return _read_info(made_by, frame, view)
    if made_by.klass in ("Constant", "CheckerBoard2"):
        form = made_by.knobs["format"]._current()
        rgb = made_by.klass == "Constant" and made_by.text("channels") == "rgb"
        names = layer_channels("rgb" if rgb else "rgba", ())
        return Info(form, (0, 0, form._width, form._height), names)
    if made_by.klass not in _CHANGED:
        raise NodeError(f"{made_by.name}: the fake cannot evaluate a {made_by.klass}")
    return _CHANGED[made_by.klass](
        made_by, info(made_by.input_core(0), frame, view, made_by), frame, view
    )


def _read_info(core: Core, frame: float, view: str) -> Info:
    kept = reads.look(core, frame, view)
    if kept is None or kept.header is None:
        form = core.knobs["format"]._current()
        return Info(form, (0, 0, form._width, form._height), layer_channels("rgb", ()))
    return header_info(core, kept, view)


def header_info(core: Core, kept: reads.Kept, view: str) -> Info:
    """What a file's header says of its picture."""
    header = kept.header
    assert header is not None
    x0, y0, x1, y1 = header["displayWindow"]
    dx0, dy0, dx1, dy1 = header["dataWindow"]
    width, height = x1 - x0 + 1, y1 - y0 + 1
    form = core.host.format(width, height, header.get("pixelAspectRatio", 1.0))
    top = height + y0
    box = (dx0 - x0, top - dy1 - 1, dx1 - x0 + 1, top - dy0)
    names = sorted(nuke_channels(header["channels"], header.get("multiView"), view), key=_order)
    return Info(form, box, tuple(names), _metadata(header, kept.path, form))


def _metadata(header: dict[str, Any], path: str, form: Any) -> dict[str, Any]:
    kinds = set(header["channels"].values())
    found = {
        "input/filename": path,
        "input/filereader": "exr",
        "input/width": form._width,
        "input/height": form._height,
        "input/bitsperchannel": "32-bit float" if "float" in kinds else "16-bit half float",
    }
    if "timeCode" in header:
        found["input/timecode"] = header["timeCode"]
    rate = header.get("framesPerSecond", header.get("FramesPerSecond"))
    if rate is not None:
        found["input/frame_rate"] = rate
    known = {"timeCode", "framesPerSecond", "FramesPerSecond"}
    for name, value in header.items():
        if name not in known and isinstance(value, (str, int, float)):
            found[name if name.startswith("nuke/") else f"exr/{name}"] = value
    return found


_MAIN = {"R": "rgba.red", "G": "rgba.green", "B": "rgba.blue", "A": "rgba.alpha", "Z": "depth.Z"}
_SHORT = {"R": "red", "G": "green", "B": "blue", "A": "alpha"}
_FIRST = ("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha")


def _order(name: str) -> tuple:
    return (_FIRST.index(name), "") if name in _FIRST else (len(_FIRST), name)


def nuke_channels(names: Any, views: Any, view: str) -> dict[str, str]:
    """{channel in Nuke: channel in the file} of one view."""
    found = {}
    views = list(views or ())
    for name in names:
        head, _, rest = name.partition(".")
        if head in views:
            if head != view:
                continue
            local = rest
        elif views and view != views[0] and view in views:
            continue
        else:
            local = name
        layer, _, channel = local.rpartition(".")
        nuke = (
            f"{layer}.{_SHORT.get(channel, channel)}"
            if layer
            else _MAIN.get(local, f"other.{local}")
        )
        found[nuke] = name
    return found


def layer_channels(text: str, available: tuple[str, ...]) -> tuple[str, ...]:
    """The channels that a channel knob names: rgb, rgba, alpha, all, none, a layer or a channel."""
    sets = {"rgb": _FIRST[:3], "rgba": _FIRST, "alpha": _FIRST[3:], "none": (), "all": available}
    found: list[str] = []
    for word in text.split():
        if word in sets:
            found += sets[word]
        else:
            found += [name for name in available if name == word or name.split(".")[0] == word]
    return tuple(dict.fromkeys(found))


def _crop(core: Core, before: Info, frame: float, view: str) -> Info:
    box = tuple(int(core.number("box", frame, index)) for index in range(4))
    if core.number("reformat"):
        form = core.host.format(box[2] - box[0], box[3] - box[1], before.format._aspect)
        return replace(before, format=form, box=(0, 0, form._width, form._height))
    return replace(before, box=overlap(before.box, box) if core.number("crop") else before.box)


def overlap(one: tuple, two: tuple) -> tuple[int, int, int, int]:
    """The box that two boxes share; one pixel of the first where they share none."""
    box = (max(one[0], two[0]), max(one[1], two[1]), min(one[2], two[2]), min(one[3], two[3]))
    return box if box[0] < box[2] and box[1] < box[3] else (one[0], one[1], one[0] + 1, one[1] + 1)


def _adjusted(core: Core, before: Info, frame: float, view: str) -> Info:
    n = int(core.number("numpixels", frame))
    x, y, r, t = before.box
    return replace(before, box=(x - n, y - n, r + n, t + n))


def _moved(core: Core, before: Info, frame: float, view: str) -> Info:
    dx, dy = (round(core.number("translate", frame, index)) for index in range(2))
    x, y, r, t = before.box
    return replace(before, box=(x + dx, y + dy, r + dx, t + dy))


def reformat_target(core: Core, before: Info, frame: float) -> tuple[Any, float, float]:
    """The new format, and the factors in x and y."""
    kind, form = core.text("type"), before.format
    if kind == "scale":
        scale = core.number("scale", frame)
        target = core.host.format(
            round(form._width * scale), round(form._height * scale), form._aspect
        )
    elif kind == "to box":
        size = [int(core.number(name)) for name in ("box_width", "box_height")]
        target = core.host.format(*size, core.number("box_pixel_aspect"))
    else:
        target = core.knobs["format"]._current()
    return (target, *_factors(core.text("resize"), form, target))


def _factors(resize: str, old: Any, new: Any) -> tuple[float, float]:
    across = new._width / old._width
    # Square on the screen: a pixel's shape is part of the factor in y.
    shape = new._aspect / old._aspect
    upright = new._height / old._height
    if resize == "none":
        return 1.0, 1.0
    if resize == "distort":
        return across, upright
    if resize == "width":
        return across, across * shape
    if resize == "height":
        return upright / shape, upright
    scale = (min if resize == "fit" else max)(across * shape, upright)
    return scale / shape, scale


def _reformatted(core: Core, before: Info, frame: float, view: str) -> Info:
    target, sx, sy = reformat_target(core, before, frame)
    x, y, r, t = before.box
    ox, oy = centering(core, before, target, sx, sy)
    box = (round(x * sx + ox), round(y * sy + oy), round(r * sx + ox), round(t * sy + oy))
    if not core.number("pbb"):
        box = overlap(box, (0, 0, target._width, target._height))
    return replace(before, format=target, box=box)


def centering(core: Core, before: Info, target: Any, sx: float, sy: float) -> tuple[float, float]:
    """How far a reformat moves the picture after it was scaled."""
    if not core.number("center"):
        return 0.0, 0.0
    return (target._width - before.format._width * sx) / 2, (
        target._height - before.format._height * sy
    ) / 2


def _merged(core: Core, before: Info, frame: float, view: str) -> Info:
    other = core.input_core(1)
    if other is None:
        return before
    top = info(other, frame, view, core)
    boxes = list(zip(before.box, top.box))
    box = (min(boxes[0]), min(boxes[1]), max(boxes[2]), max(boxes[3]))
    names = tuple(dict.fromkeys(before.channels + top.channels))
    return replace(before, box=box, channels=names)


def _copied(core: Core, before: Info, frame: float, view: str) -> Info:
    names = tuple(dict.fromkeys((*before.channels, core.text("to0"))))
    return replace(before, channels=names)


def _removed(core: Core, before: Info, frame: float, view: str) -> Info:
    named = layer_channels(core.text("channels"), before.channels)
    keep = core.text("operation") == "keep"
    return replace(before, channels=tuple(n for n in before.channels if (n in named) == keep))


def _with_timecode(core: Core, before: Info, frame: float, view: str) -> Info:
    parts = [int(part) for part in core.text("startcode").split(":")]
    rate = round(core.number("fps"))
    first, _ = frame_range(core)
    total = ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * rate + parts[3] + int(frame) - first
    seconds, frames = divmod(total, rate)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}"
    added = {"input/timecode": text, "input/frame_rate": core.number("fps")}
    return replace(before, metadata={**before.metadata, **added})


def _same(core: Core, before: Info, frame: float, view: str) -> Info:
    return before


_CHANGED = {
    "Crop": _crop, "AdjBBox": _adjusted, "Transform": _moved, "Reformat": _reformatted,
    "Merge2": _merged, "Copy": _copied, "Remove": _removed, "AddTimeCode": _with_timecode,
    "Grade": _same, "Multiply": _same, "Saturation": _same, "Colorspace": _same, "Premult": _same,
    "Unpremult": _same, "ModifyMetaData": _same,
}  # fmt: skip


def op_hash(core: Core | None, frame: float, view: str) -> int:
    """A number for everything upstream that makes the pixels at a frame; not the files' content."""
    digest = hashlib.sha256()
    _hash_into(digest, core, frame, view)
    return int.from_bytes(digest.digest()[:8], "big")


def _hash_into(digest: Any, core: Core | None, frame: float, view: str) -> None:
    core, frame, view = source(core, frame, view)
    if core is None:
        digest.update(b"nothing")
        return
    digest.update(f"{core.klass}:{core.reloads}".encode())
    if core.klass == "Read":
        digest.update(str(reads.path_at(core, frame, view)).encode())
    for name, knob in core.knobs.items():
        if name not in NOT_PIXELS and not knob._is_default():
            values = [knob._text_at(frame, view)]
            size = getattr(knob, "_size", 1)
            if size > 1:
                values = [str(knob._number_at(frame, index)) for index in range(size)]
            digest.update(f"{name}={values}".encode())
    for entry in core.inputs:
        _hash_into(digest, entry, frame, view)
