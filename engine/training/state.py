"""A run's whole state as one safetensors file, so that a resumed run goes on as before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn, optim

from hifi_ofx.errors import WeightsError

from ..checkpoint import read_tensors, write_tensors

FORMAT = "hifi-ofx training state 1"


def optimizer_tensors(network: nn.Module, optimizer: optim.Optimizer) -> dict[str, Tensor]:
    """Adam's moments and step counts under the names of the parameters they belong to."""
    return {
        f"{entry}.{name}": value
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
            entry: torch.empty_like(parameter, requires_grad=False).copy_(
                tensors[f"{entry}.{name}"]
            )
            for entry in ("exp_avg", "exp_avg_sq")
        }
        step = tensors[f"step.{name}"].to(parameter.device)
        optimizer.state[parameter] = {"step": step, **moments}


def save_state(path: Path, groups: dict[str, dict[str, Tensor]], progress: dict[str, Any]) -> None:
    """Write groups of tensors and JSON values. Atomic. Raises WeightsError."""
    flat = {
        f"{group}/{name}": value.detach().cpu().clone()
        for group, tensors in groups.items()
        for name, value in tensors.items()
    }
    write_tensors(path, flat, {"format": FORMAT, "progress": json.dumps(progress)})


def load_state(path: Path) -> tuple[dict[str, dict[str, Tensor]], dict[str, Any]]:
    """What `save_state` wrote. Raises WeightsError where the file is not a training state."""
    flat, metadata = read_tensors(path)
    if metadata.get("format") != FORMAT:
        raise WeightsError(
            f"{path} is not a training state.", "Resume from the state.safetensors of a run."
        )
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in flat.items():
        group, _, name = key.partition("/")
        groups.setdefault(group, {})[name] = value
    return groups, json.loads(metadata["progress"])
