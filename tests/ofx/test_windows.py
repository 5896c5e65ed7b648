"""Neighbors whose regions hug an element: the same frames as in regions as large as the project."""

from dataclasses import replace

import numpy as np
import pytest

from tests.ofx_host.clips import Plate

from .material import FIRST

HEIGHT, WIDTH = 96, 160  # of the project
# Left, bottom, width and height of the element in three frames: it moves, then jumps.
PLACES = {FIRST: (20, 30, 40, 24), FIRST + 1: (32, 36, 40, 24), FIRST + 2: (110, 60, 24, 30)}


def element(width, height):
    """An opaque gradient with a bright bar in it, top row first."""
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., 0] = np.linspace(0.1, 1, width)
    pixels[..., 1] = np.linspace(0.2, 0.9, height)[:, None]
    pixels[height // 3 : height // 2, :, 2] = 3
    return pixels


def hugging():
    return Plate(
        {time: element(*place[2:]) for time, place in PLACES.items()},
        origins={time: place[:2] for time, place in PLACES.items()},
    )


def whole():
    frames = {}
    for time, (x, y, width, height) in PLACES.items():
        frames[time] = np.zeros((HEIGHT, WIDTH, 4), np.float32)
        frames[time][HEIGHT - y - height : HEIGHT - y, x : x + width] = element(width, height)
    return Plate(frames)


def rendered(effect, settings, plate, time, scale):
    """A frame and the window of it, in a project of WIDTH x HEIGHT."""
    with effect.instance(settings, {"Source": plate}) as instance:
        instance.properties.put("OfxImageEffectPropProjectSize", float(WIDTH), float(HEIGHT))
        frame = instance.render(time, scale=scale)
    return frame.picture, frame.window


@pytest.mark.parametrize("scale", [(1.0, 1.0), (0.5, 0.5)])
@pytest.mark.parametrize("time", [FIRST + 1, FIRST + 6])
def test_a_hugging_region_gives_what_a_full_one_gives(effect, small, time, scale):
    found, (x1, y1, x2, y2) = rendered(effect, small, hugging(), time, scale)
    expected, (_, _, _, top) = rendered(effect, small, whole(), time, scale)
    assert found.any()
    np.testing.assert_array_equal(found, expected[top - y2 : top - y1, x1:x2])


def test_pixels_that_are_not_square_are_counted_in_the_project(effect, small):
    """A project of twice the width, in pixels twice as wide, has as many of them."""
    flat, full = (replace(plate, aspect=2.0) for plate in (hugging(), whole()))
    with effect.instance(small, {"Source": flat}) as instance:
        instance.properties.put("OfxImageEffectPropProjectSize", 2.0 * WIDTH, float(HEIGHT))
        frame = instance.render(FIRST + 1)
    x1, y1, x2, y2 = frame.window
    expected, _ = rendered(effect, small, full, FIRST + 1, (1.0, 1.0))
    np.testing.assert_array_equal(frame.picture, expected[HEIGHT - y2 : HEIGHT - y1, x1:x2])
