"""What one pass of the network is trained on, drawn from seeds alone.

Everything random follows from (seed, step, pass, rank): a resumed run goes on as if it had never
stopped, and the ranks of a run see different samples, without any generator to be saved.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from ..model import UNet
from .data import Data, draw
from .objective import conditions, inner
from .procedural import Samples
from .ranks import Ranks
from .settings import TrainingSettings

CPU = torch.device("cpu")


@dataclass(frozen=True)
class Batch:
    """Samples, and what is made of them: condition (B, C, H, W), start and noise (B, 3, H, W)."""

    samples: Samples
    condition: Tensor
    started: Tensor
    t: Tensor  # (B,)
    noise: Tensor


@dataclass(frozen=True)
class Place:
    """Which batch of a run: that of pass `part` of a step."""

    step: int
    part: int
    ranks: Ranks


def make_batch(
    data: Data,
    settings: TrainingSettings,
    averaged: UNet,
    device: torch.device,
    place: Place,
    low: torch.autocast,
) -> Batch:
    """The batch of one place; `averaged` makes the coarse images, in arithmetic of `low`."""
    common = settings.seed, place.step, place.part
    choices = seeded(CPU, *common, place.ranks.rank)
    noise = seeded(device, *common, place.ranks.rank)
    samples = draw(data, settings, place.step, choices)
    count = len(samples.fraction)
    kept = kept_coarse(settings, count, choices).to(device)
    t = diffusion_times(settings, count, choices).to(device)
    # The same on all ranks: networks in slices must be called equally often everywhere.
    below = 1 + int(torch.randint(2, (), generator=seeded(CPU, *common)))
    with low:
        if place.ranks.sharded and settings.phase == "cascade" and not len(kept):
            conditions(averaged, samples, torch.zeros_like(t[:1], dtype=torch.long), below, noise)
        condition, started = conditions(averaged, samples, kept, below, noise, settings.margin)
    drawn = torch.randn(started.shape, generator=noise, device=device)
    samples = replace(samples, middle=_channels_last(inner(samples.middle, started)))
    return Batch(
        samples, _channels_last(condition), _channels_last(started), t, _channels_last(drawn)
    )


def kept_coarse(settings: TrainingSettings, count: int, choices: Generator) -> Tensor:
    """Indices of the samples that keep their coarse image (checklist 34); none in phase base."""
    kept = torch.rand(count, generator=choices) >= settings.coarse_dropout
    if settings.phase == "base":
        kept[:] = False
    return kept.nonzero()[:, 0]


def diffusion_times(settings: TrainingSettings, count: int, choices: Generator) -> Tensor:
    """Diffusion times: uniform (checklist 7), and a share of them exactly 1."""
    t = torch.rand(count, generator=choices)
    first = torch.rand(count, generator=choices) < settings.first_step_share
    return torch.where(first, 1.0, t)


def seeded(device: torch.device, *identity: int) -> Generator:
    """A generator whose numbers depend on the identity alone."""
    digest = hashlib.sha256(repr(identity).encode()).digest()
    return Generator(device).manual_seed(int.from_bytes(digest[:8], "little", signed=True))


def _channels_last(image: Tensor) -> Tensor:
    """In the layout in which attention is fused, also where sliced weights are not in it."""
    return image.contiguous(memory_format=torch.channels_last)
