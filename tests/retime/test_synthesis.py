"""An in-between frame layer by layer, with a prediction that is known beforehand."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.color import WHITE
from engine.inference.interpolator import InBetween
from engine.plate.frame import Frame, Part, Window
from engine.retime.effort import synthesized_images
from engine.retime.synthesis import black, color_image, synthesize
from hifi_ofx.quality import Footage, Output

WINDOW = Window(0, 0, 6, 4)


def frame(window=WINDOW, **planes):
    """An EXR frame; a number stands for a whole plane."""
    filled = {
        name: np.broadcast_to(np.asarray(value, dtype), window.shape).copy()
        for name, (value, dtype) in planes.items()
    }
    types = {name: plane.dtype for name, plane in filled.items()}
    return Frame((Part(tuple(filled), types, window, WINDOW, planes=filled),), "openexr")


def blend(first, second, motion=None):
    return InBetween(torch.lerp(first, second, 0.5))


def made(left, right, fraction=Fraction(1, 2), predict=blend, **output):
    return synthesize(left, right, fraction, predict, Output(**output)).parts[0]


def rgb(value, dtype="f2"):
    return {name: (value, dtype) for name in "RGB"}


@pytest.mark.parametrize(("fraction", "side"), [(Fraction(1, 4), 0), (Fraction(1, 2), 1)])
def test_depth_and_ids_are_the_nearer_frame_s_to_the_bit(fraction, side):
    values = ((1.25, 7), (2.5, 4000000001))
    left, right = (frame(**rgb(0.5), Z=(z, "f4"), id=(n, "u4")) for z, n in values)
    part = made(left, right, fraction)
    assert part.planes["Z"][0, 0] == values[side][0]
    assert part.planes["id"][0, 0] == values[side][1]


def test_a_policy_can_be_changed():
    left, right = (frame(**rgb(0.5), Z=(z, "f4")) for z in (1, 3))
    assert made(left, right, Fraction(1, 4), layers="Z=blend").planes["Z"][0, 0] == 1.5


def test_color_and_alpha_are_predicted_each_once():
    calls = []

    def predict(first, second, motion):
        calls.append(first.shape)
        return blend(first, second)

    left, right = frame(**rgb(0.2), A=(0, "f2")), frame(**rgb(0.4), A=(1, "f2"))
    part = made(left, right, predict=predict)
    assert calls == [(3, 4, 6)] * 2 == [(3, 4, 6)] * synthesized_images(left, Output(), Footage())
    assert 0.2 < part.planes["R"][0, 0] < 0.4
    assert 0 < part.planes["A"][0, 0] < 1
    assert part.planes["A"].dtype == np.float16


def test_other_layers_go_by_the_motion_of_the_main_color():
    found, given = object(), {}

    def predict(first, second, motion):
        given[round(first.mean().item(), 3)] = motion
        middle = torch.lerp(first, second, 0.5)
        return InBetween(middle, motion=found if motion is None else motion)

    planes = {"A": (1, "f2"), "glow.R": (0.3, "f2"), "glow.G": (0.3, "f2"), "glow.B": (0.3, "f2")}
    left, right = frame(**planes, **rgb(0.2)), frame(**rgb(0.2), **planes)
    for side in (left, right):  # equal neighbors would be copied
        for plane in side.parts[0].planes.values():
            plane[0, 0] = 0 if side is left else 1
    made(left, right, predict=predict)
    assert len(given) == 3
    assert [motion is found for motion in given.values()] == [False, True, True]


def test_a_black_that_both_share_stays_black():
    left, right = frame(**rgb(0)), frame(**rgb(0))
    right.parts[0].planes["R"][0, 0] = 1

    def slightly_off(first, second, motion):
        return InBetween(torch.lerp(first, second, 0.5) + WHITE / 300)

    part = made(left, right, predict=slightly_off)
    assert part.planes["R"][0, 0] > 0
    part.planes["R"][0, 0] = 0
    assert not any(part.planes[name].any() for name in "RGB")


def test_what_passes_over_a_still_background_is_not_held_back():
    left, right = frame(**rgb(0.1)), frame(**rgb(0.1))
    right.parts[0].planes["R"][0, 0] = 1

    def something_passes(first, second, motion):
        return InBetween(first + 0.1)

    part = made(left, right, predict=something_passes)
    assert part.planes["R"].min() > 0.15


def test_no_value_is_outside_those_of_the_neighbors():
    left, right = frame(**rgb(0)), frame(**rgb(20))

    def wild(first, second, motion):
        return InBetween(torch.linspace(-2, 2, first.numel()).reshape(first.shape))

    part = made(left, right, predict=wild)
    for name in "RGB":
        assert part.planes[name].min() >= 0
        assert part.planes[name].max() <= 20


def test_windows_grow_to_hold_both_and_are_filled_with_nothing():
    left = frame(Window(0, 0, 2, 2), **rgb(1))
    right = frame(Window(3, 1, 2, 2), **rgb(1))
    part = made(left, right)
    assert part.data_window == Window(0, 0, 5, 3)
    assert part.planes["G"][0, 4] == 0
    assert part.planes["G"][0, 0] > 0


def test_whole_numbers_are_display_referred_and_rounded():
    left, right = (Frame(frame(**rgb(value, "u1")).parts, "png") for value in (10, 21))
    assert set(np.unique(made(left, right).planes["B"])) <= {15, 16}


def test_black_has_the_structure_and_no_light():
    header = frame(**rgb(0.5), Z=(3, "f4"))
    part = black(header).parts[0]
    assert part.channels == header.parts[0].channels
    assert not any(plane.any() for plane in part.planes.values())


def test_the_main_color_is_in_the_model_s_range():
    assert torch.allclose(color_image(frame(**rgb(1))), torch.tensor(WHITE))
