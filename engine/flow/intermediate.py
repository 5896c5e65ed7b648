"""Both frames moved to the in-between along the motion between them: what `aligned` networks see.

Not in the paper, whose network learns correspondence from 30 million videos. Here the motion
between the two frames is searched for (matching.py), and a network only decides whom to believe,
and repairs. Motion is found once a pair, at half of the frame's size (8K: a quarter), both ways.

Motion is found in several views of a pair (looks.py). A guide is what they say of one in-between,
at the size of the search; (B, GUIDE, h, w) for one view, and as many channels for each other:

    0-1   motion that was found looking from the first frame    (x, y) in pixels of the full frame,
    2-3   motion that was found looking from the second frame    first to second, seen from the
                                                                 in-between
    4-5   motion from first to second, seen from the first frame
    6-7   motion from second to first, seen from the second frame
    8-9   how much of the first and of the second frame arrives here: about 1; 0 where nothing does
    10-15 how much each of the six warped pictures counts (belief.py); they add up to 1, over
          all views together
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

from ..color import WHITE
from .blend_weights import box_mean, shares
from .ensemble import VIEWS, VIEWS_A_LOOK, looks_for
from .exposure import evenly_exposed
from .warp import taken

if TYPE_CHECKING:
    from ..paper.patches import Box
    from .search import Motion, Picture

WARPS = 6  # pictures that a guide makes of the two frames
GUIDE = 10 + WARPS  # channels of a guide
ALIGNED = 4 * WARPS + 6  # channels that an aligned network is given beside first, second, coarse
_THREADS = 16  # pairs that are searched at a time, at most
_SMALLEST = 16  # pixels along the shorter side of the pictures that are matched
_LARGEST = 2_300_000  # of their pixels: half of 4K; the dense search takes 200 bytes for each
_TRUST = 0.03  # a difference of model values that makes a match a third as likely
_AROUND = 6  # cells along the shorter side, which the usual motion of a place is the mean of
_IN_FRONT, _MOST = 0.5, 4.0  # what goes by a pixel more than its surroundings counts e^0.5 times
_STRIP = 128  # rows
_FAINT = 1e-6  # counted as much at least, so that no view's share is nothing over nothing
_ENOUGH = 0.2  # of a pixel that must arrive for its motion to be believed alone


Looks = tuple[Tensor, ...]  # the flows of a pair, (B, 4 * VIEWS_A_LOOK, h, w), look by look


def flows(first: Tensor, second: Tensor) -> Tensor:
    """Motion from each frame to the other at half of their size, in full pixels, by two views.

    Frames are (B, 3, H, W) in the model's range, flows (B, 4 * VIEWS_A_LOOK, h, w). Channels of a
    view: x and y from first to second, seen from the first; then from second to first, seen from
    the second. Raises HifiError without OpenCV.
    """
    return looks(first, second, 1)[0]


def looks(first: Tensor, second: Tensor, samples: int) -> Looks:
    """The flows that so many samples go by, each found by a look of its own (looks.py).

    The first is what `flows` finds. After the last look the samples begin again with the first.
    """
    return looks_between(halved(first), halved(second), _size(first), samples)


def looks_between(first: Tensor, second: Tensor, full: tuple[int, int], samples: int) -> Looks:
    """The looks of frames that were `halved`; `full` is their (height, width) before that."""
    several = VIEWS_A_LOOK * looks_for(samples)
    search = partial(_search(), views=VIEWS[:several])
    size = _size(first)
    pairs = zip(*map(_pictures, evenly_exposed(first, second, size)), strict=True)
    with ThreadPoolExecutor(_THREADS) as pool:  # OpenCV lets go of the interpreter while it works
        by_pair = list(pool.map(lambda pair: search(*pair), pairs))
    scale = torch.tensor([full[1] / size[1], full[0] / size[0]] * 2)[:, None, None]
    views = [(_stacked(ways) * scale).to(first.device) for ways in zip(*by_pair, strict=True)]
    starts = range(0, several, VIEWS_A_LOOK)
    return tuple(torch.cat(views[start : start + VIEWS_A_LOOK], dim=1) for start in starts)


def _stacked(ways: Sequence[tuple[Motion, Motion]]) -> Tensor:
    """Motion there and back of every pair, (B, 4, h, w)."""
    found = torch.stack([torch.from_numpy(np.concatenate(both, axis=-1)) for both in ways])
    return found.permute(0, 3, 1, 2)


def halved(image: Tensor) -> Tensor:
    """A frame (B, 3, H, W) at the size that motion is looked for at: the mean of its pixels."""
    return F.interpolate(image.float(), _searched(image), mode="area")


def guide(first: Tensor, second: Tensor, fraction: Tensor, flows: Tensor) -> Tensor:
    """The flows of a pair as seen from its in-between at `fraction` (B,): (B, n GUIDE, h, w).

    Each pixel is carried along its own motion to where it is at `fraction`. Where several arrive,
    those count that look alike in both frames, and those that move unlike what is around them, as
    what is in front does; where none arrives, motion is filled in from around. The flows are those
    of n views, four channels each.
    """
    small = evenly_exposed(first, second, _size(flows))
    scale = _scale(_size(flows), _size(first), flows.device)  # to pixels of this size
    weight = fraction.float()[:, None, None, None]
    views = torch.split(flows, 4, dim=1)
    made = flows.new_empty(len(flows), len(views) * GUIDE, *_size(flows))
    parts = torch.split(made, GUIDE, dim=1)
    for view, part in zip(views, parts, strict=True):
        forth, back = (flow * scale for flow in view.chunk(2, dim=1))
        early, part[:, 8:9] = _carried(forth, weight, _weight(small[0], small[1], forth))
        late, part[:, 9:10] = _carried(back, 1 - weight, _weight(small[1], small[0], back))
        part[:, :2], part[:, 2:4], part[:, 4:8] = early / scale, -late / scale, view

    def there(rows: slice) -> list[Tensor]:
        found: list[Tensor] = []
        for part in parts:
            here = part[:, :8, rows] * scale.repeat(4, 1, 1)
            early, late, forth, back = here.chunk(4, dim=1)
            found += ways(early, late, forth, back, weight)
        return found

    arrived = torch.cat([part[:, 8:10] for part in parts], dim=1)
    counts = torch.split(shares(small, there, arrived, fraction), WARPS, dim=1)
    for part, count in zip(parts, counts, strict=True):
        part[:, 10:] = count
    return made


def ways(early: Tensor, late: Tensor, forth: Tensor, back: Tensor, weight: Tensor) -> list[Tensor]:
    """Where the WARPS pictures are taken from, as displacements; in pairs of first and second."""
    along = [(-weight * motion, (1 - weight) * motion) for motion in (early, late)]
    along.append((weight * back, (1 - weight) * forth))
    return [way for pair in along for way in pair]


def resized(guide: Tensor, size: tuple[int, int], ratio: tuple[float, float]) -> Tensor:
    """A guide for frames of another size: (height, width) of the guide, ratio of the motion."""
    down, across = ratio
    scale = torch.tensor([across, down] * 4 + [1.0] * (2 + WARPS), device=guide.device)
    scale = scale.repeat(guide.shape[1] // GUIDE)
    smaller = size[0] <= guide.shape[-2] and size[1] <= guide.shape[-1]
    at_size = F.interpolate(guide, size, mode="area" if smaller else "bilinear")
    return at_size * scale[:, None, None]


def aligned(
    first: Tensor, second: Tensor, guide: Tensor, fraction: Tensor, box: Box | None = None
) -> Tensor:
    """What a network sees of a guide, (B, ALIGNED, h, w), inside a box of the frames (B, 3, H, W).

    WARPS pictures in pairs of first and second, each the mix of those of all views; then the motion
    looked at from the first frame, how the one looked at from the second differs from it, what
    arrives of either frame, all in the first view; and how much each picture counts.
    """
    here = _inside(guide, _size(first), box)
    views = torch.split(here, GUIDE, dim=1)
    weight = fraction.float()[:, None, None, None]
    origin = (box.top, box.left) if box else (0, 0)
    warped = [_warped(first, second, view, weight, origin) for view in views]
    counts = [view[:, -WARPS:] for view in views]
    early, late, _, _, arrived, _ = torch.split(views[0], [2, 2, 2, 2, 2, WARPS], dim=1)
    believed = torch.stack(counts).sum(0)
    return torch.cat([*_mixed(warped, counts), early, late - early, arrived, believed], dim=1)


def _warped(
    first: Tensor, second: Tensor, view: Tensor, weight: Tensor, origin: tuple[int, int]
) -> list[Tensor]:
    """The WARPS pictures of one view, (B, 3, h, w)."""
    early, late, forth, back = torch.split(view[:, :8], 2, dim=1)
    return [
        taken((first, second)[number % 2], way, origin, "bicubic")  # bilinear would be a blur
        for number, way in enumerate(ways(early, late, forth, back, weight))
    ]


def _mixed(warped: Sequence[Sequence[Tensor]], counts: Sequence[Tensor]) -> Sequence[Tensor]:
    """Each of the WARPS pictures over all views, each view's counting as much as it is believed."""
    if len(warped) == 1:
        return warped[0]
    total = sum(counts) + len(counts) * _FAINT
    mixed = [torch.zeros_like(picture) for picture in warped[0]]
    for pictures, count in zip(warped, counts, strict=True):
        share = (count + _FAINT) / total
        for number, picture in enumerate(pictures):
            mixed[number].addcmul_(picture, share[:, number : number + 1])
    return mixed


