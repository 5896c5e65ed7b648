"""A locked-off plate beside the same plate where nothing may be left out: what that saves.

In the second one a pixel of every corner changes as well, so that all of it is worked on. The
in-betweens of both differ nowhere but around what moves.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality, preset
from hifi_ofx.request import DEFAULT_WEIGHTS, Finished

from ..paper.cascade import Size
from ..plate.exr import read_frame, write_frame
from ..retime.picture import GRID, UNCHANGED
from .bench_plate import half_speed, size_of, texture
from .demo_plate import Image, as_frame

_NEEDS = UNCHANGED + GRID  # pixels around what moves that are worked on, at most
_WAY = 32  # pixels that things move by from frame to frame


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `hifi-ofx bench still` prints."""
    if not 0 < arguments.moving < 1:
        raise InvalidSetting(f"{arguments.moving:g} of a plate cannot move.", "Give 0.01 to 0.9.")
    machine, quality = Machine(device=arguments.device), preset(arguments.preset)
    size = size_of(arguments.size)
    return still(size, arguments.moving, quality, arguments.weights, machine)


def still(
    size: Size,
    moving: float,
    quality: Quality,
    weights: str = DEFAULT_WEIGHTS,
    machine: Machine | None = None,
) -> dict[str, Any]:
    """Seconds of a retime from file to file of a plate of which a share moves, and of all of it.

    One engine makes both, one after the other, after a first one that loads the weights. `outside`
    says by how much the in-between differs from the source frames far from what moves.
    """
    used = machine or Machine()
    with tempfile.TemporaryDirectory(prefix="hifi-bench-") as name, EngineProcess() as engine:
        folders = [Path(name) / kind for kind in ("warm", "still", "changing")]
        for folder, changing in zip(folders, (False, False, True), strict=True):
            folder.mkdir()
            _write(folder, size, moving, changing)
        seconds = []
        for folder in folders:
            *_, done = engine.render(half_speed(folder, quality, weights, used))
            assert isinstance(done, Finished)
            seconds.append(done.seconds)
        return {
            "ratio": seconds[2] / seconds[1],
            "still_seconds": seconds[1],
            "changing_seconds": seconds[2],
            "moving": moving,
            "outside_difference": _outside(folders[1], size, moving),
        }


def _box(size: Size, moving: float) -> tuple[slice, slice]:
    """What moves: in the middle, of the frame's own shape."""
    (top, rows), (left, columns) = (
        (round(side * (1 - moving**0.5) / 2), round(side * moving**0.5)) for side in size
    )
    return slice(top, top + rows), slice(left, left + columns)


def _write(folder: Path, size: Size, moving: float, changing: bool) -> None:
    rows, columns = _box(size, moving)
    whole = texture((size[0], size[1] + 2 * _WAY))
    for number in range(2):
        image: Image = whole[:, : size[1]].copy()
        shift = _WAY * (number + 1)
        image[rows, columns] = whole[rows, columns.start + shift : columns.stop + shift]
        if changing:
            image[:: size[0] - 1, :: size[1] - 1] *= 1 + number
        write_frame(as_frame(image, number), folder / f"plate.{number + 1:04d}.exr")


def _outside(folder: Path, size: Size, moving: float) -> float:
    """The largest difference of the in-between from the first frame, beyond what moves needs."""
    source, between = (
        np.stack([read_frame(folder / name).parts[0].planes[c].astype("f4") for c in "RGB"])
        for name in ("plate.0001.exr", "slow.0002.exr")
    )
    apart = np.abs(source - between)
    rows, columns = (
        slice(max(0, side.start - _NEEDS), side.stop + _NEEDS) for side in _box(size, moving)
    )
    apart[:, rows, columns] = 0
    return float(apart.max())
