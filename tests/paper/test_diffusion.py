"""The maths of the paper's diffusion: schedule, v, and the deterministic sampler."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.paper import diffusion

times = st.floats(0, 1).map(lambda t: torch.tensor(t, dtype=torch.float64))
seeds = st.integers(0, 2**31)


def images(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(times)
def test_the_schedule_preserves_variance(t):
    alpha, sigma = diffusion.alpha_sigma(t)
    assert alpha**2 + sigma**2 == pytest.approx(1, abs=1e-12)


def test_the_schedule_runs_from_image_to_noise():
    assert diffusion.alpha_sigma(torch.tensor(0.0))[0] == 1
    alpha, sigma = diffusion.alpha_sigma(torch.tensor(1.0))
    assert abs(alpha) < 1e-6
    assert sigma == 1
    assert diffusion.alpha_sigma(torch.tensor(0.5))[0] == pytest.approx(math.sqrt(0.5))


@given(times, seeds)
def test_x_and_noise_come_back_out_of_v(t, seed):
    x, noise = images(seed, 3, 4), images(seed + 1, 3, 4)
    z, v = diffusion.diffuse(x, noise, t), diffusion.velocity(x, noise, t)
    torch.testing.assert_close(diffusion.predicted_image(z, v, t), x)
    torch.testing.assert_close(diffusion.predicted_noise(z, v, t), noise)


@given(times, times, seeds)
def test_a_step_with_the_true_v_is_exact(t, t_next, seed):
    x, noise = images(seed, 3, 4), images(seed + 1, 3, 4)
    stepped = diffusion.step(
        diffusion.diffuse(x, noise, t), diffusion.velocity(x, noise, t), t, t_next
    )
    torch.testing.assert_close(stepped, diffusion.diffuse(x, noise, t_next))


@pytest.mark.parametrize("steps", [1, 2, 8, 64])
def test_an_oracle_denoiser_samples_the_image(steps):
    x, noise = images(1, 3, 5, 7), images(2, 3, 5, 7)
    sampled = diffusion.sample(lambda z, t: diffusion.velocity(x, noise, t), noise.clone(), steps)
    torch.testing.assert_close(sampled, x)


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_sampler_calls_once_a_step_from_one_towards_zero(steps):
    seen = []

    def denoise(z, t):
        seen.append(t.item())
        return torch.zeros_like(z)

    diffusion.sample(denoise, torch.zeros(1), steps)
    assert seen == pytest.approx([1 - i / steps for i in range(steps)])
