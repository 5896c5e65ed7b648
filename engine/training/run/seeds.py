"""Random numbers that follow from who asks for them, so that no generator has to be saved."""

from __future__ import annotations

import hashlib

import torch
from torch import Generator

CPU = torch.device("cpu")


def seeded(device: torch.device, *identity: int) -> Generator:
    """A generator whose numbers depend on the identity alone."""
    digest = hashlib.sha256(repr(identity).encode()).digest()
    return Generator(device).manual_seed(int.from_bytes(digest[:8], "little", signed=True))
