"""What a step of any training has: its learning rate, the running average, its arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from ..settings import TrainingMachine


def warmed_up(step: int, warm_up: int) -> float:
    """The share of the learning rate that counts at a step: up to 1 in so many."""
    return min(1.0, (step + 1) / warm_up) if warm_up else 1.0


def along_cosine(progress: float) -> float:
    """The share of the learning rate that is left: 1 at the start, a hundredth at the end."""
    return max(0.5 + 0.5 * math.cos(math.pi * min(1.0, progress)), 0.01)


@torch.no_grad()
def follow(averaged: Iterable[Tensor], network: Iterable[Tensor], step: int, decay: float) -> None:
    """Move a running average; the decay ramps up, so that first steps do not weigh on it."""
    torch._foreach_lerp_(list(averaged), list(network), 1 - min(decay, (1 + step) / (10 + step)))


def arithmetic(machine: TrainingMachine, device: torch.device) -> torch.autocast:
    """bfloat16 where it is asked for, and on a GPU unless it is not wanted."""
    wanted = machine.precision
    low = wanted == "bfloat16" or (wanted == "auto" and device.type == "cuda")
    return torch.autocast(device.type, torch.bfloat16, enabled=low)
