"""A run's whole state, in one safetensors file or in shards, to go on from as before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn, optim

from hifi_ofx.codec import json_value
from hifi_ofx.errors import WeightsError

from . import shards
from .ranks import fill, whole

STATE = "state.safetensors"
FORMAT = "hifi-ofx training state 1"


def optimizer_tensors(network: nn.Module, optimizer: optim.Optimizer) -> dict[str, Tensor]:
    """Adam's moments and step counts under the names of the parameters they belong to.

    With slices, all ranks must call it together.
    """
    return {
        f"{entry}.{name}": to_cpu(value)
        for name, parameter in network.named_parameters()
        for entry, value in optimizer.state[parameter].items()
    }


def restore_optimizer(
    network: nn.Module, optimizer: optim.Optimizer, tensors: dict[str, Tensor]
) -> None:
    """The inverse of `optimizer_tensors`, in place.

    The moments take their parameter's memory layout: the fused Adam walks them side by side.
    """
    for name, parameter in network.named_parameters():
        moments = {
            entry: fill(
                torch.empty_like(parameter, requires_grad=False), tensors[f"{entry}.{name}"]
            )
            for entry in ("exp_avg", "exp_avg_sq")
        }
        step = tensors[f"step.{name}"].to(parameter.device)
        optimizer.state[parameter] = {"step": step, **moments}


def network_tensors(network: nn.Module) -> dict[str, Tensor]:
    """A network's weights, whole, on the CPU. With slices, all ranks must call it together."""
    return {name: to_cpu(value) for name, value in network.state_dict().items()}


def restore_network(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    """The inverse of `network_tensors`, in place."""
    for name, value in network.state_dict().items():
        fill(value, tensors[name])


def to_cpu(tensor: Tensor) -> Tensor:
    """A copy on the CPU of a tensor, of all of it where ranks hold slices."""
    return whole(tensor).to("cpu", copy=True)


def save_state(
    path: Path, groups: dict[str, dict[str, Tensor]], progress: dict[str, Any], mebibytes: int = 0
) -> None:
    """Write groups of tensors and JSON values, in shards of `mebibytes`. Atomic.

    Raises WeightsError and OutputError.
    """
    flat = {
        f"{group}/{name}": value
        for group, tensors in groups.items()
        for name, value in tensors.items()
    }
    shards.write(path, flat, {"format": FORMAT, "progress": json.dumps(progress)}, mebibytes)


def load_state(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """What `save_state` wrote, out of a file, an index of shards, or the folder with either.

    Raises WeightsError where it is not a training state.
    """
    found = shards.find(path, STATE)
    flat, metadata = shards.read(found)
    if metadata.get("format") != FORMAT:
        raise WeightsError(
            f"{found} is not a training state.", "Resume from the state.safetensors of a run."
        )
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in flat.items():
        group, _, name = key.partition("/")
        groups.setdefault(group, {})[name] = value
    return groups, json_value(metadata["progress"])
