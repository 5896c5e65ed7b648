"""The seam between the cascade and what a network's x stands for."""

from dataclasses import replace

import pytest
import torch

from engine.paper.cascade import condition_on
from engine.paper.patches import Box, patch_boxes, patchify
from engine.paper.target import Condition, Image
from tests.paper.test_cascade import SMALL, constant, frames, made, noisy


def condition(height=40, width=50):
    return condition_on(*frames(height, width), torch.full((3, 20, 25), 0.3))


def test_the_paper_s_x_is_the_image_itself():
    x = torch.randn(3, 40, 50)
    stage = Image().stage(condition(), 0)
    assert stage.image(x) is x
    assert stage.x(x) is x


def test_the_paper_s_network_is_given_first_second_and_coarse():
    here = condition()
    boxes = patch_boxes((40, 50), (32, 32), 0.25)
    seen = Image().stage(here, 3).seen(boxes)
    assert seen.shape == (len(boxes), 9, 32, 32)
    for patch, box in zip(seen, boxes, strict=True):
        for image, channels in zip(here, patch.split(3), strict=True):
            assert torch.equal(channels, image[box.region])


class Halved:
    """A target whose x is half of the image; it writes down which stages were asked for."""

    def __init__(self):
        self.asked = []

    def stage(self, condition, sample):
        self.asked.append((condition.first.shape, sample, bool(condition.coarse.any())))
        return HalvedStage(condition)


class HalvedStage:
    """The network is given the halves of first, second and coarse."""

    def __init__(self, condition: Condition):
        self._condition = condition

    def seen(self, boxes: list[Box]):
        return patchify(self._condition, boxes) / 2

    def image(self, x):
        return 2 * x

    def x(self, image):
        return image / 2


@pytest.mark.parametrize("average", ["stage", "end"])
@pytest.mark.parametrize("merge", ["step", "stage"])
def test_another_target_goes_through_the_same_cascade(merge, average):
    """A denoiser that is linear in what it is given says the half of what it says of the whole."""
    first, second = frames(70, 101)
    quality = replace(SMALL, merge=merge, average=average, samples=2)
    target = Halved()
    image = made(constant, first, second, quality, target).image
    torch.testing.assert_close(image, made(constant, first, second, quality).image)
    sizes = [(3, 18, 26), (3, 35, 51), (3, 70, 101)]
    by_stage = [(size, n, size != sizes[0]) for size in sizes for n in range(2)]
    by_sample = [(size, n, size != sizes[0]) for n in range(2) for size in sizes]
    assert target.asked == (by_stage if average == "stage" else by_sample)


def test_mean_and_variance_are_those_of_images_and_not_of_x():
    first, second = frames(40, 50)
    quality = replace(SMALL, cascade_depth=1, samples=3)
    half = made(noisy, first, second, quality, Halved(), uncertainty=True)
    whole = made(noisy, first, second, quality, uncertainty=True)
    torch.testing.assert_close(half.image, 2 * whole.image)
    torch.testing.assert_close(half.variance, 4 * whole.variance)
