"""What of a frame is looked at: its main color, and the alpha that belongs to it."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from ..plate.frame import Frame
from ..plate.layers import layers
from ..retime.synthesis import main_channels

_ALPHAS = ("A", "a", "Alpha", "alpha")


def alone(frame: Frame, alpha: bool = False) -> Frame:
    """The frame with its main color and nothing else; `alpha`: with its alpha where it has one."""
    part, channels = main_channels(frame)
    beside = alpha_channel(frame) if alpha else None
    kept = (*channels, beside) if beside else channels
    planes = {name: part.planes[name] for name in kept}
    return dataclasses.replace(
        frame, parts=(dataclasses.replace(part, channels=kept, planes=planes),)
    )


def policies_alone(frame: Frame, policies: str, alpha: bool = False) -> str:
    """The layer policies of what `alone` leaves of a frame, where those of all are `policies`."""
    every = (one for of_part in layers(frame, policies) for one in of_part)
    of_channel = {name: one.policy for one in every for name in one.channels}
    color = f"*={of_channel[main_channels(frame)[1][0]]}"
    beside = alpha_channel(frame) if alpha else None
    return f"{color},{beside}={of_channel[beside]}" if beside else color


def alpha_channel(frame: Frame) -> str | None:
    """The alpha of the main color, where there is one: A for R, G, B; left.A for left.R, ..."""
    part, channels = main_channels(frame)
    prefix = channels[0][: -len(channels[0].rpartition(".")[2])]
    return next((prefix + word for word in _ALPHAS if prefix + word in part.channels), None)


def alpha_plane(frame: Frame) -> npt.NDArray[np.float32] | None:
    """That alpha (H, W) over the data window, 1 is opaque; NaN counts as clear."""
    name = alpha_channel(frame)
    if name is None:
        return None
    plane = main_channels(frame)[0].planes[name]
    if plane.dtype.kind == "u":
        return np.divide(plane, np.iinfo(plane.dtype).max, dtype=np.float32)
    return np.nan_to_num(plane.astype(np.float32))
