"""Samples that stop early in a cascade: once they agree, no more are made."""

import pytest
import torch

from engine.paper.cascade import mean_and_variance
from engine.paper.deviation import deviation
from hifi_ofx.quality import PRESETS


def images(spread, count=6):
    """Images, one after the other, that are `spread` off 0.5 by turns; and how many were taken."""
    taken = []

    def each():
        for number in range(count):
            taken.append(number)
            yield torch.full((3, 24, 24), 0.5 + spread * (-1) ** number)

    return each(), taken


@pytest.mark.parametrize(
    ("spread", "tolerance", "made"), [(0.1, 0.0, 6), (0.1, 0.2, 2), (0.1, 0.12, 3), (0.1, 0.05, 6)]
)
def test_no_more_are_made_once_their_deviation_is_small_enough(spread, tolerance, made):
    """Two that are 0.2 apart deviate by 0.141, three of them by 0.115, six by 0.110."""
    ones, taken = images(spread)
    mean, variance = mean_and_variance(ones, True, tolerance)
    assert len(taken) == made
    expected = torch.stack(list(images(spread)[0])[:made])
    torch.testing.assert_close(mean, expected.mean(0))
    torch.testing.assert_close(variance, expected.var(0, correction=0))


def test_the_variance_is_not_given_where_it_was_not_asked_for():
    assert mean_and_variance(images(0.1)[0], False, 0.2)[1] is None


def test_one_cell_that_differs_is_enough_to_go_on():
    variance = torch.zeros(3, 64, 64)
    variance[:, 16:24, 16:24] = 0.09
    found = deviation(variance)
    assert found.shape == (8, 8)
    torch.testing.assert_close(found.max(), torch.tensor(0.1))  # one of nine cells
    assert (found[1:4, 1:4] > 0).all() and found.square().sum() == pytest.approx(0.09)


def test_the_paper_stops_at_no_sample():
    assert PRESETS["paper"].early_stop == 0
    assert PRESETS["standard"].early_stop > 0
