"""Backward warping: pixels come from where the displacement points to."""

import pytest
import torch

from engine.flow.warp import backward_warp
from tests.flow.test_intermediate import texture


def displacement(x, y):
    return torch.tensor([x, y]).view(1, 2, 1, 1)


def test_pixels_are_taken_from_where_the_displacement_points_to():
    image = texture(16, 16)[None]
    warped = backward_warp(image, displacement(3.0, -2.0).expand(1, 2, 16, 16))
    torch.testing.assert_close(warped[..., 2:, :13], image[..., :-2, 3:], atol=1e-5, rtol=0)


def test_half_a_pixel_is_the_mean_of_two():
    image = texture(16, 16)[None]
    warped = backward_warp(image, displacement(0.5, 0.0).expand(1, 2, 16, 16))
    expected = (image[..., :-1] + image[..., 1:]) / 2
    torch.testing.assert_close(warped[..., :-1], expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_beyond_the_border_its_pixels_go_on(mode):
    image = texture(16, 16)[None]
    warped = backward_warp(image, displacement(40.0, 0.0).expand(1, 2, 16, 16), mode=mode)
    expected = image[..., -1:].expand_as(image)
    torch.testing.assert_close(warped, expected, atol=1e-5, rtol=0)


def test_a_box_is_a_crop_of_the_whole():
    image = texture(20, 30)[None]
    by = 4 * torch.randn(1, 2, 20, 30, generator=torch.Generator().manual_seed(0))
    whole = backward_warp(image, by)
    part = backward_warp(image, by[..., 5:17, 8:29], (5, 8))
    torch.testing.assert_close(part, whole[..., 5:17, 8:29], atol=1e-5, rtol=0)
