"""Where the search finds in both frames what the views have lost; and when it has to be asked."""

import torch

from engine.color import WHITE
from engine.flow.candidates import Candidates
from engine.flow.lost_light import HIGHLIGHT, found_by_search, has_highlights, loses_light

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


def test_where_views_agree_the_search_is_not_asked():
    views = Candidates(lit(LAMP), lit(LAMP), SEEN)
    assert not loses_light(views)
    assert found_by_search(views, Candidates(lit(), lit(), SEEN)).max() < 0.01


def test_only_a_highlight_makes_the_search_worth_its_time():
    assert loses_light(Candidates(lit(LAMP), lit(BESIDE), SEEN))
    assert not loses_light(Candidates(lit(LAMP, light=WHITE), lit(BESIDE, light=WHITE), SEEN))
    assert has_highlights(lit(LAMP), lit()) and has_highlights(lit(), lit(LAMP))
    assert not has_highlights(lit(LAMP, light=HIGHLIGHT), lit())
