"""An element that jumps further than motion is followed is there, faintly, and never gone."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.inference.flow_interpolator import FlowInterpolator
from engine.inference.interpolator import Task
from engine.plate.frame import Frame, Part, Window
from engine.retime.synthesis import synthesize
from hifi_ofx.quality import Output, Quality

DISPLAY = Window(0, 0, 400, 240)
HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


@pytest.fixture
def between(network):
    """A function that makes the in-between of two frames, one view, as (H, W, 4)."""
    one = FlowInterpolator(network, torch.device("cpu"))

    def make(left, right, fraction=HALF):
        task = Task(Quality(samples=1), "1", display_referred=left.display_referred)

        def predict(first, second, motion):
            return one.interpolate(first, second, fraction, task, motion)

        part = synthesize(left, right, fraction, predict, Output()).parts[0]
        made = np.zeros((*DISPLAY.shape, 4))
        rows, columns = part.data_window.within(DISPLAY)
        made[rows, columns] = np.stack([part.planes[name] for name in "RGBA"], axis=-1)
        return made

    return make


def element(height, width):
    """An opaque thing of waves, (h, w, 4)."""
    y, x = np.mgrid[:height, :width]
    waves = 0.6 + 0.4 * np.sin(0.25 * x[..., None] + 0.2 * y[..., None] + np.arange(3))
    return np.concatenate([waves, np.ones((height, width, 1))], axis=-1)


def canvas(place, thing, ground=0.0):
    """A frame's pixels with a thing at (x, y), or none of it."""
    pixels = np.full((*DISPLAY.shape, 4), ground)
    if place is not None:
        x, y = place
        pixels[y : y + thing.shape[0], x : x + thing.shape[1]] = thing
    return pixels


def frame(pixels, data=DISPLAY, dtype="f4", kind="openexr"):
    rows, columns = data.within(DISPLAY)
    if dtype == "u1":
        pixels = np.rint(255 * pixels)
    planes = {n: pixels[rows, columns, i].astype(dtype) for i, n in enumerate("RGBA")}
    types = dict.fromkeys("RGBA", np.dtype(dtype))
    return Frame((Part(tuple("RGBA"), types, data, DISPLAY, planes=planes),), kind)


@pytest.mark.parametrize("fraction", [HALF, QUARTER])
@pytest.mark.parametrize("stops", [0, -5])
def test_an_element_that_jumps_by_four_times_its_size_keeps_its_light(between, fraction, stops):
    thing = element(40, 50)
    thing[..., :3] *= 2.0**stops
    sides = [canvas(place, thing) for place in ((75, 60), (275, 60))]
    made = between(*(frame(pixels) for pixels in sides), fraction)
    for channel in range(4):
        assert made[..., channel].sum() == pytest.approx(sides[0][..., channel].sum(), rel=0.1)
    if fraction == HALF:  # a plain blend, premultiplied as the frames are
        assert np.abs(made - (sides[0] + sides[1]) / 2).max() < 0.05


def test_it_does_so_in_a_window_that_hugs_it(between):
    thing = element(40, 50)
    windows = [Window(75, 60, 50, 40), Window(275, 60, 50, 40)]
    sides = [canvas((w.x, w.y), thing) for w in windows]
    tight = between(*(frame(p, w) for p, w in zip(sides, windows, strict=True)))
    held = windows[0].union(windows[1]).within(DISPLAY)
    np.testing.assert_array_equal(tight[held], between(*(frame(p) for p in sides))[held])
    assert tight[..., 3].sum() == pytest.approx(sides[0][..., 3].sum(), rel=0.1)


def test_a_dark_thing_before_a_light_ground_is_there_too(between):
    """Its darkness adds up as light does, in the values of a display as in light."""
    y, x = np.mgrid[:240, :400]
    ground = 0.7 + 0.15 * np.sin(0.11 * x + 0.07 * y)[..., None] * np.ones(4)
    ground[..., 3] = 1
    thing = np.concatenate([np.full((34, 34, 3), 0.02), np.ones((34, 34, 1))], axis=-1)
    sides = []
    for left in (40, 320):
        pixels = ground.copy()
        pixels[100:134, left : left + 34] = thing
        sides.append(pixels)
    for dtype, kind in (("f4", "openexr"), ("u1", "png")):
        made = between(*(frame(pixels, dtype=dtype, kind=kind) for pixels in sides))
        made = made / 255 if dtype == "u1" else made
        dark = (ground - made)[..., :3].sum() / (ground - sides[0])[..., :3].sum()
        assert dark == pytest.approx(1, abs=0.1)


def test_what_is_followed_is_not_blended(between):
    """A jump by its own size is found: opaque where it should be, and nothing where it was."""
    sides = [canvas(place, element(40, 50)) for place in ((150, 60), (200, 60))]
    alpha = between(*(frame(pixels) for pixels in sides))[..., 3]
    assert alpha[65:95, 180:220].min() > 0.9
    assert alpha[65:95, 140:170].max() < 0.1
