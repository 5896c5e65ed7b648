"""Matching and moving: what a network with motion can say, and that silence is the blend."""

import pytest
import torch
from engine.flow.correlation import CHANNELS, Matching, displaced, moved_difference
from torch.nn import functional as F

from engine.paper.unet import NetworkConfig, UNet

CONFIG = NetworkConfig(
    widths=(8, 8, 8, 8),
    blocks=(1, 1, 1, 1),
    time_width=16,
    head_width=8,
    difference=0.1,
    motion=True,
)


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


def test_displacing_takes_pixels_from_where_it_points():
    image = texture(16, 16)
    by = torch.tensor([3.0, -2.0]).view(1, 2, 1, 1)
    made = displaced(image, by)
    torch.testing.assert_close(made[..., 2:, :13], image[..., :-2, 3:], atol=1e-5, rtol=0)


def test_displacing_by_half_a_pixel_is_the_mean_of_two():
    image = texture(16, 16)
    made = displaced(image, torch.tensor([0.5, 0.0]).view(1, 2, 1, 1))
    expected = (image[..., :-1] + image[..., 1:]) / 2
    torch.testing.assert_close(made[..., :-1], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("fraction", [0.25, 0.5])
@pytest.mark.parametrize(("x", "y"), [(0, 0), (8, 0), (-4, 8), (12, -12)])
def test_matching_finds_the_motion_of_the_whole_picture(x, y, fraction):
    first, _, second = moving(x, y, fraction)
    matching = Matching(1, 8)
    with torch.no_grad():
        matching.sharpness.fill_(8)  # no doubt: what matches best is taken
        _, motion = matching(first, second, torch.tensor([fraction]))
    inner = motion[..., 6:-6, 6:-6]
    assert inner[:, 0].median().item() == pytest.approx(x, abs=1)
    assert inner[:, 1].median().item() == pytest.approx(y, abs=1)


@pytest.mark.parametrize("fraction", [0.25, 0.5, 0.75])
def test_moving_by_the_true_motion_gives_the_true_in_between(fraction):
    first, truth, second = moving(8, -4, fraction)
    said = torch.zeros(1, CHANNELS, 48, 48)
    said[:, 0] = 1  # all of what the first level found
    found = torch.tensor([8.0, -4.0]).view(1, 2, 1, 1).expand(1, 2, 24, 24)
    silent = torch.zeros(1, 2, 12, 12)
    condition = torch.cat([first, second, torch.zeros_like(first)], dim=1)
    moved = moved_difference(said, [found, silent, silent], condition, torch.tensor([fraction]))
    made = moved + torch.lerp(first, second, fraction)
    torch.testing.assert_close(
        made[..., 12:-12, 12:-12], truth[..., 12:-12, 12:-12], atol=1e-4, rtol=0
    )


def test_an_untrained_network_says_nothing():
    network = UNet(CONFIG).eval()
    z, condition = torch.randn(2, 3, 32, 48), torch.rand(2, 9, 32, 48)
    with torch.no_grad():
        v = network(z, torch.tensor([1.0, 0.3]), torch.tensor([0.5, 0.25]), condition)
    torch.testing.assert_close(v, torch.zeros_like(v), atol=1e-5, rtol=0)


def test_only_a_coarse_image_that_is_there_can_be_kept():
    said = torch.zeros(2, CHANNELS, 8, 8)
    said[:, -1] = 1
    first, second, coarse = (torch.rand(2, 3, 16, 16) for _ in range(3))
    coarse[1] = 0
    condition = torch.cat([first, second, coarse], dim=1)
    half, silent = torch.tensor([0.5, 0.5]), [torch.zeros(2, 2, 4, 4)] * 3
    blend = torch.lerp(first, second, 0.5)
    made = moved_difference(said, silent, condition, half) + blend
    torch.testing.assert_close(made[0], coarse[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(made[1], blend[1], atol=1e-5, rtol=0)
