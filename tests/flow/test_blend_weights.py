"""Which of the warped pictures are believed: cases where what is right is known beforehand."""

import math

import pytest
import torch

from engine.color import from_model, to_model
from engine.flow.blend_weights import shares
from engine.flow.exposure import LEVEL, evenly_exposed
from engine.flow.intermediate import WARPS, aligned, flows, guide, mix_of_warps
from tests.flow.test_intermediate import disc, share, texture

STILL = [torch.zeros(1, 2, 24, 32)] * WARPS
HERE = torch.ones(1, 2, 24, 32)


def of(ways):
    """Ways as they are asked for: of some rows."""
    return lambda rows: [way[..., rows, :] for way in ways]


def to_the_right(*numbers, by=9.0):
    """Ways where these pictures are taken from that far away, and all others from here."""
    away = torch.zeros(1, 2, 24, 32)
    away[:, 0] = by
    return [away if number in numbers else still for number, still in enumerate(STILL)]


@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.9])
def test_where_all_agree_only_the_nearer_frame_counts_more(fraction):
    frame = texture(24, 32)[None]
    counts = shares((frame, frame), of(STILL), HERE, share(fraction))
    expected = torch.tensor([1 - fraction, fraction] * (WARPS // 2)) / (WARPS // 2)
    torch.testing.assert_close(counts, expected[None, :, None, None].expand_as(counts))


@pytest.mark.parametrize("pair", [(0, 1), (2, 3), (4, 5)])
def test_a_pair_that_does_not_agree_is_outvoted(pair):
    frame = texture(24, 32)[None]
    ways = to_the_right(pair[1])
    counts = shares((frame, frame), of(ways), HERE, share(0.5))[..., 4:-4, 4:-16]
    assert counts[:, pair[1]].mean() < 0.5 * counts[:, pair[0]].mean()
    others = [number for number in range(WARPS) if number not in pair]
    assert counts[:, pair[0]].mean() < 0.9 * counts[:, others].mean()


def test_two_that_agree_on_something_else_are_outvoted_by_four():
    """The pair itself looks alike, moved together; the four others say otherwise."""
    frame = texture(24, 32)[None]
    counts = shares((frame, frame), of(to_the_right(4, 5)), HERE, share(0.5))[..., 4:-4, 4:-16]
    assert counts[:, 4:].sum(1).mean() < 0.2  # a third without a vote


def test_a_frame_of_which_nothing_arrives_counts_less():
    frame = texture(24, 32)[None]
    arrived = torch.tensor([1.0, 0.0])[None, :, None, None].expand(1, 2, 24, 32)
    counts = shares((frame, frame), of(STILL), arrived, share(0.5))
    ratio = (counts[:, 1::2].sum(1) / counts[:, 0::2].sum(1)).mean()
    assert ratio == pytest.approx(math.sqrt(0.1 / 1.1), abs=1e-3)


def test_strips_join_without_a_seam(monkeypatch):
    first, second = texture(70, 40)[None], texture(70, 40, seed=1)[None]
    ways = [3 * torch.randn(1, 2, 70, 40, generator=torch.Generator().manual_seed(n))
            for n in range(WARPS)]  # fmt: skip
    whole = shares((first, second), of(ways), torch.ones(1, 2, 70, 40), share(0.3))
    monkeypatch.setattr("engine.flow.blend_weights._STRIP", 16)
    strips = shares((first, second), of(ways), torch.ones(1, 2, 70, 40), share(0.3))
    torch.testing.assert_close(strips, whole, atol=1e-6, rtol=0)


@pytest.mark.parametrize("fraction", [0.25, 0.5])
def test_around_a_moving_disc_the_believed_mix_is_nearer_to_the_truth(fraction):
    first, middle, second = (disc(time, x=24.0) for time in (0, fraction, 1))
    found = guide(first, second, share(fraction), flows(first, second))
    seen = aligned(first, second, found, share(fraction))
    plain = seen.clone()
    plain[:, -WARPS:] = torch.tensor([1 - fraction, fraction]).repeat(3)[:, None, None] / 3
    wrong, less_wrong = ((mix_of_warps(s) - middle).square().mean() for s in (plain, seen))
    assert less_wrong < 0.9 * wrong


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
