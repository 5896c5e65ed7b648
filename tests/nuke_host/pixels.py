"""Pixels of a node at a frame and view, on numpy. Rows run from the top of the box downwards.

numpy and OpenImageIO are imported when pixels are asked for, so that everything else of the fake
runs under a bare interpreter.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Callable

from tests.nuke_host import colors, flow, reads
from tests.nuke_host.graph import Core


@dataclass(frozen=True)
class Picture:
    """What a node gives: its info, and {channel: float32 (height, width)} over info.box."""

    info: flow.Info
    planes: dict[str, Any]


def evaluate(core: Core | None, frame: float, view: str, asking: Core | None = None) -> Picture:
    """The picture of a node. Raises flow.NodeError, as the node would show it."""
    found = flow.info(core, frame, view, asking)
    made_by, frame, view = flow.source(core, frame, view)
    assert made_by is not None
    if made_by.klass == "Read":
        return _read(made_by, frame, view, found)
    if made_by.klass in ("Constant", "CheckerBoard2"):
        return _SOURCES[made_by.klass](made_by, frame, found)
    before = evaluate(made_by.input_core(0), frame, view, made_by)
    return Picture(found, _CHANGES[made_by.klass](made_by, before, found, frame, view))


def at(picture: Picture, channel: str, x: int, y: int) -> float:
    """One pixel; 0 outside the box and of channels that are not there. Edges are not extended."""
    names = {"red": "rgba.red", "green": "rgba.green", "blue": "rgba.blue", "alpha": "rgba.alpha"}
    plane = picture.planes.get(names.get(channel, channel))
    left, bottom, right, top = picture.info.box
    if plane is None or not (left <= x < right and bottom <= y < top):
        return 0.0
    return float(plane[top - 1 - y, x - left])


def scaled(host: Any, picture: Picture, scale: float) -> Picture:
    """The picture as proxy mode has it: every so many pixels one."""
    step = max(1, round(1 / scale))
    form = picture.info.format
    planes = {name: plane[::step, ::step] for name, plane in picture.planes.items()}
    height, width = next(iter(planes.values())).shape
    left, top = picture.info.box[0] // step, -(-picture.info.box[3] // step)
    smaller = host.format(-(-form._width // step), -(-form._height // step), form._aspect)
    info = replace(picture.info, format=smaller, box=(left, top - height, left + width, top))
    return Picture(info, planes)


def cropped_box(pictures: Iterable[Picture]) -> tuple[int, int, int, int]:
    """Where there is anything but 0 in any picture: what a Write's autocrop keeps."""
    import numpy as np

    boxes = []
    for picture in pictures:
        full = np.any([plane != 0 for plane in picture.planes.values()], axis=0)
        rows, columns = np.flatnonzero(full.any(1)), np.flatnonzero(full.any(0))
        left, bottom, _, top = picture.info.box
        if len(rows):
            boxes.append(
                (left + columns[0], top - 1 - rows[-1], left + columns[-1] + 1, top - rows[0])
            )
        else:
            boxes.append((left, bottom, left + 1, bottom + 1))
    sides = list(zip(*boxes))
    return int(min(sides[0])), int(min(sides[1])), int(max(sides[2])), int(max(sides[3]))


def fitted(plane: Any, old: tuple, new: tuple) -> Any:
    """A plane over another box: black where the old box has nothing."""
    import numpy as np

    result = np.zeros((new[3] - new[1], new[2] - new[0]), np.float32)
    x0, y0, x1, y1 = (
        max(old[0], new[0]), max(old[1], new[1]), min(old[2], new[2]), min(old[3], new[3]),
    )  # fmt: skip
    if x0 < x1 and y0 < y1:
        result[new[3] - y1 : new[3] - y0, x0 - new[0] : x1 - new[0]] = plane[
            old[3] - y1 : old[3] - y0, x0 - old[0] : x1 - old[0]
        ]
    return result


def _read(core: Core, frame: float, view: str, found: flow.Info) -> Picture:
    kept = reads.look(core, frame, view)
    if kept is None or kept.header is None:
        return _stand_in(core, found, checked=kept is not None)
    pixels, names = reads.pixels(core, kept)
    assert kept.header is not None
    mapping = flow.nuke_channels(kept.header["channels"], kept.header.get("multiView"), view)
    planes = {nuke: pixels[..., names.index(own)].copy() for nuke, own in mapping.items()}
    if not core.number("raw"):
        planes = _converted(core, core.text("colorspace"), planes, to_linear=True)
    return Picture(flow.header_info(core, kept, view), planes)


