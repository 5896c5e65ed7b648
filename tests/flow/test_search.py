"""The search for motion: what moves is found where it is, also where coarse-to-fine loses it."""

import threading

import numpy as np
import pytest
from numpy.testing import assert_allclose

from engine.flow import search

HEIGHT, WIDTH = 96, 144


def motion(first, second):
    """Both ways, by the identity alone."""
    return search.motions(first, second)[0]


def texture(seed, height=HEIGHT, width=WIDTH):
    """Smooth random color, features of about 4 pixels: bytes (height, width, 3)."""
    cv2 = pytest.importorskip("cv2")
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    smooth = cv2.GaussianBlur(noise, (0, 0), 1.5)
    return np.clip(128 + 60 * smooth / smooth.std(), 0, 255).astype(np.uint8)


def disc(center, radius=11):
    rows, columns = np.indices((HEIGHT, WIDTH))
    return np.hypot(columns - center[0], rows - center[1]) < radius


def disc_over_still(start, end):
    """A textured disc that jumps over a textured background which stands still."""
    back, front = texture(0), texture(1)
    moved = np.roll(front, (end[1] - start[1], end[0] - start[0]), (0, 1))
    first = np.where(disc(start)[..., None], front, back)
    return first, np.where(disc(end)[..., None], moved, back)


@pytest.mark.parametrize("shift", [(5, 3), (-20, 8), (28, 0)])
def test_a_pan_is_found_both_ways(shift):
    wide = texture(3, HEIGHT + 80, WIDTH + 80)
    first = wide[40:-40, 40:-40]
    second = wide[40 - shift[1] : HEIGHT + 40 - shift[1], 40 - shift[0] : WIDTH + 40 - shift[0]]
    there, back = motion(np.ascontiguousarray(first), np.ascontiguousarray(second))
    middle = (slice(30, -30), slice(40, -40))
    assert_allclose(np.median(there[middle], (0, 1)), shift, atol=0.2)
    assert_allclose(np.median(back[middle], (0, 1)), np.negative(shift), atol=0.2)
    assert (np.abs(there[middle] - shift).max(-1) < 1).mean() > 0.95


def test_what_is_small_and_fast_is_found():
    """A disc of 22 pixels that jumps by 30 is lost from coarse to fine, and found by the others."""
    start, end = (50, 48), (80, 44)
    first, second = disc_over_still(start, end)
    inside, still = disc(start, 7), ~disc(start, 20) & ~disc(end, 20)
    jumped = np.subtract(end, start)
    lost = search.dense(first, second)
    there, back = motion(first, second)
    assert np.abs(np.median(lost[inside], 0) - jumped).max() > 5
    assert_allclose(np.median(there[inside], 0), jumped, atol=0.5)
    assert_allclose(np.median(back[disc(end, 7)], 0), -jumped, atol=0.5)
    assert (np.abs(there[still]).max(-1) < 1).mean() > 0.97


def test_a_small_lamp_is_found_by_its_light_alone():
    """One of 3 pixels, before ground that stands still and is far more of any block."""
    ground, (start, end) = texture(0), ((50, 48), (66, 44))
    pictures, lit = [], []
    for place in (start, end):
        lamp = disc(place, 1.6)[..., None]
        pictures.append(np.where(lamp, 255, ground).astype(np.uint8))
        lit.append(np.where(lamp[..., 0], 255, 0).astype(np.uint8))
    inside, away = disc(start, 1.6), ~disc(start, 20) & ~disc(end, 20)
    jumped = np.subtract(end, start)
    known = search.motions(*pictures)
    assert np.abs(np.median(known[0][0][inside], 0) - jumped).max() > 5
    ((there, back),) = search.with_highlights(*lit, known)
    assert_allclose(there[inside], np.broadcast_to(jumped, there[inside].shape), atol=0.5)
    assert_allclose(np.median(back[disc(end, 1.6)], 0), -jumped, atol=0.5)
    assert np.array_equal(there[away], known[0][0][away])


def test_a_part_is_matched_at_the_scale_of_its_whole(monkeypatch):
    scales = []

    def seen(first, second, cells, check):
        scales.append((first[..., 0].size / cells) ** 0.5)
        return (np.full((*first.shape[:2], 2), np.nan, np.float32),) * 2

    monkeypatch.setattr(search, "blocks", seen)
    whole = texture(0, 240, 400)
    search.motions(whole, whole)
    search.motions(whole[:60, :80].copy(), whole[:60, :80].copy(), share=60 * 80 / (240 * 400))
    assert_allclose(scales[2:], scales[:2])


def test_nothing_moves_between_equal_pictures():
    first = texture(5)
    there, back = motion(first, first.copy())
    assert_allclose(there, 0, atol=0.05)
    assert_allclose(back, 0, atol=0.05)


def test_blocks_count_only_where_both_ways_agree():
    start, end = (50, 48), (64, 44)
    first, second = disc_over_still(start, end)
    there, _ = search.blocks(first, second, 10**6)  # cells of a pixel: 16 of them each way
    assert_allclose(np.nanmedian(there[disc(start, 6)], 0), (14, -4), atol=1)
    covered = disc(end, 7) & ~disc(start, 14)  # background that the disc will hide: seen once only
    assert np.isnan(there[covered][..., 0]).mean() > 0.8


def test_a_worse_motion_never_replaces_a_better_one():
    first = texture(7)
    second = np.roll(first, 4, axis=1)
    right = np.broadcast_to(np.float32([4, 0]), (HEIGHT, WIDTH, 2)).copy()
    wrong = np.zeros_like(right)
    kept = search.better(first, second, right, wrong)
    assert np.array_equal(kept, right)
    replaced = search.better(first, second, wrong, right)
    assert np.array_equal(replaced[20:-20, 20:-20], right[20:-20, 20:-20])


@pytest.mark.parametrize("size", [(16, 16), (16, 300), (65, 17)])
def test_flat_and_narrow_pictures_are_no_trouble(size):
    flat = np.full((*size, 3), 90, np.uint8)
    for first in (flat, texture(2, *size)):
        for way in motion(first, flat):
            assert way.shape == (*size, 2)
            assert np.isfinite(way).all()


def test_the_same_pair_gives_the_same_bits():
    pair = disc_over_still((50, 48), (80, 44))
    once, again = motion(*pair), motion(*pair)
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))


def test_the_number_of_threads_is_put_back_by_the_last_search_that_ends():
    """It is the process's: a search that ends must not give another one more threads."""
    cv2 = pytest.importorskip("cv2")
    before, seen = cv2.getNumThreads(), []
    inside, ended = threading.Event(), threading.Event()

    def longer():
        with search.ONE_THREAD:
            inside.set()
            ended.wait(10)
            seen.append(cv2.getNumThreads())

    try:
        cv2.setNumThreads(3)
        other = threading.Thread(target=longer)
        with search.ONE_THREAD:
            other.start()
            inside.wait(10)
        ended.set()
        other.join()
        assert (seen, cv2.getNumThreads()) == ([1], 3)
        motion(texture(0), texture(1))
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_the_dense_search_is_made_on_one_thread(monkeypatch):
    cv2 = pytest.importorskip("cv2")
    seen, dense = [], search.dense

    def counted(*arguments):
        seen.append(cv2.getNumThreads())
        return dense(*arguments)

    monkeypatch.setattr(search, "dense", counted)
    motion(texture(0), texture(1))
    assert seen
    assert set(seen) == {1}
