"""How good a motion network is on what is held out: by one view, by the mean of two and of four.

Sources, not pictures, are what a gain must hold for: clips of one source fail alike. So a kind's
figure is the mean over sources, and its interval the paired bootstrap over them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from ...color import model_to_display
from ...flow.motion_network import MotionNetwork
from ...flow.views import VIEWS
from ..data.frame_cache import Clip
from ..data.mixture import Data
from ..distill_settings import DistillSettings
from ..procedural.samples import render_samples
from .teacher import answered

COUNTS = (1, 2, 4)  # views whose mean is measured
GAPS = (2, 4)  # frames of a clip between first and second
RENDERED = 16  # scenes, each a source of its own
_DRAWS = 10_000  # of the bootstrap


class Check(NamedTuple):
    """A pair that is never trained on, with its middle: (1, 3, H, W), display-encoded."""

    kind: str
    source: str
    first: Tensor
    truth: Tensor
    second: Tensor


class Figure(NamedTuple):
    """What one check measured."""

    kind: str
    source: str
    psnr: dict[str, float]  # in dB, by how many views
    sharpness: dict[str, float]  # gradients over the truth's, by how many views


class Gain(NamedTuple):
    """How much a kind of checks gained, in dB: the mean over sources and its 95 % interval."""

    kind: str
    views: str
    sources: int
    before: float
    after: float
    low: float
    high: float
    sharpness: tuple[float, float]  # before and after


def checks(data: Data, settings: DistillSettings) -> Iterator[Check]:
    """Every triplet of the clips held out, and scenes of textures held out."""
    for clip, source in zip(data.held_out_clips, data.held_out_sources, strict=True):
        for gap in GAPS:
            yield from _filmed(clip, source, gap)
    largest = settings.largest_motion * settings.scene
    generator = Generator().manual_seed(settings.seed + 1)
    for number in range(RENDERED):
        scene = render_samples(
            data.held_out_palette, 1, settings.scene, largest, generator, middles=True
        )
        images = (model_to_display(one) for one in (scene.first, scene.middle, scene.second))
        yield Check("rendered", str(number), *images)


def _filmed(clip: Clip, source: str, gap: int) -> Iterator[Check]:
    for start in range(len(clip) - gap):
        frames = clip[[start, start + gap // 2, start + gap]].float() / 255
        yield Check(f"film, gap {gap}", source, *frames[:, None])


@torch.no_grad()
def measured(network: MotionNetwork, check: Check) -> Figure:
    """PSNR and sharpness of the middle by the means of views."""
    first, truth, second = (
        image.to(network.device) for image in (check.first, check.truth, check.second)
    )
    half = torch.full((1,), 0.5, device=network.device)
    views = VIEWS[: max(COUNTS)]
    sums = accumulate(answered(network, first, second, half, view).picture for view in views)
    psnr, sharpness = {}, {}
    for count, total in enumerate(sums, 1):
        if count in COUNTS:
            made = total / count
            error = (made - truth).square().mean().clamp(min=1e-10)
            psnr[str(count)] = float(-10 * torch.log10(error))
            sharpness[str(count)] = float(_gradients(made) / _gradients(truth).clamp(min=1e-6))
    return Figure(check.kind, check.source, psnr, sharpness)


def gains(before: Sequence[Figure], after: Sequence[Figure]) -> list[Gain]:
    """What changed between two measurements of the same checks, by kind and number of views."""
    pairs = list(zip(before, after, strict=True))
    kinds = dict.fromkeys(figure.kind for figure in before)
    return [
        _gain(kind, str(count), [pair for pair in pairs if pair[0].kind == kind])
        for kind in kinds
        for count in COUNTS
    ]


def _gain(kind: str, views: str, pairs: Sequence[tuple[Figure, Figure]]) -> Gain:
    by_source: dict[str, list[tuple[Figure, Figure]]] = {}
    for pair in pairs:
        by_source.setdefault(pair[0].source, []).append(pair)
    means = np.array([_mean(some, views) for some in by_source.values()])
    gained = means[:, 1] - means[:, 0]
    draws = np.random.default_rng(0).integers(len(gained), size=(_DRAWS, len(gained)))
    low, high = np.percentile(gained[draws].mean(1), [2.5, 97.5])
    one, other, sharp_one, sharp_other = (float(value) for value in means.mean(0))
    sharp = sharp_one, sharp_other
    return Gain(kind, views, len(gained), one, other, float(low), float(high), sharp)


def _mean(pairs: Sequence[tuple[Figure, Figure]], views: str) -> list[float]:
    """PSNR before and after, sharpness before and after: the means of one source."""
    psnr = [[figure.psnr[views] for figure in pair] for pair in pairs]
    sharp = [[figure.sharpness[views] for figure in pair] for pair in pairs]
    return [*np.mean(psnr, axis=0).tolist(), *np.mean(sharp, axis=0).tolist()]


def _gradients(picture: Tensor) -> Tensor:
    """The mean absolute difference of neighbors."""
    across, down = picture.diff(dim=-1), picture.diff(dim=-2)
    return across.abs().mean() + down.abs().mean()


def figure_of(entry: Mapping[str, object]) -> Figure:
    """A figure out of its JSON values."""
    return Figure(**entry)  # type: ignore[arg-type]
