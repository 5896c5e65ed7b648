"""The roofline: roofs and points lie where their figures are."""

import numpy as np

from engine.pictures import roofline as picture
from engine.pictures.roofline import Point, Roof, roofline

ROOF = Roof("float32", flops=1e11, bandwidth=1e10)


def colored(image, color):
    """Where a picture has a color of 8 bits, (rows, columns)."""
    return np.nonzero((np.abs(image * 255 - np.array(color)) < 2).all(-1))


def test_a_roof_rises_with_bandwidth_and_is_flat_above_its_ridge():
    image = roofline("some", [ROOF], [Point("p", 1.0, 1e8), Point("q", 100.0, 1e8)])
    rows, columns = colored(image, picture._COLORS[0])
    height = picture._SIZE[0] - picture._TOP - picture._BOTTOM
    ridge = 1e11 / 1e10  # operations a byte: halfway of the axis from 1 to 100
    assert ridge == 10
    left, right = picture._LEFT, picture._SIZE[1] - picture._RIGHT
    flat = rows[columns > (left + right) / 2 + 20]
    assert abs(np.median(flat) - picture._TOP) < 3  # 1e11 is the top of an axis from 1e8 on
    at_one = rows[(columns > left + 9) & (columns < left + 12)]
    assert abs(at_one.min() - (picture._TOP + height / 3)) < 12  # 1e10 at one operation a byte


def test_a_point_lies_at_its_figures_in_the_color_of_its_roof():
    roofs = [ROOF, Roof("bfloat16", 1e12, 1e10)]
    image = roofline("some", roofs, [Point("p", 10.0, 1e9, 1), Point("q", 1.0, 1e8, 1)])
    rows, columns = colored(image, picture._COLORS[1])
    center = picture._place((0, 2), (8, 12), 10.0, 1e9)
    near = (abs(columns - center[0]) < 5) & (abs(rows - center[1]) < 5)
    assert near.sum() > 40
    assert image.shape == (*picture._SIZE, 3) and image.max() <= 1


def test_amounts_have_prefixes():
    assert [picture._amount(value) for value in (5.0, 2.5e6, 1e9, 3e12)] == [
        "5", "2.5 M", "1 G", "3 T",
    ]  # fmt: skip
