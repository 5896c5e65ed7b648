"""An in-between that fails softly: where no motion leads, it is the blend of its frames."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from hifi_ofx.waiting import Check

from ..color import from_model, to_model
from ..flow.dissolving import dissolving
from ..flow.vanished import at_rows, vanished
from ..flow.views import PairFlow
from .interpolator import InBetween

_STRIP = 256  # rows


def where_to_blend(
    pair: tuple[Tensor, Tensor],
    image: Tensor,
    fraction: float,
    views: Sequence[PairFlow],
    check: Check,
) -> Tensor | None:
    """How far cells of a pair's in-between `image` are to be its blend, (1, h, w); None nowhere.

    `views` are what the motion network found, if it was asked.
    """
    gone = vanished(*pair, image, fraction)
    both = dissolving(*pair, views[0], check) if views else None
    if gone is None or both is None:
        return both if gone is None else gone
    return torch.maximum(gone, both)


def fail_softly(
    made: InBetween, pair: tuple[Tensor, Tensor], fraction: float, weight: Tensor
) -> None:
    """Write the blend of its images (3, H, W) into an in-between where `weight` says.

    Where the images stand for light (`made.light`), light is blended, so that none is lost; else
    the values as they are. Variance is there that of either image, and nothing moves.
    """
    height, width = made.image.shape[-2:]
    for top in range(0, height, _STRIP):
        rows = slice(top, min(top + _STRIP, height))
        here = at_rows(weight, rows, (height, width))
        if here.any():
            _write(made, rows, pair[0][:, rows], pair[1][:, rows], fraction, here)


def _write(
    made: InBetween, rows: slice, first: Tensor, second: Tensor, fraction: float, weight: Tensor
) -> None:
    """The blend of some rows into image, light, variance and vectors."""
    image = made.image[:, rows]
    if made.light is None:
        image.lerp_(torch.lerp(first, second, fraction), weight)
    else:
        blend = torch.lerp(from_model(first), from_model(second), fraction)
        mixed = to_model(torch.lerp(from_model(image), blend, weight))
        image.copy_(torch.where(weight > 0, mixed, image))
        made.light[:, rows].lerp_(blend, weight)
    if made.variance is not None:
        of_either = (first - second).square() * (fraction * (1 - fraction))
        made.variance[:, rows].lerp_(of_either, weight)
    if made.vectors is not None:
        still = torch.tensor([0.0, 0, 0, 0, 1 - fraction])[:, None, None]
        made.vectors[:, rows] = torch.where(weight > 0.5, still, made.vectors[:, rows])
