"""Views that stop early: where the first ones agree, no further ones are asked."""

import pytest
import torch

from engine.flow.motion_stages import PixelFlow
from engine.flow.settled import PartFlow, asked, sampled, unsettled
from engine.flow.views import VIEWS, ViewFlow
from engine.paper.patches import Box

SIZE = (256, 384)


@pytest.fixture
def pair():
    """Two frames of one texture."""
    torch.manual_seed(3)
    frame = torch.rand(1, 3, *SIZE)
    return frame, frame.clone()


def all_of(find, pair, samples, tolerance):
    """What so many views find, the first one among them."""
    known, others = find(*pair, VIEWS[:1])[0], VIEWS[1:samples]
    return (known, *sampled(find, *pair, known, others, tolerance))


class Views:
    """Views that find no motion, but for `off` pixels in a box where their number is odd."""

    def __init__(self, box=None, off=5.0):
        self.box, self.off, self.asked = box, off, []

    def __call__(self, first, second, views):
        return tuple(self._found(first, view) for view in views)

    def _found(self, frame, view):
        self.asked.append((VIEWS.index(view), tuple(frame.shape[-2:])))
        found = torch.zeros(1, 5, *frame.shape[-2:])
        found[:, 4] = VIEWS.index(view)  # the mask's logit says which view it was
        if self.box and VIEWS.index(view) % 2:
            found[(..., 0, *self.box.region[1:])] = self.off
        return ViewFlow(VIEWS[0], PixelFlow(found, tuple(frame.shape[-2:])))


def test_views_that_agree_everywhere_are_enough(pair):
    find = Views()
    assert len(all_of(find, pair, 4, 0.01)) == 2
    assert [number for number, _ in find.asked] == [0, 1]


@pytest.mark.parametrize(("tolerance", "samples"), [(0.0, 4), (0.01, 2), (0.01, 1)])
def test_all_views_see_all_without_a_tolerance_and_where_there_are_no_more(
    pair, tolerance, samples
):
    find = Views(Box(0, 0, 64, 64))
    assert len(all_of(find, pair, samples, tolerance)) == samples
    assert find.asked == [(number, SIZE) for number in range(samples)]


def test_further_views_see_what_the_first_ones_differ_in_and_what_is_around_it(pair):
    differs = Box(16, 24, 32, 32)
    find = Views(differs)
    first, second, *further = all_of(find, pair, 4, 0.01)
    sizes = [size for number, size in find.asked if number > 1]
    assert sizes == [(192, 192), (192, 192)]  # 64 + 64 around, and 5 more; by lines of 64 pixels
    for number, part in enumerate(further, 2):
        inside, outside = part.at(differs)[1], part.at(Box(200, 300, 8, 8))[1]
        assert (inside == number).all() and (outside == number - 2).all()
        flow, mask = part.at()
        across = Box(90, 100, 60, 80)  # over the border of what is kept
        torch.testing.assert_close(part.at(across)[0], flow[across.region], atol=0, rtol=0)
        torch.testing.assert_close(part.at(across)[1], mask[across.region], atol=0, rtol=0)
        assert set(mask.unique().tolist()) == {number, number - 2}
    assert asked([first, second, *further], Box(200, 300, 8, 8)) == [first, second]
    assert len(asked([first, second, *further], differs)) == 4


def test_what_moves_far_is_seen_with_as_much_around_it(pair):
    near, far = Views(Box(16, 24, 16, 16), 2.0), Views(Box(16, 24, 16, 16), -90.0)
    areas = []
    for find in (near, far):
        found = find(*pair, VIEWS[:2])[::-1]  # the first one tells how far it moves
        seen, kept = unsettled(*pair, found, 0.01)
        assert kept.within(seen).top >= 0 and kept.height <= seen.height
        areas.append(seen.height * seen.width)
    assert areas[1] > areas[0]


def test_most_of_a_frame_is_the_whole_frame(pair):
    find = Views(Box(20, 20, 220, 340))
    whole = Box(0, 0, *SIZE)
    assert unsettled(*pair, find(*pair, VIEWS[:2]), 0.01) == (whole, whole)
    third = all_of(find, pair, 3, 0.01)[2]
    assert (third.at()[1] == 2).all()


@pytest.mark.parametrize(("tolerance", "differ"), [(0.2, False), (0.01, True)])
def test_they_differ_where_their_pictures_do_by_more_than_the_tolerance(pair, tolerance, differ):
    """Of two views off by one pixel in a gradient of 1/20 a pixel: a deviation of 0.05 / sqrt 2."""
    ramp = (torch.arange(SIZE[1]) / 20).remainder(1).expand(1, 3, *SIZE).contiguous()
    find = Views(Box(0, 0, *SIZE), 1.0)
    found = find(ramp, ramp, VIEWS[:2])
    assert (unsettled(ramp, ramp, found, tolerance) is not None) == differ


def test_a_part_is_laid_into_what_another_view_found():
    found = ViewFlow(VIEWS[0], PixelFlow(torch.ones(1, 5, 64, 64), (64, 64)))
    other = ViewFlow(VIEWS[0], PixelFlow(torch.zeros(1, 5, 128, 128), (128, 128)))
    part = PartFlow(found, other, Box(32, 32, 64, 64), Box(40, 40, 48, 48))
    expected = torch.zeros(1, 1, 128, 128)
    expected[..., 40:88, 40:88] = 1
    assert torch.equal(part.at()[1], expected)
    assert part.size == (128, 128)
    assert (other.found.found == 0).all()
