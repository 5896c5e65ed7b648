"""Grain is measured where frames show the same, and only grain."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.retime.grain_curve import blocks_along, grain_curve


def picture(shift: float = 0.0, size: tuple[int, int] = (240, 320)) -> torch.Tensor:
    """A smooth texture from 0.1 to 0.7 that moves right by `shift` pixels."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float64)
    x = x - shift
    waves = np.sin(x / 7) + np.sin(y / 9) + np.sin((x + y) / 31)
    return torch.from_numpy(np.stack([0.4 + 0.1 * waves] * 3)).float()


def grain(seed: int, size: tuple[int, int] = (240, 320)) -> torch.Tensor:
    return torch.randn(3, *size, generator=torch.Generator().manual_seed(seed))


def moved(pixels: float, size: tuple[int, int] = (240, 320)) -> torch.Tensor:
    """Displacements to both frames, of a picture that moves right by so much."""
    vectors = torch.zeros(5, *size)
    vectors[0], vectors[2] = -pixels / 2, pixels / 2
    return vectors


@pytest.mark.parametrize(("shift", "sigma"), [(0, 0.02), (6, 0.02), (7.6, 0.02), (6, 0.005)])
def test_the_variance_is_that_of_the_grain(shift, sigma):
    first, second = picture() + sigma * grain(1), picture(shift) + sigma * grain(2)
    curve = grain_curve(blocks_along(first, second, moved(shift)))
    found = curve.variance(picture()).mean().sqrt()
    assert found == pytest.approx(sigma, rel=0.12)


def test_grain_goes_by_the_brightness_of_each_channel():
    clean = picture()
    strength = torch.tensor([0.01, 0.02, 0.03])[:, None, None] * clean
    curve = grain_curve(
        blocks_along(clean + strength * grain(1), clean + strength * grain(2), None)
    )
    found = curve.variance(clean).sqrt() / strength
    assert (found.mean((1, 2)) - 1).abs().max() < 0.08
    assert found[:, clean[0] > 0.55].mean() == pytest.approx(1, abs=0.12)


@pytest.mark.parametrize("shift", [0, 1, 5.5, 11.3])
def test_a_clean_picture_that_moves_has_none(shift):
    curve = grain_curve(blocks_along(picture(), picture(shift), moved(shift)))
    assert curve.variance(picture()).max().sqrt() < 0.0015


def test_a_fade_is_no_grain():
    curve = grain_curve(blocks_along(picture(), 0.9 * picture(), None))
    assert curve.variance(picture()).max().sqrt() < 0.003


def test_pictures_smaller_than_a_block_have_none():
    assert blocks_along(picture(size=(8, 40)), picture(size=(8, 40)), None) is None
