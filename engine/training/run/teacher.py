"""What the motion network says of a pair, by one view or by the mean of several.

The mean of views errs less than any of them (docs/experiments.md): of their pictures more than of
their motion, since a mean of pictures hedges where the motion is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from ...flow.motion_network import MotionNetwork, warped
from ...flow.views import VIEWS, View


class Answer(NamedTuple):
    """What one view says of an in-between: flow and mask, as the pair lies, and the picture."""

    flow: Tensor  # (B, 4, H, W) in pixels
    mask: Tensor  # (B, 1, H, W), the logit
    picture: Tensor  # (B, 3, H, W), display-encoded


class Lesson(NamedTuple):
    """What is taught of an in-between."""

    picture: Tensor  # (B, 3, H, W), display-encoded: the mean of the views' pictures
    flow: Tensor  # (B, 4, H, W): the mean of their motion, in pixels
    trust: Tensor  # (B, 1, H, W) in (0, 1]: 1 where they agree, 1/2 where they differ by a pixel


def answered(
    network: MotionNetwork, first: Tensor, second: Tensor, fraction: Tensor, view: View
) -> Answer:
    """One view of pairs (B, 3, H, W), display-encoded in [0, 1], at `fraction` (B,)."""
    motion = network(*view.pair(first, second, fraction))
    flow, mask = view.undone(motion.flow, motion.mask.float())
    moved = (
        warped(picture, way)
        for picture, way in zip((first, second), flow.chunk(2, dim=1), strict=True)
    )
    one, other = moved
    return Answer(flow, mask, torch.lerp(other, one, torch.sigmoid(mask)))


@torch.no_grad()
def lesson(
    network: MotionNetwork, first: Tensor, second: Tensor, fraction: Tensor, views: int
) -> Lesson:
    """The mean of the first so many views of pairs (B, 3, H, W)."""
    answers = [answered(network, first, second, fraction, view) for view in VIEWS[:views]]
    flows = torch.stack([answer.flow for answer in answers])
    flow = flows.mean(0)
    spread = (flows - flow).square().mean(dim=(0, 2)).mul(2)[:, None]  # squared, of a displacement
    return Lesson(mean_picture(answers), flow, 1 / (1 + spread))


def mean_picture(answers: Iterable[Answer]) -> Tensor:
    """The mean of the pictures of several views."""
    return torch.stack([answer.picture for answer in answers]).mean(0)
