"""Two images to one: the cascade on a device, with deterministic noise, at any fraction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

import torch
from torch import Tensor

from hifi_ofx.quality import Quality
from hifi_ofx.retime import halvings

from ..flow.ensemble import members_for
from ..flow.estimate import FlowEnsemble, flow_ensemble
from ..flow.prefetch import Images, Prefetch, fingerprint
from ..memory.heap import give_back
from ..paper import cascade
from ..paper.cascade import Noise, Predict, Size
from .denoiser import NetworkDenoiser
from .networks import target_of, warps


@dataclass(frozen=True)
class Task:
    """How an in-between is to be made. `key` is what its noise belongs to: the output frame, or,
    with weights that know only the middle, the pair of source frames.
    """

    quality: Quality
    key: str
    uncertainty: bool = False


@dataclass(frozen=True)
class InBetween:
    """A predicted image, (3, H, W), and the variance over its samples where that was asked for.

    `flows` is the motion it went by, for weights that warp: other images of the pair may follow it.
    """

    image: Tensor
    variance: Tensor | None = None
    flows: FlowEnsemble | None = None


@dataclass
class Interpolator:
    """In-betweens of image pairs in the model's range.

    Weights that know only the middle make other fractions by repeated halving (the X-TEST
    protocol); the midpoints of the latest pair are kept, so that frames between the same two share
    them. So is the motion that was found between them, for weights that warp.
    """

    denoiser: NetworkDenoiser
    _flows: tuple[bytes, FlowEnsemble] | None = None  # of the latest pair, by its fingerprint
    _prefetched: list[Prefetch] = field(default_factory=list)  # of this pair and the next
    _pair: tuple[Tensor, Tensor] | None = None
    _midpoints: dict[Fraction, InBetween] = field(default_factory=dict)

    @property
    def knows_fractions(self) -> bool:
        """Whether the weights predict any fraction directly, or the middle alone."""
        return self.denoiser.network.config.fractions

    @property
    def prefetches(self) -> bool:
        """Whether it helps to say which pair comes next."""
        return warps(self.denoiser.network.config)

    def prefetch(self, images: Images, samples: int) -> None:
        """Find the motion of a pair that comes later, in the background; the latest one counts.

        `samples` of the quality that the pair's in-betweens will be made at.
        """
        self._prefetched = [*self._prefetched[-1:], Prefetch(images, samples)]

    @torch.no_grad()
    def interpolate(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Fraction,
        task: Task,
        flows: FlowEnsemble | None = None,
    ) -> InBetween:
        """The in-between of two images (3, H, W) in the model's range, on the CPU.

        `fraction` lies in (0, 1), and is a multiple of 1/2^n for weights that know only the middle.
        `flows` is the motion to go by, for weights that warp, instead of that of the images.
        """
        if self.knows_fractions:
            return self._predict(first, second, fraction, task, flows)
        if self._pair is None or not _equal(self._pair, (first, second)):
            self._pair, self._midpoints = (first, second), {}
        return self._by_halving(self._pair, fraction, task)

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
        made = cascade.interpolate(predict, target, *pair, task.uncertainty)
        variance = None if made.variance is None else made.variance.cpu()
        return InBetween(made.image.cpu(), variance, flows)

    def _motion(self, first: Tensor, second: Tensor, samples: int) -> FlowEnsemble | None:
        """The flows of a pair, as many members as the samples need or more, where weights warp.

        Found once for all in-betweens of a pair, and again where more samples are asked for.
        """
        if not warps(self.denoiser.network.config):
            return None
        this, enough = fingerprint(first, second), members_for(samples)
        if self._flows is None or self._flows[0] != this or len(self._flows[1]) < enough:
            early = (prefetched.of(this) for prefetched in self._prefetched)
            found = next((known for known in early if known and len(known) >= enough), None)
            if found is None:
                found = flow_ensemble(first[None], second[None], samples)
            self._flows = this, tuple(flows.to(self.denoiser.device) for flows in found)
            give_back()
        return self._flows[1]


def _equal(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def seeded_noise(seed: int, key: str, device: torch.device) -> Noise:
    """Normal noise that depends on seed, key (the output frame), stage, sample and size alone.

    Drawn on the CPU, so that every machine and every order of frames gives the same bits.
    """

    def noise(stage: int, sample: int, size: Size) -> Tensor:
        generator = torch.Generator().manual_seed(_seed(seed, key, stage, sample))
        return torch.randn(3, *size, generator=generator).to(device)

    return noise


def _seed(*identity: int | str) -> int:
    digest = hashlib.sha256(repr(identity).encode()).digest()
    return int.from_bytes(digest[:8], "little", signed=True)
