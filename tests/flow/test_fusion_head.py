"""What an aligned network can say; that silence is the mix of the warped frames at every depth."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import pytest
import torch

from engine.color import WHITE
from engine.flow import fusion_head, intermediate, targets
from engine.inference.denoiser import NetworkDenoiser
from engine.inference.interpolator import Interpolator, Task
from engine.paper import cascade, diffusion
from engine.paper.patches import patch_boxes, patchify
from engine.paper.unet import CONFIGS, NetworkConfig, UNet, parameter_count
from hifi_ofx.quality import Quality
from tests.flow.test_intermediate import disc, pan, share, texture
from tests.paper.test_cascade import noise

CONFIG = NetworkConfig(
    widths=(8, 8, 8, 40),  # not 8: a group of one value has no variance at 1x1
    blocks=(1, 1, 1, 1),
    time_width=16,
    head_width=8,
    difference=0.1,
    align="flow",
)
CPU = torch.device("cpu")
SMALL = Quality(steps=1, patch=(64, 64), cascade_depth=1)
CERTAIN = 200.0  # a preference beside which no other counts in single precision


def seen(first, second, fraction):
    found = intermediate.guide(first, second, share(fraction), intermediate.flows(first, second))
    return intermediate.aligned(first, second, found, share(fraction))


def condition_of(first, second, fraction, coarse=None):
    coarse = torch.zeros_like(first) if coarse is None else coarse
    return torch.cat([first, second, coarse, seen(first, second, fraction)], dim=1)


def silence(height, width):
    return torch.zeros(1, fusion_head.CHANNELS, height, width)


def mixed(said, condition, fraction, matched=None):
    """The mix of the candidates itself."""
    nothing = [torch.zeros(1, 2, 2, 2)] * 3
    made = fusion_head.fused_difference(said, matched or nothing, condition, share(fraction))
    return made + intermediate.mix_of_warps(condition[:, 9:])


def untrained(config=CONFIG):
    torch.manual_seed(0)
    return NetworkDenoiser(UNet(config).eval(), CPU, torch.float32)


def spoken():
    """A denoiser whose last layer is random: what it says differs from pixel to pixel."""
    made = untrained()
    torch.nn.init.normal_(made.network.out.weight, std=0.05)
    return made


def mean_of(first, second, fraction):
    return intermediate.mix_of_warps(seen(first[None], second[None], fraction))[0]


@torch.no_grad()
def made_by(denoiser, first, second, fraction, quality, **more):
    return cascade.interpolate(denoiser, first, second, fraction, quality, noise, **more).image


@pytest.mark.parametrize("fraction", [0.25, 0.5])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("size", [(64, 96), (61, 47), (1, 1), (5, 150)])
def test_an_untrained_network_gives_the_mix_of_the_warped_frames(size, depth, fraction):
    """But for e^-5 of the frames' blend and of the coarse image, each at most as far as white."""
    first, second = texture(*size), texture(*size, seed=1)
    made = made_by(untrained(), first, second, fraction, replace(SMALL, cascade_depth=depth))
    off = (made - mean_of(first, second, fraction)).abs()
    assert off.amax() < WHITE * 2 * math.exp(-5) / 3


def test_an_untrained_network_brings_a_disc_where_it_belongs():
    first, middle, second = disc(0)[0], disc(0.25)[0], disc(1)[0]
    made = made_by(untrained(), first, second, 0.25, replace(SMALL, cascade_depth=2))
    at_disc = (..., slice(36, 60), slice(22, 46))
    assert (made - middle)[at_disc].abs().mean() < 0.003
    assert (first - middle)[at_disc].abs().mean() > 0.015


