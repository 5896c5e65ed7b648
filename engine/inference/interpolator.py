"""What makes an in-between of two images, whatever kind of weights it goes by.

A retime, a preview and an evaluation drive this. There are two kinds: a diffusion cascade
(diffusion_interpolator.py) and the motion network (flow_interpolator.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from hifi_ofx.quality import Machine, Quality
from hifi_ofx.waiting import Check, unasked

from ..paper.cascade import Size
from ..paper.patches import Box

Images = Callable[[], Iterator[Tensor]]  # the two images (3, H, W) of a pair, one after the other


@dataclass(frozen=True)
class Task:
    """How an in-between is to be made. `key` is what its noise belongs to: the output frame, or,
    with weights that know only the middle, the pair of source frames. For images that are
    not `display_referred`, the mean of their light is made too.
    """

    quality: Quality
    key: str
    uncertainty: bool = False
    vectors: bool = False
    display_referred: bool = False


@dataclass(frozen=True, eq=False)
class Around:
    """The image before a pair and the one after it, (3, H, W): how the pair's motion curves."""

    images: Images


@dataclass(frozen=True)
class InBetween:
    """A predicted image, (3, H, W), and the variance over its samples where that was asked for.

    `motion` is what it went by: other images of the same pair may follow it. `vectors`, where they
    were asked for: (5, H, W), the displacement (x, y) in pixels to where each pixel lies in the
    first image, that in the second, and how much of the first is seen, from 0 to 1. `light`, of
    images that stand for light: the image averaged in scene-linear light, (3, H, W), where `image`
    is averaged in the model's range.
    """

    image: Tensor
    variance: Tensor | None = None
    motion: object | None = None
    vectors: Tensor | None = None
    light: Tensor | None = None


class StagePlan(NamedTuple):
    """One stage of an in-between: (height, width), where its patches lie, steps for each."""

    size: Size
    boxes: tuple[Box, ...]
    steps: int


class Work(NamedTuple):
    """What one image of an in-between takes."""

    calls: int  # of the network
    batch: int  # patches a call
    network_bytes: int  # on the device, beside the frames
    host_bytes: int  # beside those: images at work, and the motion of the pair
    motion_range: float  # pixels that things may move by to be followed, about
    stages: tuple[StagePlan, ...]
    area: int  # pixels that all network calls work on together
    timing_key: str  # what the time of an image depends on, beside its area and the device
    follows: bool = False  # further images of a pair go by the motion of the first, without calls


def area(stages: Sequence[StagePlan], samples: int) -> int:
    """Pixels that all network calls of an image work on together."""
    pixels = (stage.steps * sum(box.height * box.width for box in stage.boxes) for stage in stages)
    return samples * sum(pixels)


class Interpolator(Protocol):
    """In-betweens of image pairs in the model's range."""

    @property
    def device(self) -> torch.device:
        """Where it works."""

    @property
    def knows_fractions(self) -> bool:
        """Whether any fraction is predicted directly, or the middle alone."""

    @property
    def acts(self) -> frozenset[str]:
        """The settings of `Quality` that change its pictures."""

    def fresh(self) -> Interpolator:
        """Another one with the same network, which knows of no pair yet."""

    def work(self, quality: Quality, size: Size) -> Work:
        """What an image of (height, width) takes."""

    def prefetches(self, quality: Quality) -> bool:
        """Whether it helps to say which pair comes next."""

    def prefetch(self, images: Images, quality: Quality, check: Check = unasked) -> None:
        """Find the motion of a pair that comes later, in the background; the latest one counts.

        It ends where `check` raises.
        """

    def telling(
        self, before_call: Callable[[], None], check: Check = unasked
    ) -> AbstractContextManager[None]:
        """Within it, `before_call` is called before every network call, and `check` wherever else
        it may take long; both may raise Cancelled.
        """

    def adapt(self, machine: Machine, quality: Quality) -> None:
        """Take over precision and batch, which may differ from request to request."""

    def interpolate(
        self,
        first: Tensor,
        second: Tensor,
        fraction: Fraction,
        task: Task,
        motion: object | None = None,
    ) -> InBetween:
        """The in-between of two images (3, H, W) in the model's range, on the CPU.

        `fraction` lies in (0, 1). `motion` is that of another in-between of the same two frames at
        the same fraction, to go by instead of the images' own; or `Around`, for motion that curves.
        """

    def photometric_error(
        self, first: Tensor, second: Tensor, fraction: Fraction, motion: object | None
    ) -> Tensor | None:
        """By how much both images (3, H, W) differ once warped along motion of `interpolate`.

        (h, w) in the model's range, of any size; None where images are not warped.
        """
