"""Stages whose x is a difference from the blend of the warped frames."""

from dataclasses import replace

import pytest
import torch

from engine.flow import targets
from engine.flow.estimate import flow_ensemble, pair_flow
from engine.flow.fusion_head import Seen
from engine.flow.intermediate import intermediate_flow
from engine.flow.targets import Warped, WarpedStage
from engine.flow.warped import WARPED, warp_frames
from engine.paper.cascade import condition_on
from engine.paper.diffusion import alpha_sigma
from engine.paper.patches import Box, patch_boxes, patchify
from hifi_ofx.quality import Quality
from tests.flow.test_fusion_head import CONFIG, SMALL, blend_of, made_by, spoken
from tests.flow.test_intermediate import pan, share, texture

DIFFERENCE = CONFIG.difference


def stage_of(first, second, fraction, coarse=None):
    """The stage of two whole frames (3, H, W), and their intermediate flow."""
    pair = first[None], second[None]
    flow = intermediate_flow(*pair, share(fraction), pair_flow(*pair))
    condition = condition_on(first, second, coarse)
    return WarpedStage(condition, flow, share(fraction), DIFFERENCE), flow


@pytest.mark.parametrize("fraction", [0.25, 0.5])
def test_x_of_an_image_is_the_inverse_of_the_image_of_x(fraction):
    first, second = (image[0] for image in pan(8, -4, fraction, 70, 101)[::2])
    stage, _ = stage_of(first, second, fraction)
    image, x = texture(70, 101, seed=3), torch.randn(3, 70, 101)
    assert (stage.x(image) * DIFFERENCE - image).abs().mean() > 0.01
    torch.testing.assert_close(stage.image(stage.x(image)), image, atol=1e-6, rtol=0)
    torch.testing.assert_close(stage.x(stage.image(x.clone())), x, atol=1e-4, rtol=0)


def test_an_x_of_zero_is_the_blend_wherever_the_stage_was_seen():
    first, second = (image[0] for image in pan(8, -4, 0.25, 70, 101)[::2])
    stage, _ = stage_of(first, second, 0.25)
    stage.seen(patch_boxes((70, 101), (32, 48), 0.25))
    image = stage.image(torch.zeros(3, 70, 101))
    torch.testing.assert_close(image, blend_of(first, second, 0.25), atol=2e-5, rtol=0)


def test_what_is_seen_are_crops_of_the_condition_and_of_the_warped_frames():
    first, second = (image[0] for image in pan(8, -4, 0.25, 70, 101)[::2])
    coarse = texture(35, 51)
    stage, flow = stage_of(first, second, 0.25, coarse)
    boxes = patch_boxes((70, 101), (32, 48), 0.25)
    warped = warp_frames(first[None], second[None], flow, share(0.25))[0]
    expected = patchify([*condition_on(first, second, coarse), warped], boxes)
    torch.testing.assert_close(stage.seen(boxes), expected, atol=2e-5, rtol=1e-4)
    assert expected.shape[1] == CONFIG.condition_channels == 9 + WARPED


def test_the_blend_is_made_in_strips_as_it_is_whole():
    size = (2 * targets._STRIP + 9, 40)
    first, second = texture(*size), texture(*size, seed=1)
    stage, _ = stage_of(first, second, 0.25)
    torch.testing.assert_close(stage.blend(), blend_of(first, second, 0.25), atol=2e-5, rtol=0)


def test_a_coarser_stage_is_given_the_flow_at_its_size():
    """Half of the size, half of the motion: the same picture, but for what resizing blurs."""
    first, middle, second = (image[0] for image in pan(16, -8, 0.5, 96, 128))
    target = Warped(first, second, 0.5, flow_ensemble(first[None], second[None], 1), DIFFERENCE)
    small, truth, other = (
        torch.nn.functional.avg_pool2d(image, 2) for image in (first, middle, second)
    )
    seen = target.stage(condition_on(small, other, None), 0).seen([Box(0, 0, 48, 64)])
    motion = Seen.of(seen).warped.motion[0, :2, 12:-12, 12:-12]
    assert motion.flatten(1).median(dim=1).values.tolist() == pytest.approx([8, -4], abs=0.1)
    off = (Seen.of(seen).warped.blend()[0] - truth)[:, 12:-12, 12:-12].abs().mean()
    assert off < 0.3 * (small - truth)[:, 12:-12, 12:-12].abs().mean()


def pointwise(z, t, seen, fraction):
    """A denoiser whose x is a function of each pixel: warped pictures, motion and coarse."""
    known = Seen.of(seen)
    pictures = known.warped.pictures.chunk(6, dim=1)
    x = pictures[0] - pictures[3] + 0.02 * known.warped.motion[:, :3] + 0.1 * known.coarse
    alpha, sigma = alpha_sigma(t)
    return (alpha * z - x) / sigma


@pytest.mark.parametrize("merge", ["step", "stage"])
@pytest.mark.parametrize("edges", ["uniform", "feathered"])
def test_patches_leave_a_pointwise_prediction_alone(merge, edges):
    first, second = (image[0] for image in pan(8, -4, 0.25, 70, 101)[::2])
    quality = Quality(samples=1, steps=2, patch=(32, 48), cascade_depth=2, merge=merge, edges=edges)
    tiled = made_by(pointwise, first, second, 0.25, quality).image
    whole = made_by(pointwise, first, second, 0.25, replace(quality, patch=(128, 128))).image
    torch.testing.assert_close(tiled, whole, atol=1e-4, rtol=0)
    assert (tiled - blend_of(first, second, 0.25)).abs().mean() > 0.005


@pytest.mark.parametrize("average", ["stage", "end"])
def test_flows_that_are_known_give_what_flows_that_are_found_do(average):
    first, second = (image[0] for image in pan(8, -4, 0.5, 64, 80)[::2])
    quality = replace(SMALL, cascade_depth=2, samples=2, average=average)
    known = flow_ensemble(first[None], second[None], 2)
    one = made_by(spoken(), first, second, 0.5, quality, known).image
    assert torch.equal(one, made_by(spoken(), first, second, 0.5, quality).image)
