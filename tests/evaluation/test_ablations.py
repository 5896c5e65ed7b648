"""Two networks in one cascade, and DDVM's tiling, with networks whose answer is known."""

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import torch

from engine.evaluation import methods
from engine.evaluation.names import TILING_START
from engine.evaluation.pictures import Pair
from engine.evaluation.tiling import refined, times
from engine.evaluation.upsampler import with_upsampler
from engine.inference.denoiser import on_device
from engine.inference.noise import seeded_noise
from engine.paper import cascade
from engine.paper.cascade import Predict
from engine.paper.diffusion import alpha_sigma
from engine.paper.target import Image
from engine.paper.unet import NetworkConfig
from hifi_ofx.errors import WeightsError
from hifi_ofx.quality import Machine, Quality
from tests.networks import PLAIN, WARPING, random

QUALITY = Quality(steps=8, samples=1, patch=(32, 48), cascade_depth=2, overlap=0.5)
CPU = torch.device("cpu")


def frames(size=(50, 90)):
    generator = torch.Generator().manual_seed(0)
    return [0.5 * torch.rand(3, *size, generator=generator) for _ in range(2)]


@dataclass
class Known:
    """What is asked of a network beside its answers."""

    config: NetworkConfig


@dataclass
class Oracle:
    """A denoiser that is sure of x, `answer(condition)`, whatever z is; it keeps its calls."""

    answer: object
    network: Known = field(default_factory=lambda: Known(PLAIN))
    batch: int = 3
    calls: list = field(default_factory=list)

    def __call__(self, z, t, condition, fraction):
        self.calls.append((t.item(), z.clone(), condition.clone()))
        alpha, sigma = alpha_sigma(t)
        return (alpha * z - self.answer(condition)) / sigma


def blended(condition):
    return (condition[:, 0:3] + condition[:, 3:6]) / 2


def tile_mean(condition):
    return condition[:, 0:1].mean(dim=(2, 3), keepdim=True).expand(-1, 3, *condition.shape[2:])


def refine(oracle, first, second, quality=QUALITY, start=0.5):
    noise = seeded_noise(0, "key", CPU)
    return refined(oracle, first, second, 0.5, quality, noise, start)


def test_tiles_lie_where_they_belong():
    first, second = frames()
    assert torch.allclose(refine(Oracle(blended), first, second), (first + second) / 2, atol=1e-5)


def test_a_network_of_differences_adds_to_the_blend_of_the_warped_frames():
    first, second = frames()
    oracle = Oracle(lambda condition: torch.ones_like(condition[:, :3]), Known(WARPING))
    expected = methods.guide(Pair("pair", first, second))(Fraction(1, 2)) + WARPING.difference
    assert torch.allclose(refine(oracle, first, second), expected, atol=1e-4)


def test_refinement_starts_from_the_noised_base_at_its_time():
    first = torch.full((3, 50, 90), 0.4)
    oracle = Oracle(blended, batch=100)
    refine(oracle, first, first, start=0.25)
    base, refinement = oracle.calls[:8], oracle.calls[8:]
    assert [round(t, 4) for t, _, _ in base] == [1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]
    assert [round(t, 4) for t, _, _ in refinement] == [0.25, 0.125]
    noise = seeded_noise(0, "key", CPU)(1, 0, (50, 90))
    angle = 0.25 * math.pi / 2
    expected = math.cos(angle) * 0.4 + math.sin(angle) * noise[:, :32, :48]
    assert torch.allclose(refinement[0][1][0], expected, atol=1e-4)


def test_tiles_never_see_the_coarse_prediction():
    oracle = Oracle(blended)
    refine(oracle, *frames())
    assert not any(condition[:, 6:9].any() for _, _, condition in oracle.calls)


def test_the_merge_is_gaussian_and_happens_once():
    first, second = frames((32, 72))  # two tiles, at 0 and 24
    merged = refine(Oracle(tile_mean), first, second)
    row = np.exp(-0.5 * (((np.arange(48) + 0.5) / 48 - 0.5) / 0.05) ** 2)
    weights = np.zeros((2, 72))
    weights[0, :48] = weights[1, 24:] = row
    means = [first[0, :, left : left + 48].mean().item() for left in (0, 24)]
    expected = (weights * np.array(means)[:, None]).sum(0) / weights.sum(0)
    assert np.allclose(merged.numpy(), expected, atol=1e-5)


def test_samples_are_averaged():
    first, second = frames()
    four = refine(Oracle(blended), first, second, replace(QUALITY, samples=4))
    assert torch.allclose(four, (first + second) / 2, atol=1e-5)


def test_times_are_the_last_of_the_sampler_s():
    assert times(TILING_START, 64) == pytest.approx([k / 64 for k in range(8, -1, -1)])
    assert times(0.5, 1) == [0.5, 0.0]


def network(seed, config=PLAIN):
    return on_device(random(config, seed), Machine(device="cpu"), (32, 48))


def cascaded(denoiser, depth):
    quality = Quality(samples=1, patch=(64, 96), cascade_depth=depth)
    noise = seeded_noise(0, "key", CPU)
    predict = Predict(partial(denoiser, fraction=0.5), quality, noise)
    with torch.no_grad():
        return cascade.interpolate(predict, Image(), *frames()).image


@pytest.mark.parametrize(("depth", "expected"), [(1, (1, 0)), (2, (1, 1)), (3, (1, 2))])
def test_the_upsampler_gets_every_stage_above_the_base(depth, expected):
    calls = []
    base, upsampler = network(0), network(1)
    both = with_upsampler(base, upsampler)
    with both.telling(lambda: calls.append(0)), upsampler.telling(lambda: calls.append(1)):
        cascaded(both, depth)
    assert (calls.count(0), calls.count(1)) == expected
    assert calls[0] == 0


def test_one_network_in_both_places_changes_nothing():
    one, other = network(0), network(1)
    assert torch.equal(cascaded(with_upsampler(one, one), 2), cascaded(one, 2))
    assert not torch.allclose(cascaded(with_upsampler(one, other), 2), cascaded(one, 2))


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (PLAIN, WARPING, "warped frames True, the base's False"),
        (PLAIN, replace(PLAIN, fractions=False), "fractions"),
        (WARPING, replace(WARPING, difference=0.2), r"difference 0\.2, the base's 0\.1"),
    ],
)
def test_networks_of_two_kinds_get_a_sentence(one, other, said):
    with pytest.raises(WeightsError, match=said):
        with_upsampler(network(0, one), network(1, other))
