"""Optical flow of pairs of frames as tensors: what the search (search.py) finds, both ways.

Motion is found once a pair, at half of the frame's size (8K: a quarter), on frames at one
exposure. One member of an ensemble (ensemble.py) is (B, 4 * PER_MEMBER, h, w): for each of its
symmetries x and y from first to second, seen from the first; then from second to first, seen from
the second; in pixels of the full frame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hifi_ofx.errors import HifiError
from hifi_ofx.waiting import Check, attended, unasked

from ..color import WHITE
from ..paper.patches import Box
from .ensemble import PER_MEMBER, SYMMETRIES, members_for
from .exposure import evenly_exposed

if TYPE_CHECKING:
    from .search import BothWays, Motion, Picture

FlowEnsemble = tuple[Tensor, ...]  # (B, 4 * PER_MEMBER, h, w), member by member
Size = tuple[int, int]  # (height, width)
Found = TypeVar("Found")

_THREADS = 16  # pairs that are searched at a time, at most
_LIT = 2.0  # what is half of white above it is as bright as can be
_SMALLEST = 16  # pixels along the shorter side of the pictures that are searched
_LARGEST = 2_300_000  # of their pixels: half of 4K; the dense search takes 200 bytes for each


def pair_flow(first: Tensor, second: Tensor) -> Tensor:
    """The first member: (B, 4 * PER_MEMBER, h, w) for frames (B, 3, H, W) in the model's range.

    Raises HifiError without OpenCV.
    """
    return flow_ensemble(first, second, 1)[0]


def flow_ensemble(
    first: Tensor, second: Tensor, samples: int, check: Check = unasked
) -> FlowEnsemble:
    """The members that so many samples go by; after the last they begin again with the first.

    Frames (B, 3, H, W) in the model's range. Raises HifiError without OpenCV, and at once whatever
    `check` raises, which is called all the time.
    """
    size = first.shape[-2], first.shape[-1]

    def search() -> FlowEnsemble:
        return ensemble_of_reduced(reduced(first), reduced(second), size, samples, check)

    return search() if check is unasked else attended(search, check)


def ensemble_of_reduced(
    first: Tensor,
    second: Tensor,
    full: tuple[int, int],
    samples: int,
    check: Check = unasked,
) -> FlowEnsemble:
    """The ensemble of frames that were `reduced`; `full` is their (height, width) before that.

    `check` is called between the steps of the search, and may raise.
    """
    count = PER_MEMBER * members_for(samples)
    search = partial(motion_search(), symmetries=SYMMETRIES[:count], check=check)
    size = first.shape[-2], first.shape[-1]
    pairs = list(zip(*map(pictures, evenly_exposed(first, second, size)), strict=True))
    by_pair = _each(search, pairs)
    scale = _to_full(size, full)
    flows = [(_stacked(both) * scale).to(first.device) for both in zip(*by_pair, strict=True)]
    starts = range(0, count, PER_MEMBER)
    return tuple(torch.cat(flows[start : start + PER_MEMBER], dim=1) for start in starts)


class ReducedPair(NamedTuple):
    """A pair as it is searched, (1, 3, h, w) each."""

    seen: tuple[Tensor, Tensor]  # in the model's range
    exposed: tuple[Tensor, Tensor]  # evenly
    full: Size  # before

    @classmethod
    def of(cls, first: Tensor, second: Tensor) -> ReducedPair:
        """Of two frames (3, H, W) in the model's range."""
        one, other = (reduced(image[None]) for image in (first, second))
        full = first.shape[-2], first.shape[-1]
        return cls((one, other), evenly_exposed(one, other, searched_size(first)), full)

    @property
    def size(self) -> Size:
        """(height, width), after."""
        return self.seen[0].shape[-2], self.seen[0].shape[-1]


