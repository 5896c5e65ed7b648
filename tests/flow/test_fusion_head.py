"""What a network that sees warped frames can say; untrained it gives their blend at every depth."""

import math
from dataclasses import replace
from functools import partial

import pytest
import torch

from engine.color import WHITE
from engine.flow import fusion_head
from engine.flow.blend_weights import WARPS
from engine.flow.estimate import flow_ensemble, pair_flow
from engine.flow.fusion_head import ALIGNED, Seen
from engine.flow.intermediate import intermediate_flow
from engine.flow.targets import Warped
from engine.flow.warped import WarpedFrames, warp_frames
from engine.inference.denoiser import NetworkDenoiser
from engine.inference.networks import parameter_count
from engine.paper import cascade
from engine.paper.cascade import Predict
from hifi_ofx.quality import Quality
from tests import networks
from tests.flow.test_intermediate import disc, pan, share, texture
from tests.paper.test_cascade import noise

CONFIG = networks.WARPING
CPU = torch.device("cpu")
SMALL = Quality(samples=1, steps=1, patch=(64, 64), cascade_depth=1)
CERTAIN = 200.0  # a preference beside which no other counts in single precision


def warped_channels(first, second, fraction):
    """Both frames (1, 3, H, W) warped: (1, WARPED, H, W)."""
    flow = intermediate_flow(first, second, share(fraction), pair_flow(first, second))
    return warp_frames(first, second, flow, share(fraction))


def condition_of(first, second, fraction, coarse=None):
    coarse = torch.zeros_like(first) if coarse is None else coarse
    return torch.cat([first, second, coarse, warped_channels(first, second, fraction)], dim=1)


def silence(height, width):
    return torch.zeros(1, fusion_head.SAID, height, width)


def blended(said, condition, fraction, motions=None):
    """The blend of the candidates itself."""
    none = [torch.zeros(1, 2, 2, 2)] * 3
    difference = fusion_head.fused_difference(said, motions or none, condition, share(fraction))
    return difference + Seen.of(condition).warped.blend()


def untrained(config=CONFIG):
    return NetworkDenoiser(networks.untrained(config), CPU, torch.float32)


def spoken(config=CONFIG):
    """A denoiser whose last layer is random: what it says differs from pixel to pixel."""
    made = untrained(config)
    torch.nn.init.normal_(made.network.out.weight, std=0.05)
    return made


def blend_with(flows, first, second, fraction):
    """The blend of both frames (3, H, W), warped by one member's flows."""
    pair = first[None], second[None]
    flow = intermediate_flow(*pair, share(fraction), flows)
    return WarpedFrames.of(warp_frames(*pair, flow, share(fraction))).blend()[0]


def blend_of(first, second, fraction):
    """The blend of both frames (3, H, W), warped by what the search finds."""
    return blend_with(pair_flow(first[None], second[None]), first, second, fraction)


@torch.no_grad()
def made_by(denoiser, first, second, fraction, quality, flows=None, noise=noise, **more):
    """The prediction for two frames (3, H, W), by the flows that the search finds or by others."""
    if flows is None:
        flows = flow_ensemble(first[None], second[None], quality.samples)
    target = Warped(first, second, fraction, flows, CONFIG.difference)
    predict = Predict(partial(denoiser, fraction=fraction), quality, noise, 2)
    return cascade.interpolate(predict, target, first, second, **more)


@pytest.mark.parametrize("fraction", [0.25, 0.5])
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("size", [(64, 96), (61, 47), (1, 1), (5, 150)])
def test_an_untrained_network_gives_the_blend_of_the_warped_frames(size, depth, fraction):
    """But for e^-5 of the frames' blend and of the coarse image, each at most as far as white."""
    first, second = texture(*size), texture(*size, seed=1)
    made = made_by(untrained(), first, second, fraction, replace(SMALL, cascade_depth=depth))
    off = (made.image - blend_of(first, second, fraction)).abs()
    assert off.amax() < WHITE * 2 * math.exp(-5) / 3


def test_an_untrained_network_brings_a_disc_where_it_belongs():
    first, middle, second = disc(0)[0], disc(0.25)[0], disc(1)[0]
    made = made_by(untrained(), first, second, 0.25, replace(SMALL, cascade_depth=2))
    at_disc = (..., slice(36, 60), slice(22, 46))
    assert (made.image - middle)[at_disc].abs().mean() < 0.003
    assert (first - middle)[at_disc].abs().mean() > 0.015


