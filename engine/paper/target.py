"""What a network's x stands for, and what it is given beside z (§Architecture, Fig. 4).

The paper diffuses the image itself, and conditions on both frames and the coarser prediction:
`Image`. Another target may diffuse something else, and show the network more; the sampler, the
patches and the cascade stay the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from torch import Tensor

from .patches import Box, patchify


class Condition(NamedTuple):
    """What a stage starts from: images (3, H, W); `coarse` is zeros at the base (Fig. 4)."""

    first: Tensor
    second: Tensor
    coarse: Tensor


class Stage(Protocol):
    """One stage of the cascade, for one sample."""

    def seen(self, boxes: Sequence[Box]) -> Tensor:
        """What the network is given beside z in these boxes: (boxes, C, h, w)."""

    def image(self, x: Tensor) -> Tensor:
        """The image (3, H, W) that x stands for; `x` may be written over.

        Only after all of the stage was `seen`.
        """

    def x(self, image: Tensor) -> Tensor:
        """The x that stands for an image: the inverse of `image`."""


class Target(Protocol):
    """Makes the stages of one in-between."""

    def stage(self, condition: Condition, sample: int) -> Stage:
        """The stage that starts from `condition`, for sample number `sample`."""


class Image:
    """The paper's target: x is the image, seen are first, second and coarse."""

    def stage(self, condition: Condition, sample: int) -> ImageStage:
        """The same for every sample: the paper's differ by their noise alone."""
        return ImageStage(condition)


class ImageStage(NamedTuple):
    """A stage whose x is the image."""

    condition: Condition

    def seen(self, boxes: Sequence[Box]) -> Tensor:
        """First, second and coarse in these boxes: (boxes, 9, h, w)."""
        return patchify(self.condition, boxes)

    def image(self, x: Tensor) -> Tensor:
        """X itself."""
        return x

    def x(self, image: Tensor) -> Tensor:
        """The image itself."""
        return image
