"""In-betweens of a dissolve between two opposite pans, against what is truly between the frames."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.inference.flow_interpolator import FlowInterpolator
from engine.inference.interpolator import Task
from engine.plate.frame import Frame, Part, Window
from engine.retime.synthesis import synthesize
from hifi_ofx.quality import Output, Quality
from tests.flow.test_dissolving import dissolve


def frame(light):
    window = Window(0, 0, light.shape[2], light.shape[1])
    planes = {name: light[n].numpy() for n, name in enumerate("RGB")}
    types = dict.fromkeys("RGB", np.dtype("f4"))
    return Frame((Part(tuple("RGB"), types, window, window, planes=planes),), "openexr")


@pytest.mark.parametrize("start", range(4))
def test_it_is_at_least_as_good_as_a_blend(network, start):
    """Each layer at its own place, mixed by the true share: what no pair's motion has."""
    one, half = FlowInterpolator(network, torch.device("cpu")), Fraction(1, 2)
    left, right, truth = (dissolve(time) for time in (start, start + 1, start + 0.5))

    def predict(first, second, motion):
        return one.interpolate(first, second, half, Task(Quality(samples=1), "1"), motion)

    part = synthesize(frame(left), frame(right), half, predict, Output()).parts[0]
    made = torch.stack([torch.from_numpy(part.planes[name]) for name in "RGB"])
    error, of_blend = ((x - truth).square().mean().sqrt() for x in (made, (left + right) / 2))
    assert error < 1.01 * of_blend
    if start in (0, 3):  # one layer prevails, and its motion is followed
        assert error < 0.8 * of_blend
