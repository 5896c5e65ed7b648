"""Rendered samples: exact at every time, reproducible, and in the model's range."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor

from engine.color import to_model
from engine.training.procedural.movement import (
    ANGLE,
    SIZE,
    TILT_X,
    Motion,
    Ripple,
    picked,
)
from engine.training.procedural.painting import paint_fences, paint_masks, paint_textures
from engine.training.procedural.palette import Palette
from engine.training.procedural.rendering import Scene, expose, render
from engine.training.procedural.samples import render_samples, shaped
from engine.training.procedural.scenery import REPEATED, WHIP, random_scene

SIZE_PX = 64
TEXTURE = 128


@pytest.fixture(scope="module")
def palette() -> Palette:
    generator = Generator().manual_seed(3)
    fences, periods = paint_fences(6, TEXTURE, generator)
    masks = paint_masks(22, TEXTURE, generator)
    repeats = torch.cat([torch.zeros(22), periods])
    return Palette(paint_textures(24, TEXTURE, generator), torch.cat([masks, fences]), repeats)


def flat(textures: Tensor, mask: Tensor) -> Palette:
    return Palette(textures.half(), mask.mul(255).round().byte()[:, None])


def scene_of(palette: Palette, layers: Motion, camera: Motion | None = None) -> Scene:
    """Texture n with mask n on layer n of one scene."""
    count = layers.pose.shape[1]
    numbers = torch.arange(count)[None]
    ones = torch.ones(1, count)
    return Scene(
        palette,
        numbers,
        numbers,
        ones[..., None].expand(-1, -1, 3),
        ones,
        layers,
        Ripple.none(1, count),
        camera or Motion.still(1),
    )


def disc_scene(layers: Motion, camera: Motion | None = None, radius: float = 6.0) -> Scene:
    """A white disc over black, its center in the center of its texture."""
    line = torch.arange(TEXTURE) - (TEXTURE - 1) / 2
    mask = (radius + 0.5 - torch.hypot(line[:, None], line[None])).clamp(0, 1)
    textures = torch.stack([torch.zeros(3, TEXTURE, TEXTURE), torch.ones(3, TEXTURE, TEXTURE)])
    return scene_of(flat(textures, mask.expand(2, -1, -1)), layers, camera)


def at(*times: float) -> Tensor:
    return torch.tensor([times])


def centroid(image: Tensor) -> tuple[float, float]:
    """x and y from the center of an image (3, H, W), weighted by its light."""
    weight = image[0] / image[0].sum()
    line = torch.arange(image.shape[-1]) - (image.shape[-1] - 1) / 2
    return float((weight * line).sum()), float((weight * line[:, None]).sum())


@pytest.mark.parametrize("fraction", [0.0, 0.2, 0.5, 0.81, 1.0])
def test_a_disc_is_where_its_motion_says(fraction: float) -> None:
    layers = Motion.still(1, 2)
    layers.pose[0, 1, :2] = torch.tensor([3.0, -5.0])
    layers.change[0, 1, :2] = torch.tensor([20.0, 9.0])
    image = render(disc_scene(layers), at(fraction), SIZE_PX)[0, 0]
    expected = 3 + 20 * (fraction - 0.5), -5 + 9 * (fraction - 0.5)
    assert centroid(image) == pytest.approx(expected, abs=0.05)


def test_an_accelerating_disc_starts_at_rest() -> None:
    """x(t) = 24 t^2 - 12: the ends are those of the straight path, the start has no speed."""
    layers = Motion.still(1, 2)
    layers.change[0, 1, 0] = 24
    layers.bend[:] = 1
    frames = render(disc_scene(layers), at(0.0, 0.1, 0.5, 1.0), SIZE_PX)[0]
    places = [centroid(frame)[0] for frame in frames]
    assert places == pytest.approx([-12, -12 + 0.24, -12 + 6, 12], abs=0.05)


def test_the_camera_moves_turns_and_zooms_every_layer() -> None:
    layers, camera = Motion.still(1, 2), Motion.still(1)
    layers.pose[0, 1, 0] = 10
    camera.change[0, 1] = 8
    camera.change[0, ANGLE] = math.pi / 2
    camera.change[0, SIZE] = math.log(1.5)
    image = render(disc_scene(layers, camera), at(1.0), SIZE_PX)[0, 0]
    radius = 10 * math.sqrt(1.5)  # half of the zoom and of the turn have happened since time 1/2
    turned = radius * math.cos(math.pi / 4), radius * math.sin(math.pi / 4) + 4
    assert centroid(image) == pytest.approx(turned, abs=0.1)
    assert float(image[0].sum()) == pytest.approx(math.pi * 36 * 1.5, rel=0.03)


def test_perspective_divides_by_depth() -> None:
    """A point q of a tilted layer is seen at q / (1 + tilt . q)."""
    layers = Motion.still(1, 2)
    layers.pose[0, 1, TILT_X] = 0.01
    frame_to_layer = layers.inverse(torch.tensor([[[0.3], [0.3]]]))[0, 1, 0]
    seen = torch.tensor([20 / 1.2, -12 / 1.2, 1.0])
    found = frame_to_layer @ seen
    torch.testing.assert_close(found[:2] / found[2], torch.tensor([20.0, -12.0]))


def test_a_shaking_camera_swings() -> None:
    camera = Motion.still(1)
    camera.shake[0] = torch.tensor([5.0, -3.0])
    camera.rhythm[0] = torch.tensor([1.0, 0.0])
    image = render(disc_scene(Motion.still(1, 2), camera), at(0.75), SIZE_PX)[0, 0]
    assert centroid(image) == pytest.approx((5, -3), abs=0.05)


def test_a_ripple_grows_from_the_middle_and_bends_the_layer() -> None:
    scene = disc_scene(Motion.still(1, 2), radius=3.0)
    ripple = Ripple.none(1, 2)
    ripple.amplitude[0, 1, 0] = torch.tensor([0.0, 40.0])
    ripple.phase[0, 1] = math.pi / 2
    scene = replace(scene, ripples=ripple)  # looked up 40 * (time - 1/2) pixels down
    heights = [centroid(frame)[1] for frame in render(scene, at(0.0, 0.5, 1.0), SIZE_PX)[0]]
    assert heights == pytest.approx([20, 0, -20], abs=0.05)


def test_whole_pixels_of_translation_shift_pixels_exactly(palette: Palette) -> None:
    layers, camera = Motion.still(1, 3), Motion.still(1)
    camera.change[0, :2] = torch.tensor([14.0, -6.0])
    scene = scene_of(palette, layers, camera)
    first, middle, second = render(scene, at(0.0, 0.5, 1.0), SIZE_PX)[0]
    assert torch.equal(second[:, :-6, 14:], first[:, 6:, :-14])
    assert torch.equal(middle[:, :-3, 7:], first[:, 3:, :-7])
    assert first.std() > 0.05


def test_nothing_moving_gives_one_frame_thrice(palette: Palette) -> None:
    scene = random_scene(palette, 6, SIZE_PX, 20.0, Generator().manual_seed(1))
    scene.layers.change.zero_()
    scene.camera.change.zero_()
    scene.camera.shake.zero_()
    scene.ripples.amplitude.zero_()
    frames = render(scene, torch.tensor([[0.0, 0.37, 1.0]]).expand(6, -1), SIZE_PX)
    assert torch.equal(frames[:, 0], frames[:, 1]) and torch.equal(frames[:, 0], frames[:, 2])


def test_an_in_between_is_the_scene_at_its_time(palette: Palette) -> None:
    scene = random_scene(palette, 3, SIZE_PX, 40.0, Generator().manual_seed(1))
    together = render(scene, torch.tensor([[0.0, 0.37, 1.0]]).expand(3, -1), SIZE_PX)
    for number, time in enumerate((0.0, 0.37, 1.0)):
        for one in range(3):
            alone = render(picked(scene, slice(one, one + 1)), at(time), SIZE_PX)
            torch.testing.assert_close(together[one, number], alone[0, 0])


def test_reversed_motion_swaps_the_frames(palette: Palette) -> None:
    scene = random_scene(palette, 4, SIZE_PX, 30.0, Generator().manual_seed(9))

    def backwards(motion: Motion) -> Motion:
        rhythm = motion.rhythm * torch.tensor([-1.0, 1.0])
        return replace(motion, change=-motion.change, bend=-motion.bend, rhythm=rhythm)

    ripples = replace(scene.ripples, amplitude=-scene.ripples.amplitude)
    turned = replace(
        scene, layers=backwards(scene.layers), camera=backwards(scene.camera), ripples=ripples
    )
    times = torch.tensor([[0.0, 0.25, 1.0]]).expand(4, -1)
    forth, back = render(scene, times, SIZE_PX), render(turned, 1 - times, SIZE_PX)
    torch.testing.assert_close(forth, back, atol=2e-3, rtol=1e-3)


def test_tiles_leave_nothing_out(palette: Palette) -> None:
    """Layers on top of another, one by one over the whole frame, with plain masks."""
    scene = random_scene(palette, 4, SIZE_PX, 30.0, Generator().manual_seed(11))
    times = torch.full((4, 1), 0.8)
    expected = torch.zeros(4, 3, SIZE_PX, SIZE_PX)
    line = torch.arange(SIZE_PX) - (SIZE_PX - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], dim=-1).view(-1, 3)
    for one in range(4):
        for layer in range(scene.masks.shape[1]):
            mask, motion = scene.masks[one, layer], picked(scene.layers, (one, layer))
            if layer and mask < 0:
                continue
            camera = picked(scene.camera, one).inverse(times[0])[0]
            u, v, w = ((motion.inverse(times[0])[0] @ camera) @ points.T)[:, None]
            u, v = u / w.clamp(min=0.1), v / w.clamp(min=0.1)
            ripple = picked(scene.ripples, ([one], layer))
            u, v = ripple.shift(u, v, motion.path(times[0])[None])
            light = palette.light(scene.textures[one, layer, None], u, v, layer == 0)[0]
            light = light * scene.gains[one, layer, :, None]
            alpha = palette.coverage(mask[None], u, v) * scene.opacity[one, layer]
            alpha = alpha if layer else torch.ones_like(alpha)
            picture = torch.lerp(expected[one].flatten(1), light, alpha)
            expected[one] = picture.view(3, SIZE_PX, SIZE_PX)
    torch.testing.assert_close(render(scene, times, SIZE_PX)[:, 0], expected, atol=2e-3, rtol=2e-3)


def test_an_open_shutter_averages_light_not_display_values() -> None:
    """A step from 0 to 4 sweeping 16 pixels, one by one, leaves a linear ramp of light."""
    textures = torch.zeros(1, 3, TEXTURE, TEXTURE)
    textures[..., TEXTURE // 2 :] = 4
    layers = Motion.still(1, 1)
    layers.pose[0, 0, 0] = 0.5
    layers.change[0, 0, 0] = 32
    scene = scene_of(flat(textures, torch.ones(1, TEXTURE, TEXTURE)), layers)
    row = expose(scene, at(0.5), SIZE_PX, torch.tensor([0.5]), 16)[0, 0, 0, 7]
    place = torch.arange(SIZE_PX) - (SIZE_PX - 1) / 2
    torch.testing.assert_close(row, 4 * ((place + 7.5) / 16).clamp(0, 1))
    seen = shaped(row)[(row == 1.0).nonzero()[0, 0]]  # not the mean of what 0 and 4 look like
    assert float(seen) == pytest.approx(0.5, abs=1e-3)


def test_a_shutter_that_is_hardly_open_blurs_nothing(palette: Palette) -> None:
    scene = random_scene(palette, 2, SIZE_PX, 20.0, Generator().manual_seed(4))
    times = torch.tensor([[0.0, 0.5, 1.0]]).expand(2, -1)
    opened = expose(scene, times, SIZE_PX, torch.zeros(2), 3)
    torch.testing.assert_close(opened, render(scene, times, SIZE_PX))


def test_samples_are_in_the_models_range_and_move(palette: Palette) -> None:
    samples = render_samples(palette, 24, SIZE_PX, 20.0, Generator().manual_seed(2))
    for image in (samples.first, samples.second, samples.middle):
        assert image.shape == (24, 3, SIZE_PX, SIZE_PX)
        assert image.isfinite().all()
        assert image.min() >= -0.1 and image.max() <= 1
    assert ((samples.fraction > 0) & (samples.fraction < 1)).all()
    assert (samples.first - samples.second).abs().mean() > 0.01
    assert (samples.middle > 0.52).any()  # light above white
    assert (samples.middle.amax(dim=(1, 2, 3)) > 0.1).all()  # none is black


@pytest.mark.parametrize("largest", [4.0, 0.75 * SIZE_PX])
def test_motion_goes_from_less_than_a_pixel_to_the_largest(
    palette: Palette, largest: float
) -> None:
    scene = random_scene(palette, 400, SIZE_PX, largest, Generator().manual_seed(6))
    moved = scene.layers.change[..., :2].norm(dim=-1)
    swept = scene.camera.change[:, :2].norm(dim=-1)
    for lengths in (moved, swept):
        assert lengths.max() <= largest * 1.001
        assert lengths.max() > 0.9 * largest
        assert 0.02 < (lengths == 0).float().mean() < 0.6
        assert ((lengths > 0) & (lengths < 1)).float().mean() > 0.1
    assert (swept > 0.3 * largest).float().mean() > WHIP


def test_repeated_scenes_move_by_about_a_period(palette: Palette) -> None:
    """0.4 to 2.5 periods, the fence by itself or the camera with fence and background."""
    scene = random_scene(palette, 600, SIZE_PX, 200.0, Generator().manual_seed(8))
    period = palette.periods[scene.masks[:, 1].clamp(min=0)] * (scene.masks[:, 1] >= 0)
    fenced = period > 0
    together = (scene.layers.change[:, :2, :2] == 0).all(-1).all(-1) & fenced
    swept, alone = scene.camera.change[:, :2], scene.layers.change[:, 1, :2]
    length = torch.where(together[:, None], swept, alone).norm(dim=-1)
    magnified = torch.exp(scene.layers.pose[:, 1, SIZE])
    periods = (length / (period * magnified))[fenced]
    assert len(periods) > 0.8 * REPEATED * 600
    within = (periods > 0.39) & (periods < 2.51)
    assert float(within.float().mean()) > 0.6  # the others are fences in scenes of any kind
    assert 0.3 < float(together.sum()) / (REPEATED * 600) < 0.8


def test_scenes_have_two_to_eight_layers(palette: Palette) -> None:
    scene = random_scene(palette, 400, SIZE_PX, 8.0, Generator().manual_seed(8))
    counts = 1 + (scene.masks[:, 1:] >= 0).sum(1)
    assert counts.min() == 2 and counts.max() == 8


def test_grain_is_on_first_and_second_alone() -> None:
    """Over flat gray: the in-between is flat, the others are noisy, each in its own way."""
    gray = flat(torch.full((1, 3, TEXTURE, TEXTURE), 0.2), torch.ones(1, TEXTURE, TEXTURE))
    samples = render_samples(gray, 64, 32, 4.0, Generator().manual_seed(0))
    noise = samples.first.std(dim=(2, 3)).mean(1)
    grainy = (noise > 1e-3) & (samples.middle.std(dim=(2, 3)).mean(1) < 1e-4)
    assert 2 <= int(grainy.sum()) <= 20
    one, two = samples.first[grainy, 0].flatten(1), samples.second[grainy, 0].flatten(1)
    for first, second in zip(one, two, strict=True):
        assert abs(float(torch.corrcoef(torch.stack([first, second]))[0, 1])) < 0.1


def test_half_of_the_fractions_are_exactly_the_middle(palette: Palette) -> None:
    generator = Generator().manual_seed(5)
    fractions = render_samples(palette, 300, 8, 4.0, generator).fraction
    assert 0.42 < float((fractions == 0.5).float().mean()) < 0.58


def test_the_same_seed_gives_the_same_samples(palette: Palette) -> None:
    first, again, other = (
        render_samples(palette, 4, 32, 8.0, Generator().manual_seed(seed)) for seed in (7, 7, 8)
    )
    for name in ("first", "middle", "second", "fraction"):
        assert torch.equal(getattr(first, name), getattr(again, name))
    assert not torch.equal(first.middle, other.middle)


def test_light_follows_the_models_color_curve() -> None:
    light = torch.cat([torch.linspace(0, 1, 500), torch.logspace(0, 4, 100), torch.tensor([1e9])])
    torch.testing.assert_close(shaped(light), to_model(light), atol=2e-4, rtol=0)


def test_sizes_that_are_no_multiple_of_a_tile(palette: Palette) -> None:
    scene = random_scene(palette, 2, 64, 8.0, Generator().manual_seed(1))
    times = torch.full((2, 1), 0.5)
    whole, part = render(scene, times, 64), render(scene, times, 50)
    torch.testing.assert_close(part, whole[..., 7:57, 7:57], atol=2e-3, rtol=1e-3)
