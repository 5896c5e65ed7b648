"""How long a network call takes on this machine, remembered from the last render."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from .denoiser import NetworkDenoiser, device_name


def seconds_per_call(denoiser: NetworkDenoiser, patch: tuple[int, int]) -> float | None:
    """Seconds a call took when it was last timed with this network, patch size and batch."""
    seconds = _read().get(_key(denoiser, patch))
    return float(seconds) if isinstance(seconds, int | float) else None


def remember(denoiser: NetworkDenoiser, patch: tuple[int, int], seconds: float) -> None:
    """Keep the mean time of a call for later estimates. A read-only home is no error."""
    file = cache_folder() / "calibration.json"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_text(json.dumps({**_read(), _key(denoiser, patch): seconds}))
        temporary.replace(file)
    except OSError:
        return


def cache_folder() -> Path:
    """The user's own folder for what can be computed again."""
    if override := os.environ.get("HIFI_CACHE"):
        return Path(override)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "hifi-ofx"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "hifi-ofx"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hifi-ofx"


def _read() -> dict[str, Any]:
    try:
        known = json.loads((cache_folder() / "calibration.json").read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _key(denoiser: NetworkDenoiser, patch: tuple[int, int]) -> str:
    config = denoiser.network.config
    network = f"{'-'.join(map(str, config.widths))} in {config.input_channels}"
    where = f"{device_name(denoiser.device)} {denoiser.dtype}"
    return f"{where} {network} {patch[0]}x{patch[1]} x{denoiser.batch}"