def _stand_in(core: Core, found: flow.Info, *, checked: bool) -> Picture:
    """Black outside the range; for a missing file what on_error says."""
    height, width = found.box[3] - found.box[1], found.box[2] - found.box[0]
    plane = _zeros(height, width)
    if checked and core.text("on_error") == "checkerboard":
        plane = _squares(height, width, 64)
    return Picture(found, {name: plane.copy() for name in found.channels})


def _zeros(height: int, width: int) -> Any:
    import numpy as np

    return np.zeros((height, width), np.float32)


def _converted(
    core: Core, space: str, planes: dict[str, Any], *, to_linear: bool
) -> dict[str, Any]:
    try:
        return colors.converted(space, planes, to_linear=to_linear)
    except RuntimeError as error:
        raise reads.NodeError(f"{core.name}: {error}") from error


def encoded(write: Core, planes: dict[str, Any]) -> dict[str, Any]:
    """From the working space to a Write's colorspace."""
    return _converted(write, write.text("colorspace"), planes, to_linear=False)


def _constant(core: Core, frame: float, found: flow.Info) -> Picture:
    import numpy as np

    x, y, r, t = found.box
    values = [core.number("color", frame, index) for index in range(4)]
    planes = {n: np.full((t - y, r - x), v, np.float32) for n, v in zip(found.channels, values)}
    return Picture(found, planes)


def _checker(core: Core, frame: float, found: flow.Info) -> Picture:
    import numpy as np

    x, y, r, t = found.box
    plane = _squares(t - y, r - x, max(1, int(core.number("boxsize", frame))))
    planes = {name: plane.copy() for name in found.channels}
    planes["rgba.alpha"] = np.ones_like(plane)
    return Picture(found, planes)


