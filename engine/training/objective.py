"""The loss of the paper, and the coarse images that a cascade will give its finer stages.

L1 on v (checklist 6), uniform t plus a share at t = 1, and image-level dropout of the coarse
condition (checklist 34). The coarse images are the network's own one-step predictions (with its
averaged weights) at half the size, made while training instead of offline once (checklist 33).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ..cascade import Condition, condition_on, guess, resize
from ..diffusion import diffuse, velocity
from ..model import NetworkConfig, UNet, padded
from .procedural import Samples


def start(config: NetworkConfig, condition: Tensor, fraction: Tensor, is_base: bool) -> Tensor:
    """What the diffused difference is measured from, (B, 3, H, W): zeros for image diffusion."""
    if not config.difference:
        return torch.zeros_like(condition[:, :3])
    blend_only = is_base or config.motion
    return guess(Condition(*condition.chunk(3, dim=1)), fraction[:, None, None, None], blend_only)


def loss(
    network: UNet,
    samples: Samples,
    condition: Tensor,
    started: Tensor,
    t: Tensor,
    noise: Tensor,
    config: NetworkConfig,
    squared: bool = False,
) -> Tensor:
    """Mean |v - predicted v| over a batch (checklist 6), or its square. t: (B,)."""
    x = (samples.middle - started) / (config.difference or 1.0)
    time = t[:, None, None, None]
    predicted = network(diffuse(x, noise, time), t, samples.fraction, condition)
    distance = F.mse_loss if squared else F.l1_loss  # the square's best guess is the mean
    return distance(predicted.float(), velocity(x, noise, time))


def conditions(
    averaged: UNet, samples: Samples, kept: Tensor, below: int, noise: torch.Generator
) -> tuple[Tensor, Tensor]:
    """(condition (B, 9, H, W), start (B, 3, H, W)) of a batch.

    The samples in `kept` (indices) get the coarse image of a cascade of `below` stages at half
    the size and less, the others zeros as at the base.
    """
    first, second, fraction = samples.first, samples.second, samples.fraction
    condition = torch.cat(condition_on(first, second, None), dim=1)
    started = start(averaged.config, condition, fraction, True)
    if not len(kept):
        return condition, started
    frames = first[kept], second[kept]
    half = _half(frames[0])
    coarse = cascade(
        averaged, resize(frames[0], half), resize(frames[1], half), fraction[kept], below, noise
    )
    finer = torch.cat(condition_on(*frames, coarse), dim=1)
    condition[kept] = finer
    started[kept] = start(averaged.config, finer, fraction[kept], False)
    return condition, started


@torch.no_grad()
def cascade(
    network: UNet,
    first: Tensor,
    second: Tensor,
    fraction: Tensor,
    stages: int,
    noise: torch.Generator,
) -> Tensor:
    """One-step predictions (B, 3, H, W) by a cascade of whole frames, every stage one patch."""
    coarse = None
    if stages > 1:
        half = _half(first)
        coarse = cascade(
            network, resize(first, half), resize(second, half), fraction, stages - 1, noise
        )
    condition = torch.cat(condition_on(first, second, coarse), dim=1)
    started = start(network.config, condition, fraction, coarse is None)
    z = torch.randn(first.shape, generator=noise, device=first.device)
    inputs = (padded(image, network.config.multiple) for image in (z, condition))
    v = network(next(inputs), torch.ones_like(fraction), fraction, next(inputs))
    x = -v[..., : first.shape[-2], : first.shape[-1]].float()  # alpha = 0, sigma = 1
    made: Tensor = started + x * (network.config.difference or 1.0)
    return made


def _half(image: Tensor) -> tuple[int, int]:
    return math.ceil(image.shape[-2] / 2), math.ceil(image.shape[-1] / 2)
