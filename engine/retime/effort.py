"""How much of an in-between has to be made anew, by its layers."""

from __future__ import annotations

from hifi_ofx.quality import Footage, Output

from ..plate.frame import Frame
from ..plate.layers import layers
from .matted import LAYERS


def synthesized_images(frame: Frame, output: Output, footage: Footage) -> int:
    """How many network passes an in-between of frames like this one takes: one a color layer, two
    with a matte.
    """
    found = [layer for part in layers(frame, output.layers) for layer in part]
    return sum(layer.policy == "synthesize" for layer in found) * (LAYERS if footage.matte else 1)


def blends(frame: Frame, output: Output) -> bool:
    """Whether a layer of an in-between of frames like this one is a blend of both neighbors."""
    return any(layer.policy == "blend" for part in layers(frame, output.layers) for layer in part)
