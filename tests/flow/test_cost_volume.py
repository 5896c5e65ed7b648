"""The cost volume: which displacement of whole cells matches, and the motion that follows."""

import pytest
import torch
from torch.nn import functional as F

from engine.flow.cost_volume import LEVELS, RADIUS, CostVolume, displacements


def texture(height, width, seed=0):
    """A picture with detail at several scales."""
    generator = torch.Generator().manual_seed(seed)
    layers = [
        F.interpolate(
            torch.rand(1, 3, height // n, width // n, generator=generator), (height, width)
        )
        for n in (4, 16)
    ]
    return 0.25 * (layers[0] + layers[1])


def moving(x, y, fraction, size=96):
    """(first, in-between, second) of a texture that moves by (x, y) pixels from first to second."""
    world = texture(3 * size, 3 * size)

    def at(time):
        left, top = round(size - time * x), round(size - time * y)
        return world[..., top : top + size, left : left + size]

    return at(0), at(fraction), at(1)


@pytest.mark.parametrize("fraction", [0.25, 0.5])
@pytest.mark.parametrize(("x", "y"), [(0, 0), (8, 0), (-4, 8), (12, -12)])
def test_it_finds_the_motion_of_the_whole_picture(x, y, fraction):
    first, _, second = moving(x, y, fraction)
    volume = CostVolume(1, 8)
    with torch.no_grad():
        volume.sharpness.fill_(8)  # what matches best is taken alone
        features, motion = volume(first, second, torch.tensor([fraction]))
    assert features.shape == (1, 8, 24, 24) and motion.shape == (1, 2, 24, 24)
    inner = motion[..., 6:-6, 6:-6]
    assert inner[:, 0].median().item() == pytest.approx(x, abs=1)
    assert inner[:, 1].median().item() == pytest.approx(y, abs=1)


def test_every_displacement_within_the_radius_is_tried_once():
    steps = displacements(torch.zeros(1))
    expected = {(x, y) for x in range(-RADIUS, RADIUS + 1) for y in range(-RADIUS, RADIUS + 1)}
    assert len(steps) == len(expected)
    assert {tuple(step) for step in steps.int().tolist()} == expected


@pytest.mark.parametrize("level", LEVELS)
def test_pictures_without_texture_have_no_motion(level):
    """All displacements cost the same, so that their mean is none."""
    gray = torch.full((1, 3, 96, 96), 0.3)
    with torch.no_grad():
        _, motion = CostVolume(level, 8)(gray, gray, torch.tensor([0.25]))
    torch.testing.assert_close(motion, torch.zeros_like(motion), atol=1e-4, rtol=0)
