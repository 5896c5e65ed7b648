"""Weights by evidence: who is alone counts less, what stands is kept, what is lost goes soft."""

import torch

from engine.flow.candidate_weights import (
    FAINT,
    LOST,
    SEARCH,
    candidate_weights,
    mixed,
    spread,
    with_fine_detail,
)

from .test_motion_network import moved_by, texture

SIZE = (64, 96)
STILL = torch.zeros(1, 2, *SIZE)
MATCHED = torch.zeros(1, 1, *SIZE)  # no photometric error


def views(*offsets):
    return torch.cat([(texture(*SIZE) * 0.5 + 0.2 + offset) for offset in offsets])


def frames():
    return torch.cat([texture(*SIZE, seed=8), texture(*SIZE, seed=9)])


def test_weights_add_up_to_one_and_views_that_agree_share_alike():
    same = views(0, 0, 0, 0)
    weights, spread_of_views = candidate_weights(same, MATCHED, same[:1], frames(), STILL)
    assert weights.shape == (6, 1, *SIZE) and spread_of_views.shape == (1, 1, *SIZE)
    torch.testing.assert_close(weights.sum(0), torch.ones(1, *SIZE))
    assert (weights[4] - SEARCH).abs().max() < 0.01
    assert (weights[:4] - (1 - SEARCH) / 4).abs().max() < 0.01


def test_a_view_that_is_alone_counts_less_and_so_does_a_search_far_from_all():
    weights, _ = candidate_weights(views(0, 0, 0.01, 0.3), MATCHED, views(0.25), frames(), STILL)
    assert weights[3].max() < 0.4 * weights[0].min()
    assert weights[4].max() < 0.1


def test_a_search_counts_more_where_views_do_not_agree():
    agree, _ = candidate_weights(views(0, 0), MATCHED, views(0.05), frames(), STILL)
    differ, _ = candidate_weights(views(-0.1, 0.1), MATCHED, views(0.05), frames(), STILL)
    assert differ[2].min() > 1.5 * agree[2].max()


def test_letters_that_stand_over_a_pan_are_kept():
    first, second = moved_by(16, 0, (96, 160))
    for frame in (first, second):
        for left in range(60, 100, 8):
            frame[..., 40:56, left : left + 4] = 1.0
    wrong = moved_by(8, 0, (96, 160))[1]  # the letters are gone
    moves = torch.zeros(1, 2, 96, 160)
    moves[:, 0] = 16
    pair = torch.cat([first, second])
    letters = (second == 1).all(dim=1)[0]
    # The pan's motion takes letters of the two frames apart.
    error = 0.5 * letters.float()[None, None]
    same = wrong.expand(4, -1, -1, -1)
    weights, _ = candidate_weights(same, error, None, pair, moves)
    assert weights[-1, 0][letters].mean() > 0.5
    assert weights[-1, 0, :30].mean() < 0.02
    nothing, _ = candidate_weights(same, error, None, pair, torch.zeros_like(moves))
    assert nothing[-1].max() < 0.02  # where all stands, views know it too
    hidden, _ = candidate_weights(same, torch.zeros_like(error), None, pair, moves)
    assert hidden[-1].max() < 0.02  # what both warped frames agree upon hides what stands behind it


def test_single_strokes_that_stand_are_no_letters():
    """A line of a grid behind a hand: taken alone it would be a speck on the hand."""
    first, second = moved_by(16, 0, (96, 160))
    for frame in (first, second):
        frame[..., 40:56, 80:82] = 1.0
    moves = torch.zeros(1, 2, 96, 160)
    moves[:, 0] = 16
    views = moved_by(8, 0, (96, 160))[1].expand(4, -1, -1, -1)
    error = torch.full((1, 1, 96, 160), 0.5)
    weights, _ = candidate_weights(views, error, None, torch.cat([first, second]), moves)
    assert weights[-1].max() < 0.1


def test_where_nothing_agrees_the_frames_are_blended_smoothly():
    generator = torch.Generator().manual_seed(2)
    marble = torch.rand(4, 3, *SIZE, generator=generator)
    pair = frames()
    weights, spread_of_views = candidate_weights(marble, MATCHED, None, pair, STILL)
    assert spread_of_views.mean() > 1.2 * LOST
    assert weights[-1].min() > 0.8
    steps = (weights[-1, 0, :, 1:] - weights[-1, 0, :, :-1]).abs()
    assert steps.max() < 0.05
    made = mixed(torch.cat([marble, pair.mean(0, keepdim=True)]), weights)
    assert (made - pair.mean(0)).abs().mean() < 0.06


def test_the_variance_is_that_of_the_weighted_candidates():
    pictures = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1).expand(-1, 3, 4, 4)
    weights = torch.tensor([0.75, 0.25]).reshape(2, 1, 1, 1).expand(-1, -1, 4, 4)
    assert (mixed(pictures, weights) == 0.25).all()
    torch.testing.assert_close(spread(pictures, weights), torch.full((1, 3, 4, 4), 0.1875))


def test_one_view_is_taken_as_it_is():
    weights, spread_of_views = candidate_weights(views(0), MATCHED, None, frames(), STILL)
    assert spread_of_views.max() == 0
    assert weights[0].min() > 0.99


def even(count):
    return torch.full((count, 1, *SIZE), 1 / count)


def fine_power(picture):
    return (picture[..., 1:] - picture[..., :-1]).square().mean().item()


def test_grain_that_candidates_have_a_pixel_apart_is_not_averaged_away():
    noise = torch.rand(1, 3, SIZE[0], SIZE[1] + 3, generator=torch.Generator().manual_seed(3))
    grain = 0.5 + 0.04 * noise
    apart = torch.cat([grain[..., n : n + SIZE[1]] for n in range(4)])
    weights = torch.tensor([0.28, 0.24, 0.24, 0.24])[:, None, None, None].expand(4, 1, *SIZE)
    one, mean = fine_power(apart[:1]), fine_power(mixed(apart, weights))
    assert mean < 0.2 * one
    assert 0.5 * one < fine_power(with_fine_detail(apart, weights)) < one


def test_detail_of_candidates_that_differ_in_brightness_alone_is_that_of_their_mean():
    apart = views(0, 0.1, 0.2)
    torch.testing.assert_close(with_fine_detail(apart, even(3)), mixed(apart, even(3)))


def test_candidates_that_show_other_things_stay_soft():
    ghost = torch.cat([texture(*SIZE, seed=n) for n in range(2)])
    weights = torch.tensor([0.6, 0.4])[:, None, None, None].expand(2, 1, *SIZE)
    changed = with_fine_detail(ghost, weights) - mixed(ghost, weights)
    assert 0.001 < changed.abs().max() <= FAINT


def test_nothing_leaves_the_range_of_the_candidates():
    apart = torch.cat([texture(*SIZE, seed=n) * 100 for n in range(3)])
    sharp = with_fine_detail(apart, even(3))
    assert (sharp >= apart.amin(0)).all() and (sharp <= apart.amax(0)).all()
