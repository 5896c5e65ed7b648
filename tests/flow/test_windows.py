"""Means and maxima over windows, against torch's own pooling."""

import pytest
import torch
from torch.nn import functional as F

from engine.flow.windows import box_max, box_mean, length

SHAPES = [(1, 1, 7, 5), (2, 3, 16, 33), (1, 4, 1, 9), (3, 1, 40, 2)]


@pytest.mark.parametrize("size", [1, 3, 5, 7, 9, 13, 17])
@pytest.mark.parametrize("shape", SHAPES)
def test_means_and_maxima_are_those_of_pooling(shape, size):
    image = torch.randn(shape)
    if max(shape[-2:]) > size:  # pooling takes no window that is larger than all there is
        around = size // 2
        mean = F.avg_pool2d(image, size, 1, around, count_include_pad=False)
        torch.testing.assert_close(box_mean(image, size), mean, atol=1e-5, rtol=1e-5)
        assert torch.equal(box_max(image, size), F.max_pool2d(image, size, 1, around))


def test_a_window_larger_than_the_picture_is_all_of_it():
    image = torch.randn(1, 2, 4, 5)
    mean = image.mean((2, 3), keepdim=True).expand_as(image)
    torch.testing.assert_close(box_mean(image, 11), mean)
    assert torch.equal(box_max(image, 11), image.amax((2, 3), keepdim=True).expand_as(image))


def test_at_the_border_the_mean_is_of_fewer_pixels():
    image = torch.randn(1, 3, 9, 9)
    mean = box_mean(image, 3)
    torch.testing.assert_close(mean[..., 4, 4], image[..., 3:6, 3:6].mean((-1, -2)))
    torch.testing.assert_close(mean[..., 0, 0], image[..., :2, :2].mean((-1, -2)))


def test_the_length_of_three_and_four_is_five():
    assert length(torch.tensor([3.0, 4.0])[None, :, None, None]).item() == 5
