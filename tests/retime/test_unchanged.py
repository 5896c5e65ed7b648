"""What both frames have in common comes out as it is, and costs nothing."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.inference.interpolator import InBetween
from engine.plate.frame import Frame, Part, Window
from engine.retime.picture import GRID, MARGIN, UNCHANGED, pictures
from engine.retime.synthesis import VARIANCE_CHANNELS, synthesize
from hifi_ofx.quality import Output

HALF = Fraction(1, 2)
WINDOW = Window(0, 0, 1280, 704)


def background(seed=2):
    """Light with highlights and negative values."""
    return (np.random.default_rng(seed).normal(1, 2, (*WINDOW.shape, 4))).astype("f2")


def frame(pixels, kind="openexr", channels="RGBA"):
    planes = {name: np.ascontiguousarray(pixels[..., i]) for i, name in enumerate(channels)}
    types = {name: plane.dtype for name, plane in planes.items()}
    return Frame((Part(tuple(channels), types, WINDOW, WINDOW, planes=planes),), kind)


def with_square(pixels, x, y=320, size=40, value=0.5):
    made = pixels.copy()
    made[y : y + size, x : x + size] = value
    return made


class Seen:
    """A prediction that says 0.5 everywhere, and remembers what it was shown."""

    def __init__(self, **given):
        self.sizes, self.given = [], given

    def __call__(self, first, second, motion):
        size = tuple(first.shape[-2:])
        self.sizes.append(size)
        made = {name: torch.full((count, *size), 0.25) for name, count in self.given.items()}
        return InBetween(torch.full((3, *size), 0.5), **made)


def made(left, right, seen, **output):
    return synthesize(left, right, HALF, seen, Output(**output)).parts[0]


def test_only_what_changes_is_worked_on_and_all_else_keeps_its_bits():
    still = background()
    left, right = frame(with_square(still, 600)), frame(with_square(still, 640))
    seen = Seen()
    part = made(left, right, seen)
    (picture,) = pictures(left, right).values()
    assert set(seen.sizes) == {picture.shape}
    assert picture.area < WINDOW.area / 4
    around = Window(600, 320, 80, 40).grown(UNCHANGED)
    assert picture == picture.union(around) and picture.width <= around.width + 2 * GRID
    for name in "RGBA":
        outside = np.ones(WINDOW.shape, bool)
        outside[picture.within(WINDOW)] = False
        source = left.parts[0].planes[name]
        assert part.planes[name].dtype == source.dtype
        np.testing.assert_array_equal(part.planes[name][outside], source[outside])
        assert (part.planes[name][320:360, 605:635] != source[320:360, 605:635]).any()


def test_equal_frames_need_no_network():
    still = background()
    seen = Seen()
    part = made(frame(still), frame(still.copy()), seen)
    assert not seen.sizes
    np.testing.assert_array_equal(part.planes["R"], still[..., 0])


def test_a_plate_that_changes_everywhere_is_worked_on_whole():
    (picture,) = pictures(frame(background(1)), frame(background(2))).values()
    assert picture == WINDOW
    corners = with_square(with_square(background(), 0, 0, 8), 1270, 690, 8)
    (picture,) = pictures(frame(background()), frame(corners)).values()
    assert picture == WINDOW


def test_an_element_before_black_has_as_much_black_around_it_as_ever():
    black = np.zeros_like(background())
    left, right = (frame(with_square(black, x)) for x in (600, 640))
    alone = pictures(left, right)
    other = with_square(black, 64, 64)  # that stands still, far away
    beside = pictures(*(frame(with_square(other, x)) for x in (600, 640)))
    around = Window(600, 320, 80, 40).grown(max(MARGIN, 4 * 40))
    assert alone[""] == alone[""].union(around.intersection(WINDOW))
    assert beside[""] == alone[""]


def test_layers_that_change_elsewhere_are_in_the_box():
    still = background()
    left, right = frame(with_square(still, 600)), frame(with_square(still, 640))
    alpha = right.parts[0].planes["A"].copy()
    alpha[100, 200] += 1
    planes = {**right.parts[0].planes, "A": alpha}
    right = replace(right, parts=(replace(right.parts[0], planes=planes),))
    (picture,) = pictures(left, right).values()
    assert picture == picture.union(Window(200, 100, 1, 1))


def test_nothing_moves_and_nothing_is_unsure_around_it():
    still = background()
    left, right = frame(with_square(still, 600)), frame(with_square(still, 640))
    part = made(left, right, Seen(variance=3, vectors=5), uncertainty=True, vectors=True)
    assert part.planes[VARIANCE_CHANNELS[0]][330, 620] == 0.25
    for name in (*VARIANCE_CHANNELS, "forward.u", "backward.v"):
        assert part.planes[name][10, 10] == 0
    assert part.planes["hifi.visibility"][10, 10] == 0.5


@pytest.mark.parametrize("kind", ["png", "dpx"])
def test_other_formats_too(kind):
    still = np.random.default_rng(1).integers(0, 255, (*WINDOW.shape, 3), np.uint8)
    left, right = (frame(with_square(still, x, value=200), kind, "RGB") for x in (600, 640))
    part = made(left, right, seen := Seen())
    assert seen.sizes[0][0] * seen.sizes[0][1] < WINDOW.area / 4
    np.testing.assert_array_equal(part.planes["G"][:200], still[:200, :, 1])


def test_with_a_matte_all_of_it_is_worked_on():
    still = background()
    left, right = (frame(with_square(still, x)) for x in (600, 640))
    matte = Part(("matte",), {"matte": np.dtype("f2")}, WINDOW, WINDOW, planes={})
    assert pictures(replace(left, matte=(matte,)), replace(right, matte=(matte,)))[""] == WINDOW
