"""Noise that is the same on every machine, in every order of frames (decision 9)."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

from ..paper.cascade import Noise, Size


def seeded_noise(seed: int, key: str, device: torch.device) -> Noise:
    """Normal noise that depends on seed, key (the output frame), stage, sample and size alone.

    Drawn on the CPU, so that every machine and every order of frames gives the same bits.
    """

    def noise(stage: int, sample: int, size: Size) -> Tensor:
        generator = torch.Generator().manual_seed(_seed(seed, key, stage, sample))
        return torch.randn(3, *size, generator=generator).to(device)

    return noise


def _seed(*identity: int | str) -> int:
    digest = hashlib.sha256(repr(identity).encode()).digest()
    return int.from_bytes(digest[:8], "little", signed=True)