@pytest.mark.parametrize("fraction", [0.25, 0.5])
@pytest.mark.parametrize("number", range(fusion_head.CANDIDATES))
def test_a_candidate_that_is_preferred_is_what_comes_out(number, fraction):
    first, second, coarse = (texture(24, 32, seed)[None] for seed in range(3))
    condition = condition_of(first, second, fraction, coarse)
    said = silence(24, 32)
    said[:, number] = CERTAIN
    pictures = Seen.of(condition).warped.pictures.chunk(WARPS, dim=1)
    expected = [*pictures, first, second, coarse][number]
    torch.testing.assert_close(blended(said, condition, fraction), expected, atol=1e-6, rtol=0)


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
    made = blended(said, condition, 0.25)
    if number % 2 == 0:  # what was 1 to the left and 2 below has come here
        torch.testing.assert_close(made[..., :-2, 1:], picture[..., 2:, :-1], atol=1e-5, rtol=0)
    else:  # and what is here will be 3 to the right and 6 above
        torch.testing.assert_close(made[..., 6:, :-3], picture[..., :-6, 3:], atol=1e-5, rtol=0)


def test_motion_of_a_cost_volume_is_added_by_its_share():
    first, second = texture(24, 32)[None], texture(24, 32, seed=1)[None]
    condition = condition_of(first, second, 0.5)
    said = silence(24, 32)
    said[:, 0] = CERTAIN
    said[:, -2] = 0.5  # of the second of three levels
    motions = [torch.full((1, 2, 3, 4), value) for value in (50.0, 8.0, 50.0)]
    made = blended(said, condition, 0.5, motions)
    expected = condition[:, 9:12]
    torch.testing.assert_close(made[..., 2:, 2:], expected[..., :-2, :-2], atol=1e-5, rtol=0)


def test_without_a_coarse_image_nothing_of_it_comes_out():
    """Zeros at the base are no picture, however much they are preferred."""
    first, second = texture(24, 32)[None] + 0.1, texture(24, 32, seed=1)[None] + 0.1
    base = condition_of(first, second, 0.5)
    said = torch.randn(1, fusion_head.SAID, 24, 32, generator=torch.Generator().manual_seed(3))
    loud = said.clone()
    loud[:, fusion_head.CANDIDATES - 1] = 1e4
    assert torch.equal(blended(loud, base, 0.5), blended(said, base, 0.5))
    assert blended(loud, base, 0.5).amin() > 0.09
    black = condition_of(first, second, 0.5, torch.full_like(first, 1e-3))
    torch.testing.assert_close(blended(loud, black, 0.5), black[:, 6:9], atol=1e-6, rtol=0)


def test_what_a_network_sees_of_the_coarse_image_is_zero_at_the_base():
    first, second = texture(24, 32)[None], texture(24, 32, seed=1)[None]
    z, alpha = torch.zeros(1, 3, 24, 32), torch.zeros(1, 1, 1, 1)
    at = slice(6 + 3 * WARPS + 6, 9 + 3 * WARPS + 6)
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


def test_a_patch_that_is_no_multiple_is_padded_and_cut_back():
    first, second = (image[0] for image in pan(8, -4, 0.5, 37, 53)[::2])
    made = made_by(spoken(), first, second, 0.5, replace(SMALL, cascade_depth=2)).image
    assert made.shape == (3, 37, 53) and made.isfinite().all()
    assert (made - blend_of(first, second, 0.5)).abs().mean() > 1e-3


@pytest.mark.parametrize("direct", [True, False])
def test_more_steps_change_nothing_for_a_direct_network_alone(direct):
    first, second = (image[0] for image in pan(8, -4, 0.5, 64, 80)[::2])
    denoiser = spoken(replace(CONFIG, direct=direct))
    one, three = (
        made_by(denoiser, first, second, 0.5, replace(SMALL, steps=steps)).image for steps in (1, 3)
    )
    assert ((one - three).abs().amax() < 1e-5) == direct


def test_trust_is_how_far_a_network_is_followed():
    """Without trust what it says is what an untrained one says, whatever its weights are."""
    first, second = (image[0] for image in pan(8, -4, 0.5, 64, 80)[::2])
    silent, half, whole, nothing = (
        made_by(denoiser, first, second, 0.5, SMALL).image
        for denoiser in (
            untrained(),
            *(spoken(replace(CONFIG, trust=trust)) for trust in (0.5, 1.0, 0.0)),
        )
    )
    torch.testing.assert_close(nothing, silent, atol=1e-6, rtol=0)
    near, far = ((image - silent).abs().mean() for image in (half, whole))
    assert 0.2 * far < near < 0.8 * far


def test_the_network_is_small_enough_to_ship():
    assert parameter_count(ALIGNED) <= 12_000_000
