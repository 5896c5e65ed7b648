"""The motion network's weights file: a safetensors file that says what it is and whose it is.

Beside the tensors, as JSON in the metadata: config (its scales and widths), record (where the
weights come from and what is known of their training) and licence (both notices in full).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hifi_ofx.codec import json_value
from hifi_ofx.errors import WeightsError

from ..flow.motion_network import ENCODED, FEATURES, REDUCED, WIDTHS, MotionNetwork
from .checkpoint import ODD, write_tensors
from .names import MOTION, MOTION_WEIGHTS

FORMAT = MOTION_WEIGHTS
CONFIG = {
    "widths": list(WIDTHS), "reduced": list(REDUCED), "encoded": ENCODED, "features": FEATURES,
}  # fmt: skip


@dataclass(frozen=True)
class MotionWeights:
    """A motion weights file in memory. `tensors` as stored: half or single precision."""

    tensors: dict[str, Tensor]
    record: dict[str, Any]
    licence: str

    @property
    def shape(self) -> dict[str, Any]:
        """What decides the network's shape, as JSON values."""
        return dict(CONFIG)

    @property
    def acts(self) -> frozenset[str]:
        """Settings of `Quality` that change the picture."""
        return MOTION

    def network(self) -> MotionNetwork:
        """The network with these weights, in single precision, ready to look for motion."""
        network = MotionNetwork()
        network.load_state_dict({name: value.float() for name, value in self.tensors.items()})
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return network.eval().requires_grad_(False)


def save_motion(path: Path, weights: MotionWeights) -> None:
    """Write a motion weights file in half precision; complete or not at all."""
    write_tensors(path, *motion_stored(weights))


def motion_stored(weights: MotionWeights) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Weights as the tensors, in half precision, and the metadata of their file."""
    metadata = {
        "format": FORMAT,
        "config": json.dumps(CONFIG),
        "record": json.dumps(weights.record),
        "licence": json.dumps(weights.licence),
    }
    halves = {name: value.to("cpu", torch.float16) for name, value in weights.tensors.items()}
    return halves, metadata


def motion_from_stored(
    path: Path, tensors: dict[str, Tensor], metadata: Mapping[str, str]
) -> MotionWeights:
    """A motion weights file out of what it holds; `path` is what errors name.

    Raises WeightsError where it is damaged or of another kind.
    """
    if metadata.get("format") != FORMAT:
        found = metadata.get("format", "no format at all")
        raise WeightsError(
            f"{path} holds no motion network: its metadata says {found}, not {FORMAT!r}.",
            "Use the motion weights that come with hifi-ofx.",
        )
    try:
        config = json_value(metadata["config"])
        record, licence = json_value(metadata["record"]), json_value(metadata["licence"])
    except ODD as error:
        raise WeightsError(
            f"The description inside {path} cannot be read: {repr(error)[:300]}.",
            "The file was written by another version or damaged; get it anew.",
        ) from error
    _check(path, config, tensors)
    return MotionWeights(tensors, record, licence)


def _check(path: Path, config: object, tensors: Mapping[str, Tensor]) -> None:
    """Raises WeightsError where the file does not hold exactly this network."""
    with torch.device("meta"):
        expected = {name: value.shape for name, value in MotionNetwork().state_dict().items()}
    found = {name: value.shape for name, value in tensors.items()}
    if config != CONFIG or found != expected:
        odd = sorted(set(found.items()) ^ set(expected.items()))
        first = odd[0][0] if odd else "config"
        raise WeightsError(
            f"{path} does not hold the motion network of this version: {first!r} differs.",
            "The file was damaged or edited; get it anew.",
        )
