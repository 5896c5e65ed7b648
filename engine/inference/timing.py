"""How long images take on this machine, remembered from the last render of each size.

Time goes with the area that the network works on. From 320x180 to 1920x1080 a pixel takes the same
within a third, while a call takes thirteen times as long; smaller images take more a pixel.
"""

from __future__ import annotations

import json
import math
import os
from typing import Any

import torch

from hifi_ofx.codec import json_value
from hifi_ofx.user_folders import cache_folder

from .denoiser import device_name

_SIZES = 16  # kept for work of one kind


def seconds(device: torch.device, key: str, area: int) -> float | None:
    """Seconds that an image takes whose network calls work on so many pixels (`Work.area`).

    As long a pixel as the image that is nearest in size of those that work of this key
    (`Work.timing_key`) was timed with here; None where there is none.
    """
    known = _timed(device, key)
    if not known:
        return None
    nearest = min(known, key=lambda other: abs(math.log(other / area)))
    return known[nearest] * area / nearest


def remember(device: torch.device, key: str, area: int, seconds: float) -> None:
    """Keep the time of an image for later estimates. A read-only home is no error."""
    file = cache_folder() / "calibration.json"
    known = {**_timed(device, key), area: seconds}
    latest = dict(list(known.items())[-_SIZES:])
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps({**_read(), f"{device_name(device)} {key}": latest}))
        temporary.replace(file)
    except OSError:
        return


def _timed(device: torch.device, key: str) -> dict[int, float]:
    """Seconds of an image by its area."""
    found = _read().get(f"{device_name(device)} {key}")
    if not isinstance(found, dict):  # nothing, or the seconds of a call, of an earlier version
        return {}
    return {int(area): float(seconds) for area, seconds in found.items()}


def _read() -> dict[str, Any]:
    try:
        known = json_value((cache_folder() / "calibration.json").read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
