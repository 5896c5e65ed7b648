"""Weights files: safetensors with config, training record and licence as JSON in the metadata.

No pickle, nothing is executed on loading, and a file says by itself what it is (decision 13).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from hifi_ofx.codec import json_value
from hifi_ofx.errors import WeightsError
from hifi_ofx.waiting import Check, unasked

from ..paper.unet import NetworkConfig, UNet
from .names import DIFFUSION_WEIGHTS
from .networks import acts, config_from_json, network_of
from .weights_file import WHERE, no_weights

FORMAT = DIFFUSION_WEIGHTS
ODD = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Weights:
    """A weights file in memory. `tensors` as stored: half or single precision."""

    config: NetworkConfig
    tensors: dict[str, Tensor]
    record: dict[str, Any]  # how they were trained: steps, crops, data and their licences …
    licence: str

    @property
    def shape(self) -> dict[str, Any]:
        """What decides the network's shape, as JSON values."""
        return self.config.to_json()

    @property
    def acts(self) -> frozenset[str]:
        """Settings of `Quality` that change the picture."""
        return acts(self.config)

    def network(self) -> UNet:
        """The network with these weights, in single precision, ready to predict."""
        network = network_of(self.config)
        network.load_state_dict({name: value.float() for name, value in self.tensors.items()})
        return network.eval()


def save_weights(path: Path, weights: Weights, half: bool = True) -> None:
    """Write a weights file, in half precision to ship or in single; complete or not at all."""
    write_tensors(path, *stored(weights, half))


def stored(weights: Weights, half: bool = True) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Weights as the tensors and the metadata of their file."""
    dtype = torch.float16 if half else torch.float32
    metadata = {
        "format": FORMAT,
        "config": json.dumps(weights.config.to_json()),
        "record": json.dumps(weights.record),
        "licence": json.dumps(weights.licence),
    }
    tensors = {name: value.detach().to("cpu", dtype) for name, value in weights.tensors.items()}
    return tensors, metadata


def load_weights(path: Path) -> Weights:
    """Read a weights file. Raises WeightsError where it is missing, damaged or of another kind."""
    return from_stored(path, *read_tensors(path))


def from_stored(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str]) -> Weights:
    """The inverse of `stored`; `path` is what errors name. Raises WeightsError."""
    if metadata.get("format") != FORMAT:
        found = metadata.get("format", "no format at all")
        raise WeightsError(
            f"{path} is not a HiFI weights file: its metadata says {found}, not {FORMAT!r}.",
            "Choose a file that this version's training wrote.",
        )
    try:
        config = config_from_json(json_value(metadata["config"]))
        record, licence = json_value(metadata["record"]), json_value(metadata["licence"])
        expected = _shapes(config)
    except (*ODD, RuntimeError) as error:  # the latter is torch's
        raise WeightsError(
            f"The description inside {path} cannot be read: {repr(error)[:300]}.",
            "The file was written by another version or damaged; get it anew.",
        ) from error
    _check_shapes(path, expected, tensors)
    return Weights(config, tensors, record, licence)


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file beside its target, then move it there: never half a file.

    Raises WeightsError where it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    contiguous = {name: value.contiguous() for name, value in tensors.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.touch()
        rights = partial.stat().st_mode  # of any new file; save_file would make it private
        save_file(contiguous, partial, dict(metadata))
        partial.chmod(rights)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path} cannot be written: {error}.", "Check space, rights.") from error
    finally:
        partial.unlink(missing_ok=True)


def read_tensors(path: Path, check: Check = unasked) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors and the metadata of a safetensors file. Raises WeightsError.

    `check` is called before each tensor, and may raise.
    """
    if not path.is_file():
        raise WeightsError(f"There is no weights file {path}.", WHERE)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {}
            for name in file.keys():  # noqa: SIM118
                check()
                tensors[name] = file.get_tensor(name)
            return tensors, file.metadata() or {}
    except (SafetensorError, OSError, ValueError) as error:
        raise no_weights(path, error) from error


def _shapes(config: NetworkConfig) -> dict[str, torch.Size]:
    """The shape of every tensor of a network, without allocating it."""
    with torch.device("meta"):
        return {name: value.shape for name, value in network_of(config).state_dict().items()}


def _check_shapes(
    path: Path, expected: Mapping[str, torch.Size], tensors: Mapping[str, Tensor]
) -> None:
    """Raises WeightsError where the tensors do not have exactly the expected names and shapes."""
    found = {name: value.shape for name, value in tensors.items()}
    wrong = sorted(
        name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
    )
    if wrong:
        raise WeightsError(
            f"{path} does not hold the network it describes: {len(wrong)} tensors are missing, "
            f"extra or of another shape, {wrong[0]!r} the first.",
            "The file was damaged or edited; get it anew.",
        )
