"""The cascade: one test for each thing that Fig. 3 and Fig. 4 promise."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.inference.noise import seeded_noise
from engine.paper import cascade, diffusion
from engine.paper.cascade import Predict
from engine.paper.target import Image
from hifi_ofx.quality import PRESETS, Quality

IMAGE = Image()
SMALL = Quality(steps=2, samples=1, early_stop=0, patch=(32, 48), cascade_depth=3)


def noise(stage, sample, size):
    return seeded_noise(0, "1", torch.device("cpu"))(stage, sample, size)


def frames(height, width):
    generator = torch.Generator().manual_seed(7)
    return (torch.rand(3, height, width, generator=generator) for _ in range(2))


def constant(z, t, seen):
    """A denoiser whose x is a function of the condition alone."""
    first, second, coarse = seen.chunk(3, dim=1)
    alpha, sigma = diffusion.alpha_sigma(t)
    return (alpha * z - (0.25 * first + 0.5 * second + 0.125 * coarse)) / sigma  # v points at x


def noisy(z, t, seen):
    """A denoiser whose x is its noise: samples differ, as those of a real network do."""
    alpha, sigma = diffusion.alpha_sigma(t)
    return sigma * -z if alpha < 0.5 else torch.zeros_like(z)


def watched(denoise, calls):
    """The denoiser, which writes down z and what it was given beside it."""

    def noted(z, t, seen):
        calls.append((z.clone(), seen.clone()))
        return denoise(z, t, seen)

    return noted


def made(denoise, first, second, quality, target=IMAGE, noise=noise, batch=2, **more):
    """The prediction of a cascade."""
    return cascade.interpolate(
        Predict(denoise, quality, noise, batch), target, first, second, **more
    )


def test_zero_coarse_is_the_base_stage():
    first, second = frames(40, 50)
    condition = cascade.condition_on(first, second, None)
    assert condition.coarse.shape == first.shape
    assert not condition.coarse.any()


def test_the_base_alone_is_a_cascade_of_depth_one():
    first, second = frames(40, 50)
    image = made(constant, first, second, replace(SMALL, cascade_depth=1)).image
    torch.testing.assert_close(image, 0.25 * first + 0.5 * second)


def test_each_stage_sees_the_upsampled_result_of_the_one_below():
    first, second = torch.full((3, 64, 96), 0.8), torch.full((3, 64, 96), 0.4)
    image = made(constant, first, second, SMALL).image
    base = 0.25 * 0.8 + 0.5 * 0.4
    expected = base + 0.125 * (base + 0.125 * base)
    torch.testing.assert_close(image, torch.full_like(image, expected))


@pytest.mark.parametrize("merge", ["step", "stage"])
@pytest.mark.parametrize("edges", ["uniform", "feathered"])
def test_patches_leave_a_pointwise_prediction_alone(merge, edges):
    first, second = frames(70, 101)
    quality = replace(SMALL, merge=merge, edges=edges)
    tiled = made(constant, first, second, quality).image
    whole = made(constant, first, second, replace(quality, patch=(128, 128))).image
    torch.testing.assert_close(tiled, whole)


def test_patches_share_one_noise():
    calls = []
    first, second = frames(32, 64)
    quality = replace(SMALL, steps=1, cascade_depth=1, overlap=0.5)
    made(watched(constant, calls), first, second, quality, batch=9)
    boxes = cascade.stage_patches(quality, (32, 64)).boxes
    shared = noise(0, 0, (32, 64))
    for patch, box in zip(calls[0][0], boxes, strict=True):
        assert torch.equal(patch, shared[box.region])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 80), st.integers(1, 80), st.integers(1, 4))
def test_any_size_is_made_at_its_size(height, width, depth):
    first, second = frames(height, width)
    quality = replace(SMALL, cascade_depth=depth, steps=1)
    image = made(constant, first, second, quality).image
    assert image.shape == (3, height, width)
    assert image.isfinite().all()


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("average", ["stage", "end"])
def test_averaged_samples_are_the_mean_of_single_ones(average, depth):
    """At the base, averaging before the next stage is averaging at the end; above it is not."""
    first, second = frames(40, 50)
    quality = replace(SMALL, cascade_depth=depth, average=average)

    def follows_coarse(z, t, seen):
        return noisy(z, t, seen) - 0.5 * seen[:, 6:].square()

    single = [
        made(
            follows_coarse,
            first,
            second,
            quality,
            noise=lambda stage, _, size, n=n: noise(stage, n, size),
        ).image
        for n in range(4)
    ]
    together = made(follows_coarse, first, second, replace(quality, samples=4), uncertainty=True)
    mean, variance = torch.stack(single).mean(0), torch.stack(single).var(0, unbiased=False)
    if depth == 1 or average == "end":
        torch.testing.assert_close(together.image, mean)
        torch.testing.assert_close(together.variance, variance)
    else:
        assert (together.image - mean).abs().mean() > 0.01
    assert together.variance.mean() > 0.01


def test_samples_are_averaged_before_the_next_stage_unless_asked():
    first, second = frames(64, 96)
    quality = replace(SMALL, samples=3, cascade_depth=2, steps=1)
    calls = {}
    for average in ("stage", "end"):
        calls[average] = []
        averaged = replace(quality, average=average)
        made(watched(noisy, calls[average]), first, second, averaged, batch=99)
        assert len(calls[average]) == 2 * quality.samples
    fine = [seen for _, seen in calls["stage"][quality.samples :]]
    assert all(torch.equal(fine[0], other) for other in fine)
    fine = [seen for _, seen in calls["end"][1::2]]
    assert not any(torch.equal(fine[0], other) for other in fine[1:])


def test_the_base_may_have_its_own_steps():
    quality = replace(SMALL, steps=2, base_steps=8)
    assert [cascade.stage_steps(quality, stage) for stage in range(3)] == [8, 2, 2]
    assert [cascade.stage_steps(SMALL, stage) for stage in range(3)] == [2, 2, 2]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 90),
    st.integers(1, 90),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(1, 5),
    st.sampled_from(["step", "stage"]),
)
def test_the_planned_calls_are_the_calls_made(height, width, depth, steps, samples, batch, merge):
    quality = replace(
        SMALL, steps=steps, base_steps=2, samples=samples, cascade_depth=depth, merge=merge
    )
    sizes = []

    def count(z, t, seen):
        sizes.append(len(z))
        assert len(z) <= batch
        return torch.zeros_like(z)

    first, second = frames(height, width)
    made(count, first, second, quality, batch=batch)
    assert len(sizes) == cascade.network_calls(quality, (height, width), batch)


def test_the_paper_s_preset_costs_what_the_paper_s_geometry_says():
    # 4K UHD: 4, 9 and 30 patches in three stages, 8 steps, 4 samples.
    assert cascade.network_calls(PRESETS["paper"], (2160, 3840)) == 8 * 4 * (4 + 9 + 30)


def test_auto_depth_grows_with_the_frame_and_the_base_stays_small():
    depths = [cascade.depth(Quality(), (h, w)) for h, w in [(90, 160), (540, 960), (4320, 7680)]]
    assert depths == sorted(depths)
    for h, w in [(90, 160), (540, 960), (1080, 1920), (7680, 4320)]:
        base = cascade.stage_sizes((h, w), cascade.depth(Quality(), (h, w)))[0]
        assert max(base) <= cascade.BASE


def test_stages_double_up_to_the_frame():
    assert cascade.stage_sizes((1080, 1921), 3) == [(270, 481), (540, 961), (1080, 1921)]
