"""What one pass of the network is trained on, drawn from seeds alone.

Everything random follows from (seed, step, pass, rank): a resumed run goes on as if it had never
stopped, and the ranks of a run see different samples, without any generator to be saved.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Generator, Tensor

from ...paper.unet import UNet
from ..procedural.samples import Samples
from ..run.ranks import Ranks
from ..seeds import CPU, seeded
from ..settings import TrainingSettings
from .conditions import conditions, inner
from .mixture import Data, draw
from .scenes import Scenes


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
    scenes: Scenes | None = None,
) -> Batch:
    """The batch of one place; `averaged` makes the coarse images, in arithmetic of `low`.

    Crops are cut of `scenes`, or drawn one by one without.
    """
    common = settings.seed, place.step, place.part
    choices = seeded(CPU, *common, place.ranks.rank)
    noise = seeded(device, *common, place.ranks.rank)
    if scenes:
        samples, flow = scenes.crops(place.step * settings.accumulate + place.part)
    else:
        samples, flow = draw(data, settings, place.step, choices), None
    count = len(samples.fraction)
    kept = kept_coarse(settings, count, choices).to(device)
    t = diffusion_times(settings, count, choices).to(device)
    # The same on all ranks: networks in slices must be called equally often everywhere.
    below = 1 + int(torch.randint(2, (), generator=seeded(CPU, *common)))
    with low:
        if place.ranks.sharded and settings.phase == "cascade" and not len(kept):
            one = torch.zeros_like(t[:1], dtype=torch.long)
            conditions(averaged, samples, one, below, noise, flow=flow)
        condition, started = conditions(
            averaged, samples, kept, below, noise, settings.margin, flow
        )
    drawn = torch.randn(started.shape, generator=noise, device=device)
    samples = replace(samples, middle=laid_out(inner(samples.middle, started)))
    return Batch(samples, laid_out(condition), laid_out(started), t, laid_out(drawn))


def kept_coarse(settings: TrainingSettings, count: int, choices: Generator) -> Tensor:
    """Indices of the samples whose coarse image image-level dropout keeps; none in phase base."""
    kept = torch.rand(count, generator=choices) >= settings.coarse_dropout
    if settings.phase == "base":
        kept[:] = False
    return kept.nonzero()[:, 0]


def diffusion_times(settings: TrainingSettings, count: int, choices: Generator) -> Tensor:
    """Diffusion times: t ~ U[0, 1] (§Architecture), and a share of them exactly 1."""
    t = torch.rand(count, generator=choices)
    first = torch.rand(count, generator=choices) < settings.first_step_share
    return torch.where(first, 1.0, t)


def laid_out(image: Tensor) -> Tensor:
    """In the layout of `layout`, also where sliced weights are not in it: attention stays fused."""
    return image.contiguous(memory_format=layout(image.device))


def layout(device: torch.device) -> torch.memory_format:
    """Channels last; but on a CPU, where a step then takes a fifth longer, channels first."""
    return torch.contiguous_format if device.type == "cpu" else torch.channels_last
