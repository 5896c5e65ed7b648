"""Motion that is looked for before it is needed is the motion that is found when it is."""

from fractions import Fraction

import pytest
import torch

from engine.flow import prefetch
from engine.inference.diffusion_interpolator import DiffusionInterpolator
from engine.inference.interpolator import Task
from hifi_ofx.errors import Cancelled, FrameError
from tests.flow.test_fusion_head import SMALL, spoken
from tests.flow.test_intermediate import pan

TASK = Task(SMALL, "1")


def pair():
    return tuple(image[0] for image in pan(8, -4, 0.5, 64, 80)[::2])


def not_here(*_):
    raise AssertionError("searched again")


@torch.no_grad()
def test_what_was_prefetched_is_what_is_used(monkeypatch):
    first, second = pair()
    expected = (
        DiffusionInterpolator(spoken()).interpolate(first, second, Fraction(1, 2), TASK).image
    )
    interpolator = DiffusionInterpolator(spoken())
    interpolator.prefetch(lambda: iter((first.clone(), second.clone())), SMALL)
    interpolator.prefetch(
        lambda: iter((second, first)), SMALL
    )  # the one after it is begun meanwhile
    monkeypatch.setattr("engine.flow.searches.flow_ensemble", not_here)
    made = interpolator.interpolate(first, second, Fraction(1, 2), TASK).image
    assert torch.equal(made, expected)
    interpolator.interpolate(second, first, Fraction(1, 2), TASK)


@torch.no_grad()
def test_a_pair_that_was_not_expected_is_searched_when_it_comes():
    first, second = pair()
    expected = (
        DiffusionInterpolator(spoken()).interpolate(second, first, Fraction(1, 2), TASK).image
    )
    interpolator = DiffusionInterpolator(spoken())
    interpolator.prefetch(lambda: iter((first, second)), SMALL)
    made = interpolator.interpolate(second, first, Fraction(1, 2), TASK).image
    assert torch.equal(made, expected)


@pytest.mark.parametrize("error", [FrameError("no such frame"), Cancelled("not needed")])
def test_frames_that_cannot_be_read_are_no_motion(error):
    def images():
        yield pair()[0]
        raise error

    assert prefetch.Prefetch(images, 1).of(prefetch.fingerprint(*pair())) is None


def test_the_fingerprint_is_of_pixels_and_shape():
    first, second = pair()
    assert prefetch.fingerprint(first, second) == prefetch.fingerprint(first.clone(), second)
    assert prefetch.fingerprint(first, second) != prefetch.fingerprint(second, first)
    dark = torch.zeros(3, 4, 6)
    assert prefetch.fingerprint(dark) != prefetch.fingerprint(dark.reshape(3, 6, 4))
