"""How much each candidate counts at each pixel, from what can be seen without the truth.

Four rules, each measured on training clips (docs/experiments.md). Views of the motion network are
averaged; one that is far from the others counts less. The search errs in other places: it counts
where it is no further from the views' mean than the views are from each other. Where a structure
stands in both frames while all around it moves, as burnt-in letters do over a pan, the still
picture is taken. Where the views agree nowhere over a stretch, the in-between tends to the plain
blend of the frames, smoothly: soft, and no marble of wrong matches. How well the two warps of one
candidate agree says nothing of how good it is beside the others; but where they agree, no structure
stands in front.

Pictures are display-referred, (N, 3, h, w), in [0, 1] below diffuse white. Weights are
(N, 1, h, w); candidates come as views, then the search where there is one, then the still picture.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from .windows import box_max, box_mean, length

VIEWS_APART = 0.12  # a view that is so much further from the others than the best counts a third
AROUND = 9  # pixels, across and down, that pictures are compared over
SEARCH = 0.38  # the search's share where it is as near the views as they are to each other
SEARCH_APART = 0.04  # so much further, and its odds are a third
STRUCTURE, CHANGED = 0.08, 0.2  # contrast of a structure; what of it may differ between the frames
CROWD, CROWDED = 13, 0.12  # a structure fills this share of its surroundings: single strokes do not
STROKE, ALIKE = 3, 0.04  # so near a structure, what differs less than this belongs to it
MOVING, SURROUNDINGS = 2.0, 65  # pixels of motion around it, and how far around
MISMATCH = 0.12  # photometric error of the views from which a standing structure is taken
LOST, LOST_OVER = 0.2, 17  # views that are so far apart over so many pixels have found nothing
FINE, FAINT = 3, 0.01  # detail in so many pixels, of so much of white, is that of one candidate
FOREMOST_OVER = 17  # pixels, across and down, in which one candidate's detail is taken
_COARSE = 4  # pixels: large surroundings are looked at in steps


class CandidateWeights(NamedTuple):
    """Weights, (N, 1, h, w), adding up to 1, and the spread of the views that they come from."""

    weights: Tensor
    spread_of_views: Tensor  # (1, 1, h, w): how far the views are from each other


def candidate_weights(
    views: Tensor,
    error: Tensor,
    search: Tensor | None,
    frames: Tensor,
    motion: Tensor,
    found: Tensor | None = None,
    share: float = SEARCH,
) -> CandidateWeights:
    """Weights of the views (V, 3, h, w), the search (1, 3, h, w), and the still picture.

    `frames` are first and second as they stand, (2, 3, h, w); `motion` the mean motion of the views
    from first to second, (1, 2, h, w) in pixels; `found` where the search alone finds light
    (lost_light.py), and `share` what it counts elsewhere.
    """
    apart = torch.cat([_distance(view[None], _others(views, n)) for n, view in enumerate(views)])
    among, spread_of_views = _among(apart), apart.mean(dim=0, keepdim=True)
    sure = torch.zeros_like(spread_of_views) if found is None else found
    lost = _lost(spread_of_views) * (1 - sure)
    stands = torch.maximum(_stands(frames, motion) * _mismatched(error), lost)
    counts = sure
    if search is not None and share:
        away = box_mean(_distance(search, (views * among).sum(0, keepdim=True)), AROUND)
        usual = torch.logit(torch.tensor(share, device=away.device))
        near = torch.sigmoid(usual - (away - box_mean(spread_of_views, AROUND)) / SEARCH_APART)
        counts = torch.maximum(near, sure)
    parts = [among * (1 - counts), *([counts] if search is not None else [])]
    weights = torch.cat([*(part * (1 - stands) for part in parts), stands])
    return CandidateWeights(weights, spread_of_views)


def mixed(pictures: Tensor, weights: Tensor) -> Tensor:
    """The in-between (1, C, h, w) of candidates (N, C, h, w) by how much each counts."""
    return (pictures * weights).sum(dim=0, keepdim=True)


def with_fine_detail(pictures: Tensor, weights: Tensor, white: float = 1.0) -> Tensor:
    """The in-between as `mixed`, with the fine, faint detail of the candidate that counts most.

    Candidates lie parts of a pixel apart, so their mean lacks texture and grain, and an in-between
    beside its frames looks soft. What differs by much is a ghost, and stays soft. Nothing leaves
    the range of the candidates.
    """
    mean, faint = mixed(pictures, weights), FAINT * white
    differs = mixed(pictures, foremost(box_mean(weights, FOREMOST_OVER))) - mean
    fine = differs - box_mean(differs, FINE)
    sharp = mean + faint * torch.tanh(fine / faint)
    return sharp.clamp(pictures.amin(0, keepdim=True), pictures.amax(0, keepdim=True))


def foremost(weights: Tensor) -> Tensor:
    """Weights (N, 1, h, w) of the candidate that counts most alone; of several that do, alike."""
    most = (weights == weights.amax(dim=0, keepdim=True)).float()
    return most / most.sum(dim=0, keepdim=True)


def spread(pictures: Tensor, weights: Tensor) -> Tensor:
    """The variance of candidates (N, C, h, w), each by how much it counts: (1, C, h, w)."""
    mean = mixed(pictures, weights)
    return ((pictures - mean).square() * weights).sum(dim=0, keepdim=True)


def contrast(picture: Tensor) -> Tensor:
    """The deviation over 5 x 5 pixels of a picture (N, 3, h, w), on average: (N, 1, h, w)."""
    variance = box_mean(picture.square(), 5) - box_mean(picture, 5).square()
    return variance.clamp(min=0).sqrt().mean(dim=1, keepdim=True)


def distance(one: Tensor, other: Tensor) -> Tensor:
    """Mean absolute difference of pictures (N, 3, h, w), one by one: (N, 1, h, w)."""
    return (one - other).abs().mean(dim=1, keepdim=True)


def _among(apart: Tensor) -> Tensor:
    """How much each view counts among views, by how far it is from the others, (V, 1, h, w)."""
    near = box_mean(apart, AROUND)
    return torch.softmax((near.amin(dim=0, keepdim=True) - near) / VIEWS_APART, dim=0)


def _others(views: Tensor, number: int) -> Tensor:
    """All views but one; a single view is its own company."""
    return torch.cat([views[:number], views[number + 1 :]]) if len(views) > 1 else views


def _distance(picture: Tensor, others: Tensor) -> Tensor:
    """Mean absolute difference of a picture from others, (1, 1, h, w)."""
    return (picture - others).abs().mean(dim=(0, 1), keepdim=True)


def _stands(frames: Tensor, motion: Tensor) -> Tensor:
    """Where a structure stands still while all around it moves: (1, 1, h, w) in [0, 1]."""
    first, second = frames[:1], frames[1:]
    height = contrast((first + second) / 2)
    change = _distance(first, second)
    differs = box_mean(change, 3)
    around = length(wide_mean(motion, SURROUNDINGS))
    stands = (differs < CHANGED * height) & (height > STRUCTURE) & (around > MOVING)
    near = box_max(stands.float(), STROKE)
    structure = torch.maximum(box_mean(stands.float(), 3), near * (change < ALIKE))
    dense = torch.sigmoid((box_mean(stands.float(), CROWD) / CROWDED - 1) / 0.15)
    return box_mean(structure * dense, 3)


def _mismatched(error: Tensor) -> Tensor:
    """Where the two frames differ once warped: (1, 1, h, w) in [0, 1].

    Letters that stand over a pan do, since the pan's motion takes them apart. A hand that hides,
    for a moment, what stands behind it does not.
    """
    return torch.sigmoid((box_max(box_mean(error, 3), 5) / MISMATCH - 1) / 0.15)


def _lost(spread_of_views: Tensor) -> Tensor:
    """Where views agree nowhere over a stretch: (1, 1, h, w) in [0, 1]."""
    return torch.sigmoid((wide_mean(spread_of_views, LOST_OVER) / LOST - 1) / 0.15)


def wide_mean(image: Tensor, size: int) -> Tensor:
    """The mean of about size x size pixels around each one, smooth."""
    steps = F.avg_pool2d(image, _COARSE, ceil_mode=True, count_include_pad=False)
    around = box_mean(steps, max(1, size // _COARSE | 1))
    return F.interpolate(around, (image.shape[-2], image.shape[-1]), mode="bilinear")
