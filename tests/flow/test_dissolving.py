"""A dissolve is told from motion, fades, strobes and grain, and a blend is wanted in its middle."""

import numpy as np
import pytest
import torch

from engine.color import WHITE
from engine.flow.dissolving import dissolving
from engine.flow.views import VIEWS, view_flows

HEIGHT, WIDTH = 160, 240


def waves(seed, shift):
    """A smooth texture in 0..1 that has moved right by so many pixels: fourteen waves."""
    low, high = summed(seed, 0).min(), summed(seed, 0).max()
    picture = np.clip((summed(seed, shift) - low) / (high - low), 0, 1)
    return torch.from_numpy(picture.astype(np.float32)).permute(2, 0, 1)


def summed(seed, shift):
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
    total = np.zeros((HEIGHT, WIDTH, 3))
    for _ in range(14):
        down, right = draw.uniform(-0.35, 0.35, 2)
        phase = draw.uniform(0, 6.28, 3)
        height = 1 / (1 + 9 * np.hypot(down, right))
        total += height * np.cos((down * y + right * (x - shift))[..., None] + phase)
    return total


def dissolve(time, speed=6):
    """Two pans through each other, 4 frames long, at a time in frames; in [0, 1]."""
    return torch.lerp(waves(2, speed * time), waves(8, -speed * time), time / 4)


@pytest.fixture
def weight(network):
    @torch.inference_mode()
    def found(first, second):
        (view,) = view_flows(network, first[None], second[None], torch.tensor([0.5]), VIEWS[:1])
        return dissolving(first * WHITE, second * WHITE, view, lambda: None)

    return found


def test_the_middle_of_a_dissolve_is_a_blend_and_its_ends_follow_the_motion(weight):
    assert weight(dissolve(1), dissolve(2)).mean() > 0.9
    for start in (0, 3):
        assert weight(dissolve(start), dissolve(start + 1)) is None


def test_motion_fades_strobes_and_grain_are_no_dissolves(weight):
    grain = torch.randn(2, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(1)) * 0.03
    still = 0.2 + 0.5 * waves(2, 0)
    pairs = {
        "pan": (waves(2, 0), waves(2, 6)),
        "fade": (waves(2, 0), 0.8 * waves(2, 4)),
        "strobe": (0.5 * waves(2, 0), waves(2, 5)),
        "grain": (still + grain[0], still + grain[1]),
        "still": (still, still),
    }
    for name, (first, second) in pairs.items():
        assert weight(first.clamp(0, 1), second.clamp(0, 1)) is None, name
