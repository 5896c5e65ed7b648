"""What a network costs to train, found without allocating or computing anything.

FLOPs are torch's own count (a multiply-add is two) of matrix products and convolutions on the meta
device. What the backward pass needs of the forward one is the sum of the tensors that autograd
saves, each storage once, on fake tensors: what the second of two crops adds to the first. It grows
with the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.utils import convert_conv2d_weight_memory_format
from torch.utils.flop_counter import FlopCounterMode

from ...inference.networks import network_of
from ...paper.cascade import stage_sizes
from ...paper.unet import IMAGE_CHANNELS, NetworkConfig, UNet

Size = tuple[int, int]  # height, width
MEASURED = (224, 288)  # the crop whose saved tensors are counted
DEEPEST = 2  # stages below the trained one, of which each depth is as likely; see batches


@dataclass(frozen=True)
class Flops:
    """Of one crop: the forward pass, forward and backward, and making its coarse image."""

    forward: int
    training: int
    coarse: float

    @property
    def step(self) -> float:
        """All that a training step does with a crop."""
        return self.training + self.coarse


def flops(config: NetworkConfig, size: Size, coarse_share: float) -> Flops:
    """Of a crop of so many pixels; `coarse_share` of the crops get a coarse image."""
    with torch.device("meta"):
        network = network_of(config)
        coarse = _coarse_flops(network, size) if coarse_share else 0.0
        with FlopCounterMode(display=False) as counter:
            v = network(*_inputs(network.config, size, 1))
            forward = counter.get_total_flops()
            v.sum().backward()
    return Flops(forward, counter.get_total_flops(), coarse_share * coarse)


def saved_bytes(config: NetworkConfig, low: bool = True) -> float:
    """Bytes that a crop keeps for the backward pass, per pixel, with attention that keeps no
    matrix, under bfloat16 autocast if `low`.
    """
    with FakeTensorMode():
        network = network_of(config)
        convert_conv2d_weight_memory_format(network, torch.channels_last)
        one, two = (_saved(network, batch, low) for batch in (1, 2))
    return (two - one) / (MEASURED[0] * MEASURED[1])


def _coarse_flops(network: UNet, size: Size) -> float:
    """Mean over the depths of the cascade below."""
    stages = stage_sizes(size, 1 + DEEPEST)[:-1][::-1]  # half, quarter …
    multiple = network.config.multiple
    padded = [(h + -h % multiple, w + -w % multiple) for h, w in stages]
    each = [_forward_flops(network, stage) for stage in padded]
    return sum(sum(each[:depth]) for depth in range(1, DEEPEST + 1)) / DEEPEST


@torch.no_grad()
def _forward_flops(network: UNet, size: Size) -> int:
    with FlopCounterMode(display=False) as counter:
        network(*_inputs(network.config, size, 1))
    return int(counter.get_total_flops())


def _saved(network: UNet, batch: int, low: bool) -> int:
    flash = sdpa_kernel(SDPBackend.FLASH_ATTENTION)
    with _counted() as seen, flash, torch.autocast("cpu", torch.bfloat16, enabled=low):
        network(*_inputs(network.config, MEASURED, batch))
    return sum(tensor.untyped_storage().nbytes() for tensor in seen.values())


@contextmanager
def _counted() -> Iterator[dict[int, Tensor]]:
    """Collects what autograd saves inside, one tensor a storage."""
    seen: dict[int, Tensor] = {}

    def pack(tensor: Tensor) -> Tensor:
        seen[tensor.untyped_storage()._cdata] = tensor
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        yield seen


def _inputs(config: NetworkConfig, size: Size, batch: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    z = torch.empty(batch, IMAGE_CHANNELS, *size)
    condition = torch.empty(batch, config.condition_channels, *size)
    return z, torch.empty(batch), torch.empty(batch), condition
