"""Two frames to one: the cascade on a device, with deterministic noise, at any fraction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from fractions import Fraction

import torch
from torch import Tensor

from hifi_ofx.quality import Quality
from hifi_ofx.retime import halvings

from ..flow.ensemble import looks_for
from ..flow.intermediate import Looks, looks
from ..flow.prefetch import Ahead, Images, fingerprint
from ..memory import give_back
from ..paper.cascade import Middle, Noise, Size, interpolate
from .denoiser import NetworkDenoiser


@dataclass(frozen=True)
class Task:
    """How an in-between is to be made. `key` is what its noise belongs to: the output frame, or,
    with weights that know only the middle, the pair of source frames.
    """

    quality: Quality
    key: str
    uncertainty: bool = False


@dataclass
class Interpolator:
    """In-betweens of image pairs in the model's range.

    Weights that know only the middle reach other fractions by halving (the X-TEST protocol); the
    midpoints of the latest pair are kept, so that frames between the same two share them. So is the
    motion that was found between them, for weights that align.
    """

    denoiser: NetworkDenoiser
    _flows: tuple[bytes, Looks] | None = None  # of the latest pair, by its fingerprint
    _ahead: list[Ahead] = field(default_factory=list)  # of this pair and the one that comes
    _pair: tuple[Tensor, Tensor] | None = None
    _middles: dict[Fraction, Middle] = field(default_factory=dict)

    @property
    def knows_fractions(self) -> bool:
        """Whether the weights predict any fraction directly, or the middle alone."""
        return self.denoiser.network.config.fractions

    @property
    def looks_ahead(self) -> bool:
        """Whether it helps to say which pair comes next."""
        return self.denoiser.align != "none"

    def look_ahead(self, images: Images, samples: int) -> None:
        """Find the motion of a pair that comes later, in the background; the latest one counts.

        `samples` of the quality that the pair's in-betweens will be made at.
        """
        self._ahead = [*self._ahead[-1:], Ahead(images, samples)]

    @torch.no_grad()
    def between(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Fraction,
        task: Task,
        flows: Looks | None = None,
    ) -> Middle:
        """The in-between of two images (3, H, W) in the model's range, on the CPU.

        `fraction` lies in (0, 1), and is a multiple of 1/2^n for weights that know only the middle.
        `flows` is the motion to go by, for weights that align, instead of that of the images.
        """
        if self.knows_fractions:
            return self._predict(first, second, fraction, task, flows)
        if self._pair is None or not _equal(self._pair, (first, second)):
            self._pair, self._middles = (first, second), {}
        return self._halved(self._pair, fraction, task)

    def _halved(self, pair: tuple[Tensor, Tensor], fraction: Fraction, task: Task) -> Middle:
        images = {Fraction(0): pair[0], Fraction(1): pair[1]}
        for left, right, middle in halvings(fraction):
            if middle not in self._middles:
                half = replace(task, key=f"{task.key} {middle}")
                self._middles[middle] = self._predict(
                    images[left], images[right], Fraction(1, 2), half
                )
            images[middle] = self._middles[middle].image
        return self._middles[fraction]

    def _predict(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Fraction,
        task: Task,
        flows: Looks | None = None,
    ) -> Middle:
        device = self.denoiser.device
        motion = self._motion(first, second, task.quality.samples) if flows is None else flows
        middle = interpolate(
            self.denoiser,
            first.to(device),
            second.to(device),
            float(fraction),
            task.quality,
            seeded_noise(task.quality.seed, task.key, device),
            task.uncertainty,
            motion,
        )
        variance = None if middle.variance is None else middle.variance.cpu()
        return Middle(middle.image.cpu(), variance, motion)

    def _motion(self, first: Tensor, second: Tensor, samples: int) -> Looks | None:
        """The flows of a pair by look, as many as the samples need or more, for weights that align.

        Found once for all in-betweens of a pair, and again where more samples are asked for.
        """
        if self.denoiser.align == "none":
            return None
        this, enough = fingerprint(first, second), looks_for(samples)
        if self._flows is None or self._flows[0] != this or len(self._flows[1]) < enough:
            early = (ahead.of(this) for ahead in self._ahead)
            found = next((known for known in early if known and len(known) >= enough), None)
            if found is None:
                found = looks(first[None], second[None], samples)
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