def mean_of_warps(seen: Tensor, fraction: Tensor) -> Tensor:
    """The plain average of the pictures, those of the nearer frame counting more: (B, 3, h, w)."""
    weight = fraction.float()[:, None, None, None]
    pictures = torch.stack(seen[:, : 3 * WARPS].chunk(WARPS, dim=1))  # (WARPS, B, 3, h, w)
    return torch.lerp(pictures[0::2].mean(0), pictures[1::2].mean(0), weight)


def mix_of_warps(seen: Tensor) -> Tensor:
    """The pictures mixed, each counting as much as it is believed: (B, 3, h, w)."""
    pictures, counts = seen[:, : 3 * WARPS].chunk(WARPS, dim=1), seen[:, -WARPS:]
    mixed = torch.zeros_like(pictures[0])
    for number, picture in enumerate(pictures):
        mixed.addcmul_(picture, counts[:, number : number + 1])
    return mixed


def _inside(guide: Tensor, size: tuple[int, int], box: Box | None) -> Tensor:
    """The guide at every pixel of a box of the frame, which is about twice as large."""
    if box is None:
        return F.interpolate(guide, size, mode="bilinear")
    rows = torch.arange(box.height, device=guide.device) + box.top
    columns = torch.arange(box.width, device=guide.device) + box.left
    y = ((2 * rows + 1) / size[0] - 1)[:, None].expand(-1, box.width)
    x = ((2 * columns + 1) / size[1] - 1)[None].expand(box.height, -1)
    grid = torch.stack([x, y], dim=-1).expand(len(guide), -1, -1, -1)
    return F.grid_sample(guide, grid, padding_mode="border", align_corners=False)


