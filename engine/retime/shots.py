"""Cuts and held frames: where a retime must not, or can, interpolate between two source frames.

Every decision is made from the `Signature` of single source frames, so that it is the same in
whichever chunk of the retime it is made.

A cut is measured by two numbers between 0 (alike) and 1:

- *color*: how much of the two color histograms does not overlap. Motion inside a shot hardly
  changes it, since it ignores where things are.
- *structure*: 1 - the best normalised correlation of the two luma thumbnails over all shifts that
  leave a quarter of the frame in common. It follows pans, and it ignores exposure and contrast.

Their geometric mean is the *difference*: both have to be large. A whip pan keeps the structure
that stays in view, a flash or a strobe keeps all of it, so neither is a cut; a frame that is blown
out to plain white (or black) has no structure left and is one.

A hold is a frame that repeats: no cell of the thumbnail changes by more than a threshold, neither
in its mean nor in its first moments, which see a small thing that moves inside one cell.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hifi_ofx.quality import Footage
from hifi_ofx.retime import PlannedFrame

_CELLS = (48, 64)  # rows, columns of the thumbnail; the histogram is taken of twice as many
_BINS = 8  # per channel
_LUMA = np.array([0.2126, 0.7152, 0.0722])  # Rec. 709
_COMMON = 0.25  # part of the frame that two shifted thumbnails have to share
# Of the luma thumbnail: overlaps with a contrast below 0.003 count as equally flat.
_FLAT_VARIANCE = 1e-5


@dataclass(frozen=True, eq=False)
class Signature:
    """What is kept of a frame; about 113 kB.

    thumbnail: (48, 64, 3) area means, 0..1. moments: (2, 48, 64, 3), the means weighted with the
    position inside the cell, down and across, -0.5..0.5. histogram: (8, 8, 8) of RGB, softened,
    sums to 1.
    """

    thumbnail: NDArray[np.float32]
    moments: NDArray[np.float32]
    histogram: NDArray[np.float32]


@dataclass(frozen=True)
class Difference:
    """How far two frames are apart, each number in 0..1; see the module for what they mean."""

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


def signature(
    rgb: NDArray[Any], size: tuple[int, int] | None = None, at: tuple[int, int] = (0, 0)
) -> Signature:
    """The signature of a frame: rgb (H, W, 3), display-like 0..1; NaN counts as black.

    Any size from 1x1 up. Values outside 0..1 are clipped after averaging. Where the frame is
    larger, `size` (rows, columns) and black around what rgb has, rgb begins at row and column `at`.
    """
    height, width = size or rgb.shape[:2]
    rows, weighted_rows = (_widened(part, width, at[1]) for part in _strips(rgb, height, at[0]))
    across = _positions(width, _CELLS[1])[:, None]
    fine, down, right = (_columns(part) for part in (rows, weighted_rows, rows * across))
    return Signature(
        _halve(_finite(fine)).astype(np.float32),
        np.stack([_halve(_finite(part, low=-0.5)) for part in (down, right)]).astype(np.float32),
        _histogram(_finite(fine)).astype(np.float32),
    )


def difference(first: Signature, second: Signature) -> Difference:
    """How far two frames are apart, rounded to what the log shows, so that it decides alike."""
    color = 0.5 * float(np.abs(first.histogram - second.histogram).sum())
    structure = 1.0 - _best_correlation(_luma(first), _luma(second))
    return Difference(round(color, 3), round(min(1.0, max(0.0, structure)), 3))


def change(first: Signature, second: Signature) -> float:
    """The largest change of any cell, in its mean or its moments, 0..1: 0 for repeated frames."""
    means = np.abs(first.thumbnail - second.thumbnail).max()
    return float(max(means, np.abs(first.moments - second.moments).max()))


def resolve(
    planned: PlannedFrame,
    signature_of: Callable[[int], Signature | None],
    settings: Footage,
    clip_first: int,
    clip_last: int,
) -> tuple[PlannedFrame, list[str]]:
    """The frame as it is to be rendered, and a sentence for every decision that changed it.

    signature_of: of a source frame between clip_first and clip_last, None where it is missing; it
    is asked only for what a decision needs, and again for the same frames, so cache it. Round to
    halvings after this, not before: a hold that is interpolated across has other fractions.
    """
    decisions: list[str] = []
    if planned.black:
        return planned, decisions
    if settings.holds == "interpolate":
        clip = _Clip(signature_of, settings, clip_first, clip_last)
        planned = _across_hold(planned, clip, decisions)
    if planned.fraction:
        planned = _not_across_cut(planned, signature_of, settings, decisions)
    return planned, decisions


@dataclass(frozen=True)
class _Clip:
    """The source as the search for a hold sees it."""

    signature_of: Callable[[int], Signature | None]
    settings: Footage
    first: int
    last: int

    def change(self, frame: int) -> float | None:
        """From a frame to the next one; None where either is missing or outside the clip."""
        if not self.first <= frame < self.last:
            return None
        first, second = self.signature_of(frame), self.signature_of(frame + 1)
        return None if first is None or second is None else change(first, second)

    def repeats(self, frame: int) -> bool:
        """Whether the next frame shows the same."""
        changed = self.change(frame)
        return changed is not None and changed <= self.settings.hold_threshold

    def run(self, frame: int) -> tuple[int, int]:
        """First and last frame of the run of repeats around a frame, cut off past hold_length."""
        start = end = frame
        while end - start < self.settings.hold_length and self.repeats(start - 1):
            start -= 1
        while end - start < self.settings.hold_length and self.repeats(end):
            end += 1
        return start, end


def _across_hold(planned: PlannedFrame, clip: _Clip, decisions: list[str]) -> PlannedFrame:
    """A frame inside a run of repeats, moved to between the run and the frame after it."""
    if planned.right - planned.left > 1:  # frames are missing in between: nothing to measure
        return planned
    start, end = clip.run(planned.left)
    if start == end:
        return planned
    run = f"Output frame {planned.output}: source frames {start}-{end} repeat"
    if end - start + 1 > clip.settings.hold_length:
        decisions.append(
            f"{run} for more than {clip.settings.hold_length} frames: the hold is kept."
        )
        return _held(planned, end)
    reason = _stays(clip, end)
    if reason:
        decisions.append(f"{run}, then {reason}: the hold is kept.")
        return _held(planned, end)
    fraction = (planned.left + planned.fraction - start) / Fraction(end + 1 - start)
    most = max(clip.change(frame) or 0.0 for frame in range(start, end))
    decisions.append(
        f"{run} (change {most:.4f}, threshold {clip.settings.hold_threshold:.4f}): "
        f"{fraction} of the way from frame {start} to {end + 1} is used."
    )
    right = end + 1 if fraction else start
    return replace(planned, left=start, right=right, fraction=fraction)


def _held(planned: PlannedFrame, end: int) -> PlannedFrame:
    """Between two repeats, the first of them; from the last repeat on, as planned."""
    return _source_frame(planned, planned.left) if planned.right <= end else planned


def _stays(clip: _Clip, end: int) -> str:
    """Why a run that ends with this frame cannot be interpolated to the next one, if so."""
    if end >= clip.last:
        return "the clip ends"
    first, second = clip.signature_of(end), clip.signature_of(end + 1)
    if first is None or second is None:
        return f"frame {end + 1} is missing"
    marked = clip.settings.marked_between(end, end + 1)
    if marked is not None:
        return "a cut follows, by hand" * marked
    measured = difference(first, second)
    return f"a cut follows ({_measured(measured, clip.settings)})" * measured.is_cut(clip.settings)


def _not_across_cut(
    planned: PlannedFrame,
    signature_of: Callable[[int], Signature | None],
    settings: Footage,
    decisions: list[str],
) -> PlannedFrame:
    """The nearest frame across a cut, else as planned."""
    frames = f"Output frame {planned.output}: source frames {planned.left} and {planned.right}"
    nearest = planned.left if planned.fraction < Fraction(1, 2) else planned.right
    marked = settings.marked_between(planned.left, planned.right)
    if marked:
        decisions.append(f"{frames} are a cut, by hand: frame {nearest} is used.")
        return _source_frame(planned, nearest)
    first, second = signature_of(planned.left), signature_of(planned.right)
    if first is None or second is None:
        return planned
    if settings.cuts == "ignore" or marked is False:
        return planned
    measured = difference(first, second)
    if measured.is_cut(settings):
        decisions.append(
            f"{frames} are a cut ({_measured(measured, settings)}): frame {nearest} is used."
        )
        return _source_frame(planned, nearest)
    if measured.is_flash(settings):
        decisions.append(
            f"{frames} differ in exposure, not in structure ({measured.structure:.3f}, threshold "
            f"{settings.structure_threshold:.3f}): interpolated."
        )
    return planned


def _measured(measured: Difference, settings: Footage) -> str:
    return f"difference {measured.total:.3f}, threshold {settings.cut_threshold:.3f}"


def _source_frame(planned: PlannedFrame, frame: int) -> PlannedFrame:
    return replace(planned, left=frame, right=frame, fraction=Fraction(0))


def _strips(
    rgb: NDArray[Any], height: int, top: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(96, w, 3) means of strips of rows: plain, and weighted with the position down the cell.

    Of a frame of `height` rows, where rgb (h, w, 3) begins at row `top` and all else is black.
    """
    starts, stops = _spans(height, 2 * _CELLS[0])
    positions = _positions(height, _CELLS[0])
    plain = np.zeros((len(starts), *rgb.shape[1:]))
    weighted = np.zeros_like(plain)
    for index, (start, stop) in enumerate(zip(starts, stops)):
        first, last = max(start, top), min(stop, top + len(rgb))
        if first >= last:
            continue
        # A strip at a time: no copy of the whole frame.
        strip = rgb[first - top : last - top].astype(np.float64)
        plain[index] = strip.sum(axis=0) / (stop - start)
        weighted[index] = np.tensordot(positions[first:last], strip, axes=1) / (stop - start)
    return plain, weighted


