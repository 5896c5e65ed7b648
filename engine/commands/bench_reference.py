"""The paper done plainly, with the same weights, beside ours: how much faster, and how equal.

Plainly: one patch at a time, in single precision, attention as it is written down with its whole
matrix, tensors as they come, and every whole frame kept until the end.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import interpolate

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality, preset

from ..evaluation.progress import Told
from ..inference.backends import made_by
from ..inference.interpolator import Task
from ..inference.noise import seeded_noise
from ..inference.zoo import load
from ..paper.diffusion import alpha_sigma
from ..paper.patches import Box, patch_boxes
from ..paper.unet import UNet, padded
from .bench_networks import weights_files
from .bench_plate import size_of
from .bench_rates import by_turns, waiter
from .flags import REDUCED

KEY = "bench"  # what the noise belongs to

Noise = Callable[[int, int, tuple[int, int]], Tensor]


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """What `hifi-ofx bench reference` prints."""
    if arguments.repeats < 1:
        raise InvalidSetting("There must be 1 repeat at least.", "Leave --repeats out.")
    usual = preset("paper")
    quality = Quality(
        steps=arguments.steps,
        samples=arguments.samples,
        patch=size_of(arguments.patch),
        cascade_depth=2,
        merge=usual.merge,
        edges=usual.edges,
    )
    machine = Machine(device=arguments.device, precision=arguments.precision)
    return reference(size_of(arguments.size), quality, machine, arguments.repeats)


def reference(
    size: tuple[int, int], quality: Quality, machine: Machine, repeats: int
) -> dict[str, Any]:
    """The plain way's time over ours, by turns; and by how many dB both pictures are equal.

    The network is the paper's with a quarter of its channels and random weights.
    """
    generator = torch.Generator().manual_seed(0)
    first, second = torch.rand(2, 3, *size, generator=generator)
    with weights_files({REDUCED}) as files, Told(1, "comparison") as told:
        ours = made_by("torch", files[REDUCED], machine, quality)
        network = load(files[REDUCED]).network().to(ours.device).eval()
        assert isinstance(network, UNet)  # as it was written
        task, half = Task(quality, KEY), Fraction(1, 2)
        noise = seeded_noise(quality.seed, KEY, ours.device)
        pair = first.to(ours.device), second.to(ours.device)
        made: dict[str, Tensor] = {}
        calls = {
            "plain": lambda: made.update(plain=plain(network, *pair, quality, noise).cpu()),
            "ours": lambda: made.update(ours=_ours(ours, first, second, half, task)),
        }
        seconds = by_turns(calls, repeats, waiter(ours.device))
        told.one(REDUCED)
    return {
        "ratio": seconds["plain"].clock / seconds["ours"].clock,
        "cpu_ratio": seconds["plain"].cpu / seconds["ours"].cpu,
        "equal_to_db": psnr(made["plain"], made["ours"]),
        "plain_seconds": seconds["plain"].clock,
        "ours_seconds": seconds["ours"].clock,
        "size": f"{size[0]}x{size[1]}",
        "patch": f"{quality.patch[0]}x{quality.patch[1]}",
        "steps": quality.steps,
        "samples": quality.samples,
    }


def psnr(one: Tensor, other: Tensor) -> float:
    """How near two images are, in dB, of a range of 1; equal ones are infinitely near."""
    return float(-10 * torch.log10((one - other).square().mean()))


@torch.no_grad()
def plain(network: UNet, first: Tensor, second: Tensor, quality: Quality, noise: Noise) -> Tensor:
    """The in-between (3, H, W) of two frames by the paper's cascade (Fig. 4)."""
    frames = [(first, second)]
    for _ in range(quality.cascade_depth - 1):
        half = [-(-side // 2) for side in frames[-1][0].shape[-2:]]
        frames.append(tuple(_resized(one, half) for one in frames[-1]))  # type: ignore[arg-type]
    coarse = torch.zeros_like(frames[-1][0])
    for number, pair in enumerate(reversed(frames)):
        size = pair[0].shape[-2], pair[0].shape[-1]
        condition = torch.cat([*pair, _resized(coarse, size)])
        boxes = patch_boxes(size, quality.patch, quality.overlap)
        samples = [
            _sampled(network, condition, boxes, noise(number, sample, size), quality.steps)
            for sample in range(quality.samples)
        ]
        coarse = torch.stack(samples).mean(0)
    return coarse


def _ours(made: Any, first: Tensor, second: Tensor, half: Fraction, task: Task) -> Tensor:
    image: Tensor = made.interpolate(first, second, half, task).image
    return image


def _sampled(
    network: UNet, condition: Tensor, boxes: tuple[Box, ...], z: Tensor, steps: int
) -> Tensor:
    """One sample of a stage: denoised step by step, overlapping patches averaged (Fig. 3)."""
    x = z
    times = torch.linspace(1, 0, steps + 1, device=z.device)
    for t, t_next in zip(times[:-1], times[1:], strict=True):
        v, count = torch.zeros_like(z), torch.zeros_like(z)
        for box in boxes:
            v[box.region] += _denoised(network, z[box.region], t, condition[box.region])
            count[box.region] += 1
        v = v / count
        alpha, sigma = alpha_sigma(t)
        x, noise = alpha * z - sigma * v, sigma * z + alpha * v
        alpha, sigma = alpha_sigma(t_next)
        z = alpha * x + sigma * noise
    return x


def _denoised(network: UNet, z: Tensor, t: Tensor, condition: Tensor) -> Tensor:
    """V of one patch (3, h, w)."""
    half = torch.full((1,), 0.5, device=z.device)
    multiple = network.config.multiple
    noisy, beside = (padded(one[None].contiguous(), multiple) for one in (z, condition))
    with sdpa_kernel(SDPBackend.MATH):
        v: Tensor = network(noisy, t[None], half, beside)[0]
    return v[..., : z.shape[-2], : z.shape[-1]]


def _resized(image: Tensor, size: Any) -> Tensor:
    """Bilinear; antialiased where it gets smaller."""
    smaller = image.shape[-2] > size[0]
    return interpolate(image[None], tuple(size), mode="bilinear", antialias=smaller)[0]
