"""In-betweens get back the grain that averaging took, of the neighbors' kind, and no more."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.color import WHITE, from_model, to_model
from engine.inference.interpolator import InBetween
from engine.inference.noise import seeded_noise
from engine.retime.grain import with_grain

from .test_grain_curve import grain, moved, picture

SIZE = (240, 320)


def coarse(seed: int) -> Tensor:
    """Grain whose neighboring pixels go together, of variance 1."""
    wide = torch.randn(3, 244, 324, generator=torch.Generator().manual_seed(seed))
    row = torch.tensor([1.0, 2.0, 3.0, 2.0, 1.0])
    kernel = row[:, None] * row
    return F.conv2d(wide[:, None], (kernel / kernel.square().sum().sqrt())[None, None])[:, 0]


def noise_of(output: int = 1):
    return partial(seeded_noise(0, f"grain {output}", torch.device("cpu")), 0, 0)


def between(first: Tensor, second: Tensor, output: int = 1, vectors: Tensor | None = None):
    """Light in, light out: the plain mean of both, and that with grain."""
    pair = to_model(first), to_model(second)
    made = to_model((first + second) / 2)
    grainy = with_grain(made, InBetween(made, vectors=vectors), pair, False, noise_of(output))
    return from_model(made), from_model(grainy)


@pytest.mark.parametrize("kind", [grain, coarse])
@pytest.mark.parametrize("sigma", [0.01, 0.04])
def test_grain_is_as_strong_and_as_coarse_as_that_of_the_neighbors(kind, sigma):
    clean = picture()
    made, grainy = between(clean + sigma * kind(1), clean + sigma * kind(2))
    rest = grainy - clean
    assert (made - clean).std() == pytest.approx(sigma / 2**0.5, rel=0.05)
    assert rest.std() == pytest.approx(sigma, rel=0.1)
    assert rest.mean().abs() < 0.002 * clean.mean()
    truth = kind(3)
    for step in ((0, 1), (1, 0), (0, 2), (1, 1)):
        assert together(rest, step) == pytest.approx(together(truth, step), abs=0.06)


def together(image: Tensor, step: tuple[int, int]) -> float:
    shifted = image.roll(step, (1, 2))
    return float((image * shifted).mean() / image.square().mean())


def test_grain_follows_brightness_and_channel():
    clean = picture()
    strength = torch.tensor([0.02, 0.04, 0.08])[:, None, None] * clean
    _, grainy = between(clean + strength * grain(1), clean + strength * grain(2))
    rest = (grainy - clean) / strength
    for channel in rest:
        assert channel.std() == pytest.approx(1, abs=0.1)
    assert rest[1][clean[1] > 0.55].std() == pytest.approx(1, abs=0.15)
    assert rest[1][clean[1] < 0.25].std() == pytest.approx(1, abs=0.15)


def test_channels_go_together_as_in_the_neighbors():
    clean = picture()
    one, other = (0.03 * grain(seed)[:1].expand(3, -1, -1) for seed in (1, 2))
    _, grainy = between(clean + one, clean + other)
    rest = (grainy - clean).flatten(1)
    assert torch.corrcoef(rest).min() > 0.95


def test_each_frame_has_its_own_and_always_the_same():
    clean = picture()
    pair = clean + 0.03 * grain(1), clean + 0.03 * grain(2)
    made, once = between(*pair)
    _, again = between(*pair)
    _, other = between(*pair, output=2)
    assert torch.equal(once, again)
    added = torch.stack([once - made, other - made, grain(1), grain(2)]).flatten(1)
    assert (torch.corrcoef(added) - torch.eye(4)).abs()[:2].max() < 0.02


@pytest.mark.parametrize("shift", [0, 1, 5.5, 11.3])
def test_clean_pictures_get_none(shift):
    first, second = picture(), picture(shift)
    made, grainy = between(first, second, vectors=moved(shift))
    assert torch.equal(made, grainy)


def test_what_stands_equal_in_both_gets_none():
    """Bars of a letterbox, burnt-in letters: even beside grain."""
    clean = picture()
    first, second = clean + 0.04 * grain(1), clean + 0.04 * grain(2)
    for frame in (first, second):
        frame[:, :40] = 0.0
    made, grainy = between(first, second)
    assert torch.equal(made[:, :38], grainy[:, :38]) and not torch.equal(made, grainy)


def test_what_is_whole_already_gets_no_more():
    """Where only one frame is seen its grain is there: nothing was averaged."""
    clean = picture()
    first, second = clean + 0.04 * grain(1), clean + 0.04 * grain(2)
    pair = to_model(first), to_model(second)
    grainy = with_grain(pair[0], InBetween(pair[0]), pair, False, noise_of())
    assert (from_model(grainy) - clean).std() == pytest.approx(0.04, rel=0.04)


def test_display_referred_pictures_get_it_in_their_own_values():
    clean = picture() * WHITE
    first, second = clean + 0.01 * grain(1), clean + 0.01 * grain(2)
    made = (first + second) / 2
    grainy = with_grain(made, InBetween(made), (first, second), True, noise_of())
    assert (grainy - clean).std() == pytest.approx(0.01, rel=0.06)


def test_nothing_becomes_darker_or_brighter_than_the_neighbors():
    clean = torch.full((3, *SIZE), 0.02)
    first, second = ((clean + 0.02 * grain(seed)).clamp(min=0) for seed in (1, 2))
    made, grainy = between(first, second)
    assert grainy.min() >= 0
    assert grainy.mean() == pytest.approx(float(made.mean()), rel=0.01)


def test_pictures_smaller_than_a_block_stay_as_they_are():
    image = torch.rand(3, 8, 40, generator=torch.Generator().manual_seed(1)) * 0.5
    assert with_grain(image, InBetween(image), (image, image * 0.9), True, noise_of()) is image
