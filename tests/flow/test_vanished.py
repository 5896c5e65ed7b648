"""What both frames show and an in-between nowhere is told from what moved, and what came in."""

import pytest
import torch

from engine.color import WHITE
from engine.flow.vanished import at_rows, vanished

SIZE = (240, 400)
ONE, OTHER, MIDDLE = (80, 60), (80, 300), (80, 180)  # where a thing of 40 pixels is: top, left


def ground(kind):
    if kind == "texture":
        cells = torch.rand(3, 60, 100, generator=torch.Generator().manual_seed(1))
        small = torch.nn.functional.interpolate(cells[None], SIZE, mode="bicubic")[0]
        return 0.4 * WHITE * small.clamp(0, 1)
    return torch.full((3, *SIZE), {"black": 0.0, "white": 0.9}[kind] * WHITE)


def drawn(behind, *places, value=1.0, side=40):
    """The ground with a thing of one color at each of the places."""
    picture = behind.clone()
    for top, left in places:
        picture[:, max(0, top) : top + side, max(0, left) : left + side] = value * WHITE
    return picture


def over(weight, place, side=40):
    """The least weight where a thing is."""
    pixels = at_rows(weight, slice(0, SIZE[0]), SIZE)
    top, left = place
    return float(pixels[0, top : top + side, left : left + side].min())


@pytest.mark.parametrize("fraction", [0.25, 0.5])
@pytest.mark.parametrize(("kind", "value"), [("black", 1), ("texture", 1), ("white", 0)])
def test_a_thing_that_is_nowhere_is_wanted_where_it_was_and_will_be(kind, value, fraction):
    behind = ground(kind)
    first, second = (drawn(behind, place, value=value) for place in (ONE, OTHER))
    weight = vanished(first, second, behind, fraction)
    assert over(weight, ONE) == over(weight, OTHER) == 1
    assert at_rows(weight, slice(0, 240), SIZE)[..., 140:260].max() == 0  # nothing was between


@pytest.mark.parametrize(("kind", "value"), [("black", 1), ("texture", 1), ("white", 0)])
@pytest.mark.parametrize("at", [MIDDLE, (96, 172), (50, 90), ONE])
def test_a_thing_that_is_anywhere_has_not_vanished(kind, value, at):
    behind = ground(kind)
    first, second = (drawn(behind, place, value=value) for place in (ONE, OTHER))
    assert vanished(first, second, drawn(behind, at, value=value), 0.5) is None


def test_a_thing_that_moves_before_another_ground_has_not_vanished():
    """It differs from that ground by half of what it did, and even the other way."""
    for middle in (0.6, 1.4):
        behind = ground("black")
        behind[:, :, 150:250] = middle * WHITE
        first, second = (drawn(behind, place) for place in (ONE, OTHER))
        assert vanished(first, second, drawn(behind, MIDDLE), 0.5) is None


def test_what_one_frame_has_alone_is_wanted_unless_it_reaches_the_border():
    behind = ground("texture")
    inside, outside = drawn(behind, ONE), drawn(behind, (80, -8))
    assert over(vanished(inside, behind, behind, 0.5), ONE) == 1
    assert over(vanished(behind, inside, behind, 0.5), ONE) == 1
    assert vanished(outside, behind, behind, 0.5) is None
    assert vanished(behind, outside, behind, 0.5) is None


def test_what_is_left_of_a_pan_a_fade_and_grain_is_nothing():
    wide = ground("texture").repeat(1, 1, 2)
    first, middle, second = (wide[..., x : x + SIZE[1]] for x in (0, 15, 30))
    assert vanished(first, second, middle, 0.5) is None
    assert vanished(first, 0.3 * second, 0.5 * middle, 0.5) is None
    noise = torch.randn(3, 3, *SIZE, generator=torch.Generator().manual_seed(2)) * 0.05 * WHITE
    assert vanished(first + noise[0], first + noise[1], first + noise[2], 0.5) is None


def test_small_and_large_pictures_are_asked_alike():
    for scale in (1, 12):  # the larger one has 4,800 pixels across, and larger cells
        first, second, nothing = (
            drawn(ground("black"), *places).repeat_interleave(scale, 1).repeat_interleave(scale, 2)
            for places in ([ONE], [OTHER], [])
        )
        weight = vanished(first, second, nothing, 0.5)
        assert weight.shape[-1] <= 256
        whole = at_rows(weight, slice(0, 240 * scale), (240 * scale, 400 * scale))
        assert whole[0, 100 * scale, 80 * scale] == whole[0, 100 * scale, 320 * scale] == 1
        assert whole[0, 100 * scale, 200 * scale] == 0
