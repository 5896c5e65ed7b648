"""What a batch is conditioned on: both frames, the coarse image, and the frames warped.

The coarse images that a cascade will give its finer stages are the network's own one-step
predictions (with its averaged weights) at half the size, made while training, where §Training setup
makes them offline once; for a share of the samples they are dropped (§Single model for all stages).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...flow.estimate import pair_flow
from ...flow.fusion_head import FusionConfig, Seen
from ...flow.intermediate import for_size, intermediate_flow
from ...flow.warped import warp_frames
from ...inference.networks import warps
from ...paper.cascade import condition_on, half_size, resize
from ...paper.unet import NetworkConfig, UNet, padded
from ..procedural.samples import Samples


def x_unit(config: NetworkConfig) -> float:
    """What an x of 1 stands for, in the model's range."""
    return config.difference if isinstance(config, FusionConfig) else 1.0


def origin(condition: Tensor, config: NetworkConfig) -> Tensor:
    """What x is measured from, (B, 3, H, W): zeros where the image itself is diffused."""
    if isinstance(config, FusionConfig):
        return Seen.of(condition).warped.blend()
    return torch.zeros_like(condition[:, :3])


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
    flow: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """(condition (B, C, H, W), origin (B, 3, H, W)) of a batch, less a margin of its pixels.

    The samples in `kept` (indices) get the coarse image of a cascade of `below` stages at half
    the size and less, the others zeros as at the base. Motion and the coarse image are found on
    the whole samples: what moves into a patch from outside is known there, as in a frame; unless
    `flow` is what was found on more than the samples.
    """
    first, second, fraction = samples.first, samples.second, samples.fraction
    if flow is None:
        flow = found_flow(averaged.config, first, second, fraction)
    images = list(condition_on(first, second, None))
    if len(kept):
        one, other = (resize(image[kept], half_size(first)) for image in (first, second))
        small = None if flow is None else for_size(flow[kept], _size(first), one)
        coarse = cascade(averaged, one, other, fraction[kept], below, noise, small)
        images[2] = images[2].clone()
        images[2][kept] = resize(coarse, _size(first))
    condition = _seen(images, flow, fraction)
    condition = inner(condition, first[..., 2 * margin :, 2 * margin :])
    return condition, origin(condition, averaged.config)


@torch.no_grad()
def cascade(
    network: UNet,
    first: Tensor,
    second: Tensor,
    fraction: Tensor,
    stages: int,
    noise: torch.Generator,
    flow: Tensor | None = None,
) -> Tensor:
    """One-step predictions (B, 3, H, W) by a cascade of whole frames, every stage one patch.

    `flow` is the intermediate flow of the frames, for a network that warps them; without it, it is
    found.
    """
    if flow is None:
        flow = found_flow(network.config, first, second, fraction)
    coarse = None
    if stages > 1:
        one, other = (resize(image, half_size(first)) for image in (first, second))
        small = None if flow is None else for_size(flow, _size(first), one)
        coarse = cascade(network, one, other, fraction, stages - 1, noise, small)
    condition = _seen(condition_on(first, second, coarse), flow, fraction)
    z = torch.randn(first.shape, generator=noise, device=first.device)
    inputs = (padded(image, network.config.multiple) for image in (z, condition))
    v = network(next(inputs), torch.ones_like(fraction), fraction, next(inputs))
    x: Tensor = -v[..., : first.shape[-2], : first.shape[-1]].float()  # alpha = 0, sigma = 1
    return origin(condition, network.config) + x * x_unit(network.config)


def _seen(images: Sequence[Tensor], flow: Tensor | None, fraction: Tensor) -> Tensor:
    """The condition (B, C, H, W): first, second, coarse, and both frames warped."""
    if flow is None:
        return torch.cat(list(images), dim=1)
    return torch.cat([*images, warp_frames(images[0], images[1], flow, fraction)], dim=1)


@torch.no_grad()
def found_flow(
    config: NetworkConfig, first: Tensor, second: Tensor, fraction: Tensor
) -> Tensor | None:
    """The intermediate flow of whole frames (B, 3, H, W); None for networks that do not warp."""
    if not warps(config):
        return None
    return intermediate_flow(first, second, fraction, pair_flow(first, second))


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-2], image.shape[-1]
