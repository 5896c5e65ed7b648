"""The patch-based cascade: coarse to fine, every stage at one patch size (§Patch-based cascade).

`interpolate` is Fig. 4 of the paper. It takes two frames as tensors in the model's range and any
`Denoise` callable over patches; files, colors and devices are somebody else's subject.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from hifi_ofx.quality import Quality

from ..flow import intermediate
from ..flow.intermediate import Looks
from ..flow.targets import Guided, Guides
from .diffusion import sample
from .patches import (
    Box,
    Cut,
    Patches,
    accumulate,
    batches,
    coverage,
    feathered,
    patch_boxes,
    patchify,
    tiled,
    uniform,
)

Size = tuple[int, int]
Noise = Callable[[int, int, Size], Tensor]  # (stage, sample, size) -> (3, H, W) normal noise


class Denoiser(Protocol):
    """What the cascade asks of a network: v for a batch of patches, and what its x means."""

    @property
    def difference(self) -> float:
        """0 where x is the image; else x is (image - guess) / difference."""

    @property
    def motion(self) -> bool:
        """Whether the network moves pixels itself; its guess is then the blend at every stage."""

    @property
    def align(self) -> str:
        """`flow` where the condition includes both frames aligned, else `none`."""

    @property
    def batch(self) -> int:
        """How many patches one call may take."""

    def __call__(self, z: Tensor, t: Tensor, condition: Tensor, fraction: float) -> Tensor:
        """V for patches z (B, 3, h, w), condition (B, C, h, w), diffusion time t (scalar)."""


class Condition(NamedTuple):
    """What a stage sees besides noise: images ([B,] 3, H, W); `coarse` is zeros at the base."""

    first: Tensor
    second: Tensor
    coarse: Tensor


@dataclass(frozen=True)
class Middle:
    """A prediction, (3, H, W), and the variance over its samples where that was asked for.

    `flows` is the motion between the two frames that it came from, by look, for networks that
    align.
    """

    image: Tensor
    variance: Tensor | None = None
    flows: Looks | None = None


def interpolate(
    denoiser: Denoiser,
    first: Tensor,
    second: Tensor,
    fraction: float,
    quality: Quality,
    noise: Noise,
    uncertainty: bool = False,
    flows: Looks | None = None,
) -> Middle:
    """The in-between of two frames (3, H, W) in the model's range, at `fraction` of their distance.

    Starting from the smallest scale, each stage refines the upsampled prediction of the one
    before, which the first stage takes as zeros (Fig. 4). With a denoiser that
    aligns, sample n goes by the motion of look n; `flows` is what `intermediate.looks` finds of the
    two frames, where that is known already.
    """
    if denoiser.align != "none" and flows is None:
        flows = intermediate.looks(first[None], second[None], quality.samples)
    if quality.average == "end" and quality.samples > 1:
        return _averaged_at_the_end(
            denoiser, first, second, fraction, quality, noise, uncertainty, flows
        )
    aligns = denoiser.align != "none"
    guides = Guides(first, second, fraction, flows) if aligns and flows else None
    frames = pyramid(first, second, depth(quality, (first.shape[-2], first.shape[-1])))
    middle: Middle | None = None
    for stage in range(len(frames)):
        condition = condition_on(*frames.pop(), middle.image if middle else None)
        middle = _refine(denoiser, condition, guides, stage, fraction, quality, noise, uncertainty)
    assert middle is not None  # there is always a base stage
    return middle


class AlignedCut:
    """Cuts the condition of a stage, both frames aligned beside it, into patches (boxes, C, h, w).

    `guess` (3, H, W) is the mix of the aligned frames wherever a patch was cut so far: what an
    aligned network's difference is diffused from.
    """

    def __init__(self, condition: Condition, guided: Guided) -> None:
        self.guess = torch.empty_like(condition.first)
        self._condition, self._guided = condition, guided

    def __call__(self, boxes: Sequence[Box]) -> Tensor:
        beside = [self._aligned(box) for box in boxes]
        return torch.cat([patchify(self._condition, boxes), torch.cat(beside)], dim=1)

    def _aligned(self, box: Box) -> Tensor:
        first, second, _ = self._condition
        guide, fraction = self._guided
        seen = intermediate.aligned(first[None], second[None], guide, fraction, box)
        self.guess[box.region] = intermediate.mix_of_warps(seen)[0]
        return seen


def depth(quality: Quality, size: Size) -> int:
    """The number of stages for a frame of (height, width) pixels.

    `auto` adds stages until the base is at most BASE pixels on its longer side: motion is then
    a few pixels there, however large the frame is. Our choice; the paper uses 3 up to 8K.
    """
    if quality.cascade_depth:
        return quality.cascade_depth
    return 1 + max(0, math.ceil(math.log2(max(size) / BASE)))


BASE = 160


def stage_sizes(size: Size, stages: int) -> list[Size]:
    """(height, width) of every stage, coarse to fine: scales 1/2^n, the last at full size."""
    return [
        (max(1, math.ceil(size[0] / 2**n)), max(1, math.ceil(size[1] / 2**n)))
        for n in reversed(range(stages))
    ]


def stage_patches(quality: Quality, size: Size) -> Patches:
    """The patches of one stage of (height, width) pixels."""
    boxes = patch_boxes(size, quality.patch, quality.overlap)
    return uniform(boxes) if quality.edges == "uniform" else feathered(boxes, quality.overlap)


def stage_steps(quality: Quality, stage: int) -> int:
    """Denoising steps of a stage; the base, stage 0, may have its own number (Table 5)."""
    return (quality.base_steps or quality.steps) if stage == 0 else quality.steps


def network_calls(quality: Quality, size: Size, batch: int = 1) -> int:
    """How many network calls one in-between of (height, width) pixels costs."""
    sizes = stage_sizes(size, depth(quality, size))
    per_sample = sum(
        stage_steps(quality, stage) * math.ceil(len(stage_patches(quality, size).boxes) / batch)
        for stage, size in enumerate(sizes)
    )
    return quality.samples * per_sample


def pyramid(first: Tensor, second: Tensor, stages: int) -> list[tuple[Tensor, Tensor]]:
    """Both frames at scales 1, 1/2, 1/4 …: each level is the one before, halved."""
    levels = [(first, second)]
    for _ in range(stages - 1):
        height, width = levels[-1][0].shape[-2:]
        half = math.ceil(height / 2), math.ceil(width / 2)
        levels.append((resize(levels[-1][0], half), resize(levels[-1][1], half)))
    return levels


def resize(image: Tensor, size: Size) -> Tensor:
    """Bilinear to (height, width); antialiased where it gets smaller. Images ([B,] C, H, W)."""
    if image.shape[-2:] == size:
        return image
    smaller = image.shape[-2] > size[0] or image.shape[-1] > size[1]
    batch = image if image.dim() == 4 else image[None]
    resized = F.interpolate(batch, size, mode="bilinear", antialias=smaller)
    return resized if image.dim() == 4 else resized[0]


def condition_on(first: Tensor, second: Tensor, coarse: Tensor | None) -> Condition:
    """The condition of a stage: its frames, and the result below upsampled x2, or zeros."""
    if coarse is None:
        return Condition(first, second, torch.zeros((), device=first.device).expand_as(first))
    return Condition(first, second, resize(coarse, (first.shape[-2], first.shape[-1])))


def start(
    denoiser: Denoiser, condition: Condition, guided: Guided | None, fraction: float, is_base: bool
) -> Tensor:
    """What a stage's difference is diffused from: a guess of the in-between, (3, H, W)."""
    if guided:
        return aligned_guess(condition, guided)
    return guess(condition, fraction, is_base or denoiser.motion)