def _squares(height: int, width: int, size: int) -> Any:
    import numpy as np

    rows, columns = np.mgrid[0:height, 0:width]
    return np.where((rows // size + columns // size) % 2, 0.5, 0.1).astype(np.float32)


_SOURCES = {"Constant": _constant, "CheckerBoard2": _checker}


def _named(core: Core, planes: dict[str, Any]) -> tuple[str, ...]:
    return flow.layer_channels(core.text("channels"), tuple(planes))


def _grade(
    core: Core, before: Picture, found: flow.Info, frame: float, view: str
) -> dict[str, Any]:
    import numpy as np

    planes = dict(before.planes)
    for index, name in enumerate(("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha")):
        if name not in planes or name not in _named(core, planes):
            continue
        v = {k: core.number(k, frame, index) for k in ("whitepoint", "blackpoint", "white", "black",
             "multiply", "add", "gamma")}  # fmt: skip
        slope = v["multiply"] * (v["white"] - v["black"]) / (v["whitepoint"] - v["blackpoint"])
        offset = v["add"] + v["black"] - slope * v["blackpoint"]
        plane = planes[name] * slope + offset
        if v["gamma"] != 1:
            plane = np.where(plane > 0, np.abs(plane) ** (1 / v["gamma"]), plane)
        plane = np.maximum(plane, 0) if core.number("black_clamp") else plane
        plane = np.minimum(plane, 1) if core.number("white_clamp") else plane
        mix = core.number("mix", frame)
        planes[name] = (planes[name] * (1 - mix) + plane * mix).astype(np.float32)
    return planes


def _multiply(
    core: Core, before: Picture, found: flow.Info, frame: float, view: str
) -> dict[str, Any]:
    import numpy as np

    planes = dict(before.planes)
    for index, name in enumerate(("rgba.red", "rgba.green", "rgba.blue", "rgba.alpha")):
        if name in planes and name in _named(core, planes):
            planes[name] = (planes[name] * core.number("value", frame, index)).astype(np.float32)
    return planes


def _saturation(
    core: Core, before: Picture, found: flow.Info, frame: float, view: str
) -> dict[str, Any]:
    planes, amount = dict(before.planes), core.number("saturation", frame)
    names = ("rgba.red", "rgba.green", "rgba.blue")
    luma = sum(w * planes[n] for w, n in zip((0.2126, 0.7152, 0.0722), names))
    for name in names:
        planes[name] = luma + (planes[name] - luma) * amount
    return planes


def _colorspace(
    core: Core, before: Picture, found: flow.Info, frame: float, view: str
) -> dict[str, Any]:
    linear = _converted(core, core.text("colorspace_in"), before.planes, to_linear=True)
    return _converted(core, core.text("colorspace_out"), linear, to_linear=False)


def _boxed(
    core: Core, before: Picture, found: flow.Info, frame: float, view: str
) -> dict[str, Any]:
    """Crop, AdjBBox: the same pixels over another box."""
    old = before.info.box
    if core.klass == "Crop":
        box = tuple(int(core.number("box", frame, index)) for index in range(4))
        if core.number("reformat"):
            moved = tuple(v - box[n % 2] for n, v in enumerate(old))
            return {name: fitted(plane, moved, found.box) for name, plane in before.planes.items()}
    return {name: fitted(plane, old, found.box) for name, plane in before.planes.items()}


def _kept(core: Core, before: Picture, found: flow.Info, frame: float, view: str) -> dict[str, Any]:
    return {name: plane for name, plane in before.planes.items() if name in found.channels}


def _reformat(
    core: Core, before: Picture, found: flow.Info, frame: float, view: str
) -> dict[str, Any]:
    """The nearest pixel: a filter would say nothing more to a test."""
    import numpy as np

    target, sx, sy = flow.reformat_target(core, before.info, frame)
    ox, oy = flow.centering(core, before.info, target, sx, sy)
    x, y, r, t = found.box
    left, bottom, right, top = before.info.box
    columns = np.floor((np.arange(x, r) + 0.5 - ox) / sx).astype(int)
    rows = np.floor((np.arange(t - 1, y - 1, -1) + 0.5 - oy) / sy).astype(int)
    inside = ((rows >= bottom) & (rows < top))[:, None] & (columns >= left) & (columns < right)
    index = np.ix_(
        np.clip(top - 1 - rows, 0, top - bottom - 1), np.clip(columns - left, 0, right - left - 1)
    )
    return {n: np.where(inside, p[index], 0).astype(np.float32) for n, p in before.planes.items()}


def _merge(
    core: Core, before: Picture, found: flow.Info, frame: float, view: str
) -> dict[str, Any]:
    """Input 0 is B, input 1 is A."""
    below = {n: fitted(p, before.info.box, found.box) for n, p in before.planes.items()}
    if core.input_core(1) is None:
        return below
    upper = evaluate(core.input_core(1), frame, view, core)
    above = {n: fitted(p, upper.info.box, found.box) for n, p in upper.planes.items()}
    alpha = above.get("rgba.alpha", 0.0)
    kinds = {
        "over": lambda a, b: a + b * (1 - alpha),
        "plus": lambda a, b: a + b,
        "multiply": lambda a, b: a * b,
        "copy": lambda a, b: a,
    }
    combine = kinds[core.text("operation")]
    return _merged_planes(above, below, combine)


def _merged_planes(above: dict, below: dict, combine: Callable) -> dict[str, Any]:
    zero = next(iter(below.values())) * 0
    names = dict.fromkeys((*below, *above))
    return {name: combine(above.get(name, zero), below.get(name, zero)) for name in names}


def _copy(core: Core, before: Picture, found: flow.Info, frame: float, view: str) -> dict[str, Any]:
    other = evaluate(core.input_core(1), frame, view, core)
    plane = other.planes[core.text("from0")]
    if core.text("to0") not in core.host.channels:
        raise reads.NodeError(f"{core.name}: there is no channel {core.text('to0')}")
    return {**before.planes, core.text("to0"): fitted(plane, other.info.box, found.box)}


def _premult(
    core: Core, before: Picture, found: flow.Info, frame: float, view: str
) -> dict[str, Any]:
    import numpy as np

    alpha = before.planes.get("rgba.alpha")
    if alpha is None:
        return dict(before.planes)
    factor = (
        alpha
        if core.klass == "Premult"
        else np.where(alpha == 0, 1, 1 / np.where(alpha == 0, 1, alpha))
    )
    return {
        name: (plane * factor).astype(np.float32) if name in colors.RGB else plane
        for name, plane in before.planes.items()
    }


def _untouched(
    core: Core, before: Picture, found: flow.Info, frame: float, view: str
) -> dict[str, Any]:
    return before.planes


_CHANGES: dict[str, Callable] = {
    "Grade": _grade, "Multiply": _multiply, "Saturation": _saturation, "Colorspace": _colorspace,
    "Crop": _boxed, "AdjBBox": _boxed, "Transform": _untouched, "Reformat": _reformat,
    "Merge2": _merge, "Copy": _copy, "Remove": _kept, "Premult": _premult, "Unpremult": _premult,
    "AddTimeCode": _untouched, "ModifyMetaData": _untouched,
}  # fmt: skip
