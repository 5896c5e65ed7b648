"""The loss of the paper, and the coarse images that a cascade will give its finer stages.

L1 on v (§Architecture), uniform t plus a share at t = 1, and image-level dropout of the coarse
condition (§Single model for all stages). The coarse images are the network's own one-step
predictions (with its averaged weights) at half the size, made while training, where §Training setup
makes them offline once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from ...flow import intermediate
from ...paper.cascade import Condition, condition_on, guess, resize
from ...paper.diffusion import alpha_sigma, diffuse, velocity
from ...paper.unet import CONDITION_CHANNELS, NetworkConfig, UNet, padded
from ..procedural.samples import Samples


def start(config: NetworkConfig, condition: Tensor, fraction: Tensor, is_base: bool) -> Tensor:
    """What the diffused difference is measured from, (B, 3, H, W): zeros for image diffusion."""
    if not config.difference:
        return torch.zeros_like(condition[:, :3])
    if config.align == "flow":
        return intermediate.mix_of_warps(condition[:, CONDITION_CHANNELS:])
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
    unrolled: bool = False,
) -> Tensor:
    """Mean |v - predicted v| over a batch (§Architecture), or its square. t: (B,).

    `unrolled`: below t = 1 the network starts from its own one-step prediction instead of the
    truth, as it will when it samples (Saxena et al., DDVM, 2023, "step-unrolled"); v is then the
    one that leads back to the truth, and counts as much as its x does.
    """
    x = (samples.middle - started) / (config.difference or 1.0)
    time = t[:, None, None, None]
    later = (t < 1).nonzero()[:, 0] if unrolled else t.new_empty(0, dtype=torch.long)
    begun, weight = x, torch.ones_like(time)
    if len(later):
        begun = x.clone()
        begun[later] = one_step(network, condition[later], samples.fraction[later], noise[later])
        _, weight[later] = alpha_sigma(time[later])
    z = diffuse(begun, noise, time)
    predicted = network(z, t, samples.fraction, condition).float()
    target = velocity(x, noise, time)
    if len(later):  # sigma v, for a v that leads from z to x: nothing is divided by sigma near 0
        target[later] = alpha_sigma(time[later])[0] * z[later] - x[later]
    distance = F.mse_loss if squared else F.l1_loss  # the square's best guess is the mean
    return distance(weight * predicted, target)


@torch.no_grad()
def one_step(network: UNet, condition: Tensor, fraction: Tensor, noise: Tensor) -> Tensor:
    """The network's x from noise alone, (B, 3, H, W) like `noise`: at t = 1, x = -v."""
    predicted: Tensor = network(noise, torch.ones_like(fraction), fraction, condition)
    return -predicted.float()


def inner(image: Tensor, like: Tensor) -> Tensor:
    """The middle of (…, H, W) that is as large as `like`."""
    (height, width), (tall, wide) = like.shape[-2:], image.shape[-2:]
    top, left = (tall - height) // 2, (wide - width) // 2
    return image[..., top : top + height, left : left + width]


def conditions(
    averaged: UNet,
    samples: Samples,
    kept: Tensor,
    below: int,
    noise: torch.Generator,
    margin: int = 0,
    guide: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """(condition (B, C, H, W), start (B, 3, H, W)) of a batch, less a margin of its pixels.

    The samples in `kept` (indices) get the coarse image of a cascade of `below` stages at half
    the size and less, the others zeros as at the base. Motion and the coarse image are found on
    the whole samples: what moves into a patch from outside is known there, as in a frame; unless
    `guide` is what was found on more than the samples.
    """
    config = averaged.config
    first, second, fraction = samples.first, samples.second, samples.fraction
    if guide is None:
        guide = found_guide(config, first, second, fraction)
    images = list(condition_on(first, second, None))
    if len(kept):
        half = _half(first)
        coarse = cascade(
            averaged,
            resize(first[kept], half),
            resize(second[kept], half),
            fraction[kept],
            below,
            noise,
            None if guide is None else _halved(guide[kept], half, first),
        )
        images[2] = images[2].clone()
        images[2][kept] = resize(coarse, (first.shape[-2], first.shape[-1]))
    condition = _seen(images, guide, fraction)
    condition = inner(condition, first[..., 2 * margin :, 2 * margin :])
    started = start(config, condition, fraction, True)
    if len(kept) and config.align == "none":
        started[kept] = start(config, condition[kept], fraction[kept], False)
    return condition, started


@torch.no_grad()
def cascade(
    network: UNet,
    first: Tensor,
    second: Tensor,
    fraction: Tensor,
    stages: int,
    noise: torch.Generator,
    guide: Tensor | None = None,
) -> Tensor:
    """One-step predictions (B, 3, H, W) by a cascade of whole frames, every stage one patch.

    `guide` is that of the frames, for a network that aligns; without it, it is found.
    """
    if guide is None:
        guide = found_guide(network.config, first, second, fraction)
    coarse = None
    if stages > 1:
        half = _half(first)
        halves = resize(first, half), resize(second, half)
        small = None if guide is None else _halved(guide, half, first)
        coarse = cascade(network, *halves, fraction, stages - 1, noise, small)
    condition = _seen(condition_on(first, second, coarse), guide, fraction)
    started = start(network.config, condition, fraction, coarse is None)
    z = torch.randn(first.shape, generator=noise, device=first.device)
    inputs = (padded(image, network.config.multiple) for image in (z, condition))
    v = network(next(inputs), torch.ones_like(fraction), fraction, next(inputs))
    x = -v[..., : first.shape[-2], : first.shape[-1]].float()  # alpha = 0, sigma = 1
    made: Tensor = started + x * (network.config.difference or 1.0)
    return made


def _seen(images: Sequence[Tensor], guide: Tensor | None, fraction: Tensor) -> Tensor:
    """The condition (B, C, H, W): first, second, coarse, and what a guide adds to them."""
    if guide is None:
        return torch.cat(list(images), dim=1)
    beside = intermediate.aligned(images[0], images[1], guide, fraction)
    return torch.cat([*images, beside], dim=1)


@torch.no_grad()
def found_guide(
    config: NetworkConfig, first: Tensor, second: Tensor, fraction: Tensor
) -> Tensor | None:
    """The guide of whole frames (B, 3, H, W), searched for; None for networks that do not align."""
    if config.align == "none":
        return None
    return intermediate.guide(first, second, fraction, intermediate.flows(first, second))


def _halved(guide: Tensor, half: tuple[int, int], full: Tensor) -> Tensor:
    """The guide for frames of the size `half` instead of that of `full`."""
    ratio = half[0] / full.shape[-2], half[1] / full.shape[-1]
    return intermediate.resized(guide, (math.ceil(half[0] / 2), math.ceil(half[1] / 2)), ratio)


def _half(image: Tensor) -> tuple[int, int]:
    return math.ceil(image.shape[-2] / 2), math.ceil(image.shape[-1] / 2)