def guess(condition: Condition, fraction: float | Tensor, blend_only: bool) -> Tensor:
    """What the difference is diffused from: ([B,] 3, H, W).

    At the base it is the frame blend. Above, the blend with its low frequencies replaced by the
    coarse prediction's: an untrained cascade gives the blend at every depth, a trained one keeps
    what the coarse stages found. `fraction` is a number, or for a batch (B, 1, 1, 1).
    """
    height, width = condition.first.shape[-2:]
    half = math.ceil(height / 2), math.ceil(width / 2)
    result = torch.empty_like(condition.first)
    for channel in range(3):  # one by one, so that 8K needs no more full-size temporaries
        first, second, coarse = (image[..., channel : channel + 1, :, :] for image in condition)
        blend = torch.lerp(first, second, fraction)
        if not blend_only:
            blend = blend + coarse - resize(resize(blend, half), (height, width))
        result[..., channel : channel + 1, :, :] = blend
    return result


def aligned_guess(condition: Condition, guided: Guided) -> Tensor:
    """The mix of the aligned frames, (3, H, W), which an untrained aligned network gives."""
    cut = AlignedCut(condition, guided)
    height, width = condition.first.shape[-2:]
    for top in range(0, height, _STRIP):  # strip by strip, so that 8K needs no more temporaries
        cut([Box(top, 0, min(_STRIP, height - top), width)])
    return cut.guess


