"""Where the search finds in both frames what the views have lost; and when it has to be asked."""

import torch

from engine.color import WHITE
from engine.flow.candidates import Candidates
from engine.flow.lost_light import HIGHLIGHT, found_by_search, loses_light, lost_light
from engine.paper.patches import Box
from hifi_ofx.waiting import unasked

SIZE = (40, 60)
LAMP = (slice(None), slice(None), slice(16, 26), slice(20, 30))
BESIDE = (slice(None), slice(None), slice(16, 26), slice(30, 40))
SEEN = torch.full((1, 1, *SIZE), 0.5)


def lit(*places, light=3 * WHITE):
    frame = torch.full((1, 3, *SIZE), 0.3 * WHITE)
    for place in places:
        frame[place] = light
    return frame


def test_a_lamp_that_the_search_alone_finds_in_both_frames_is_its():
    views = Candidates(lit(LAMP), lit(BESIDE), SEEN)  # each frame has it at another place
    search = Candidates(lit(LAMP), lit(LAMP), SEEN)
    found = found_by_search(views, search)
    assert found.shape == (1, 1, *SIZE)
    assert found[0, 0, 16:26, 20:30].min() > 0.9
    assert found[0, 0, :8].max() < 0.01


def test_what_the_search_does_not_find_either_stays_with_the_views():
    views = Candidates(lit(LAMP), lit(BESIDE), SEEN)
    assert found_by_search(views, views).max() < 0.01


def test_a_limb_that_hides_the_ground_in_neither_frame_is_not_taken_away():
    limb, ground = lit(LAMP, light=0), lit()
    views = Candidates(limb, lit(BESIDE, light=0), SEEN)
    assert found_by_search(views, Candidates(ground, ground, SEEN)).max() == 0


def test_a_lamp_that_no_view_shows_where_it_is_halfway_is_the_searchs():
    views = Candidates(lit(), lit(), SEEN)  # they agree on the ground
    found = found_by_search(views, Candidates(lit(LAMP), lit(LAMP), SEEN))
    assert found[0, 0, 16:26, 20:30].min() > 0.9
    assert found[0, 0, :8].max() < 0.01
    for other in (lit(), lit(BESIDE)):  # in one of the frames alone
        assert found_by_search(views, Candidates(lit(LAMP), other, SEEN)).max() < 0.01
    paper = Candidates(*(lit(LAMP, light=WHITE) for _ in range(2)), SEEN)
    assert found_by_search(views, paper).max() == 0


def test_where_views_agree_the_search_is_not_asked():
    views = Candidates(lit(LAMP), lit(LAMP), SEEN)
    assert not loses_light(views).any()
    assert found_by_search(views, Candidates(lit(), lit(), SEEN)).max() < 0.01


def test_only_a_highlight_makes_the_search_worth_its_time():
    assert loses_light(Candidates(lit(LAMP), lit(BESIDE), SEEN))[0, 0, 16:26, 20:40].all()
    paper = lit(LAMP, light=WHITE), lit(BESIDE, light=WHITE)
    assert not loses_light(Candidates(*paper, SEEN)).any()


class Still:
    """A view that moves nothing."""

    def at(self, box=None):
        return torch.zeros(1, 4, box.height, box.width), torch.zeros(1, 1, box.height, box.width)


def boxes_of(first, second, views):
    return lost_light(first[0], second[0], views, (300, 700), unasked)


def test_boxes_lie_around_what_is_lost_and_nowhere_else():
    size = 600, 1400
    first, second = (torch.full((1, 3, *size), 0.3 * WHITE) for _ in range(2))
    assert boxes_of(first, second, [Still()]) == ()
    first[..., 255:259, 510:514] = 3 * WHITE  # where four of the tiles meet that are looked at
    assert boxes_of(first, first, [Still()]) == ()
    (box,) = boxes_of(first, second, [Still()])
    assert box.place == Box(32, 160, 192, 192)  # cells of 32, and two more on each side
    assert box.counts == Box(176, 432, 160, 160)
    assert boxes_of(2 * first, 2 * second, [Still(), Still()]) == (box,)
    dim = torch.where(first > WHITE, HIGHLIGHT, first)
    assert boxes_of(dim, second, [Still()]) == ()
