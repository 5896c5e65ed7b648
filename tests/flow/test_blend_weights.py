"""Blend weights of the warped pictures: cases where what is right is known beforehand."""

import math

import pytest
import torch

from engine.color import from_model, to_model
from engine.flow.blend_weights import WARPS, blend_weights
from engine.flow.estimate import pair_flow
from engine.flow.exposure import LEVEL, evenly_exposed
from engine.flow.intermediate import intermediate_flow
from engine.flow.warped import WarpedFrames, warp_frames
from tests.flow.test_intermediate import disc, share, texture

STILL = [torch.zeros(1, 2, 24, 32)] * WARPS
HERE = torch.ones(1, 2, 24, 32)


def of(displacements):
    """Displacements as they are asked for: of some rows."""
    return lambda rows: [displacement[..., rows, :] for displacement in displacements]


def to_the_right(*numbers, by=9.0):
    """Displacements: these pictures are sampled from that far away, all others from here."""
    away = torch.zeros(1, 2, 24, 32)
    away[:, 0] = by
    return [away if number in numbers else still for number, still in enumerate(STILL)]


@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.9])
def test_where_all_agree_only_the_nearer_frame_counts_more(fraction):
    frame = texture(24, 32)[None]
    weights = blend_weights((frame, frame), of(STILL), HERE, share(fraction))
    expected = torch.tensor([1 - fraction, fraction] * (WARPS // 2)) / (WARPS // 2)
    torch.testing.assert_close(weights, expected[None, :, None, None].expand_as(weights))


@pytest.mark.parametrize("pair", [(0, 1), (2, 3), (4, 5)])
def test_a_pair_that_does_not_agree_is_outvoted(pair):
    frame = texture(24, 32)[None]
    displacements = to_the_right(pair[1])
    weights = blend_weights((frame, frame), of(displacements), HERE, share(0.5))[..., 4:-4, 4:-16]
    assert weights[:, pair[1]].mean() < 0.5 * weights[:, pair[0]].mean()
    others = [number for number in range(WARPS) if number not in pair]
    assert weights[:, pair[0]].mean() < 0.9 * weights[:, others].mean()


def test_two_that_agree_on_something_else_are_outvoted_by_four():
    """The pair itself looks alike, moved together; the four others say otherwise."""
    frame = texture(24, 32)[None]
    weights = blend_weights((frame, frame), of(to_the_right(4, 5)), HERE, share(0.5))[
        ..., 4:-4, 4:-16
    ]
    assert weights[:, 4:].sum(1).mean() < 0.2  # a third without a vote


def test_a_frame_of_which_nothing_arrives_counts_less():
    frame = texture(24, 32)[None]
    coverage = torch.tensor([1.0, 0.0])[None, :, None, None].expand(1, 2, 24, 32)
    weights = blend_weights((frame, frame), of(STILL), coverage, share(0.5))
    ratio = (weights[:, 1::2].sum(1) / weights[:, 0::2].sum(1)).mean()
    assert ratio == pytest.approx(math.sqrt(0.1 / 1.1), abs=1e-3)


def test_strips_join_without_a_seam(monkeypatch):
    first, second = texture(70, 40)[None], texture(70, 40, seed=1)[None]
    displacements = [3 * torch.randn(1, 2, 70, 40, generator=torch.Generator().manual_seed(n))
            for n in range(WARPS)]  # fmt: skip
    whole = blend_weights((first, second), of(displacements), torch.ones(1, 2, 70, 40), share(0.3))
    monkeypatch.setattr("engine.flow.blend_weights._STRIP", 16)
    strips = blend_weights((first, second), of(displacements), torch.ones(1, 2, 70, 40), share(0.3))
    torch.testing.assert_close(strips, whole, atol=1e-6, rtol=0)


@pytest.mark.parametrize("fraction", [0.25, 0.5])
def test_around_a_moving_disc_the_blend_is_nearer_to_the_truth_than_the_mean(fraction):
    first, middle, second = (disc(time, x=24.0) for time in (0, fraction, 1))
    flow = intermediate_flow(first, second, share(fraction), pair_flow(first, second))
    warped = WarpedFrames.of(warp_frames(first, second, flow, share(fraction)))
    error, of_mean = (
        (image - middle).square().mean() for image in (warped.blend(), warped.mean(share(fraction)))
    )
    assert error < 0.9 * of_mean


@pytest.mark.parametrize("gain", [0.25, 0.5, 2.0, 8.0])
def test_a_pair_is_matched_as_it_would_be_at_any_exposure(gain):
    light = [from_model(0.6 * texture(48, 64, seed)[None]) for seed in (0, 1)]
    plain = evenly_exposed(*(to_model(x) for x in light), (48, 64))
    lit = evenly_exposed(*(to_model(gain * x) for x in light), (48, 64))
    for one, other in zip(plain, lit, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)
    both = torch.cat(plain, dim=-1)
    assert from_model(both).mean(1).quantile(0.98).item() == pytest.approx(LEVEL, rel=0.02)


def test_each_pair_of_a_batch_has_its_own_exposure_and_black_stays_black():
    first = torch.cat([torch.zeros(1, 3, 20, 30), texture(20, 30)[None]])
    dark, lit = evenly_exposed(first, first, (20, 30))[0].split(1)
    alone = evenly_exposed(first[1:], first[1:], (20, 30))[0]
    assert not dark.any()
    torch.testing.assert_close(lit, alone)
