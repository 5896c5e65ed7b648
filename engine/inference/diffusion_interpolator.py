"""The paper's cascade between two images, on a device, at any fraction."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

import torch
from torch import Tensor

from hifi_ofx.quality import Machine, Quality
from hifi_ofx.retime import halvings
from hifi_ofx.waiting import Check, unasked

from ..flow import cost_volume, intermediate
from ..flow.ensemble import PER_MEMBER, members_for
from ..flow.estimate import FlowEnsemble
from ..flow.searches import Searches
from ..flow.warped import photometric_error
from ..memory.heap import give_back
from ..paper import cascade
from ..paper.cascade import Predict, Size
from ..paper.unet import NetworkConfig
from .denoiser import NetworkDenoiser, choose_dtype, patch_memory, plan_batch
from .interpolator import Images, InBetween, StagePlan, Task, Work, area
from .networks import acts, target_of, warps
from .noise import seeded_noise
from .spans import span

_IMAGES = 132  # bytes a pixel: eleven float images at work
_LIBRARIES = 130_000_000  # bytes that the search and its library take at once


@dataclass
class DiffusionInterpolator:
    """In-betweens of image pairs in the model's range.

    Weights that know only the middle make other fractions by repeated halving (the X-TEST
    protocol); the midpoints of the latest pair are kept, so that frames between the same two share
    them. So is the motion that was found between them, for weights that warp.
    """

    denoiser: NetworkDenoiser
    _searches: Searches = field(default_factory=Searches)
    _pair: tuple[Tensor, Tensor] | None = None
    _midpoints: dict[Fraction, InBetween] = field(default_factory=dict)
    _check: Check = unasked

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.denoiser.device

    @property
    def acts(self) -> frozenset[str]:
        """What changes the picture: for weights that warp, samples by their motion alone."""
        return acts(self.denoiser.network.config)

    @property
    def knows_fractions(self) -> bool:
        """Whether the weights predict any fraction directly, or the middle alone."""
        return self.denoiser.network.config.fractions

    def fresh(self) -> DiffusionInterpolator:
        """Another one with the same network, which knows of no pair yet."""
        return DiffusionInterpolator(self.denoiser)

    def work(self, quality: Quality, size: Size) -> Work:
        """What an image of (height, width) takes."""
        denoiser = self.denoiser
        config, itemsize = denoiser.network.config, denoiser.dtype.itemsize
        stages = tuple(_stages(quality, size))
        return Work(
            cascade.network_calls(quality, size, denoiser.batch),
            denoiser.batch,
            denoiser.batch * patch_memory(config, quality.patch, itemsize),
            _host_bytes(config, quality, size),
            _motion_range(config, quality, size),
            stages,
            area(stages, quality.samples),
            denoiser.timing_key(quality.patch),
        )

    def prefetches(self, quality: Quality) -> bool:
        """Whether it helps to say which pair comes next."""
        return warps(self.denoiser.network.config)

    def prefetch(self, images: Images, quality: Quality, check: Check = unasked) -> None:
        """Find the motion of a pair that comes later, in the background; the latest one counts."""
        self._searches.prefetch(images, members_for(quality.samples), check)

    @contextlib.contextmanager
    def telling(self, before_call: Callable[[], None], check: Check = unasked) -> Iterator[None]:
        """Within it, `before_call` is called before every network call, `check` in the search."""
        outer, self._check = self._check, check
        try:
            with self.denoiser.telling(before_call):
                yield
        finally:
            self._check = outer

    def adapt(self, machine: Machine, quality: Quality) -> None:
        """Take over precision and batch."""
        denoiser = self.denoiser
        denoiser.dtype = choose_dtype(machine.precision, denoiser.device)
        config = denoiser.network.config
        denoiser.batch = plan_batch(config, machine, quality.patch, denoiser.device)

    @torch.no_grad()
    def interpolate(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Fraction,
        task: Task,
        motion: object | None = None,
    ) -> InBetween:
        """The in-between of two images (3, H, W) in the model's range, on the CPU.

        `fraction` lies in (0, 1), and is a multiple of 1/2^n for weights that know only the middle.
        `motion` is the flow ensemble to go by, for weights that warp.
        """
        if self.knows_fractions:
            flows = motion if isinstance(motion, tuple) else None
            return self._predict(first, second, fraction, task, flows)
        if self._pair is None or not _equal(self._pair, (first, second)):
            self._pair, self._midpoints = (first, second), {}
        return self._by_halving(self._pair, fraction, task)

    def photometric_error(
        self, first: Tensor, second: Tensor, fraction: Fraction, motion: object | None
    ) -> Tensor | None:
        """By how much both images differ once warped; None for weights that do not warp."""
        if not isinstance(motion, tuple):
            return None
        return photometric_error(first, second, float(fraction), motion[0])

    def _by_halving(self, pair: tuple[Tensor, Tensor], fraction: Fraction, task: Task) -> InBetween:
        images = {Fraction(0): pair[0], Fraction(1): pair[1]}
        for left, right, middle in halvings(fraction):
            if middle not in self._midpoints:
                half = replace(task, key=f"{task.key} {middle}")
                self._midpoints[middle] = self._predict(
                    images[left], images[right], Fraction(1, 2), half
                )
            images[middle] = self._midpoints[middle].image
        return self._midpoints[fraction]

    def _predict(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Fraction,
        task: Task,
        flows: FlowEnsemble | None = None,
    ) -> InBetween:
        denoiser, device = self.denoiser, self.denoiser.device
        if flows is None:
            flows = self._motion(first, second, task.quality.samples)
        pair = first.to(device), second.to(device)
        target = target_of(denoiser.network.config, *pair, float(fraction), flows)
        predict = Predict(
            partial(denoiser, fraction=float(fraction)),
            task.quality,
            seeded_noise(task.quality.seed, task.key, device),
            denoiser.batch,
        )
        with span("blend"):
            made = cascade.interpolate(predict, target, *pair, task.uncertainty)
        variance = None if made.variance is None else made.variance.cpu()
        return InBetween(made.image.cpu(), variance, flows)

    @span("search")
    def _motion(self, first: Tensor, second: Tensor, samples: int) -> FlowEnsemble | None:
        """The flows of a pair, as many members as the samples need or more, where weights warp.

        Found once for all in-betweens of a pair, and again where more samples are asked for.
        """
        if not warps(self.denoiser.network.config):
            return None
        flows = self._searches.between(first, second, members_for(samples), self._check)
        give_back()
        return tuple(flow.to(self.denoiser.device) for flow in flows)


def _equal(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def _stages(quality: Quality, size: Size) -> Iterator[StagePlan]:
    for number, stage in enumerate(cascade.stage_sizes(size, cascade.depth(quality, size))):
        boxes = cascade.stage_patches(quality, stage).boxes
        yield StagePlan(stage, boxes, cascade.stage_steps(quality, number))


def _host_bytes(config: NetworkConfig, quality: Quality, size: Size) -> int:
    """Images at work; where frames are warped, the flows of a pair and one intermediate flow, too.

    Flows are floats at half of the size both ways.
    """
    pixels = math.prod(size)
    if not warps(config):
        return _IMAGES * pixels
    floats = PER_MEMBER * (intermediate.CHANNELS + 4 * members_for(quality.samples))
    return (_IMAGES + floats) * pixels + _LIBRARIES


def _motion_range(config: NetworkConfig, quality: Quality, size: Size) -> float:
    """Pixels of a frame of (height, width) that things may move by to be followed, about.

    Weights that warp search the frames themselves, whatever the cascade. Others compare a few cells
    of their coarsest level at the base stage, and every stage above it doubles what that is.
    """
    if warps(config):
        from ..flow.search import CELLS, RADIUS  # needs OpenCV, as such weights do

        return float(RADIUS * math.sqrt(size[0] * size[1] / min(CELLS)))
    coarsest = 2 ** (cascade.depth(quality, size) - 1)
    base = min(quality.patch[1], size[1] / coarsest)
    seen = min(float(cost_volume.RADIUS * 2 ** (len(config.widths) + 1)), base / 2)
    return float(seen * coarsest)
