"""What of a frame is looked at: its main color, the alpha that belongs to it, another layer."""

from __future__ import annotations

import dataclasses
from glob import escape

import numpy as np
import numpy.typing as npt

from ..plate.frame import Frame
from ..plate.layers import Layer, layers
from ..retime.synthesis import main_channels

_ALPHAS = ("A", "a", "Alpha", "alpha")


def alone(frame: Frame, alpha: bool = False, layer: str = "") -> Frame:
    """The frame with its main color and nothing else; `alpha`: with its alpha where it has one;
    layer: with that, where it is in the same part.
    """
    part, _ = main_channels(frame)
    kept = _kept(frame, alpha, layer)
    planes = {name: part.planes[name] for name in kept}
    return dataclasses.replace(
        frame, parts=(dataclasses.replace(part, channels=kept, planes=planes),)
    )


def policies_alone(frame: Frame, policies: str, alpha: bool = False, layer: str = "") -> str:
    """The layer policies of what `alone` leaves of a frame, where those of all are `policies`."""
    every = (one for of_part in layers(frame, policies) for one in of_part)
    of_channel = {name: one.policy for one in every for name in one.channels}
    color, *others = _kept(frame, alpha, layer)
    said = [f"{escape(name)}={of_channel[name]}" for name in others]
    return ",".join([f"*={of_channel[color]}", *said])


def pictured(frame: Frame, channels: tuple[str, ...]) -> Frame:
    """A frame of one part with these channels alone; the frame itself for none."""
    if not channels:
        return frame
    part = frame.parts[0]
    planes = {name: part.planes[name] for name in channels}
    only = dataclasses.replace(part, channels=channels, planes=planes)
    return dataclasses.replace(frame, parts=(only,))


def layer_names(frame: Frame) -> tuple[str, ...]:
    """The layers in the main color's part, but for that color, that can be looked at."""
    _, channels = main_channels(frame)
    return tuple(one.name for one in _beside(frame) if one.channels != channels)


def layer_channels(frame: Frame, layer: str) -> tuple[str, ...]:
    """The channels of one of `layer_names`; none for any other name."""
    _, channels = main_channels(frame)
    found = (one.channels for one in _beside(frame) if one.name == layer)
    return next((names for names in found if names != channels), ())


def _beside(frame: Frame) -> tuple[Layer, ...]:
    """All layers of the main color's part."""
    part, _ = main_channels(frame)
    return layers(frame)[[one is part for one in frame.parts].index(True)]


def _kept(frame: Frame, alpha: bool, layer: str) -> tuple[str, ...]:
    beside = alpha_channel(frame) if alpha else None
    _, channels = main_channels(frame)
    wanted = (*channels, *layer_channels(frame, layer), *([beside] if beside else []))
    return tuple(dict.fromkeys(wanted))


def alpha_channel(frame: Frame) -> str | None:
    """The alpha of the main color, where there is one: A for R, G, B; left.A for left.R, ..."""
    part, channels = main_channels(frame)
    prefix = channels[0][: -len(channels[0].rpartition(".")[2])]
    names = {prefix + word for word in _ALPHAS} - set(channels)
    return next((name for name in part.channels if name in names), None)


def alpha_plane(frame: Frame) -> npt.NDArray[np.float32] | None:
    """That alpha (H, W) over the data window, 1 is opaque; NaN counts as clear."""
    name = alpha_channel(frame)
    if name is None:
        return None
    plane = main_channels(frame)[0].planes[name]
    if plane.dtype.kind == "u":
        return np.divide(plane, np.iinfo(plane.dtype).max, dtype=np.float32)
    return np.nan_to_num(plane.astype(np.float32))
