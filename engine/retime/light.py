"""Light that in-betweens keep: grain that is averaged must not come out darker.

Candidates are averaged in the model's range, whose curve bends: a bright thing that one of them
sees elsewhere hardly shows over dark ground, but the mean of grain stands for less light than went
in, and so does that of two steps of a fade. What the mean of light itself says is therefore added,
as far as grain or a fade explain the difference, and not where candidates disagree about what they
see. Without either nothing is changed.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from .. import color
from ..inference.interpolator import InBetween
from ..memory import frames
from .grain_curve import Blocks, GrainCurve, blocks_along, grain_curve

NEARLY_THE_SAME = color.WHITE / 255  # one step of an 8-bit display
_MOST = 3.0  # times what grain at most makes on average of bending
_DRIFT = 0.1
_AROUND = 8  # pixels of a cell whose brightness is looked at
_STRIP = 128  # rows


def with_its_light(middle: InBetween, first: Tensor, second: Tensor, fades: bool = True) -> Tensor:
    """The image of an in-between with the light of its two frames, (3, H, W) in the model's range.

    `first` and `second` are what it was made of; `fades` whether one may be darker because the
    shot fades. As it is where its mean of light is not known.
    """
    if middle.light is None:
        return middle.image
    blocks = blocks_along(first, second, middle.vectors, color.from_model)
    if blocks is None:
        return middle.image
    curve, fade = grain_curve(blocks), _fade(blocks) if fades else 0.0
    del blocks
    if not fade and not curve.variances.any():
        return middle.image
    near = _near(middle.light)
    image = frames.empty(middle.image.shape)
    for top in range(0, image.shape[-2], _STRIP):
        rows = slice(top, min(top + _STRIP, image.shape[-2]))
        level = _at_rows(near, rows, (image.shape[-2], image.shape[-1])).abs()
        here, light = middle.image[:, rows], middle.light[:, rows]
        image[:, rows] = _lit(here, light, level, curve, fade)
    return image


def _lit(image: Tensor, light: Tensor, level: Tensor, curve: GrainCurve, fade: float) -> Tensor:
    """Some rows of an image with their light, as far as grain and a fade explain what differs."""
    made = color.from_model(image)
    variance = curve.variance(level)
    most = _MOST * variance / (level + variance.sqrt()).clamp(min=1e-12)
    most += fade * level
    gap = (light - made).clamp(-most, most)
    return torch.where(gap == 0, image, color.to_model(made + gap))


def with_its_fade(
    image: Tensor, pair: tuple[Tensor, Tensor], middle: InBetween, t: float
) -> Tensor:
    """A display-referred image as bright as its shot is by then, where that fades.

    Which of the two frames is seen more is decided pixel by pixel, and one of them is darker: what
    is made of both would be brighter or darker than the steps of the fade around it. `image` is
    made of the `pair` at time t of it, all (3, H, W) in the model's range.
    """
    blocks = blocks_along(*pair, middle.vectors)
    fade = _fade(blocks) if blocks else 0.0
    made = blocks_along(image, image, None)
    if not fade or made is None or blocks is None:
        return image
    is_now, was, will_be = (float(side.mean()) for side in (made.first, *blocks))
    gain = (was + t * (will_be - was)) / max(is_now, 1e-6)
    least = max(1 - fade, 1e-6)
    return image * min(max(gain, least), 1 / least)


def steady(image: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """The image, with what did not change and is predicted to be nearly the same kept as it is.

    Else a black that both neighbors share would come out as almost black.
    """
    unchanged = (first == second) & ((image - first).abs() < NEARLY_THE_SAME)
    return torch.where(unchanged, first, image)


def _fade(blocks: Blocks) -> float:
    """By how much one frame is darker than the other where both show the same: 0 to 1.

    What drifts by less than a tenth is no fade.
    """
    ratio = float(blocks.brightening().mean())
    darker = 1 - min(ratio, 1 / max(ratio, 1e-6))
    return max(0.0, (darker - _DRIFT) / (1 - _DRIFT))


def _near(image: Tensor) -> Tensor:
    """The mean around each cell of (C, H, W), smooth."""
    cells = F.avg_pool2d(image[None], _AROUND, ceil_mode=True, count_include_pad=False)
    return F.avg_pool2d(cells, 3, 1, 1, count_include_pad=False)[0]


def _at_rows(cells: Tensor, rows: slice, size: tuple[int, int]) -> Tensor:
    """What cells (C, h, w) of an image of (height, width) say between them, in some rows of it."""
    place = (torch.arange(rows.start, rows.stop) + 0.5) * (cells.shape[-2] / size[0]) - 0.5
    place = place.clamp(0, cells.shape[-2] - 1)
    above = place.floor().long()
    below = (above + 1).clamp(max=cells.shape[-2] - 1)
    share = (place - above)[:, None]
    lines = cells[:, above] * (1 - share) + cells[:, below] * share
    return F.interpolate(lines[None], (len(place), size[1]), mode="bilinear")[0]