def _weight(image: Tensor, other: Tensor, flow: Tensor) -> Tensor:
    """How much each pixel counts where several arrive at one place: (B, 1, h, w), above 0."""
    apart = box_mean((image - taken(other, flow)).abs().mean(dim=1, keepdim=True), 3)
    height, width = flow.shape[-2:]
    down, across = (max(1, round(_AROUND * side / min(height, width))) for side in (height, width))
    usual = F.adaptive_avg_pool2d(flow, (down, across))
    around = F.interpolate(usual, (height, width), mode="bilinear")
    unlike = (flow - around).norm(dim=1, keepdim=True)
    return (torch.exp(-apart / _TRUST) + 1e-3) * torch.exp((_IN_FRONT * unlike).clamp(max=_MOST))


def _carried(flow: Tensor, share: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Every pixel's flow, carried along `share` of itself; and how much arrived at each pixel."""
    batch, _, height, width = flow.shape
    total = flow.new_zeros(batch, 4, height, width)  # flow times weight, weight, and what arrives
    for top in range(0, height, _STRIP):  # strip by strip, so that 8K needs no more temporaries
        rows = slice(top, top + _STRIP)
        _carry(total, flow[..., rows, :], share[:, 0], weight[..., rows, :], top)
    return _filled(total[:, :2], total[:, 2:3]), total[:, 3:].clamp(max=2)


def _carry(total: Tensor, flow: Tensor, share: Tensor, weight: Tensor, top: int) -> None:
    """Add a strip of rows from `top` to the four pixels around where each of its pixels goes."""
    height, width = total.shape[-2:]
    rows = torch.arange(top, top + flow.shape[-2], device=flow.device, dtype=torch.float32)[:, None]
    columns = torch.arange(width, device=flow.device, dtype=torch.float32)
    x, y = columns + share * flow[:, 0], rows + share * flow[:, 1]
    values = torch.cat([flow * weight, weight, torch.ones_like(weight)], dim=1).flatten(2)
    for right in (0, 1):
        for below in (0, 1):
            column, row = x.floor() + right, y.floor() + below
            part = (1 - (x - column).abs()) * (1 - (y - row).abs())  # bilinear, (B, h, w)
            inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
            part = (part * inside).flatten(1)[:, None]
            index = row.clamp(0, height - 1).long() * width + column.clamp(0, width - 1).long()
            index = index.flatten(1)[:, None].expand(-1, 4, -1)
            total.flatten(2).scatter_add_(2, index, values * part)


def _filled(total: Tensor, weight: Tensor) -> Tensor:
    """total / weight, and where the weight is small the same from coarser and coarser pixels."""
    if min(total.shape[-2:]) < 2:
        return total / weight.clamp(min=1e-6)
    coarser = _filled(*(F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
                        for x in (total, weight)))  # fmt: skip
    around = F.interpolate(coarser, (total.shape[-2], total.shape[-1]), mode="bilinear")
    lacking = (_ENOUGH - weight).clamp(min=0)
    return (total + lacking * around) / (weight + lacking).clamp(min=1e-6)


def _pictures(small: Tensor) -> list[Picture]:
    """Display-referred bytes (h, w, 3), one picture for each of a batch; highlights clip."""
    shown = (small * (255 / WHITE)).clamp(0, 255).round().to(torch.uint8)
    return list(shown.permute(0, 2, 3, 1).contiguous().cpu().numpy())


def _searched(image: Tensor) -> tuple[int, int]:
    """The size that motion is looked for at: half, between what can be matched and _LARGEST."""
    height, width = image.shape[-2:]
    ratio = min(1 / 2, math.sqrt(_LARGEST / (height * width)))
    return max(math.ceil(height * ratio), _SMALLEST), max(math.ceil(width * ratio), _SMALLEST)


def _size(image: Tensor) -> tuple[int, int]:
    return image.shape[-2], image.shape[-1]


def _scale(size: tuple[int, int], full: tuple[int, int], device: torch.device) -> Tensor:
    ratio = [size[1] / full[1], size[0] / full[0]]
    return torch.tensor(ratio, device=device)[:, None, None]


def _search() -> Callable[..., list[tuple[Motion, Motion]]]:
    """What finds motion; it needs OpenCV, and other networks do without."""
    try:
        from .search import motions
    except ImportError:
        raise HifiError(
            "Aligned weights match the frames with OpenCV, which is not installed here.",
            "Install it: pip install opencv-python-headless.",
        ) from None
    return motions
