"""Optical flow by search: dense inverse search, and two that find larger motion.

The dense search (Kroeger et al., "Fast Optical Flow using Dense Inverse Search", 2016) goes from
coarse to fine, and what is small and fast is lost on its way: at the coarse levels it is not there.
So motion is looked for in two more ways that know no levels: distinct points (SIFT) with what is
around them, and small blocks, by trying all displacements. Where the pictures agree clearly better
along one of these, it replaces what the dense search says.

The dense search is made on transposed and mirrored pictures as well (ensemble.py). Where it is
unsure it then finds other motion, and a mix of what is made along several is better than what is
made along one.

Pictures are display-referred bytes (h, w, 3), motion is (h, w, 2), x and y in pixels. All of it
runs on the CPU, on one thread, so that every machine finds the same.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import cv2 as opencv
import numpy as np
import numpy.typing as npt

from hifi_ofx.waiting import Check, unasked

from .ensemble import IDENTITY, Symmetry

cv2: Any = opencv  # its stubs ask for types of arrays that it does not need

Picture = npt.NDArray[np.uint8]
Motion = npt.NDArray[np.float32]
Trust = npt.NDArray[np.float32]  # (h, w), from 0 to 1
BothWays = tuple[Motion, Motion, Trust, Trust]

POINTS = 4000  # distinct points of a picture, at most
SIFT_PIXELS = 600_000  # of the picture that they are found in, at most: it takes 230 bytes for each
DISTINCT = 0.75  # a match is this much nearer than the next best, or it is none (Lowe, 2004)
RADIUS = 16  # cells that blocks are tried at, each way
CELLS = (8_000, 32_000)  # of the pictures that blocks are matched in, about: far, then near
LIT_CELLS = 64_000  # of pictures of highlights, at most
BLOCK = 7  # cells, across and down
AGREED = 2.5  # pixels that there and back may miss by
WINDOW = 9  # pixels around which two pictures are compared
BETTER, CLEARLY = 0.8, 2.0  # another motion must leave less than this share, and this less of 255
REPAIR = 3.0  # pixels that the last search may still move by
RETURNS, ALIKE = 1.0, 12.0  # pixels missed there and back, of 255 apart: trust is a third


class OneThread:
    """OpenCV on one thread, for as long as anyone is within it.

    The dense search cuts a picture into as many stripes as there are threads. Their number is the
    process's, and searches overlap (prefetch): so the first to enter sets it, and the last to leave
    puts it back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = 1

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._before = cv2.getNumThreads()
                cv2.setNumThreads(1)
            self._inside += 1

    def __exit__(self, *error: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                cv2.setNumThreads(self._before)


ONE_THREAD = OneThread()  # one for the process, as OpenCV's number of threads is


def motions(
    first: Picture,
    second: Picture,
    symmetries: Sequence[Symmetry] = (IDENTITY,),
    check: Check = unasked,
    share: float = 1.0,
) -> list[tuple[Motion, Motion]]:
    """By symmetry, motion from first to second, seen from the first, and back, from the second.

    Only the dense search is made again for each: the others take most of the time, and are found
    once. Pictures that are a `share` of their frames are matched at the scales of whole ones.
    `check` is called between the steps, and may raise.
    """
    with ONE_THREAD:
        check()
        further = [points(first, second), *(blocks(first, second, n * share, check) for n in CELLS)]
        there = [one for one, _ in further]
        back = [other for _, other in further]
        return [
            (
                _searched(symmetry, first, second, there, check),
                _searched(symmetry, second, first, back, check),
            )
            for symmetry in symmetries
        ]


def with_highlights(
    first: Picture, second: Picture, known: Sequence[tuple[Motion, Motion]], check: Check = unasked
) -> list[tuple[Motion, Motion]]:
    """Motion there and back, several times, and that of highlights where they go another way.

    The pictures, bytes (h, w), show highlights alone, all else is black: a small lamp is little of
    a block, and what stands still behind it would keep it in its place. `check` as for `motions`.
    """
    with ONE_THREAD:
        there, back = blocks(first, second, min(first.size, LIT_CELLS), check)
        return [
            (better(first, second, one, there), better(second, first, other, back))
            for one, other in known
        ]


def both_ways(first: Picture, second: Picture, check: Check = unasked) -> BothWays:
    """The dense search alone, there and back, and how far each is to be trusted.

    For frames in a row, where motion that is not found is left alone. `check` is called between
    the steps, and may raise.
    """
    with ONE_THREAD:
        there = dense(first, second)
        check()
        back = dense(second, first)
        check()
        return there, back, trust(first, second, there, back), trust(second, first, back, there)


def trust(first: Picture, second: Picture, way: Motion, back: Motion) -> Trust:
    """How sure motion is: it leads back to where it began, inside the frame, and the pictures
    agree along it.
    """
    height, width = way.shape[:2]
    places = _places(way)
    missed = way + cv2.remap(back, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = ((places >= 0) & (places <= (width - 1, height - 1))).all(axis=-1)
    returns = np.exp(-np.square(missed).sum(axis=-1) / RETURNS**2)
    sure: Trust = returns * np.exp(-apart(first, second, way) / ALIKE) * inside
    return sure.astype(np.float32)


def _searched(
    symmetry: Symmetry,
    first: Picture,
    second: Picture,
    further: Sequence[Motion | None],
    check: Check,
) -> Motion:
    """Motion from first to second: the dense search of one symmetry, and the larger motion."""
    check()
    found = dense(first, second, symmetry)
    for other in further:
        check()
        found = better(first, second, found, other)
    check()
    return repaired(first, second, found, symmetry)


def dense(first: Picture, second: Picture, symmetry: Symmetry = IDENTITY) -> Motion:
    """Motion at every pixel, from coarse to fine, searched for in transformed pictures."""
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setFinestScale(0)
    seen = (symmetry.of(picture) for picture in (first, second))
    grays = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in seen)
    found: Motion = symmetry.undone(search.calc(*grays, None))
    return found


def points(first: Picture, second: Picture) -> tuple[Motion | None, Motion | None]:
    """Motion of the nearest distinct point that both pictures show, seen from each of them."""
    sift = cv2.SIFT_create(POINTS, contrastThreshold=0.02)
    height, width = first.shape[:2]
    ratio = min(1.0, (SIFT_PIXELS / (height * width)) ** 0.5)
    seen = round(width * ratio), round(height * ratio)
    small = (p if ratio == 1 else cv2.resize(p, seen, interpolation=cv2.INTER_AREA)
             for p in (first, second))  # fmt: skip
    (here, descriptors), (there, others) = (sift.detectAndCompute(p, None) for p in small)
    if min(len(here), len(there)) < 2:
        return None, None
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(descriptors, others, 2)
    sure = [best for best, next_best in pairs if best.distance < DISTINCT * next_best.distance]
    if not sure:
        return None, None
    scale = np.array([width / seen[0], height / seen[1]], np.float32)
    starts = _larger([here[match.queryIdx].pt for match in sure], scale)
    ends = _larger([there[match.trainIdx].pt for match in sure], scale)
    size = height, width
    return _spread(starts, ends - starts, size), _spread(ends, starts - ends, size)


def blocks(
    first: Picture, second: Picture, cells: float, check: Check = unasked
) -> tuple[Motion, Motion]:
    """Motion of the small block around every pixel; NaN where there and back do not agree."""
    height, width = first.shape[:2]
    cell = max(1.0, (height * width / cells) ** 0.5)
    size = max(1, round(width / cell)), max(1, round(height / cell))
    small = [cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in (first, second)]
    there, back = _tried(small[0], small[1], check), _tried(small[1], small[0], check)
    scale = np.array([width / size[0], height / size[1]], np.float32)
    there, back = (
        cv2.resize(way, (width, height), interpolation=cv2.INTER_NEAREST) * scale
        for way in (there, back)
    )
    return _agreed(there, back), _agreed(back, there)


def better(first: Picture, second: Picture, known: Motion, other: Motion | None) -> Motion:
    """The other motion where the pictures agree clearly better along it, else what is known."""
    if other is None:
        return known
    wanted = np.isfinite(other[..., 0])
    tried = np.where(wanted[..., None], other, np.float32(0))
    left, left_other = (apart(first, second, way) for way in (known, tried))
    chosen = wanted & (left_other + CLEARLY < BETTER * left)
    chosen = wanted & (cv2.medianBlur(chosen.astype(np.uint8), 5) > 0)  # no single pixels
    result: Motion = np.where(chosen[..., None], tried, known)
    return result


def repaired(
    first: Picture, second: Picture, known: Motion, symmetry: Symmetry = IDENTITY
) -> Motion:
    """Motion moved a little where the pictures then agree better: what was taken over is coarse."""
    moved = _moved(second, known)
    correction = np.clip(dense(first, moved, symmetry), -REPAIR, REPAIR)
    corrected: Motion = known + correction
    left, left_corrected = (apart(first, second, way) for way in (known, corrected))
    result: Motion = np.where((left_corrected < left)[..., None], corrected, known)
    return result


def apart(first: Picture, second: Picture, way: Motion) -> npt.NDArray[np.float32]:
    """How much the pictures differ around each pixel, (h, w), with the second moved back."""
    difference = cv2.absdiff(first, _moved(second, way)).astype(np.float32)
    difference = difference.mean(axis=-1) if difference.ndim == 3 else difference
    around: npt.NDArray[np.float32] = cv2.boxFilter(difference, -1, (WINDOW, WINDOW))
    return around


def _moved(picture: Picture, way: Motion) -> Picture:
    """The picture taken from where the motion points to; beyond the border it goes on."""
    moved: Picture = cv2.remap(
        picture, _places(way), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return moved


def _places(way: Motion) -> Motion:
    """Where the motion points to from each pixel, (h, w, 2), x and y."""
    rows, columns = np.indices(way.shape[:2], dtype=np.float32)
    places: Motion = way + np.stack([columns, rows], axis=-1)
    return places


def _larger(places: list[tuple[float, float]], scale: Motion) -> Motion:
    """Places (n, 2) of a smaller picture in a larger one; a pixel's middle is a whole number."""
    larger: Motion = (np.array(places, np.float32) + 0.5) * scale - 0.5
    return larger


def _spread(places: Motion, ways: Motion, size: tuple[int, int]) -> Motion:
    """At every pixel the motion of the place that is nearest: (h, w, 2) from (n, 2) each."""
    height, width = size
    x, y = np.rint(places).astype(int).T.clip(0, [[width - 1], [height - 1]])
    elsewhere = np.ones(size, np.uint8)
    elsewhere[y, x] = 0
    _, label = cv2.distanceTransformWithLabels(
        elsewhere, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    by_label = np.zeros((int(label.max()) + 1, 2), np.float32)
    by_label[label[y, x]] = ways
    result: Motion = by_label[label]
    return result


def _tried(first: Picture, second: Picture, check: Check) -> Motion:
    """In whole cells, the displacement whose block differs least; short ones are preferred."""
    height, width = first.shape[:2]
    around = cv2.copyMakeBorder(
        second, RADIUS, RADIUS, RADIUS, RADIUS, cv2.BORDER_CONSTANT, value=(255, 0, 255)
    )
    least = np.full((height, width), np.inf, np.float32)
    which = np.zeros((height, width), np.int32)
    mean = np.full((1, 3), 1 / 3, np.float32)
    for down in range(-RADIUS, RADIUS + 1):
        check()
        for right in range(-RADIUS, RADIUS + 1):
            top, left = RADIUS + down, RADIUS + right
            there = around[top : top + height, left : left + width]
            difference = cv2.absdiff(first, there)
            if difference.ndim == 3:
                difference = cv2.transform(difference, mean)
            cost = cv2.boxFilter(difference, cv2.CV_32F, (BLOCK, BLOCK))
            cost += 0.02 * (abs(down) + abs(right))
            np.copyto(which, top * (2 * RADIUS + 1) + left, where=cost < least)
            np.minimum(least, cost, out=least)
    tops, lefts = np.divmod(which, 2 * RADIUS + 1)
    found: Motion = np.stack([lefts, tops], axis=-1).astype(np.float32) - RADIUS
    return found


def _agreed(way: Motion, back: Motion) -> Motion:
    """The motion, NaN where going there and back does not end where it began."""
    returned = way + cv2.remap(back, _places(way), None, cv2.INTER_NEAREST)
    missed = np.abs(returned).max(axis=-1)
    result: Motion = np.where((missed <= AGREED)[..., None], way, np.float32(np.nan))
    return result
