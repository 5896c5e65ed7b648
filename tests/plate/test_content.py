"""Boxes of what a frame holds, and of what two differ in, compared with every pixel's own word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.plate.content import changes, content
from engine.plate.frame import Part, Window

SHAPE = (150, 90)
WINDOW = Window(-5, 7, 90, 150)


def part(planes, window=WINDOW):
    types = {name: plane.dtype for name, plane in planes.items()}
    return Part(tuple(planes), types, window, window, planes=planes)


def box_of(mask, window):
    """The smallest window around what is true, by every pixel; None where nothing is."""
    if not mask.any():
        return None
    rows, columns = np.nonzero(mask)
    x, y = columns.min(), rows.min()
    size = columns.max() + 1 - x, rows.max() + 1 - y
    return Window(int(window.x + x), int(window.y + y), *map(int, size))


def changed(plane, places):
    other = plane.copy()
    for y, x in places:
        other[y, x] += 1
    return other


places = st.lists(st.tuples(st.integers(0, 149), st.integers(0, 89)), max_size=3)


@pytest.mark.parametrize("types", [("f2", "f4"), ("f4", "f2"), ("f2", "u4"), ("u4", "f4")])
def test_frames_of_two_types_are_compared_by_their_values(types):
    """A plate may change from half to float in the middle."""
    values = np.random.default_rng(1).integers(0, 2000, SHAPE)
    other = values.copy()
    other[20:30, 40:42] += 1
    one, same, changed = (
        part({"R": plane.astype(dtype)})
        for plane, dtype in zip(
            (values, values, other), (types[0], types[1], types[1]), strict=True
        )
    )
    assert changes(one, same, "R") is None
    assert changes(one, changed, "R") == Window(WINDOW.x + 40, WINDOW.y + 20, 2, 10)


@pytest.mark.parametrize("dtype", ["f2", "f4", "u1", "u2"])
@given(places=places)
def test_the_box_of_changes_holds_every_pixel_that_differs_and_no_more(dtype, places):
    rng = np.random.default_rng(1)
    planes = {name: (100 * rng.random(SHAPE)).astype(dtype) for name in "RG"}
    others = {**planes, "G": changed(planes["G"], places)}
    one, other = part(planes), part(others)
    expected = box_of(planes["G"] != others["G"], one.data_window)
    assert changes(one, other, "RG") == expected
    assert changes(one, other, "R") is None


@given(places=places)
def test_the_box_of_content_holds_every_pixel_that_is_not_0(places):
    plane = changed(np.zeros(SHAPE, "f2"), places)
    one = part({"R": plane})
    assert content(one, "R") == box_of(plane != 0, one.data_window)


@pytest.mark.parametrize("dtype", ["f2", "f4"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_finite_number_counts_as_different(dtype, value):
    plane = np.ones(SHAPE, dtype)
    plane[40, 30] = value
    one = part({"R": plane})
    x, y = one.data_window.x, one.data_window.y
    assert changes(one, part({"R": plane.copy()}), "R") == Window(x + 30, y + 40, 1, 1)


def test_outside_a_data_window_lies_black():
    bright = part({"R": np.ones((4, 6), "f2")}, Window(0, 0, 6, 4))
    wider = np.ones((4, 8), "f2")
    wider[:, 6:] = 0
    same = part({"R": wider}, Window(0, 0, 8, 4))
    assert changes(bright, same, "R") is None
    wider = wider.copy()
    wider[2, 7] = 1
    assert changes(bright, part({"R": wider}, Window(0, 0, 8, 4)), "R") == Window(7, 2, 1, 1)
