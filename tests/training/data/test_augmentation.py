"""Triplets and crops: fractions, flips, no rotation by 90 degrees, and exact whips."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor

from engine.color import WHITE
from engine.training.data.augmentation import augmented, clip_samples, triplet


def ramp(height: int, width: int) -> Tensor:
    """A frame that says where it was cut: red is the column, green the row, blue their sum."""
    x = torch.arange(width).expand(height, -1)
    y = torch.arange(height)[:, None].expand(-1, width)
    return torch.stack([x, y, x + y]).to(torch.uint8)


def test_a_triplets_middle_lies_at_its_fraction() -> None:
    """Frame n of the clip is all n: the middle of any triplet must be at its fraction."""
    clip = (torch.arange(5, dtype=torch.uint8) * 40)[:, None, None, None].expand(5, 3, 48, 64)
    samples = clip_samples([clip], 200, 32, Generator().manual_seed(0), whip_share=0.5)
    fraction = samples.fraction[:, None, None, None]
    torch.testing.assert_close(
        samples.middle, torch.lerp(samples.first, samples.second, fraction), atol=1e-5, rtol=0
    )
    seen = {round(float(value), 3) for value in samples.fraction}
    assert seen == {0.25, 0.333, 0.5, 0.667, 0.75}
    assert float(samples.middle.max()) <= WHITE
    forward = (samples.first < samples.second).flatten(1).all(1).float().mean()
    assert 0.35 < float(forward) < 0.65  # the temporal flip


def test_triplets_stay_within_the_largest_gap() -> None:
    generator = Generator().manual_seed(0)
    seen = [triplet(40, range(2, 7), generator) for _ in range(600)]
    assert all(0 <= first < middle < second < 40 for first, middle, second in seen)
    assert {second - first for first, _, second in seen} == {2, 3, 4, 5, 6}
    assert len({first for first, _, _ in seen}) > 30
    middles = sum(2 * middle == first + second for first, middle, second in seen)
    assert 0.4 < middles / len(seen) < 0.9


def test_long_clips_are_drawn_more_often() -> None:
    """Every pair of first and second is as likely: 8 pairs of 10 frames, 1 of 3, two apart."""
    short = torch.zeros(3, 3, 40, 40, dtype=torch.uint8)
    long = torch.full((10, 3, 40, 40), 200, dtype=torch.uint8)
    samples = clip_samples([short, long], 400, 32, Generator().manual_seed(0), largest_gap=2)
    share = float((samples.first.mean(dim=(1, 2, 3)) > 0.1).float().mean())
    assert share == pytest.approx(8 / 9, abs=0.06)


def test_crops_larger_than_a_clip_are_scaled_up() -> None:
    clip = torch.zeros(3, 3, 40, 50, dtype=torch.uint8)
    samples = clip_samples([clip], 2, 64, Generator().manual_seed(0), whip_share=1)
    assert samples.first.shape == (2, 3, 64, 64)


def test_crops_are_flipped_and_scaled_but_never_turned() -> None:
    """Columns stay columns: red varies along x alone, green along y alone, both either way."""
    frames = ramp(90, 120).expand(3, -1, -1, -1)
    generator = Generator().manual_seed(1)
    directions, spans = set(), set()
    for _ in range(80):
        cut = augmented(frames, 32, [0, 1, 2], False, generator)
        red, green = cut[0, 0], cut[0, 1]
        torch.testing.assert_close(red, red[:1].expand_as(red), atol=1e-2, rtol=0)
        torch.testing.assert_close(green, green[:, :1].expand_as(green), atol=1e-2, rtol=0)
        directions.add((bool(red[0, 0] < red[0, -1]), bool(green[0, 0] < green[-1, 0])))
        spans.add(round(float((red[0, 0] - red[0, -1]).abs())))
        assert torch.equal(cut[0], cut[1]) and torch.equal(cut[0], cut[2])
    assert len(directions) == 4
    assert min(spans) < 45 and max(spans) > 75  # 32 to 90 or 120 columns


@pytest.mark.parametrize("offsets", [[0, 1, 2], [0, 1, 3], [0, 5, 8]])
def test_a_whip_is_a_constant_whole_number_of_pixels_a_frame(offsets: list[int]) -> None:
    frames = ramp(100, 120).expand(3, -1, -1, -1)
    generator = Generator().manual_seed(2)
    farthest = 0.0
    for _ in range(60):
        cut = augmented(frames, 40, offsets, True, generator)
        for channel in (0, 1):
            place = cut[:, channel].mean(dim=(1, 2))
            step = (place[2] - place[0]) / offsets[2]
            assert abs(float(step) - round(float(step))) < 1e-3
            assert float(place[1] - place[0]) == pytest.approx(float(step) * offsets[1], abs=1e-2)
            farthest = max(farthest, abs(float(place[2] - place[0])))
    assert farthest > 40  # more than the crop


def test_a_whip_shows_the_same_pixels_elsewhere() -> None:
    """Uncut crops keep pixels as they are: second is first, shifted, bit for bit."""
    generator = Generator().manual_seed(3)
    picture = torch.randint(256, (3, 64, 200), generator=generator).to(torch.uint8)
    found = 0
    for _ in range(60):
        cut = augmented(picture.expand(3, -1, -1, -1), 64, [0, 1, 2], True, generator)
        for shift in range(-63, 64):
            one = cut[0, ..., max(0, shift) : 64 + min(0, shift)]
            two = cut[2, ..., max(0, -shift) : 64 - max(0, shift)]
            found += bool(shift) and torch.equal(one, two)
    assert found > 10


def test_the_same_seed_gives_the_same_crops() -> None:
    clip = torch.randint(256, (6, 3, 60, 80), generator=Generator().manual_seed(0)).byte()
    one, same, other = (
        clip_samples([clip], 4, 32, Generator().manual_seed(seed), whip_share=0.5)
        for seed in (4, 4, 5)
    )
    assert torch.equal(one.middle, same.middle) and torch.equal(one.fraction, same.fraction)
    assert not torch.equal(one.middle, other.middle)
