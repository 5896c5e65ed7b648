"""How much of an in-between has to be made anew, by its layers."""

from __future__ import annotations

from hifi_ofx.quality import Footage, Output

from ..plate.frame import Frame
from ..plate.layers import layers
from .matted import LAYERS


def synthesized_images(frame: Frame, output: Output, footage: Footage) -> int:
    """How many images of an in-between of frames like this one are made: one a color layer, two
    with a matte.
    """
    return len(_views(frame, output)) * (LAYERS if footage.matte else 1)


def network_images(frame: Frame, output: Output, footage: Footage, follows: bool) -> int:
    """How many of them are asked of the network: where others follow, the first of each view."""
    views = _views(frame, output)
    return len(set(views) if follows else views) * (LAYERS if footage.matte else 1)


def _views(frame: Frame, output: Output) -> list[str]:
    """The view of each layer that is synthesized."""
    every = zip(frame.parts, layers(frame, output.layers), strict=True)
    return [part.view for part, found in every for one in found if one.policy == "synthesize"]


def blends(frame: Frame, output: Output) -> bool:
    """Whether a layer of an in-between of frames like this one is a blend of both neighbors."""
    return any(layer.policy == "blend" for part in layers(frame, output.layers) for layer in part)
