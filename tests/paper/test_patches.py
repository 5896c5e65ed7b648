"""Patchify and accumulate: what boxes promise, and that tiling changes nothing by itself."""

from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.paper.patches import (
    coverage,
    feathered,
    oriented,
    patch_boxes,
    patch_starts,
    patchify,
    tiled,
    uniform,
)

lengths = st.integers(1, 3000)
overlaps = st.floats(0, 0.75)


@given(lengths, st.integers(32, 800), st.integers(0, 31))
def test_patches_cover_overlap_and_end_at_the_border(length, patch, overlap):
    starts = patch_starts(length, patch, overlap)
    size = min(patch, length)
    ends = [start + size for start in starts]
    assert starts[0] == 0
    assert ends[-1] == length
    for end, following in zip(ends, starts[1:]):
        assert end - following >= min(overlap, size - 1)


@given(lengths, st.integers(32, 800))
def test_patches_are_spread_evenly_and_no_more_than_needed(length, patch):
    overlap = patch // 8
    starts = patch_starts(length, patch, overlap)
    gaps = [b - a for a, b in zip(starts, starts[1:])]
    assert max(gaps, default=0) - min(gaps, default=0) <= 1
    assert (len(starts) - 2) * (patch - overlap) + patch < max(length, patch + 1)


@given(st.integers(1, 90), st.integers(1, 90), st.integers(32, 64), st.integers(32, 64), overlaps)
def test_every_pixel_is_covered(height, width, patch_height, patch_width, overlap):
    boxes = patch_boxes((height, width), (patch_height, patch_width), overlap)
    for patches in (uniform(boxes), feathered(boxes, overlap)):
        assert coverage(patches, (height, width), "cpu").min() > 0


def test_the_patch_is_turned_for_a_portrait_frame():
    assert oriented((512, 768), (1080, 1920)) == (512, 768)
    assert oriented((512, 768), (1920, 1080)) == (768, 512)


def test_the_paper_s_4k_needs_thirty_patches():
    # 4K UHD: an eighth of 512 is an overlap of 64, and the rows then take 5, the columns 6.
    assert len(patch_boxes((2160, 3840), (512, 768), 0.125)) == 30


@pytest.mark.parametrize("edges", ["uniform", "feathered"])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_denoiser_without_neighborhood_does_not_notice_patches(edges, batch):
    size, overlap = (70, 101), 0.25
    boxes = patch_boxes(size, (32, 48), overlap)
    patches = uniform(boxes) if edges == "uniform" else feathered(boxes, overlap)
    generator = torch.Generator().manual_seed(0)
    z, condition = (torch.randn(3, *size, generator=generator) for _ in range(2))

    def pointwise(z, t, condition):
        return torch.sin(z) * t + condition

    whole = pointwise(z, torch.tensor(0.7), condition)
    denoise = tiled(pointwise, patches, partial(patchify, [condition]), batch)
    torch.testing.assert_close(denoise(z, torch.tensor(0.7)), whole)


def test_one_patch_that_fits_is_the_whole_frame_bit_for_bit():
    z, condition = torch.randn(3, 40, 60), torch.randn(9, 40, 60)
    boxes = patch_boxes((40, 60), (64, 64), 0.125)

    def denoise(z, t, condition):
        return z * 0.3 + condition[:, 3:6].flip(-1) * t

    made = tiled(denoise, uniform(boxes), partial(patchify, [condition]))(z, torch.tensor(0.4))
    assert torch.equal(made, denoise(z[None], torch.tensor(0.4), condition[None])[0])


def test_overlapping_patches_are_averaged_with_equal_weight():
    boxes = patch_boxes((32, 48), (32, 32), 0.5)
    assert [box.left for box in boxes] == [0, 16]
    calls = iter([1.0, 3.0])

    def constant(z, t, condition):
        return torch.full_like(z, next(calls))

    made = tiled(constant, uniform(boxes), partial(patchify, [torch.zeros(3, 32, 48)]))(
        torch.zeros(3, 32, 48), torch.tensor(1.0)
    )
    assert made[0, 0].tolist() == [1.0] * 16 + [2.0] * 16 + [3.0] * 16


def test_patchify_crops_every_frame_at_the_same_place():
    frame = torch.arange(5 * 7.0).reshape(1, 5, 7)
    boxes = patch_boxes((5, 7), (32, 32), 0.1)
    assert patchify([frame, 10 * frame], boxes).shape == (1, 2, 5, 7)
