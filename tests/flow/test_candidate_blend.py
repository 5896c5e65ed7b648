"""The in-between of all candidates: tiles do not show, values survive, motion comes out."""

import pytest
import torch

from engine.color import WHITE
from engine.flow import candidate_blend as module
from engine.flow.candidates import Candidates
from engine.flow.views import VIEWS, view_flows

from .test_motion_network import inside, moved_by
from .whole_blend import whole_blend


@pytest.fixture(scope="module")
def found(network):
    first, second = moved_by(12, -6, (140, 180))
    return first * WHITE, second * WHITE, seen(network, first, second, 0.5)


@torch.inference_mode()
def seen(network, first, second, fraction):
    return view_flows(network, first, second, torch.tensor([fraction]), VIEWS[:2])


def test_a_moved_texture_is_where_it_is_at_every_fraction(network, found):
    first, second, _ = found
    early = seen(network, first / WHITE, second / WHITE, 0.25)
    quarter, half = whole_blend(first, second, early, 0.25), whole_blend(*found, 0.5)
    truth = moved_by(6, -3, (140, 180))[1] * WHITE
    blend = (first + second) / 2
    assert inside(half.image - truth).abs().mean() < 0.2 * inside(blend - truth).abs().mean()
    for made, way in ((quarter, (-3, 1.5, 9, -4.5)), (half, (-6, 3, 6, -3))):
        assert (inside(made.flow).mean((0, 2, 3)) - torch.tensor(way)).abs().max() < 0.5


def test_tiles_do_not_show(found, monkeypatch):
    whole = whole_blend(*found, 0.5)
    monkeypatch.setattr(module, "_TILE", (32, 48))
    for one, other in zip(whole_blend(*found, 0.5), whole, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)


def test_further_channels_and_highlights_follow_the_same_motion(found):
    first, second, views = found
    bright = [torch.cat([side, 30 * side, -side], dim=1) for side in (first, second)]
    made = whole_blend(*bright, views, 0.5).image
    plain = whole_blend(first, second, views, 0.5).image
    torch.testing.assert_close(made[:, :3], plain, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(made[:, 3:6], 30 * plain, atol=1e-3, rtol=1e-4)
    torch.testing.assert_close(made[:, 6:], -plain, atol=1e-5, rtol=1e-5)


def test_a_search_that_agrees_is_heard_and_one_that_does_not_is_not(found):
    first, second, views = found
    alone = whole_blend(first, second, views, 0.5)
    half = torch.full_like(first[:, :1], 0.5)
    near = whole_blend(first, second, views, 0.5, Candidates(alone.image, alone.image, half))
    far = whole_blend(first, second, views, 0.5, Candidates(first * 0, second * 0, half))
    assert near.weights.shape[0] == 4
    assert near.weights[2].mean() > 0.3 > 0.05 > far.weights[2].mean()
    assert far.variance.shape == far.image.shape
