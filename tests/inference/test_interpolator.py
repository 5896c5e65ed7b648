"""Any fraction out of weights: directly, or by halving with weights that know only the middle."""

from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from engine.inference.denoiser import NetworkDenoiser
from engine.inference.diffusion_interpolator import DiffusionInterpolator
from engine.inference.interpolator import Task
from engine.inference.noise import seeded_noise
from hifi_ofx.quality import Quality
from tests.networks import PLAIN, random

CPU = torch.device("cpu")
QUALITY = Quality(samples=1, steps=1, patch=(32, 32), cascade_depth=1)


def interpolator(fractions):
    network = random(replace(PLAIN, fractions=fractions))
    return DiffusionInterpolator(NetworkDenoiser(network, CPU, torch.float32))


def pair(seed=1):
    generator = torch.Generator().manual_seed(seed)
    return tuple(torch.rand(3, 20, 30, generator=generator) for _ in range(2))


def test_weights_that_know_fractions_need_one_prediction():
    knows, calls = interpolator(fractions=True), []
    with knows.denoiser.telling(lambda: calls.append(1)):
        knows.interpolate(*pair(), Fraction(1, 8), Task(QUALITY, "1"))
    assert len(calls) == 1


def test_halving_shares_the_midpoints_of_a_pair():
    middle_only, calls = interpolator(fractions=False), []
    first, second = pair()
    task = Task(QUALITY, "1 2")
    expected = [((1, 4), 2), ((1, 2), 2), ((3, 4), 3), ((1, 8), 4), ((1, 4), 4)]
    with middle_only.denoiser.telling(lambda: calls.append(1)):
        for fraction, predictions in expected:
            middle_only.interpolate(first, second, Fraction(*fraction), task)
            assert len(calls) == predictions
        middle_only.interpolate(*pair(seed=2), Fraction(1, 2), task)
    assert len(calls) == 5


def test_halving_gives_the_same_bits_in_any_order():
    first, second = pair()
    task = Task(QUALITY, "1 2")
    results = []
    for order in ([(1, 4), (3, 4)], [(3, 4), (1, 2), (1, 4)]):
        middle_only = interpolator(fractions=False)
        made = {f: middle_only.interpolate(first, second, Fraction(*f), task).image for f in order}
        results.append(made[1, 4])
    assert torch.equal(*results)


def test_the_fraction_matters_to_weights_that_know_it():
    knows = interpolator(fractions=True)
    near, far = (
        knows.interpolate(*pair(), fraction, Task(QUALITY, "1")).image
        for fraction in (Fraction(1, 8), Fraction(7, 8))
    )
    assert not torch.allclose(near, far, atol=1e-3)


@pytest.mark.parametrize("other", [(1, "1", 0, 0), (0, "2", 0, 0), (0, "1", 1, 0), (0, "1", 0, 1)])
def test_noise_depends_on_seed_key_stage_and_sample_and_nothing_else(other):
    seed, key, stage, sample = other
    noise = seeded_noise(0, "1", CPU)(0, 0, (8, 9))
    assert torch.equal(noise, seeded_noise(0, "1", CPU)(0, 0, (8, 9)))
    assert not torch.equal(noise, seeded_noise(seed, key, CPU)(stage, sample, (8, 9)))
    assert abs(noise.mean()) < 0.3
    assert 0.7 < noise.std() < 1.3
