"""The network that sees both frames warped: it blends them anew, moves them a little, and repairs.

A softmax over all candidates is the blend; the two motions behind four of the warped pictures may
be corrected; what is left is said in pixels, as v. Untrained it gives the blend that it is shown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..color import WHITE
from ..paper.diffusion import alpha_sigma
from ..paper.unet import CONDITION_CHANNELS, IMAGE_CHANNELS, NetworkConfig, UNet
from .blend_weights import WARPS
from .cost_volume import LEVELS, CostVolume
from .warp import backward_warp
from .warped import WARPED, WarpedFrames

CANDIDATES = WARPS + 3  # the warped pictures, first, second, coarse
SAID = CANDIDATES + 4 + len(LEVELS)  # preferences; two corrections; shares of the cost volumes
SEEN = 3 + 3 + 3 * WARPS + 6 + 3 + 6  # channels of `seen`
_PIXELS = 4.0  # that a network output of 1 moves by
_RELUCTANT = -5.0  # preference for what is not warped, before the network says anything


@dataclass(frozen=True)
class FusionConfig(NetworkConfig):
    """The shape of a FusionUNet, and what its output means."""

    difference: float = 0.1  # x is the image's difference from the blend it is shown, over this
    direct: bool = False  # x is what it says at t = 1, at every step: more steps change nothing
    trust: float = 1.0  # how far it is followed from what an untrained one says

    @property
    def input_channels(self) -> int:
        """Channels that the first layer sees at every pixel; see `seen`."""
        return SEEN

    @property
    def condition_channels(self) -> int:
        """Channels of the condition; see `Seen`."""
        return CONDITION_CHANNELS + WARPED

    @property
    def output_channels(self) -> int:
        """Channels of what the last layer says at every pixel: v, and how the frames blend."""
        return IMAGE_CHANNELS + SAID

    def to_json(self) -> dict[str, Any]:
        """The config as JSON values; `align` tells its kind."""
        return {**asdict(self), "align": "flow"}


# The shipped family: 2.8 M parameters.
ALIGNED = FusionConfig(
    widths=(32, 48, 64, 96, 96), blocks=(1, 2, 2, 2, 1), time_width=128, head_width=32, direct=True
)


class Seen(NamedTuple):
    """The condition of a FusionUNet by name."""

    first: Tensor
    second: Tensor
    coarse: Tensor
    warped: WarpedFrames

    @classmethod
    def of(cls, condition: Tensor) -> Seen:
        """(B, CONDITION_CHANNELS + WARPED, H, W) by name."""
        images, warped = torch.split(condition, [CONDITION_CHANNELS, WARPED], dim=1)
        first, second, coarse = images.chunk(3, dim=1)
        return cls(first, second, coarse, WarpedFrames.of(warped))


class FusionUNet(UNet):
    """The paper's U-Net, shown warped frames and a cost volume at three levels."""

    config: FusionConfig

    def __init__(self, config: FusionConfig) -> None:
        super().__init__(config)
        self.matching = nn.ModuleList(CostVolume(level, config.widths[level]) for level in LEVELS)

    def forward(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """V, shaped as z: (B, 3, H, W). t and fraction: (B,).

        condition: (B, CONDITION_CHANNELS + WARPED, H, W); see `Seen`.
        """
        if self.config.direct:
            return self._direct(z, t, fraction, condition)
        return self._v(z, t, fraction, condition)

    def _direct(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        """The v that leads from z to what the network says from noise alone: at t = 1, x = -v.

        A network that is trained there only would take noise for detail later on.
        """
        x = -self._v(torch.zeros_like(z), torch.ones_like(t), fraction, condition)
        alpha, sigma = alpha_sigma(t[:, None, None, None])
        return (alpha * z - x) / sigma.clamp(min=1e-3)  # x = alpha z - sigma v

    def _v(self, z: Tensor, t: Tensor, fraction: Tensor, condition: Tensor) -> Tensor:
        known = Seen.of(condition)
        alpha, sigma = alpha_sigma(t[:, None, None, None])
        costs = self._costs(known.warped, fraction)
        beside = {level: features for level, (features, _) in costs.items()}
        inputs = seen(z, alpha, fraction, condition, self.config.difference)
        out = self.config.trust * self.said(inputs, t, fraction, beside)
        v, said = torch.split(out, [IMAGE_CHANNELS, SAID], dim=1)
        motions = [motion for _, motion in costs.values()]
        x = fused_difference(said, motions, condition, fraction)
        return v - sigma * x / self.config.difference  # v = alpha noise - sigma x

    def _costs(self, warped: WarpedFrames, fraction: Tensor) -> dict[int, tuple[Tensor, Tensor]]:
        """Features and motion by level, of each frame along the motion seen from itself."""
        pictures = warped.pictures.chunk(WARPS, dim=1)
        volumes = zip(LEVELS, self.matching, strict=True)
        return {level: volume(pictures[0], pictures[3], fraction) for level, volume in volumes}


def seen(
    z: Tensor, alpha: Tensor, fraction: Tensor, condition: Tensor, difference: float
) -> Tensor:
    """The inputs of the network, (B, SEEN, H, W), in the unit of what it predicts.

    Pictures are given by their difference from the mean of the warped ones, motion in units of
    what is usual.
    """
    first, second, coarse, known = Seen.of(condition)
    mean = known.mean(fraction)
    warped = (known.pictures - mean.repeat(1, WARPS, 1, 1)) / difference
    frames = torch.cat([first - mean, second - mean], dim=1) * (0.3 / difference)
    found = (coarse - mean) * _has(coarse) / difference
    from_first, apart, coverage = known.motion.chunk(3, dim=1)
    units = [from_first / 32, apart / 8, coverage - 1]
    return torch.cat([alpha * z, (mean - WHITE / 2) / WHITE, warped, frames, found, *units], dim=1)


def fused_difference(
    said: Tensor, motions: list[Tensor], condition: Tensor, fraction: Tensor
) -> Tensor:
    """The network's blend of the candidates less the one it was shown, (B, 3, H, W).

    `said` is the network's (B, SAID, H, W), `motions` those of the cost volumes, of any size. For
    `said` zero this is all but zero: candidates that are not warped weigh e^-5.
    """
    first, second, coarse, known = Seen.of(condition.float())
    weight = fraction.float()[:, None, None, None]
    preference, from_first, from_second, shares = torch.split(
        said.float(), [CANDIDATES, 2, 2, len(motions)], dim=1
    )
    size = (first.shape[-2], first.shape[-1])
    shared = sum(
        share * F.interpolate(motion, size, mode="bilinear")
        for share, motion in zip(torch.split(shares, 1, dim=1), motions, strict=True)
    )
    warped = list(known.pictures.chunk(WARPS, dim=1))
    for number, correction in ((0, from_first), (2, from_second)):
        by = _PIXELS * correction + shared
        warped[number] = backward_warp(warped[number], -weight * by)
        warped[number + 1] = backward_warp(warped[number + 1], (1 - weight) * by)
    candidates = torch.stack([*warped, first, second, coarse], dim=1)  # (B, CANDIDATES, 3, H, W)
    share = torch.softmax(preference + _prior(weight, coarse, known.weights), dim=1)
    return (candidates * share[:, :, None]).sum(1) - known.blend()


def _prior(weight: Tensor, coarse: Tensor, weights: Tensor) -> Tensor:
    """Preferences before the network says anything, (B, CANDIDATES, h, w)."""
    nearer = torch.cat([torch.log1p(-weight), torch.log(weight)], dim=1).clamp(min=-7)
    blended = torch.log((WARPS / 2 * weights).clamp(min=1e-6))
    other = torch.cat(
        [nearer + _RELUCTANT, torch.where(_has(coarse), _RELUCTANT, float("-inf"))], dim=1
    )
    return torch.cat([blended, other.expand(-1, -1, *weights.shape[-2:])], dim=1)


def _has(coarse: Tensor) -> Tensor:
    """Whether there is a coarse image, (B, 1, 1, 1): at the base it is zeros."""
    return coarse.flatten(1).abs().amax(1).gt(0)[:, None, None, None]
