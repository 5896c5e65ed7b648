"""Views: what is found in a turned pair is the motion of the pair, and the order is no accident."""

import pytest
import torch

from engine.flow.views import VIEWS, View, view_flows
from engine.paper.patches import Box

from .test_motion_network import inside, moved_by


def test_there_are_sixteen_and_the_first_four_differ_in_shape_and_order():
    assert len(set(VIEWS)) == len(VIEWS) == 16
    assert sum(view.transposed for view in VIEWS[:4]) == 2
    assert sum(view.reversed for view in VIEWS[:4]) == 2


@torch.inference_mode()
@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_every_view_finds_the_same_motion(network, view):
    pair = moved_by(14, -6, (96, 130))
    (view_flow,) = view_flows(network, *pair, torch.tensor([0.25]), [view])
    flow, _ = view_flow.at()
    assert flow.shape == (1, 4, 96, 130)
    expected = torch.tensor([-3.5, 1.5, 10.5, -4.5])
    assert (inside(flow).mean((0, 2, 3)) - expected).abs().max() < 0.7


@torch.inference_mode()
@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_every_view_believes_the_same_frame(network, view):
    first, second = moved_by(20, 0, (128, 192))
    card = torch.tensor([0.1, 0.8, 0.2])[:, None, None]  # what moves goes under it
    first[..., 40:104, 60:124] = second[..., 40:104, 60:124] = card
    seen, as_it_is = (
        view_flows(network, first, second, torch.tensor([0.5]), [one])[0]
        .at()[1][0, 0, 60:84]
        .mean(0)
        for one in (view, View())
    )
    assert torch.corrcoef(torch.stack([seen, as_it_is]))[0, 1] > 0.3


def test_turning_back_is_exact_wherever_motion_is_looked_up():
    generator = torch.Generator().manual_seed(3)
    image = torch.rand(1, 1, 6, 9, generator=generator)
    rows, columns = torch.meshgrid(torch.arange(6.0), torch.arange(9.0), indexing="ij")
    for view in VIEWS:
        # motion of the turned grid that moves every pixel to the pair's pixel (0, 0)
        turned = [view.of(axis) for axis in (columns, rows)]
        x, y = reversed(turned) if view.transposed else turned
        signs = [-1 if view.mirrored else 1, -1 if view.flipped else 1]
        flow = torch.stack([-x * signs[0], -y * signs[1]] * 2)[None]
        back, _ = view.undone(flow, torch.zeros(1, 1, *flow.shape[-2:]))
        torch.testing.assert_close(back[0, :2], torch.stack([-columns, -rows]))
        box = Box(1, 2, 3, 5)
        there = view.box(box, (6, 9))
        torch.testing.assert_close(view.of(image)[there.region], view.of(image[box.region]))


@torch.inference_mode()
def test_a_box_is_cut_from_the_view_s_motion(network):
    pair = moved_by(8, 4, (70, 90))
    for view_flow in view_flows(network, *pair, torch.tensor([0.5]), VIEWS[:4]):
        box = Box(11, 20, 31, 17)
        for part, whole in zip(view_flow.at(box), view_flow.at(), strict=True):
            torch.testing.assert_close(part, whole[box.region], atol=1e-4, rtol=1e-4)


@torch.inference_mode()
def test_views_and_fractions_in_one_batch_are_those_alone(network):
    pair, fractions = moved_by(8, 4, (70, 90)), torch.tensor([0.3, 0.6])
    together = view_flows(network, *pair, fractions, VIEWS[:4], batch=8)
    for view, view_flow in zip(VIEWS[:4], together, strict=True):
        assert view_flow.view == view
        for number in range(2):
            (alone,) = view_flows(network, *pair, fractions[number : number + 1], [view])
            torch.testing.assert_close(
                view_flow.at()[0][number], alone.at()[0][0], atol=1e-3, rtol=1e-3
            )


def test_one_sample_sees_the_frames_as_they_are():
    assert VIEWS[0] == View()
