"""The network that is in memory: loaded when first needed, kept for the next request."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Any

import torch

from hifi_ofx.quality import Machine, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.waiting import Check, unasked

from .backends import interpolator_of, prepare
from .interpolator import Interpolator
from .weights_file import sha256, weights_path


@dataclass
class Loaded:
    """At most one network, on one device."""

    _interpolator: Interpolator | None = None
    _identity: tuple[Any, ...] = ()
    _weights: str = ""

    def interpolator(
        self, request: RenderRequest, check: Check = unasked
    ) -> tuple[Interpolator, str]:
        """The interpolator for a request, and the SHA-256 of its weights file."""
        return self.load(request.weights, request.machine, request.quality, check)

    def load(
        self, weights: str, machine: Machine, quality: Quality, check: Check = unasked
    ) -> tuple[Interpolator, str]:
        """The interpolator with these weights on that machine, and the file's SHA-256.

        Raises WeightsError for a missing or damaged file, InvalidSetting for a device or backend
        that is not there, and whatever `check` raises, which is called while files are read and
        networks are compiled.
        """
        path = weights_path(weights)
        identity = (path, path.stat().st_mtime_ns, machine.device, machine.backend)
        if self._interpolator is None or identity != self._identity:
            self.release()
            self._weights = sha256(path, check)
            self._interpolator = interpolator_of(path, machine, quality, check)
            self._identity = identity
        self._interpolator.adapt(machine, quality)
        prepare(self._interpolator, quality, check)
        return self._interpolator, self._weights

    def release(self) -> None:
        """Give the memory back."""
        self._interpolator = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
