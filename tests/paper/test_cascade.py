"""The cascade: one test for each thing that Fig. 3 and Fig. 4 promise."""

from dataclasses import dataclass, replace
from typing import ClassVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.inference.interpolator import seeded_noise
from engine.paper import cascade, diffusion
from hifi_ofx.quality import PRESETS, Quality

SMALL = Quality(steps=2, samples=1, patch=(32, 48), cascade_depth=3)


def noise(stage, sample, size):
    return seeded_noise(0, "1", torch.device("cpu"))(stage, sample, size)


def frames(height, width):
    generator = torch.Generator().manual_seed(7)
    return (torch.rand(3, height, width, generator=generator) for _ in range(2))


@dataclass
class Constant:
    """A denoiser whose x is a function of the condition alone; it remembers what it saw."""

    difference: float = 0.0
    motion: bool = False
    align: str = "none"
    batch: int = 2
    seen: ClassVar[list] = []

    def x(self, condition):
        first, second, coarse = condition.chunk(3, dim=1)
        return 0.25 * first + 0.5 * second + 0.125 * coarse

    def __call__(self, z, t, condition, fraction):
        self.seen.append(condition)
        x = self.x(condition)
        alpha, sigma = diffusion.alpha_sigma(t)
        return (alpha * z - x) / sigma  # the v that points at x


class Untrained(Constant):
    """What a network with a zero last layer and a difference gives: v = 0, so x = alpha z."""

    def __call__(self, z, t, condition, fraction):
        return torch.zeros_like(z)


def test_zero_coarse_is_the_base_stage():
    first, second = frames(40, 50)
    condition = cascade.condition_on(first, second, None)
    assert condition.coarse.shape == first.shape
    assert not condition.coarse.any()


def test_the_base_alone_is_a_cascade_of_depth_one():
    first, second = frames(40, 50)
    one = replace(SMALL, cascade_depth=1)
    made = cascade.interpolate(Constant(), first, second, 0.5, one, noise).image
    torch.testing.assert_close(made, 0.25 * first + 0.5 * second)


def test_each_stage_sees_the_upsampled_result_of_the_one_below():
    first, second = torch.full((3, 64, 96), 0.8), torch.full((3, 64, 96), 0.4)
    made = cascade.interpolate(Constant(), first, second, 0.5, SMALL, noise).image
    base = 0.25 * 0.8 + 0.5 * 0.4
    expected = base + 0.125 * (base + 0.125 * base)
    torch.testing.assert_close(made, torch.full_like(made, expected))


@pytest.mark.parametrize("merge", ["step", "stage"])
@pytest.mark.parametrize("edges", ["uniform", "feathered"])
def test_patches_leave_a_pointwise_prediction_alone(merge, edges):
    first, second = frames(70, 101)
    quality = replace(SMALL, merge=merge, edges=edges)
    tiled = cascade.interpolate(Constant(), first, second, 0.5, quality, noise).image
    whole = cascade.interpolate(
        Constant(), first, second, 0.5, replace(quality, patch=(128, 128)), noise
    ).image
    torch.testing.assert_close(tiled, whole)


def test_patches_share_one_noise():
    seen = []

    class Watch(Constant):
        def __call__(self, z, t, condition, fraction):
            seen.append(z.clone())
            return super().__call__(z, t, condition, fraction)

    first, second = frames(32, 64)
    quality = replace(SMALL, steps=1, cascade_depth=1, overlap=0.5)
    cascade.interpolate(Watch(batch=9), first, second, 0.5, quality, noise)
    boxes = cascade.stage_patches(quality, (32, 64)).boxes
    shared = noise(0, 0, (32, 64))
    for patch, box in zip(seen[0], boxes, strict=True):
        assert torch.equal(patch, shared[box.region])


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 80), st.integers(1, 80), st.integers(1, 4))
def test_any_size_is_made_at_its_size(height, width, depth):
    first, second = frames(height, width)
    quality = replace(SMALL, cascade_depth=depth, steps=1)
    made = cascade.interpolate(Constant(), first, second, 0.5, quality, noise)
    assert made.image.shape == (3, height, width)
    assert made.image.isfinite().all()


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(64, 96), (61, 47), (1, 1), (5, 300)])
def test_an_untrained_difference_is_the_frame_blend_at_every_depth(depth, size):
    first, second = frames(*size)
    quality = replace(SMALL, cascade_depth=depth, steps=1)
    made = cascade.interpolate(Untrained(difference=0.1), first, second, 0.25, quality, noise)
    torch.testing.assert_close(made.image, 0.75 * first + 0.25 * second, atol=1e-5, rtol=0)


class Noisy(Constant):
    """A denoiser whose x is its noise: samples differ, as those of a real network do."""

    def __call__(self, z, t, condition, fraction):
        alpha, sigma = diffusion.alpha_sigma(t)
        return sigma * -z if alpha < 0.5 else torch.zeros_like(z)


@pytest.mark.parametrize("average", ["stage", "end"])
def test_averaged_samples_are_the_mean_of_single_ones(average):
    first, second = frames(40, 50)
    quality = replace(SMALL, cascade_depth=1, average=average)
    one_by_one = [
        cascade.interpolate(
            Noisy(), first, second, 0.5, quality, lambda stage, _, size, n=n: noise(stage, n, size)
        ).image
        for n in range(4)
    ]
    together = cascade.interpolate(
        Noisy(), first, second, 0.5, replace(quality, samples=4), noise, uncertainty=True
    )
    stacked = torch.stack(one_by_one)
    torch.testing.assert_close(together.image, stacked.mean(0))
    torch.testing.assert_close(together.variance, stacked.var(0, unbiased=False))
    assert together.variance.mean() > 0.01


def test_samples_are_averaged_before_the_next_stage_unless_asked():
    first, second = frames(64, 96)
    quality = replace(SMALL, samples=3, cascade_depth=2, steps=1)
    Constant.seen.clear()
    cascade.interpolate(Constant(batch=99), first, second, 0.5, quality, noise)
    at_each_stage = [seen.shape[0] for seen in Constant.seen]
    assert len(at_each_stage) == 2 * quality.samples
    fine = Constant.seen[quality.samples :]
    assert all(torch.equal(fine[0], other) for other in fine)


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
    made = []

    class Count(Constant):
        def __call__(self, z, t, condition, fraction):
            made.append(len(z))
            assert len(z) <= batch
            return torch.zeros_like(z)

    first, second = frames(height, width)
    cascade.interpolate(Count(batch=batch), first, second, 0.5, quality, noise)
    assert len(made) == cascade.network_calls(quality, (height, width), batch)


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
