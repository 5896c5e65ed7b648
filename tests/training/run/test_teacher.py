"""What views answer lies as the pair does, and what is taught is their mean."""

from __future__ import annotations

import pytest
import torch

from engine.flow.motion_network import MotionNetwork
from engine.flow.views import VIEWS
from engine.training.run.teacher import Answer, answered, lesson, mean_picture


@pytest.fixture(scope="module")
def network() -> MotionNetwork:
    torch.manual_seed(0)
    return MotionNetwork().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def pair() -> tuple[torch.Tensor, torch.Tensor]:
    first, second = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    return first, second


HALF = torch.tensor([0.5])


@pytest.mark.parametrize("view", VIEWS[1:4])
def test_a_view_of_a_pair_is_the_pair_seen_so(network, pair, view) -> None:
    turned = network(*view.pair(*pair, HALF))
    expected, _ = view.undone(turned.flow, turned.mask)
    assert torch.equal(answered(network, *pair, HALF, view).flow, expected)


def test_a_picture_is_the_warped_frames_by_the_mask(network, pair) -> None:
    """Two even frames are what they are wherever motion leads: the picture shows the mask."""
    first, second = torch.zeros(1, 3, 64, 64), torch.ones(1, 3, 64, 64)
    answer = answered(network, first, second, HALF, VIEWS[0])
    expected = 1 - torch.sigmoid(answer.mask)
    assert torch.allclose(answer.picture, expected.expand(-1, 3, -1, -1), atol=1e-5)


def test_one_view_teaches_itself_and_trusts_itself(network, pair) -> None:
    taught, answer = lesson(network, *pair, HALF, 1), answered(network, *pair, HALF, VIEWS[0])
    assert torch.equal(taught.picture, answer.picture) and torch.equal(taught.flow, answer.flow)
    assert torch.equal(taught.trust, torch.ones(1, 1, 64, 64))


def test_two_views_teach_their_mean_and_trust_it_less_where_they_differ(
    network, pair, monkeypatch
) -> None:
    answers = []
    for x, picture in ((-1.0, 0.25), (1.0, 0.75)):
        flow = torch.zeros(1, 4, 8, 8)
        flow[..., 0, 0] = x * torch.tensor([3.0, 4.0, 3.0, 4.0])  # 5 pixels, either way
        answers.append(Answer(flow, flow[:, :1], torch.full((1, 3, 8, 8), picture)))
    made = iter(answers)
    monkeypatch.setattr("engine.training.run.teacher.answered", lambda *_: next(made))
    taught = lesson(network, *pair, HALF, 2)
    assert torch.equal(taught.picture, torch.full((1, 3, 8, 8), 0.5))
    assert not taught.flow.any()
    assert float(taught.trust[0, 0, 0, 0]) == pytest.approx(1 / 26)
    assert torch.equal(taught.trust.flatten()[1:], torch.ones(63))
    assert torch.equal(mean_picture(answers), taught.picture)
