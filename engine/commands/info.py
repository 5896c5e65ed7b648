"""Show a network's size, a weights file's record, and what the engine runs on.

Torch is met only where it is what is asked about: devices, and the size of a network.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from typing import Any

from hifi_ofx import __version__
from hifi_ofx.errors import InvalidSetting, WeightsError

from ..inference import names, weights_file

_FEW = 8  # entries of a list inside a record


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for; without flags, the engine."""
    if arguments.config:
        shown = config_info(arguments.config)
    elif arguments.weights:
        shown = weights_info(arguments.weights)
    else:
        shown = engine_info(arguments.devices)
    print(json.dumps(shown) if arguments.json else _readable(shown))
    return 0


def config_info(name: str) -> dict[str, Any]:
    """Parameters and layout of a named config."""
    if name not in names.CONFIGS:
        known = " or ".join(names.CONFIGS)
        raise InvalidSetting(f"There is no config {name!r}.", f"Choose {known}.")
    from ..inference.networks import CONFIGS, parameter_count

    return {"parameters": parameter_count(CONFIGS[name]), **CONFIGS[name].to_json()}


def weights_info(name: str) -> dict[str, Any]:
    """What a weights file says of itself. Raises WeightsError."""
    path = weights_file.weights_path(name)
    weights_file.check_shipped(path)
    header = weights_file.read_header(path)
    kind = header.metadata.get("format")
    if kind not in (names.DIFFUSION_WEIGHTS, names.MOTION_WEIGHTS):
        raise WeightsError(
            f"{path} is not a HiFI weights file: its metadata says {kind or 'no format at all'}.",
            "Choose a file that this version's training wrote.",
        )
    said = weights_file.described(path, header.metadata)
    acts = names.MOTION if kind == names.MOTION_WEIGHTS else names.acts(said["config"])
    return {
        "parameters": header.parameters,
        "licence": said["licence"],
        "record": said["record"],
        "config": said["config"],
        "settings_that_act": sorted(acts),
    }


def engine_info(devices: bool = False) -> dict[str, Any]:
    """Version, Python and shipped weights; and what it would run on, which needs torch."""
    shown = {
        "version": __version__,
        "python": f"{platform.python_version()} {sys.executable}",
        "weights": weights_file.shipped_weights(),
    }
    return {**shown, **_devices()} if devices else shown


def _devices() -> dict[str, Any]:
    from ..inference.denoiser import available_devices, choose_device, device_name, free_memory

    device = choose_device("auto")
    return {
        "device": str(device),
        "device_name": device_name(device),
        "devices": available_devices(),
        "free_memory": free_memory(device),
    }


def _readable(shown: dict[str, Any], indent: str = "") -> str:
    """A line a value; lists of settings and of licences, inside a record, by their length alone."""
    lines = []
    for name, value in shown.items():
        if isinstance(value, dict) and indent and len(value) > _FEW:
            lines.append(f"{indent}{name}: {len(value)} entries (--json shows them)")
        elif isinstance(value, dict):
            lines += [f"{indent}{name}:", _readable(value, indent + "  ")]
        else:
            grouped = isinstance(value, int) and not isinstance(value, bool)
            listed = ", ".join(map(str, value)) if isinstance(value, list) else value
            lines.append(f"{indent}{name}: {f'{value:,}' if grouped else listed}")
    return "\n".join(lines)
