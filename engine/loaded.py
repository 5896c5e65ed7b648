"""The network that is in memory: loaded when first needed, kept for the next request."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Any

import torch

from hifi_ofx.request import RenderRequest

from .checkpoint import sha256
from .denoiser import choose_device, choose_dtype, on_device, plan_batch
from .interpolator import Interpolator
from .shipped import load, weights_path


@dataclass
class Loaded:
    """At most one network, on one device."""

    _interpolator: Interpolator | None = None
    _identity: tuple[Any, ...] = ()
    _weights: str = ""

    def interpolator(self, request: RenderRequest) -> tuple[Interpolator, str]:
        """The interpolator for a request, and the SHA-256 of its weights file.

        Raises WeightsError for a missing or damaged file, InvalidSetting for a device that is not
        there.
        """
        path = weights_path(request.weights)
        identity = (path, path.stat().st_mtime_ns if path.is_file() else 0, request.machine.device)
        if self._interpolator is None or identity != self._identity:
            self.release()
            network = load(path).network()
            denoiser = on_device(network, request.machine, request.quality.patch)
            self._interpolator, self._identity = Interpolator(denoiser), identity
            self._weights = sha256(path)
        self._adjust(request)
        return self._interpolator, self._weights

    def release(self) -> None:
        """Give the memory back."""
        self._interpolator = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def _adjust(self, request: RenderRequest) -> None:
        """Batch and arithmetic may differ from request to request."""
        assert self._interpolator is not None
        denoiser, machine = self._interpolator.denoiser, request.machine
        denoiser.dtype = choose_dtype(machine.precision, choose_device(machine.device))
        denoiser.batch = plan_batch(
            denoiser.network.config, machine, request.quality.patch, denoiser.device
        )
