"""The patch-based cascade: coarse to fine, every stage at one patch size (§Patch-based cascade).

`interpolate` is Fig. 4 of the paper, `Predict` its Fig. 3. Two frames are tensors in the model's
range; what a network's x stands for is a `Target`; files, colors and devices are somebody else's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional as F

from hifi_ofx.quality import Quality

from ..color import WHITE
from .deviation import deviation
from .diffusion import sample
from .patches import (
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
from .target import Condition, Stage, Target

Size = tuple[int, int]  # height, width
Noise = Callable[[int, int, Size], Tensor]  # (stage, sample, size) -> (3, H, W) normal noise
# (z (B, 3, h, w), t, seen (B, C, h, w)) -> v (B, 3, h, w)
PatchDenoise = Callable[[Tensor, Tensor, Tensor], Tensor]

BASE = 160  # pixels along the longer side of the coarsest stage, at most, where depth is `auto`


@dataclass(frozen=True)
class Prediction:
    """A predicted image, (3, H, W), and the variance over its samples where that was asked for."""

    image: Tensor
    variance: Tensor | None = None


@dataclass(frozen=True)
class Predict:
    """One prediction of one stage: patchify, denoise, accumulate (Fig. 3).

    `batch` is how many patches one call of `denoise` may take.
    """

    denoise: PatchDenoise
    quality: Quality
    noise: Noise
    batch: int = 1

    def __call__(self, stage: Stage, size: Size, number: int, sample_number: int) -> Tensor:
        """The image (3, H, W) of one sample of stage `number`, which is `size` large."""
        patches = stage_patches(self.quality, size)
        steps = stage_steps(self.quality, number)
        z = self.noise(number, sample_number, size)
        if self.quality.merge == "step" or len(patches.boxes) == 1:
            x = sample(tiled(self.denoise, patches, stage.seen, self.batch), z, steps)
        else:
            x = self._merged_at_the_end(stage, patches, z, steps)
        return stage.image(x)

    def _merged_at_the_end(self, stage: Stage, patches: Patches, z: Tensor, steps: int) -> Tensor:
        """Patches that are denoised each by itself, and averaged once (not in the paper)."""
        total = coverage(patches, (z.shape[-2], z.shape[-1]), z.device)
        merged = torch.zeros_like(z)
        for boxes in batches(patches.boxes, self.batch):
            denoise = partial(_conditioned, self.denoise, stage.seen(boxes))
            x = sample(denoise, patchify([z], boxes), steps)
            accumulate(merged, x, boxes, patches.weight)
        return merged.div_(total)


def interpolate(
    predict: Predict, target: Target, first: Tensor, second: Tensor, uncertainty: bool = False
) -> Prediction:
    """The in-between of two frames (3, H, W) in the model's range (Fig. 4).

    Samples are averaged after every stage, as in the paper, or each runs down the whole cascade.
    """
    samples = range(predict.quality.samples)
    if predict.quality.average == "stage":
        return _cascade(predict, target, first, second, samples, uncertainty)
    each = (
        _cascade(predict, target, first, second, samples[n : n + 1], False).image for n in samples
    )
    return Prediction(*mean_and_variance(each, uncertainty, predict.quality.early_stop * WHITE))


def _cascade(
    predict: Predict,
    target: Target,
    first: Tensor,
    second: Tensor,
    samples: range,
    uncertainty: bool,
) -> Prediction:
    """From the smallest scale on, each stage refines the upsampled mean of the one before."""
    frames = pyramid(first, second, depth(predict.quality, _size(first)))
    enough = predict.quality.early_stop * WHITE
    coarse: Tensor | None = None  # zeros at the base
    for number in range(len(frames)):
        condition = condition_on(*frames.pop(), coarse)
        size = _size(condition.first)
        images = (predict(target.stage(condition, n), size, number, n) for n in samples)
        coarse, variance = mean_and_variance(images, uncertainty, enough)
    assert coarse is not None  # there is always a base stage
    return Prediction(coarse, variance)


def depth(quality: Quality, size: Size) -> int:
    """The number of stages for a frame of (height, width) pixels.

    `auto` adds stages until the base is at most BASE pixels on its longer side: motion is then
    a few pixels there, however large the frame is. Our choice; the paper uses 3 up to 8K.
    """
    if quality.cascade_depth:
        return quality.cascade_depth
    return 1 + max(0, math.ceil(math.log2(max(size) / BASE)))


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
    """Both frames at scales 1, 1/2, 1/4 …: each level is the one before at half its size."""
    levels = [(first, second)]
    for _ in range(stages - 1):
        half = half_size(levels[-1][0])
        levels.append((resize(levels[-1][0], half), resize(levels[-1][1], half)))
    return levels


def half_size(image: Tensor) -> Size:
    """(height, width) of the next coarser scale, rounded up."""
    return math.ceil(image.shape[-2] / 2), math.ceil(image.shape[-1] / 2)


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
    return Condition(first, second, resize(coarse, _size(first)))


def mean_and_variance(
    images: Iterator[Tensor], spread: bool = True, tolerance: float = 0.0
) -> tuple[Tensor, Tensor | None]:
    """Mean and, for `spread`, population variance; running, so that one sample is in memory.

    One image has variance zero. No more images are asked for once their standard deviation is
    `tolerance` at most everywhere, where that is not 0; else they are used up.
    """
    mean = next(images)
    squares = torch.zeros_like(mean) if spread or tolerance else None
    count = 1
    for image in images:
        count += 1
        distance = image.sub_(mean)
        mean.add_(distance, alpha=1 / count)
        if squares is not None:
            squares.add_(distance.square_(), alpha=1 - 1 / count)
            if tolerance and deviation(squares / (count - 1)).max() <= tolerance:
                break
    return mean, squares.div_(count) if squares is not None and spread else None


def _conditioned(denoise: PatchDenoise, seen: Tensor, z: Tensor, t: Tensor) -> Tensor:
    return denoise(z, t, seen)


def _size(image: Tensor) -> Size:
    return image.shape[-2], image.shape[-1]