_STRIP = 128  # rows


def _refine(
    denoiser: Denoiser,
    condition: Condition,
    guides: Guides | None,
    stage: int,
    fraction: float,
    quality: Quality,
    noise: Noise,
    uncertainty: bool,
) -> Middle:
    """One stage: patchify, denoise, accumulate (Fig. 3); then the mean over the samples."""
    size = (condition.first.shape[-2], condition.first.shape[-1])
    patches = stage_patches(quality, size)
    steps = stage_steps(quality, stage)

    def denoise(z: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        return denoiser(z, t, condition, fraction)

    def predicted(n: int, cut: Cut) -> Tensor:
        z = noise(stage, n, size)
        return _sample(denoise, patches, cut, z, steps, quality, denoiser.batch)

    def aligned(n: int, guides: Guides) -> Tensor:
        """The image of sample n, which is diffused from a guess of its own."""
        cut = AlignedCut(condition, guides.at_stage(n, condition.first))
        x = predicted(n, cut)
        return x.mul_(denoiser.difference).add_(cut.guess) if denoiser.difference else x

    numbers = range(quality.samples)
    if guides:
        return Middle(*mean_and_variance((aligned(n, guides) for n in numbers), uncertainty))
    cut = partial(patchify, condition)
    mean, variance = mean_and_variance((predicted(n, cut) for n in numbers), uncertainty)
    if not denoiser.difference:
        return Middle(mean, variance)
    image = mean.mul_(denoiser.difference)
    image.add_(guess(condition, fraction, stage == 0 or denoiser.motion))
    return Middle(image, None if variance is None else variance.mul_(denoiser.difference**2))


def _sample(
    denoise: Callable[[Tensor, Tensor, Tensor], Tensor],
    patches: Patches,
    condition: Cut,
    z: Tensor,
    steps: int,
    quality: Quality,
    batch: int,
) -> Tensor:
    """One prediction of a stage from the frame's noise z, merged every step or at the end."""
    if quality.merge == "step" or len(patches.boxes) == 1:
        return sample(tiled(denoise, patches, condition, batch), z, steps)
    total = coverage(patches, (z.shape[-2], z.shape[-1]), z.device)
    merged = torch.zeros_like(z)
    for boxes in batches(patches.boxes, batch):
        conditioned = partial(_conditioned, denoise, condition(boxes))
        image = sample(conditioned, patchify([z], boxes), steps)
        accumulate(merged, image, boxes, patches.weight)
    return merged.div_(total)


def _conditioned(
    denoise: Callable[[Tensor, Tensor, Tensor], Tensor], condition: Tensor, z: Tensor, t: Tensor
) -> Tensor:
    return denoise(z, t, condition)


def mean_and_variance(
    images: Iterator[Tensor], spread: bool = True
) -> tuple[Tensor, Tensor | None]:
    """Mean and, for `spread`, population variance; running, so that one sample is in memory.

    The images are used up. One image has variance zero.
    """
    mean = next(images)
    squares = torch.zeros_like(mean) if spread else None
    count = 1
    for image in images:
        count += 1
        distance = image.sub_(mean)
        mean.add_(distance, alpha=1 / count)
        if squares is not None:
            squares.add_(distance.square_(), alpha=1 - 1 / count)
    return mean, None if squares is None else squares.div_(count)


def _averaged_at_the_end(
    denoiser: Denoiser,
    first: Tensor,
    second: Tensor,
    fraction: float,
    quality: Quality,
    noise: Noise,
    uncertainty: bool,
    flows: Looks | None,
) -> Middle:
    """Every sample runs down the whole cascade by itself; only the last results are averaged."""
    one = replace(quality, samples=1)

    def prediction(n: int) -> Tensor:
        def noise_of_sample(stage: int, _: int, size: Size) -> Tensor:
            return noise(stage, n, size)

        look = (flows[n % len(flows)],) if flows else None
        return interpolate(
            denoiser, first, second, fraction, one, noise_of_sample, flows=look
        ).image

    predictions = (prediction(n) for n in range(quality.samples))
    return Middle(*mean_and_variance(predictions, uncertainty))