@pytest.mark.parametrize("fraction", [0.25, 0.5])
@pytest.mark.parametrize("number", range(fusion_head.CANDIDATES))
def test_a_candidate_that_is_preferred_is_what_comes_out(number, fraction):
    first, second, coarse = (texture(24, 32, seed)[None] for seed in range(3))
    condition = condition_of(first, second, fraction, coarse)
    said = silence(24, 32)
    said[:, number] = CERTAIN
    pictures = condition[:, 9 : 9 + 3 * intermediate.WARPS].chunk(intermediate.WARPS, dim=1)
    expected = [*pictures, first, second, coarse][number]
    torch.testing.assert_close(mixed(said, condition, fraction), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("number", range(4))
def test_a_correction_moves_its_pair_of_pictures_by_its_share(number):
    """4 pixels an output of 1: at 1/4 of the way the first frame's go by 1, the second's by 3."""
    first, second = texture(24, 32)[None], texture(24, 32, seed=1)[None]
    condition = condition_of(first, second, 0.25)
    said = silence(24, 32)
    said[:, number] = CERTAIN
    correction = fusion_head.CANDIDATES + (0 if number < 2 else 2)
    said[:, correction], said[:, correction + 1] = 1.0, -2.0  # 4 to the right, 8 up
    picture = condition[:, 9 + 3 * number : 12 + 3 * number]
    made = mixed(said, condition, 0.25)
    if number % 2 == 0:  # what was 1 to the left and 2 below has come here
        torch.testing.assert_close(made[..., :-2, 1:], picture[..., 2:, :-1], atol=1e-5, rtol=0)
    else:  # and what is here will be 3 to the right and 6 above
        torch.testing.assert_close(made[..., 6:, :-3], picture[..., :-6, 3:], atol=1e-5, rtol=0)


def test_motion_that_was_matched_is_added_by_its_share():
    first, second = texture(24, 32)[None], texture(24, 32, seed=1)[None]
    condition = condition_of(first, second, 0.5)
    said = silence(24, 32)
    said[:, 0] = CERTAIN
    said[:, -2] = 0.5  # of the second of three levels
    matched = [torch.full((1, 2, 3, 4), value) for value in (50.0, 8.0, 50.0)]
    made = mixed(said, condition, 0.5, matched)
    expected = condition[:, 9:12]
    torch.testing.assert_close(made[..., 2:, 2:], expected[..., :-2, :-2], atol=1e-5, rtol=0)


def test_without_a_coarse_image_nothing_of_it_comes_out():
    """Zeros at the base are no picture, however much they are preferred."""
    first, second = texture(24, 32)[None] + 0.1, texture(24, 32, seed=1)[None] + 0.1
    base = condition_of(first, second, 0.5)
    said = torch.randn(1, fusion_head.CHANNELS, 24, 32, generator=torch.Generator().manual_seed(3))
    loud = said.clone()
    loud[:, fusion_head.CANDIDATES - 1] = 1e4
    assert torch.equal(mixed(loud, base, 0.5), mixed(said, base, 0.5))
    assert mixed(loud, base, 0.5).amin() > 0.09
    black = condition_of(first, second, 0.5, torch.full_like(first, 1e-3))
    torch.testing.assert_close(mixed(loud, black, 0.5), black[:, 6:9], atol=1e-6, rtol=0)


def test_what_a_network_sees_of_the_coarse_image_is_zero_at_the_base():
    first, second = texture(24, 32)[None], texture(24, 32, seed=1)[None]
    z, alpha = torch.zeros(1, 3, 24, 32), torch.zeros(1, 1, 1, 1)
    at = slice(6 + 3 * intermediate.WARPS + 6, 9 + 3 * intermediate.WARPS + 6)
    base, above = (
        fusion_head.seen(z, alpha, share(0.5), condition_of(first, second, 0.5, coarse), 0.1)
        for coarse in (None, texture(24, 32, seed=2)[None])
    )
    assert base.shape == (1, fusion_head.SEEN, 24, 32)
    assert not base[:, at].any() and above[:, at].abs().mean() > 0.1
    elsewhere = [
        channel for channel in range(fusion_head.SEEN) if not at.start <= channel < at.stop
    ]
    assert torch.equal(base[:, elsewhere], above[:, elsewhere])


@dataclass
class Pointwise:
    """A denoiser whose x is a function of each pixel's condition: warped pictures and motion."""

    difference: float = 0.1
    motion: bool = False
    align: str = "flow"
    batch: int = 2

    def __call__(self, z, t, condition, fraction):
        assert condition.shape[1] == 9 + intermediate.ALIGNED
        x = condition[:, 9:12] - condition[:, 18:21] + 0.02 * condition[:, 27:30]
        alpha, sigma = diffusion.alpha_sigma(t)
        return (alpha * z - x - 0.1 * condition[:, 6:9]) / sigma


@pytest.mark.parametrize("merge", ["step", "stage"])
@pytest.mark.parametrize("edges", ["uniform", "feathered"])
def test_patches_leave_a_pointwise_prediction_alone(merge, edges):
    first, second = (image[0] for image in pan(8, -4, 0.25, 70, 101)[::2])
    quality = Quality(steps=2, patch=(32, 48), cascade_depth=2, merge=merge, edges=edges)
    tiled = made_by(Pointwise(), first, second, 0.25, quality)
    whole = made_by(Pointwise(), first, second, 0.25, replace(quality, patch=(128, 128)))
    torch.testing.assert_close(tiled, whole, atol=1e-4, rtol=0)
    assert (tiled - mean_of(first, second, 0.25)).abs().mean() > 0.005


def test_cut_patches_are_crops_of_the_condition_and_of_what_is_aligned():
    first, _, second = pan(8, -4, 0.25, 70, 101)
    found = intermediate.guide(first, second, share(0.25), intermediate.flows(first, second))
    condition = cascade.condition_on(first[0], second[0], texture(35, 51))
    boxes = patch_boxes((70, 101), (32, 48), 0.25)
    cut = cascade.AlignedCut(condition, targets.Guided(found, share(0.25)))(boxes)
    beside = intermediate.aligned(first, second, found, share(0.25))[0]
    expected = patchify([*condition, beside], boxes)
    torch.testing.assert_close(cut, expected, atol=2e-5, rtol=1e-4)


def test_the_start_of_a_stage_is_made_in_strips_as_it_is_whole():
    size = (2 * cascade._STRIP + 9, 40)
    first, second = texture(*size), texture(*size, seed=1)
    found = intermediate.guide(
        first[None], second[None], share(0.25), intermediate.flows(first[None], second[None])
    )
    condition = cascade.condition_on(first, second, None)
    here = targets.Guided(found, share(0.25))
    made = cascade.start(Pointwise(), condition, here, 0.25, is_base=True)
    torch.testing.assert_close(made, mean_of(first, second, 0.25), atol=2e-5, rtol=0)


@pytest.mark.parametrize("average", ["stage", "end"])
def test_flows_that_are_known_give_what_flows_that_are_found_do(average):
    first, second = (image[0] for image in pan(8, -4, 0.5, 64, 80)[::2])
    quality = replace(SMALL, cascade_depth=2, samples=2, average=average)
    known = intermediate.looks(first[None], second[None], 2)
    one = made_by(spoken(), first, second, 0.5, quality, flows=known)
    assert torch.equal(one, made_by(spoken(), first, second, 0.5, quality))


def test_motion_is_found_once_a_pair_and_again_for_another(monkeypatch):
    calls = []

    def counted(*arguments):
        calls.append(1)
        return intermediate.looks(*arguments)

    monkeypatch.setattr("engine.inference.interpolator.looks", counted)
    between = Interpolator(spoken()).between
    first, second = (image[0] for image in pan(8, -4, 0.5, 64, 80)[::2])
    task = Task(SMALL, "1")
    made = between(first, second, Fraction(1, 4), task).image
    between(first, second, Fraction(1, 2), task)
    assert torch.equal(between(first.clone(), second, Fraction(1, 4), task).image, made)
    assert len(calls) == 1
    between(second, first, Fraction(1, 2), task)
    assert len(calls) == 2


def test_a_pair_of_another_shape_with_the_same_bytes_is_another_pair():
    interpolator = Interpolator(untrained())
    for size in ((32, 48), (48, 32)):
        dark = torch.zeros(3, *size)
        interpolator.between(dark, dark, Fraction(1, 2), Task(SMALL, "1"))
        assert interpolator._flows[1][0].shape[-2:] == (size[0] // 2, size[1] // 2)


def test_a_patch_that_is_no_multiple_is_padded_and_cut_back():
    first, second = (image[0] for image in pan(8, -4, 0.5, 37, 53)[::2])
    made = made_by(spoken(), first, second, 0.5, replace(SMALL, cascade_depth=2))
    assert made.shape == (3, 37, 53) and made.isfinite().all()
    assert (made - mean_of(first, second, 0.5)).abs().mean() > 1e-3


def test_the_network_is_small_enough_to_ship():
    assert parameter_count(CONFIGS["aligned"]) <= 12_000_000
