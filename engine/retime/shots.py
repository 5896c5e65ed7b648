"""Cuts and held frames: where a retime must not, or can, interpolate between two source frames.

Every decision is made from the `Signature` of single source frames, so that it is the same in
whichever chunk of the retime it is made.

A cut is measured by two numbers between 0 (alike) and 1:

- *color*: how much of the two histograms of color, and of brightness, does not overlap. Motion
  inside a shot hardly changes it, since it ignores where things are.
- *structure*: 1 - the best normalised correlation of the two luma thumbnails over all shifts that
  leave a quarter of the frame in common. It follows pans, and it ignores exposure and contrast.

Their geometric mean is the *difference*: both have to be large. A whip pan keeps the structure
that stays in view, a flash or a strobe keeps all of it, so neither is a cut; a frame that is blown
out to plain white (or black) has no structure left and is one, unless the frames before (or after)
it fade to it.

A hold is a frame that repeats: no cell of the thumbnail changes by more than a threshold, neither
in its mean nor in its first moments, which see a small thing that moves inside one cell. Where
the cells change as grain makes them (shot_grain.py), large regions are asked instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hifi_ofx.quality import Footage
from hifi_ofx.retime import PlannedFrame

from .shot_difference import Cells, Difference, halve, is_flat, light, measured
from .shot_grain import beyond_grain

_CELLS = (48, 64)  # rows, columns of the thumbnail; cells are twice as many
_LAST_STEP = 2.5  # a fade's last step may be so many times the one before


@dataclass(frozen=True, eq=False)
class Signature:
    """What is kept of a frame; about 258 kB.

    thumbnail: (48, 64, 3) area means, 0..1. moments: (2, 48, 64, 3), the means weighted with the
    position inside the cell, down and across, -0.5..0.5. cells: (96, 128, 3) area means, 0..2,
    where highlights above diffuse white are told apart.
    """

    thumbnail: NDArray[np.float32]
    moments: NDArray[np.float32]
    cells: Cells


def signature(
    rgb: NDArray[Any], size: tuple[int, int] | None = None, at: tuple[int, int] = (0, 0)
) -> Signature:
    """The signature of a frame: rgb (H, W, 3), display-like, white is 1; NaN counts as black.

    Any size from 1x1 up. Values outside 0..1, in cells 0..2, are clipped after averaging. Where the
    frame is larger, `size` (rows, columns) and black around what rgb has, rgb begins at row and
    column `at`.
    """
    height, width = size or rgb.shape[:2]
    rows, weighted_rows = (_widened(part, width, at[1]) for part in _strips(rgb, height, at[0]))
    across = _positions(width, _CELLS[1])[:, None]
    fine, down, right = (_columns(part) for part in (rows, weighted_rows, rows * across))
    return Signature(
        halve(_finite(fine)).astype(np.float32),
        np.stack([halve(_finite(part, low=-0.5)) for part in (down, right)]).astype(np.float32),
        _finite(fine, high=2.0).astype(np.float32),
    )


def difference(first: Signature, second: Signature) -> Difference:
    """How far two frames are apart."""
    return measured(first.cells, second.cells)


def change(first: Signature, second: Signature) -> float:
    """The largest change of any cell, in its mean or its moments, 0..1: 0 for repeated frames.

    Of a region of cells instead where cells change by nothing but grain.
    """
    means = second.thumbnail - first.thumbnail
    moments = second.moments - first.moments
    level = (first.thumbnail + second.thumbnail) / 2
    beyond = beyond_grain(means, moments, level)
    if beyond is not None:
        return beyond
    return float(max(np.abs(means).max(), np.abs(moments).max()))


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
    clip = _Clip(signature_of, settings, clip_first, clip_last)
    if settings.interpolates_holds:
        planned = _across_hold(planned, clip, decisions)
    if planned.fraction:
        planned = _not_across_cut(planned, clip, decisions)
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
        """Whether the next frame shows the same, and that is interpolated across."""
        marked = self.settings.marked_holds.get(frame + 1)
        if marked is not None or self.settings.holds != "interpolate":
            return bool(marked) and self.first <= frame < self.last
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
    apart = difference(first, second)
    return f"a cut follows ({_measured(apart, clip.settings)})" * apart.is_cut(clip.settings)


def _not_across_cut(planned: PlannedFrame, clip: _Clip, decisions: list[str]) -> PlannedFrame:
    """The nearest frame across a cut, else as planned."""
    settings = clip.settings
    frames = f"Output frame {planned.output}: source frames {planned.left} and {planned.right}"
    nearest = planned.left if planned.fraction < Fraction(1, 2) else planned.right
    marked = settings.marked_between(planned.left, planned.right)
    if marked:
        decisions.append(f"{frames} are a cut, by hand: frame {nearest} is used.")
        return _source_frame(planned, nearest)
    first, second = clip.signature_of(planned.left), clip.signature_of(planned.right)
    if first is None or second is None or settings.cuts == "ignore" or marked is False:
        return planned
    apart = difference(first, second)
    if apart.is_cut(settings) and _fades(planned, clip, first, second):
        decisions.append(f"{frames} are the end of a fade: interpolated.")
    elif apart.is_cut(settings):
        decisions.append(
            f"{frames} are a cut ({_measured(apart, settings)}): frame {nearest} is used."
        )
        return _source_frame(planned, nearest)
    elif apart.is_flash(settings):
        decisions.append(
            f"{frames} differ in exposure, not in structure ({apart.structure:.3f}, threshold "
            f"{settings.structure_threshold:.3f}): interpolated."
        )
    return planned


def _fades(planned: PlannedFrame, clip: _Clip, first: Signature, second: Signature) -> bool:
    """Whether one frame shows nothing, and those before the other came nearer to it step by step.

    A fade's last step has no structure to be told by; the step before it has.
    """
    for shown, plain, before in (
        (first, second, planned.left - 1),
        (second, first, planned.right + 1),
    ):
        if not clip.first <= before <= clip.last or not is_flat(plain.cells):
            continue
        earlier = clip.signature_of(before)
        if earlier is None or difference(earlier, shown).is_cut(clip.settings):
            continue
        step, last = (
            light(b.cells) - light(a.cells) for a, b in ((earlier, shown), (shown, plain))
        )
        if step * last > 0 and abs(last) <= _LAST_STEP * abs(step):
            return True
    return False


def _measured(apart: Difference, settings: Footage) -> str:
    return f"difference {apart.total:.3f}, threshold {settings.cut_threshold:.3f}"


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


def _finite(
    values: NDArray[np.float64], low: float = 0.0, high: float = 1.0
) -> NDArray[np.float64]:
    return np.clip(np.nan_to_num(values, nan=0.0, posinf=high, neginf=low), low, high)