def _widened(rows: NDArray[np.float64], width: int, left: int) -> NDArray[np.float64]:
    """Rows (96, w, 3) as those of a frame of `width` columns, black but from `left` on."""
    if rows.shape[1] == width:
        return rows
    wide = np.zeros((len(rows), width, *rows.shape[2:]))
    wide[:, left : left + rows.shape[1]] = rows
    return wide


def _columns(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """(96, 128, 3) means of spans of columns."""
    starts, stops = _spans(rows.shape[1], 2 * _CELLS[1])
    sums = np.add.reduceat(rows, starts, axis=1)
    return np.asarray(sums / (stops - starts)[:, None])


def _spans(length: int, count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Starts and stops of `count` spans of an axis; where it is shorter than that, they repeat."""
    edges = np.arange(count + 1) * length // count
    return edges[:-1], np.maximum(edges[1:], edges[:-1] + 1)


def _positions(length: int, cells: int) -> NDArray[np.float64]:
    """Where in its cell each sample lies, -0.5..0.5; 0 where cells are smaller than samples."""
    if length <= cells:
        return np.zeros(length)
    return np.asarray((np.arange(length) + 0.5) * cells / length % 1.0 - 0.5)


def _finite(values: NDArray[np.float64], low: float = 0.0) -> NDArray[np.float64]:
    return np.clip(np.nan_to_num(values, nan=0.0, posinf=1.0, neginf=low), low, 1.0)


def _halve(image: NDArray[Any]) -> NDArray[Any]:
    """Mean of every 2x2 cells."""
    height, width, *rest = image.shape
    return np.asarray(image.reshape(height // 2, 2, width // 2, 2, *rest).mean(axis=(1, 3)))


def _histogram(fine: NDArray[np.float64]) -> NDArray[np.float64]:
    """(8, 8, 8), smoothed by 1 2 1 along each channel so that bin borders do not matter."""
    index = np.minimum((fine * _BINS).astype(int), _BINS - 1)
    flat = (index[..., 0] * _BINS + index[..., 1]) * _BINS + index[..., 2]
    histogram = np.bincount(flat.ravel(), minlength=_BINS**3) / flat.size
    histogram = histogram.reshape(_BINS, _BINS, _BINS)
    for axis in range(3):
        rolled = np.moveaxis(histogram, axis, 0)
        padded = np.concatenate([rolled[:1], rolled, rolled[-1:]])
        histogram = np.moveaxis((padded[:-2] + 2 * rolled + padded[2:]) / 4, 0, axis)
    return np.asarray(histogram)


def _luma(frame: Signature) -> NDArray[np.float64]:
    return np.asarray(_halve(frame.thumbnail.astype(np.float64)) @ _LUMA)  # (24, 32)


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
