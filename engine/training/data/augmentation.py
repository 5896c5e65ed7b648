"""Triplets of frames of clips, with the paper's augmentation (§Experiments), and whips.

Random and multi-resolution crops; horizontal, vertical and temporal flips, each for a half. No
rotation by 90 degrees and no photometric change, as there. A whip moves the crop's window
from frame to frame by a constant whole number of pixels: large motion of real texture, exact.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Generator, Tensor

from ...color import WHITE
from ..procedural.brushes import integer
from ..procedural.samples import Samples
from .frame_cache import Clip
from .textures import resized


def clip_samples(
    clips: Sequence[Clip],
    batch: int,
    size: int,
    generator: Generator,
    largest_gap: int = 8,
    whip_share: float = 0.0,
    middles: bool = False,
) -> Samples:
    """Crops of `size` pixels of random triplets, in the model's range.

    Any first frame and any gap of any clip are equally likely. The in-between is any frame
    between two others, in two of three cases the exact middle; for `middles`, in all.
    """
    gaps = range(2, largest_gap + 1, 2 if middles else 1)
    pairs = list(accumulate(_pairs(len(clip), gaps) for clip in clips))
    triplets, fractions = [], []
    for _ in range(batch):
        clip = clips[bisect_right(pairs, integer(pairs[-1], generator))]
        numbers = triplet(len(clip), gaps, generator)
        early, between, late = numbers
        whipped = float(torch.rand((), generator=generator)) < whip_share
        offsets = [number - early for number in numbers]
        frames = augmented(clip[list(numbers)], size, offsets, whipped, generator)
        fraction = (between - early) / (late - early)
        if integer(2, generator):
            frames, fraction = frames.flip(0), 1 - fraction
        triplets.append(frames)
        fractions.append(fraction)
    first, middle, second = torch.stack(triplets).mul_(WHITE / 255).unbind(1)
    return Samples(first, second, middle, torch.tensor(fractions))


def triplet(count: int, gaps: range, generator: Generator) -> tuple[int, int, int]:
    """first < middle < second out of `count` frames, first and second by one of `gaps` apart.

    Where all gaps are even, the middle is the exact one.
    """
    ways = list(accumulate(max(0, count - gap) for gap in gaps))
    while True:
        gap = gaps[bisect_right(ways, integer(ways[-1], generator))]
        first = integer(count - gap, generator)
        middle = gap // 2 if gaps.step == 2 else 1 + integer(gap - 1, generator)
        if 2 * middle == gap or not integer(3, generator):
            return first, first + middle, first + gap


def augmented(
    frames: Tensor, size: int, offsets: Sequence[int], whipped: bool, generator: Generator
) -> Tensor:
    """One random crop and flips of frames (3, 3, H, W), as float (3, 3, size, size).

    `offsets`: the frames' numbers counted from the first one, along which a whip moves.
    """
    height, width = frames.shape[-2:]
    down, right = (
        _speed(extent - size, offsets[-1], generator) if whipped else 0
        for extent in (height, width)
    )
    tall, wide = _window(height, width, size, (down, right), offsets[-1], generator)
    top = _start(height - tall, down * offsets[-1], generator)
    left = _start(width - wide, right * offsets[-1], generator)
    cuts = [
        frame[:, top + down * n : top + down * n + tall, left + right * n : left + right * n + wide]
        for frame, n in zip(frames, offsets, strict=True)
    ]
    cut = resized(torch.stack(cuts), (size, size))
    flips = [axis for axis in (-1, -2) if integer(2, generator)]
    return cut.flip(flips) if flips else cut


def _pairs(count: int, gaps: range) -> int:
    """How many pairs of first and second a clip of `count` frames has."""
    return sum(max(0, count - gap) for gap in gaps)


def _speed(room: int, frames: int, generator: Generator) -> int:
    """Whole pixels a frame, either way, so that a crop stays inside over so many frames."""
    most = max(0, room) // frames
    return integer(2 * most + 1, generator) - most


def _window(
    height: int,
    width: int,
    size: int,
    speed: tuple[int, int],
    frames: int,
    generator: Generator,
) -> tuple[int, int]:
    """Height and width of a crop between `size` and all that the whip leaves of the frame."""
    room = height - abs(speed[0]) * frames, width - abs(speed[1]) * frames
    tall, wide = (
        min(extent, size + integer(max(1, extent - size + 1), generator)) for extent in room
    )
    if integer(2, generator):  # half of them keep their proportions
        tall = wide = min(tall, wide)
    return tall, wide


def _start(room: int, swept: int, generator: Generator) -> int:
    """Where a window starts that will sweep so far and has so much room."""
    return max(0, -swept) + integer(room - abs(swept) + 1, generator)
