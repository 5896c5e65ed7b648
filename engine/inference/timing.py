"""How long a network call takes on this machine, remembered from the last render."""

from __future__ import annotations

import json
import os
from typing import Any

import torch

from hifi_ofx.codec import json_value

from .cache import cache_folder
from .denoiser import device_name


def seconds_per_call(device: torch.device, key: str) -> float | None:
    """Seconds a call took when work of this key (`Work.timing_key`) was last timed here."""
    seconds = _read().get(f"{device_name(device)} {key}")
    return float(seconds) if isinstance(seconds, int | float) else None


def remember(device: torch.device, key: str, seconds: float) -> None:
    """Keep the mean time of a call for later estimates. A read-only home is no error."""
    file = cache_folder() / "calibration.json"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps({**_read(), f"{device_name(device)} {key}": seconds}))
        temporary.replace(file)
    except OSError:
        return


def _read() -> dict[str, Any]:
    try:
        known = json_value((cache_folder() / "calibration.json").read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
