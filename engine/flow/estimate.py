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
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from hifi_ofx.errors import HifiError
from hifi_ofx.waiting import Check, attended, unasked

from ..color import WHITE
from .ensemble import PER_MEMBER, SYMMETRIES, members_for
from .exposure import evenly_exposed

if TYPE_CHECKING:
    from .search import BothWays, Motion, Picture

FlowEnsemble = tuple[Tensor, ...]  # (B, 4 * PER_MEMBER, h, w), member by member

_THREADS = 16  # pairs that are searched at a time, at most
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
    search = partial(_search(), symmetries=SYMMETRIES[:count], check=check)
    size = first.shape[-2], first.shape[-1]
    pairs = list(zip(*map(pictures, evenly_exposed(first, second, size)), strict=True))
    if len(pairs) == 1:  # the end of the process would wait for a pool's threads
        by_pair = [search(*pairs[0])]
    else:
        with ThreadPoolExecutor(_THREADS) as pool:  # OpenCV lets go of the interpreter at work
            by_pair = list(pool.map(lambda pair: search(*pair), pairs))
    scale = torch.tensor([full[1] / size[1], full[0] / size[0]] * 2)[:, None, None]
    flows = [(_stacked(both) * scale).to(first.device) for both in zip(*by_pair, strict=True)]
    starts = range(0, count, PER_MEMBER)
    return tuple(torch.cat(flows[start : start + PER_MEMBER], dim=1) for start in starts)


def reduced(image: Tensor) -> Tensor:
    """A frame (B, 3, H, W) at the size that is searched: the mean of its pixels."""
    return F.interpolate(image.float(), _searched_size(image), mode="area")


def _stacked(both: Sequence[tuple[Motion, Motion]]) -> Tensor:
    """Motion there and back of every pair, (B, 4, h, w)."""
    found = torch.stack([torch.from_numpy(np.concatenate(ways, axis=-1)) for ways in both])
    return found.permute(0, 3, 1, 2)


def pictures(small: Tensor) -> list[Picture]:
    """Display-referred bytes (h, w, 3), one picture for each of a batch; highlights clip."""
    shown = (small * (255 / WHITE)).clamp(0, 255).round().to(torch.uint8)
    return list(shown.permute(0, 2, 3, 1).contiguous().cpu().numpy())


def _searched_size(image: Tensor) -> tuple[int, int]:
    """Half of the frame, between what can be searched and _LARGEST."""
    height, width = image.shape[-2:]
    ratio = min(1 / 2, math.sqrt(_LARGEST / (height * width)))
    return max(math.ceil(height * ratio), _SMALLEST), max(math.ceil(width * ratio), _SMALLEST)


def _search() -> Callable[..., list[tuple[Motion, Motion]]]:
    """What finds motion; it needs OpenCV, and other networks do without."""
    try:
        from .search import motions
    except ImportError:
        raise _no_opencv("Aligned weights match the frames") from None
    return motions


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
