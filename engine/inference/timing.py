"""How long images take on this machine, remembered from the last render of each size.

Time goes with the area that the network works on. From 320x180 to 1920x1080 a pixel takes the same
within a third, while a call takes thirteen times as long; smaller images take more a pixel.
"""

from __future__ import annotations

import math

import torch

from .cache import keep, kept
from .denoiser import device_name

_FILE = "calibration.json"  # in the cache folder
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
    known = {**_timed(device, key), area: seconds}
    latest = dict(list(known.items())[-_SIZES:])
    keep(_FILE, {**kept(_FILE), f"{device_name(device)} {key}": latest})


def _timed(device: torch.device, key: str) -> dict[int, float]:
    """Seconds of an image by its area."""
    found = kept(_FILE).get(f"{device_name(device)} {key}")
    if not isinstance(found, dict):  # nothing, or the seconds of a call, of an earlier version
        return {}
    return {int(area): float(seconds) for area, seconds in found.items()}
