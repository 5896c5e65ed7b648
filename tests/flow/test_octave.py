"""Depth by evidence: deeper where motion needs it, and only there."""

import pytest
import torch
from torch.nn import functional as F

from engine.flow.motion_stages import find, finish
from engine.flow.octave import DEEPEST, deepest_for, octave
from engine.paper.patches import Box

from .test_motion_network import HALF, moved_by


@torch.inference_mode()
def test_small_motion_is_looked_for_at_the_first_octave(network):
    found = octave(network, *moved_by(10, 4, (256, 320)))
    assert found.depth == 1


@torch.inference_mode()
def test_what_was_begun_ends_at_what_is_found_at_that_depth(network):
    pair = moved_by(10, 4, (256, 320))
    begun = octave(network, *pair).begun
    for one, other in zip(
        finish(network, begun, HALF).at(), find(network, *pair, HALF).at(), strict=True
    ):
        assert torch.equal(one, other)


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
    found = octave(network, whole[..., :512], whole[..., 200:712])
    assert found.depth == 2
    across = found.begun.flow(Box(100, 200, 184, 312))[0, 0].median()
    assert across == pytest.approx(100, abs=4)


def test_the_smallest_stage_is_still_a_picture():
    assert deepest_for((144, 176)) == 1
    assert deepest_for((480, 270)) == 2
    assert deepest_for((1080, 1920)) == DEEPEST == deepest_for((8640, 15360))
