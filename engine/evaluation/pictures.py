"""Frames of a benchmark as the network sees them: read, resized or cropped as it was published.

A benchmark's item is two frames and the true frames between them. Nothing is read before it is
needed, and no more than one item is in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from hifi_ofx.errors import MismatchedFrames
from hifi_ofx.sequence import VIDEO_SUFFIXES

from .. import color
from ..inference.interpolator import Around
from ..plate.exr import read_frame, read_header
from ..plate.frame import Frame, Window
from ..plate.source import Source
from ..plate.video import VideoReader
from ..retime.synthesis import color_image

Fit = Callable[[Tensor], Tensor]  # (3, H, W) in the model's range, to the size that is scored


@dataclass(frozen=True)
class Picture:
    """One frame on disk: a file, or the frame of a video with this number, from 1.

    Where it is the frame of a `source`, it is read as that one reads it.
    """

    path: Path
    number: int = 0
    source: Source | None = None

    def read(self) -> Frame:
        """The frame. Raises FrameError, MissingFrames."""
        if self.source is not None:
            return self.source.read(self.number)
        if not self.number:
            return read_frame(self.path)
        with VideoReader(self.path) as video:
            return video.read(self.number)


@dataclass(frozen=True)
class Truth:
    """A true in-between: what it is called in tables, and its fraction in (0, 1)."""

    name: str
    fraction: Fraction
    picture: Picture


@dataclass(frozen=True)
class Item:
    """Two frames and the true ones between them, with the groups its scores count for.

    `around`: the frame before the two and the one after, where they say how motion curves.
    """

    name: str
    first: Picture
    second: Picture
    truths: tuple[Truth, ...]
    tags: tuple[str, ...] = ()
    around: tuple[Picture, Picture] | None = None

    @property
    def pictures(self) -> list[Picture]:
        """All frames of the item."""
        return [self.first, self.second, *(truth.picture for truth in self.truths)]


@dataclass(frozen=True)
class Pair:
    """The two frames of an item as images (3, H, W) in the model's range, and those around them."""

    name: str
    first: Tensor
    second: Tensor
    around: Around | None = None


class Reader:
    """The images of one item: (3, H, W) in the model's range, over the union of data windows.

    Raises FrameError for what cannot be read, MismatchedFrames for frames of different sizes.
    """

    def __init__(self, item: Item, fit: Fit) -> None:
        self._item, self._fit = item, fit
        self._window = _window(item)

    def pair(self) -> Pair:
        """The two frames to interpolate."""
        first, second = self._image(self._item.first), self._image(self._item.second)
        self._check_size(second, first, self._item.second)
        return Pair(self._item.name, first, second, self._around(first))

    def truth(self, truth: Truth, pair: Pair) -> Tensor:
        """A true frame between the two."""
        image = self._image(truth.picture)
        self._check_size(image, pair.first, truth.picture)
        return image

    def _around(self, first: Tensor) -> Around | None:
        """Read at once: what a disk takes is not a method's time."""
        if self._item.around is None:
            return None
        images = [self._image(picture) for picture in self._item.around]
        for image, picture in zip(images, self._item.around, strict=True):
            self._check_size(image, first, picture)
        return Around(lambda: iter(images))

    def _image(self, picture: Picture) -> Tensor:
        return self._fit(color_image(picture.read(), self._window))

    def _check_size(self, image: Tensor, first: Tensor, picture: Picture) -> None:
        if image.shape != first.shape:
            raise MismatchedFrames(
                f"{picture.path} is {_size(image)} pixels, the first frame {_size(first)}.",
                "Frames of an item are of one size; copy or convert them again.",
            )


def full(image: Tensor) -> Tensor:
    """The frame as it is."""
    return image


def halved(image: Tensor) -> Tensor:
    """Half the size, each pixel the mean of four, in whole 8-bit steps.

    This is OpenCV's INTER_AREA on 8-bit frames, as the published 2K figures are made with.
    """
    size = image.shape[-2] // 2, image.shape[-1] // 2
    bytes_ = color.model_to_display(image).mul_(255).round_()
    means = F.interpolate(bytes_[None], size, mode="area")[0]
    return color.display_to_model(means.add_(0.5).floor_().div_(255))


def center(image: Tensor) -> Tensor:
    """The middle half of rows and columns."""
    height, width = image.shape[-2:]
    top, left = height // 4, width // 4
    return image[:, top : top + height // 2, left : left + width // 2].contiguous()


def is_video(path: Path) -> bool:
    """Whether a file is a video, by its name."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def _window(item: Item) -> Window | None:
    """The union of the data windows of EXR frames; None for others, which have none."""
    paths = [picture.path for picture in item.pictures]
    if any(path.suffix.lower() != ".exr" for path in paths):
        return None
    windows = [read_header(path).parts[0].data_window for path in paths]
    window = windows[0]
    for other in windows[1:]:
        window = window.union(other)
    return window


def _size(image: Tensor) -> str:
    return f"{image.shape[-1]}x{image.shape[-2]}"


def display(image: Tensor) -> Tensor:
    """An image in the model's range as a display shows it, in [0, 1]; what is scored."""
    return color.model_to_display(image.to(torch.float32))