def light_flow(pair: ReducedPair, boxes: Sequence[Box], check: Check = unasked) -> list[Tensor]:
    """The first member in boxes of a pair, and the motion of highlights by themselves.

    Each box is searched by itself, at the scale and at the light that it is with all of its frame:
    (1, 4 * PER_MEMBER, h, w) each. Raises HifiError without OpenCV, and whatever `check` raises,
    between the steps.
    """
    search, add_highlights = motion_search(), light_search()
    shown = [pictures(side)[0] for side in pair.exposed]
    lit = [highlights(side) for side in pair.seen]

    def inside(box: Box) -> list[tuple[Motion, Motion]]:
        share = box.height * box.width / math.prod(pair.size)
        found = search(*_cut(shown, box), SYMMETRIES[:PER_MEMBER], check, share)
        return add_highlights(*_cut(lit, box), found, check)

    scale = _to_full(pair.size, pair.full)
    found = _each(inside, [(box,) for box in boxes])
    return [torch.cat([_stacked([both]) * scale for both in ways], dim=1) for ways in found]


def reduced(image: Tensor) -> Tensor:
    """A frame (B, 3, H, W) at the size that is searched: the mean of its pixels."""
    return F.interpolate(image.float(), searched_size(image), mode="area")


def _each(search: Callable[..., Found], every: Sequence[tuple[Any, ...]]) -> list[Found]:
    """What is found in each of several places; OpenCV lets go of the interpreter at work."""
    if len(every) == 1:  # the end of the process would wait for a pool's threads
        return [search(*every[0])]
    with ThreadPoolExecutor(_THREADS) as pool:
        return list(pool.map(lambda one: search(*one), every))


def _cut(shown: Sequence[Picture], box: Box) -> list[Picture]:
    """What pictures show in a box."""
    rows, columns = box.region[1:]
    return [np.ascontiguousarray(picture[rows, columns]) for picture in shown]


def _to_full(size: Size, full: Size) -> Tensor:
    """What makes motion in pixels of frames of (height, width) that of full ones, (4, 1, 1)."""
    return torch.tensor([full[1] / size[1], full[0] / size[0]] * 2)[:, None, None]


def _stacked(both: Sequence[tuple[Motion, Motion]]) -> Tensor:
    """Motion there and back of every pair, (B, 4, h, w)."""
    found = torch.stack([torch.from_numpy(np.concatenate(ways, axis=-1)) for ways in both])
    return found.permute(0, 3, 1, 2)


def pictures(small: Tensor) -> list[Picture]:
    """Display-referred bytes (h, w, 3), one picture for each of a batch; highlights clip."""
    shown = (small * (255 / WHITE)).clamp(0, 255).round().to(torch.uint8)
    return list(shown.permute(0, 2, 3, 1).contiguous().cpu().numpy())


def highlights(small: Tensor) -> Picture:
    """What of a frame (1, 3, h, w) is brighter than a display shows, as bytes (h, w)."""
    beyond = (small - WHITE).clamp_(min=0).mean(1, keepdim=True).mul_(_LIT)
    return np.ascontiguousarray(pictures(beyond)[0][..., 0])


def searched_size(image: Tensor) -> tuple[int, int]:
    """Half of the frame, between what can be searched and _LARGEST."""
    height, width = image.shape[-2:]
    ratio = min(1 / 2, math.sqrt(_LARGEST / (height * width)))
    return max(math.ceil(height * ratio), _SMALLEST), max(math.ceil(width * ratio), _SMALLEST)


def motion_search() -> Callable[..., list[tuple[Motion, Motion]]]:
    """What finds motion; it needs OpenCV, and other networks do without."""
    try:
        from .search import motions
    except ImportError:
        raise _no_opencv("Aligned weights match the frames") from None
    return motions


def light_search() -> Callable[..., list[tuple[Motion, Motion]]]:
    """What finds the motion of highlights, where `motion_search` is there."""
    from .search import with_highlights

    return with_highlights


def dense_search() -> Callable[[Picture, Picture, Check], BothWays]:
    """What finds motion between frames in a row. Raises HifiError without OpenCV."""
    try:
        from .search import both_ways
    except ImportError:
        raise _no_opencv("Motion that curves is found") from None
    return both_ways


def _no_opencv(what: str) -> HifiError:
    return HifiError(
        f"{what} with OpenCV, which is not installed here.",
        "Install it: pip install opencv-python-headless.",
    )
