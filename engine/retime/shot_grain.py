"""Whether two frames differ by nothing but grain: what tells a repeat from a slow motion.

Grain changes every cell of a thumbnail a little, at random: as much as its brightness says,
no cell by far more than the others, no large region one way, and not along the picture's own
gradients or its light, as motion and fades do. All are asked; a clean frame, whose cells do not
change, has none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_LEVELS = 8  # of brightness, each with its own strength of grain
_STRONGEST = 0.04  # of diffuse white: grain of a cell above that hides too much
_LEAST = 2e-4  # below that, cells are alike as they are
_OUTLIER = 12.0  # standard deviations; what is clipped at black strays further than others
_REGION = (8, 8)  # cells
_ALIKE = 5.0  # standard deviations that the mean of a region may lie from no change
_BY_CHANCE = 3.0  # of these are grain's own
_ALONG = 5.0  # and the change along the gradients, of the frame or a quarter of it


def beyond_grain(means: NDArray[Any], moments: NDArray[Any], level: NDArray[Any]) -> float | None:
    """The largest change of a region that grain does not explain, 0..1; None if not all is grain.

    means: (48, 64, 3), second less first; moments: (2, 48, 64, 3), the same of them; level: the
    mean of both frames, (48, 64, 3) in 0..1.
    """
    strength = _strength(means, level)
    if strength is None:
        return None
    changes = means / strength
    of_moments = [moment / _usual(moment, level) for moment in moments]
    largest = max(float(np.abs(one).max()) for one in (changes, *of_moments))
    if largest > _OUTLIER or _moves(changes, level):
        return None
    by_chance = _coarse(changes) / np.sqrt(_REGION[0] * _REGION[1])
    if np.abs(_regions(changes)).max() > _ALIKE * by_chance:
        return None
    beyond = np.abs(_regions(means)) - _BY_CHANCE * by_chance * _regions(strength)
    return max(0.0, float(beyond.max()))


def _regions(cells: NDArray[Any]) -> NDArray[Any]:
    """The means of regions of 8 x 8 cells, (6, 8, 3)."""
    rows, columns = _REGION
    height, width, channels = cells.shape
    return np.asarray(
        cells.reshape(height // rows, rows, width // columns, columns, channels).mean(axis=(1, 3))
    )


def _strength(means: NDArray[Any], level: NDArray[Any]) -> NDArray[Any] | None:
    """The standard deviation of grain at each cell; None where it is none, or too strong."""
    strength = _usual(means, level)
    if not _LEAST < np.median(strength) < _STRONGEST:
        return None
    return strength


def _usual(changes: NDArray[Any], level: NDArray[Any]) -> NDArray[Any]:
    """The standard deviation at each cell, by the median of those about as bright, (48, 64, 3)."""
    usual: NDArray[Any] = np.empty_like(changes)
    for channel in range(changes.shape[-1]):
        edges = np.quantile(level[..., channel], np.linspace(0, 1, _LEVELS + 1)[1:-1])
        index = np.digitize(level[..., channel], edges)
        values = np.abs(changes[..., channel])
        found = [np.median(values[index == n]) if (index == n).any() else 0 for n in range(_LEVELS)]
        usual[..., channel] = np.asarray(found)[index] / 0.6745
    return _of_neighbors(np.maximum(usual, 1e-6))


def _of_neighbors(usual: NDArray[Any]) -> NDArray[Any]:
    """The largest around each cell: a cell across an edge has the grain of both of its sides."""
    padded = np.pad(usual, ((1, 1), (1, 1), (0, 0)), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1)).max((3, 4)))


def _coarse(changes: NDArray[Any]) -> float:
    """By how much regions of grain change more than single cells say, since grain is coarse."""
    beside = (changes[:, 1:] * changes[:, :-1]).mean() / np.square(changes).mean()
    below = (changes[1:] * changes[:-1]).mean() / np.square(changes).mean()
    ratio = [(1 + min(max(r, 0.0), 0.6)) / (1 - min(max(r, 0.0), 0.6)) for r in (beside, below)]
    return float(np.sqrt(ratio[0] * ratio[1]))


def _moves(changes: NDArray[Any], level: NDArray[Any]) -> bool:
    """Whether changes go along the picture's gradients, or its light, in all or a part of it."""
    height, width = level.shape[:2]
    halves = [(slice(None), slice(None))]
    rows = (slice(0, height // 2), slice(height // 2, height))
    columns = (slice(0, width // 2), slice(width // 2, width))
    halves += [(row, column) for row in rows for column in columns]
    down, right = np.gradient(level, axis=(0, 1))
    ways = (down, right, down + right, down - right, level)
    sure = _ALONG * _coarse(changes)
    return any(_explained(changes[part], way[part]) > sure for part in halves for way in ways)


def _explained(changes: NDArray[Any], gradient: NDArray[Any]) -> float:
    """How surely changes go along a gradient, in standard deviations of a chance."""
    size = float(np.sqrt(np.square(changes).sum() * np.square(gradient).sum()))
    if not size:
        return 0.0
    return abs(float((changes * gradient).sum())) / size * float(np.sqrt(changes.size))
