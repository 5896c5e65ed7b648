"""Coarse-to-fine tiling refinement, DDVM's way to large frames, which the cascade is measured by.

The base prediction is upsampled to full size at once, noised to a time in between, and denoised
from there tile by tile; tiles are merged once, at the end. The network never sees the coarse
prediction as a condition. The paper describes it in §Ablation study; time, merge weight and its
width are those of Open-DDVM, an independent implementation (320x448 tiles, 64 steps of which 8 or
32 are refinement).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial

import torch
from torch import Tensor

from hifi_ofx.quality import Quality
from hifi_ofx.retime import halvings

from ..flow.estimate import flow_ensemble
from ..inference.denoiser import NetworkDenoiser
from ..inference.networks import target_of, warps
from ..inference.noise import seeded_noise
from ..paper import cascade
from ..paper.cascade import Noise, PatchDenoise, Predict
from ..paper.diffusion import diffuse, step
from ..paper.patches import Box, batches, patch_boxes, patchify
from ..paper.target import Stage, Target
from .methods import Between, Method
from .pictures import Pair

WIDTH = 0.05  # of the merge's Gaussian, as a share of the tile

_REFINEMENT = 1  # the stage that its noise belongs to; the base is stage 0


def tiling(denoiser: NetworkDenoiser, quality: Quality, start: float) -> Method:
    """The method that refines the base prediction from diffusion time `start` on, in tiles."""
    direct = denoiser.network.config.fractions

    @torch.no_grad()
    def predict(first: Tensor, second: Tensor, fraction: Fraction, key: str) -> Tensor:
        noise = seeded_noise(quality.seed, key, denoiser.device)
        sides = first.to(denoiser.device), second.to(denoiser.device)
        return refined(denoiser, *sides, float(fraction), quality, noise, start).cpu()

    def method(pair: Pair) -> Between:
        images = {Fraction(0): pair.first, Fraction(1): pair.second}

        def between(fraction: Fraction) -> Tensor:
            if direct:
                return predict(pair.first, pair.second, fraction, f"{pair.name} {fraction}")
            for left, right, middle in halvings(fraction):
                if middle not in images:
                    sides = images[left], images[right]
                    images[middle] = predict(*sides, Fraction(1, 2), f"{pair.name} {middle}")
            return images[fraction]

        return between

    return method


def refined(
    denoiser: NetworkDenoiser,
    first: Tensor,
    second: Tensor,
    fraction: float,
    quality: Quality,
    noise: Noise,
    start: float,
) -> Tensor:
    """The in-between of two frames (3, H, W) in the model's range: base, then tiles."""
    size = (first.shape[-2], first.shape[-1])
    smallest = cascade.pyramid(first, second, cascade.depth(quality, size))[-1]
    denoise = partial(denoiser, fraction=fraction)
    predict = Predict(denoise, replace(quality, cascade_depth=1), noise, denoiser.batch)
    base = _target(denoiser, *smallest, fraction, quality)
    coarse = cascade.interpolate(predict, base, *smallest).image
    condition = cascade.condition_on(first, second, None)
    target = _target(denoiser, first, second, fraction, quality)
    boxes = patch_boxes(size, quality.patch, quality.overlap)

    def samples() -> Iterator[Tensor]:
        for n in range(quality.samples):
            stage = target.stage(condition, n)
            t = torch.tensor(start, device=first.device)
            x = stage.x(cascade.resize(coarse, size))
            z = diffuse(x, noise(_REFINEMENT, n, size), t)
            x = _merged(denoise, z, stage, boxes, denoiser.batch, times(start, quality.steps))
            yield stage.image(x)

    return cascade.mean_and_variance(samples(), spread=False)[0]


def times(start: float, steps: int) -> list[float]:
    """Diffusion times from `start` to 0: the last ones of `steps` uniform steps, one at least."""
    left = max(1, round(steps * start))
    return [start * (left - i) / left for i in range(left + 1)]


def gaussian(box: Box) -> Tensor:
    """How much each pixel of a tile (h, w) counts: less with its distance from the middle.

    In double precision, since the corners count 1e-43.
    """
    rows, columns = (
        (torch.arange(length, dtype=torch.float64) + 0.5) / length - 0.5
        for length in (box.height, box.width)
    )
    distance = rows[:, None].square() + columns[None, :].square()
    return torch.exp(-distance / (2 * WIDTH**2))


def _target(
    denoiser: NetworkDenoiser, first: Tensor, second: Tensor, fraction: float, quality: Quality
) -> Target:
    config = denoiser.network.config
    flows = None
    if warps(config):
        flows = flow_ensemble(first[None], second[None], quality.samples)
    return target_of(config, first, second, fraction, flows)


def _merged(
    denoise: PatchDenoise,
    z: Tensor,
    stage: Stage,
    boxes: Sequence[Box],
    batch: int,
    schedule: list[float],
) -> Tensor:
    """Tiles of z denoised each by itself, and their weighted mean (3, H, W)."""
    weight = gaussian(boxes[0])
    total = torch.zeros(z.shape[-2:], dtype=torch.float64)
    for box in boxes:
        total[box.region] += weight
    merged = torch.zeros_like(z)
    for group in batches(boxes, batch):
        tiles = _denoised(denoise, z, stage.seen(group), group, schedule)
        for tile, box in zip(tiles, group, strict=True):
            share = (weight / total[box.region]).to(tile)
            merged[box.region] += tile * share
    return merged


def _denoised(
    denoise: PatchDenoise,
    z: Tensor,
    seen: Tensor,
    boxes: Sequence[Box],
    schedule: list[float],
) -> Tensor:
    """Tiles (boxes, 3, h, w), from the first of the diffusion times to the last."""
    tiles = patchify([z], boxes)
    for now, after in zip(schedule[:-1], schedule[1:], strict=True):
        t, t_next = (torch.tensor(time, device=z.device) for time in (now, after))
        tiles = step(tiles, denoise(tiles, t, seen), t, t_next)
    return tiles


def check_start(start: float) -> bool:
    """Whether a diffusion time can be refined from."""
    return math.isfinite(start) and 0 < start <= 1
