"""Show a network's size, a weights file's record, and what the engine runs on."""

from __future__ import annotations

import argparse
import json
from typing import Any

from hifi_ofx import __version__
from hifi_ofx.errors import InvalidSetting

from ..inference.denoiser import available_devices, choose_device, device_name, free_memory
from ..inference.networks import CONFIGS, parameter_count
from ..inference.zoo import load, shipped_weights, weights_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx info`."""
    parser.add_argument("--config", metavar="|".join(CONFIGS), help="Size of a network config.")
    parser.add_argument("--weights", help="Record and licence of shipped weights or a file.")
    parser.add_argument("--json", action="store_true", help="Print JSON.")


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for; without flags, the engine."""
    if arguments.config:
        shown = config_info(arguments.config)
    elif arguments.weights:
        shown = weights_info(arguments.weights)
    else:
        shown = engine_info()
    print(json.dumps(shown) if arguments.json else _readable(shown))
    return 0


def config_info(name: str) -> dict[str, Any]:
    """Parameters and layout of a named config."""
    if name not in CONFIGS:
        raise InvalidSetting(f"There is no config {name!r}.", f"Choose {' or '.join(CONFIGS)}.")
    return {"parameters": parameter_count(CONFIGS[name]), **CONFIGS[name].to_json()}


def weights_info(name: str) -> dict[str, Any]:
    """What a weights file says of itself."""
    weights = load(weights_path(name))
    return {
        "parameters": sum(tensor.numel() for tensor in weights.tensors.values()),
        "licence": weights.licence,
        "record": weights.record,
        "config": weights.shape,
        "settings_that_act": sorted(weights.acts),
    }


def engine_info() -> dict[str, Any]:
    """Version, devices, free memory, shipped weights."""
    device = choose_device("auto")
    return {
        "version": __version__,
        "device": str(device),
        "device_name": device_name(device),
        "devices": available_devices(),
        "free_memory": free_memory(device),
        "weights": shipped_weights(),
    }


def _readable(shown: dict[str, Any], indent: str = "") -> str:
    lines = []
    for name, value in shown.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", _readable(value, indent + "  ")]
        else:
            grouped = isinstance(value, int) and not isinstance(value, bool)
            lines.append(f"{indent}{name}: {f'{value:,}' if grouped else value}")
    return "\n".join(lines)
