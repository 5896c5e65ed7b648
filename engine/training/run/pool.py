"""The pairs of a distillation with what the teacher says of them, drawn once and kept on a device.

Filmed, panned over and rendered pairs, as any run's (data/mixture.py). Asking the teacher costs
several times what a step on the answer does, so a pool serves many steps: every crop is cut
anywhere in a square, and seen in any view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from ...color import model_to_display
from ...flow.motion_network import MotionNetwork
from ..data.mixture import Data, draw
from ..distill_settings import DistillSettings
from ..settings import TrainingSettings
from .seeds import CPU, seeded
from .teacher import lesson

AT_ONCE = 8  # pairs that are drawn and taught together


class Pool(NamedTuple):
    """N pairs as squares, half precision. Also a batch of crops of them."""

    first: Tensor  # (N, 3, S, S), display-encoded in [0, 1], as all pictures here
    second: Tensor
    truth: Tensor  # (N, 3, S, S): what was between
    taught: Tensor  # (N, 3, S, S): what the teacher makes of it
    flow: Tensor  # (N, 4, S, S): its motion, in pixels
    trust: Tensor  # (N, 1, S, S): how far its views agree
    fraction: Tensor  # (N,), single precision


def fill(
    data: Data,
    settings: DistillSettings,
    number: int,
    teacher: MotionNetwork,
    told: Callable[[int], None] = lambda count: None,
) -> Pool:
    """Pool `number` of a run, on the teacher's device. `told` hears how many pairs are done."""
    parts = []
    for part in _drawn(data, settings, number, teacher):
        parts.append(part)
        told(len(part.fraction))
    return Pool._make(torch.cat(one) for one in zip(*parts, strict=True))


def _drawn(
    data: Data, settings: DistillSettings, number: int, teacher: MotionNetwork
) -> Iterator[Pool]:
    """The parts of a pool."""
    for start in range(0, settings.scenes, AT_ONCE):
        count = min(AT_ONCE, settings.scenes - start)
        choices = seeded(CPU, settings.seed, number, start)
        yield _part(data, settings, count, choices, teacher)


def _part(
    data: Data, settings: DistillSettings, count: int, choices: Generator, teacher: MotionNetwork
) -> Pool:
    drawing = TrainingSettings(
        batch=count,
        crop=settings.scene,
        video_share=settings.video_share,
        largest_motion=settings.largest_motion,
    )
    samples = draw(data, drawing, 0, choices).to(teacher.device)
    first, second, truth = (
        model_to_display(image) for image in (samples.first, samples.second, samples.middle)
    )
    fraction = samples.fraction.float()
    taught = lesson(teacher, first, second, fraction, settings.teachers)
    halves = [image.half() for image in (first, second, truth, *taught)]
    return Pool._make([*halves, fraction])


def cut(pool: Pool, count: int, size: int, choices: Generator) -> Pool:
    """So many crops of `size` pixels in single precision, each anywhere in any of the squares."""
    side = pool.first.shape[-1]
    numbers = torch.randint(len(pool.fraction), (count,), generator=choices).tolist()
    corners = torch.randint(side - size + 1, (count, 2), generator=choices).tolist()

    def pieces(images: Tensor) -> Tensor:
        return torch.stack([
            images[number, :, top : top + size, left : left + size]
            for number, (top, left) in zip(numbers, corners, strict=True)
        ]).float()  # fmt: skip

    return Pool._make([*(pieces(images) for images in pool[:-1]), pool.fraction[numbers]])
