"""The weights that a run starts from, instead of from nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from hifi_ofx.errors import WeightsError

from ...inference.checkpoint import from_stored
from ...inference.networks import CONFIGS
from ...inference.weights_file import sha256
from ...paper.unet import NetworkConfig
from . import shards

WEIGHTS = "weights.safetensors"


@dataclass(frozen=True)
class Origin:
    """Weights of the run's own network, and what is known about them for its record."""

    tensors: dict[str, Tensor]
    record: dict[str, Any]


def load_origin(path: Path, config: NetworkConfig) -> Origin:
    """Weights out of a file, an index of shards, or the folder with either.

    Raises WeightsError where they are damaged or of another network than `config`.
    """
    found = shards.find(path, WEIGHTS)
    weights = from_stored(found, *shards.read(found))
    if weights.config != config:
        raise WeightsError(
            f"{found} is of another network: {_difference(weights.config, config)}.",
            _named(weights.config),
        )
    tensors = {name: value.float() for name, value in weights.tensors.items()}
    return Origin(tensors, {"sha256": sha256(found), "record": weights.record})


def _difference(found: NetworkConfig, wanted: NetworkConfig) -> str:
    """What differs, in words: "widths is 32, 48 there and 32, 64 here"."""
    there, here = (json.loads(json.dumps(config.to_json())) for config in (found, wanted))
    pairs = {name: (there.get(name, "absent"), here.get(name, "absent")) for name in there | here}
    return " and ".join(
        f"{name} is {one} there, {other} here"
        for name, (one, other) in pairs.items()
        if one != other
    )


def _named(config: NetworkConfig) -> str:
    fitting = [name for name, known in CONFIGS.items() if known == config]
    if fitting:
        return f"Give --network {fitting[0]}."
    return "It is none of the networks of this version; start from other weights."
