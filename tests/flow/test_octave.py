"""Depth by evidence: deeper where motion needs it, and only there."""

import pytest
import torch
from torch.nn import functional as F

from engine.flow.octave import DEEPEST, deepest_for, octave
from engine.flow.seen_pair import seen_pair

from .test_motion_network import moved_by


@torch.inference_mode()
def test_small_motion_is_looked_for_at_the_first_octave(network):
    found = octave(network, seen_pair(network, *moved_by(10, 4, (256, 320))))
    assert found.depth == 1
    assert found.view_flow.at()[0].shape == (1, 4, 256, 320)


@torch.inference_mode()
def test_motion_that_is_lost_at_the_first_octave_is_found_deeper(network):
    generator = torch.Generator().manual_seed(4)
    layers = [
        F.interpolate(
            torch.rand(1, 3, 384 // cell, 896 // cell, generator=generator), (384, 896),
            mode="bicubic",
        )
        for cell in (8, 32, 64)
    ]  # fmt: skip
    whole = (2 * sum(layers) / 3 - 0.5).clamp(0, 1)
    found = octave(network, seen_pair(network, whole[..., :512], whole[..., 200:712]))
    assert found.depth == 2
    across = found.view_flow.at()[0][0, 0, 100:-100, 200:-200].median()
    assert across == pytest.approx(100, abs=4)


def test_the_smallest_stage_is_still_a_picture():
    assert deepest_for((144, 176)) == 1
    assert deepest_for((480, 270)) == 2
    assert deepest_for((1080, 1920)) == DEEPEST == deepest_for((8640, 15360))
