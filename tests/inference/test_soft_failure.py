"""The blend that is written where a thing has vanished: light adds up, and says what it is."""

import pytest
import torch

from engine.color import WHITE, from_model, to_model
from engine.inference.interpolator import InBetween
from engine.inference.soft_failure import fail_softly

SIZE = (64, 96)


@pytest.fixture
def pair():
    draw = torch.Generator().manual_seed(3)
    return torch.rand(3, *SIZE, generator=draw) * WHITE, torch.rand(3, *SIZE, generator=draw)


def in_between(light):
    nothing = torch.zeros(3, *SIZE)
    vectors = torch.ones(5, *SIZE)
    return InBetween(
        nothing.clone(), nothing.clone(), None, vectors, nothing.clone() if light else None
    )


@pytest.mark.parametrize("fraction", [0.25, 0.5])
@pytest.mark.parametrize("light", [True, False])
def test_a_blend_is_of_light_where_values_stand_for_it(pair, light, fraction):
    first, second = pair
    made = in_between(light)
    fail_softly(made, pair, fraction, torch.ones(1, 8, 12))
    share = torch.tensor(fraction)
    truth = (1 - share) * first + share * second
    if light:
        truth = to_model((1 - share) * from_model(first) + share * from_model(second))
        torch.testing.assert_close(from_model(truth), made.light, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(made.image, truth, atol=1e-6, rtol=1e-5)
    either = (1 - share) * (first - truth).square() + share * (second - truth).square()
    if not light:
        torch.testing.assert_close(made.variance, either)
    assert not made.vectors[:4].any() and (made.vectors[4] == 1 - fraction).all()


@pytest.mark.parametrize("light", [True, False])
def test_what_has_not_vanished_keeps_its_bits(pair, light):
    weight = torch.zeros(1, 8, 12)
    weight[..., :3] = 1
    made = in_between(light)
    made.image[:] = pair[0] * 0.7
    before = made.image.clone()
    fail_softly(made, pair, 0.5, weight)
    assert torch.equal(made.image[..., 40:], before[..., 40:])
    assert (made.vectors[..., 40:] == 1).all() and not made.variance[..., 40:].any()
    assert not torch.equal(made.image[..., :16], before[..., :16])
