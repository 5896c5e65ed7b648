"""How far two frames are apart, as cuts are told by: in color, in brightness and in structure.

Both frames are looked at as if their bright end were at one level (flow/exposure.py), so that a
night shot, a plate of flat log or one that is three stops under is judged as any other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hifi_ofx.quality import Footage

from .. import color
from ..flow.exposure import BRIGHT, LEVEL

_GAIN = 64.0  # at most this much brighter or darker: six stops
_BINS = 8  # of the histogram, per channel
_LUMA_BINS = 40
_LUMA = np.array([0.2126, 0.7152, 0.0722])  # Rec. 709
_COMMON = 0.25  # part of the frame that two shifted thumbnails have to share
# Of the luma thumbnail: overlaps with a contrast below 0.003 count as equally flat.
_FLAT_VARIANCE = 1e-5

Cells = NDArray[np.float32]  # (96, 128, 3) area means of a frame, 1 is diffuse white


@dataclass(frozen=True)
class Difference:
    """How far two frames are apart, each number in 0..1; see shots.py for what they mean."""

    color: float
    structure: float

    @property
    def total(self) -> float:
        """What is compared with the cut threshold."""
        return round(math.sqrt(self.color * self.structure), 3)

    def is_cut(self, settings: Footage) -> bool:
        """Whether the two frames belong to different shots."""
        return self._suspect(settings) and self.structure >= settings.structure_threshold

    def is_flash(self, settings: Footage) -> bool:
        """Whether it would be a cut, were the structure not the same."""
        return self._suspect(settings) and self.structure < settings.structure_threshold

    def _suspect(self, settings: Footage) -> bool:
        return self.total > settings.cut_threshold


def measured(first: Cells, second: Cells) -> Difference:
    """How far two frames are apart, rounded to what the log shows, so that it decides alike."""
    one, other = _evenly_exposed(first, second)
    colors = _overlap_missing(_histogram(one), _histogram(other))
    brightness = _overlap_missing(_luma_histogram(one), _luma_histogram(other))
    structure = 1.0 - _best_correlation(_small_luma(one), _small_luma(other))
    change = (colors + brightness) / 2
    return Difference(round(change, 3), round(min(1.0, max(0.0, structure)), 3))


def is_flat(cells: Cells) -> bool:
    """Whether a frame shows nothing: black, white, or any other even brightness."""
    luma = cells @ _LUMA
    return bool(luma.std() < 0.005 * max(1.0, float(luma.mean())))


def light(cells: Cells) -> float:
    """The mean light of a frame, 1 is diffuse white."""
    return float(_linear(cells).mean())


def _linear(cells: Cells) -> NDArray[Any]:
    return np.asarray(color.from_model(torch.from_numpy(cells) * color.WHITE).numpy(), np.float64)


def _evenly_exposed(first: Cells, second: Cells) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both with the gain that brings the bright end of the two to LEVEL, 0..1 on a display."""
    lights = [_linear(cells) for cells in (first, second)]
    bright = float(np.quantile(np.concatenate([one.mean(axis=-1) for one in lights]), BRIGHT))
    gain = min(max(LEVEL / max(bright, 1e-6), 1 / _GAIN), _GAIN)
    one, other = (
        np.clip(color.to_model(torch.from_numpy(gain * each)).numpy() / color.WHITE, 0, 1)
        for each in lights
    )
    return one, other


def _overlap_missing(first: NDArray[Any], second: NDArray[Any]) -> float:
    return 0.5 * float(np.abs(first - second).sum())


def _histogram(cells: NDArray[Any]) -> NDArray[np.float64]:
    """(8, 8, 8) of RGB, smoothed by 1 2 1 along each channel: bin borders do not matter."""
    index = np.minimum((cells * _BINS).astype(int), _BINS - 1)
    flat = (index[..., 0] * _BINS + index[..., 1]) * _BINS + index[..., 2]
    histogram = np.bincount(flat.ravel(), minlength=_BINS**3) / flat.size
    histogram = histogram.reshape(_BINS, _BINS, _BINS)
    for axis in range(3):
        histogram = np.moveaxis(_softened(np.moveaxis(histogram, axis, 0)), 0, axis)
    return np.asarray(histogram)


def _luma_histogram(cells: NDArray[Any]) -> NDArray[np.float64]:
    """(40,) of luma, softened; finer than that of colors, for pictures that have none."""
    counts = np.histogram(cells @ _LUMA, _LUMA_BINS, (0.0, 1.0))[0]
    return _softened(counts / counts.sum())


def _softened(histogram: NDArray[Any]) -> NDArray[np.float64]:
    padded = np.concatenate([histogram[:1], histogram, histogram[-1:]])
    return np.asarray((padded[:-2] + 2 * histogram + padded[2:]) / 4)


def _small_luma(cells: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(halve(halve(cells.astype(np.float64))) @ _LUMA)  # (24, 32)


def halve(image: NDArray[Any]) -> NDArray[Any]:
    """Mean of every 2x2 cells."""
    height, width, *rest = image.shape
    return np.asarray(image.reshape(height // 2, 2, width // 2, 2, *rest).mean(axis=(1, 3)))


def _best_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """The best normalised correlation of two (h, w) images over all shifts, with FFTs."""
    height, width = first.shape
    size = (2 * height, 2 * width)  # padded with zeros: no wrap-around

    def spectrum(image: NDArray[np.float64]) -> NDArray[np.complex128]:
        return np.asarray(np.fft.rfft2(image, size))

    def correlate(a: NDArray[np.complex128], b: NDArray[np.complex128]) -> NDArray[np.float64]:
        return np.asarray(np.fft.irfft2(a * np.conj(b), size))

    ones = spectrum(np.ones_like(first))
    a, b = spectrum(first), spectrum(second)
    count = correlate(ones, ones)  # cells in common at each shift
    enough = count > _COMMON * height * width - 0.5
    count = np.maximum(count, 1.0)
    mean_a, mean_b = correlate(a, ones) / count, correlate(ones, b) / count
    covariance = correlate(a, b) / count - mean_a * mean_b
    variance_a = np.maximum(correlate(spectrum(first**2), ones) / count - mean_a**2, 0.0)
    variance_b = np.maximum(correlate(ones, spectrum(second**2)) / count - mean_b**2, 0.0)
    norm = np.sqrt((variance_a + _FLAT_VARIANCE) * (variance_b + _FLAT_VARIANCE))
    return float(((covariance + _FLAT_VARIANCE) / norm)[enough].max())
