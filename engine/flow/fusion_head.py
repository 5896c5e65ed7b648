"""What an `aligned` network says in pictures: which of the warped ones to believe, moved a little.

The counterpart of motion.py for networks that see both frames aligned (alignment.py). A softmax
over all candidates is the mix; the two motions behind four of the warped pictures may be corrected;
what is left is said in pixels, as v.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from ..color import WHITE
from .correlation import LEVELS
from .intermediate import WARPS, mean_of_warps, mix_of_warps
from .warp import taken

CANDIDATES = WARPS + 3  # the warped pictures, first, second, coarse
CHANNELS = CANDIDATES + 4 + len(LEVELS)  # preferences; two corrections; shares of what is matched
SEEN = 3 + 3 + 3 * WARPS + 6 + 3 + 6  # channels of `seen`
_PIXELS = 4.0  # that a network output of 1 moves by
_RELUCTANT = -5.0  # preference for what is not aligned, before the network says anything


def seen(
    z: Tensor, alpha: Tensor, fraction: Tensor, condition: Tensor, difference: float
) -> Tensor:
    """The inputs of an aligned network, (B, SEEN, H, W), in the unit of what it predicts.

    Pictures are given by their difference from the mean of the warped ones, motion in units of
    what is usual.
    """
    first, second, coarse, pictures, motion, _ = _parts(condition)
    mean = mean_of_warps(pictures, fraction)
    warped = (pictures - mean.repeat(1, WARPS, 1, 1)) / difference
    frames = torch.cat([first - mean, second - mean], dim=1) * (0.3 / difference)
    found = (coarse - mean) * _has(coarse) / difference
    early, apart, arrived = motion.chunk(3, dim=1)
    units = [early / 32, apart / 8, arrived - 1]
    return torch.cat([alpha * z, (mean - WHITE / 2) / WHITE, warped, frames, found, *units], dim=1)


def matchable(condition: Tensor) -> tuple[Tensor, Tensor]:
    """The two pictures, (B, 3, H, W) each, whose remaining motion the network is shown."""
    pictures = _parts(condition)[3].chunk(WARPS, dim=1)
    return pictures[0], pictures[3]  # each frame along the motion seen from itself


def fused_difference(
    said: Tensor, matched: list[Tensor], condition: Tensor, fraction: Tensor
) -> Tensor:
    """The network's mix of the candidates less the mix that is believed without it, (B, 3, H, W).

    `said` is the network's (B, CHANNELS, H, W), `matched` the motion found at each level, of any
    size. For `said` zero this is all but zero: candidates that are not aligned weigh e^-5.
    """
    first, second, coarse, pictures, _, counts = _parts(condition.float())
    weight = fraction.float()[:, None, None, None]
    preference, early, late, shares = torch.split(
        said.float(), [CANDIDATES, 2, 2, len(matched)], dim=1
    )
    size = (first.shape[-2], first.shape[-1])
    shared = sum(
        share * F.interpolate(found, size, mode="bilinear")
        for share, found in zip(torch.split(shares, 1, dim=1), matched, strict=True)
    )
    warped = list(pictures.chunk(WARPS, dim=1))
    for number, correction in ((0, early), (2, late)):
        by = _PIXELS * correction + shared
        warped[number] = taken(warped[number], -weight * by)
        warped[number + 1] = taken(warped[number + 1], (1 - weight) * by)
    candidates = torch.stack([*warped, first, second, coarse], dim=1)  # (B, CANDIDATES, 3, H, W)
    share = torch.softmax(preference + _prior(weight, coarse, counts), dim=1)
    believed = mix_of_warps(torch.cat([pictures, counts], dim=1))
    return (candidates * share[:, :, None]).sum(1) - believed


def _prior(weight: Tensor, coarse: Tensor, counts: Tensor) -> Tensor:
    """Preferences before the network says anything, (B, CANDIDATES, h, w)."""
    nearer = torch.cat([torch.log1p(-weight), torch.log(weight)], dim=1).clamp(min=-7)
    believed = torch.log((WARPS / 2 * counts).clamp(min=1e-6))
    other = torch.cat(
        [nearer + _RELUCTANT, torch.where(_has(coarse), _RELUCTANT, float("-inf"))], dim=1
    )
    return torch.cat([believed, other.expand(-1, -1, *counts.shape[-2:])], dim=1)


def _parts(condition: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
    """first, second, coarse, the warped pictures, what else is known of the motion, and shares."""
    first, second, coarse, pictures, motion, counts = torch.split(
        condition, [3, 3, 3, 3 * WARPS, 6, WARPS], dim=1
    )
    return first, second, coarse, pictures, motion, counts


def _has(coarse: Tensor) -> Tensor:
    """Whether there is a coarse image, (B, 1, 1, 1): at the base it is zeros."""
    return coarse.flatten(1).abs().amax(1).gt(0)[:, None, None, None]
