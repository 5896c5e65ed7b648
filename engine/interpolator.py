"""Two frames to one: the cascade on a device, with deterministic noise, at any fraction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from fractions import Fraction

import torch
from torch import Tensor

from hifi_ofx.quality import Quality
from hifi_ofx.retime import halvings

from .cascade import Middle, Noise, Size, interpolate
from .denoiser import NetworkDenoiser


@dataclass
class Interpolator:
    """In-betweens of image pairs in the model's range.

    Weights that know only the middle reach other fractions by halving (the X-TEST protocol); the
    midpoints of the latest pair are kept, so that frames between the same two share them.
    """

    denoiser: NetworkDenoiser
    _pair: tuple[Tensor, Tensor] | None = None
    _middles: dict[Fraction, Middle] = field(default_factory=dict)

    @property
    def knows_fractions(self) -> bool:
        """Whether the weights predict any fraction directly, or the middle alone."""
        return self.denoiser.network.config.fractions

    @torch.no_grad()
    def between(
        self, first: Tensor, second: Tensor, fraction: Fraction, quality: Quality, key: str
    ) -> Middle:
        """The in-between of two images (3, H, W) in the model's range, on the CPU.

        `fraction` lies in (0, 1), and is a multiple of 1/2^n for weights that know only the middle.
        `key` names what the noise belongs to: the output frame, or with such weights the pair.
        """
        if self.knows_fractions:
            return self._predict(first, second, fraction, quality, key)
        if self._pair is None or self._pair[0] is not first or self._pair[1] is not second:
            self._pair, self._middles = (first, second), {}
        return self._halved(fraction, quality, key)

    def _halved(self, fraction: Fraction, quality: Quality, key: str) -> Middle:
        assert self._pair is not None
        images = {Fraction(0): self._pair[0], Fraction(1): self._pair[1]}
        for left, right, middle in halvings(fraction):
            if middle not in self._middles:
                self._middles[middle] = self._predict(
                    images[left], images[right], Fraction(1, 2), quality, f"{key} {middle}"
                )
            images[middle] = self._middles[middle].image
        return self._middles[fraction]

    def _predict(
        self, first: Tensor, second: Tensor, fraction: Fraction, quality: Quality, key: str
    ) -> Middle:
        device = self.denoiser.device
        noise = seeded_noise(quality.seed, key, device)
        middle = interpolate(
            self.denoiser, first.to(device), second.to(device), float(fraction), quality, noise
        )
        variance = None if middle.variance is None else middle.variance.cpu()
        return Middle(middle.image.cpu(), variance)


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
