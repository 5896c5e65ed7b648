"""Rendered samples: exact at every time, reproducible, and in the model's range."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Generator, Tensor

from engine.color import WHITE, to_model
from engine.training.painting import paint_masks, paint_textures
from engine.training.procedural import (
    Motion,
    Palette,
    Scene,
    random_scene,
    render,
    render_samples,
    to_model_range,
)

SIZE = 64
TEXTURE = 128


@pytest.fixture(scope="module")
def palette() -> Palette:
    generator = Generator().manual_seed(3)
    return Palette(paint_textures(10, TEXTURE, generator), paint_masks(16, TEXTURE, generator))


def still(*shape: int) -> Motion:
    return Motion(
        position=torch.zeros(*shape, 2),
        velocity=torch.zeros(*shape, 2),
        angle=torch.zeros(shape),
        spin=torch.zeros(shape),
        size=torch.zeros(shape),
        zoom=torch.zeros(shape),
    )


def disc_scene(layers: Motion, camera: Motion, radius: float = 6.0) -> Scene:
    """A white disc over black, its center in the center of its texture."""
    line = torch.arange(TEXTURE) - (TEXTURE - 1) / 2
    mask = (radius + 0.5 - torch.hypot(line[:, None], line[None])).clamp(0, 1)
    textures = torch.zeros(1, 2, 3, TEXTURE, TEXTURE)
    textures[:, 1] = 1
    return Scene(textures, mask.expand(1, 2, 1, -1, -1), layers, camera)


def centroid(image: Tensor) -> tuple[float, float]:
    """x and y from the center of an image (3, H, W), weighted by its light."""
    weight = image[0] / image[0].sum()
    line = torch.arange(image.shape[-1]) - (image.shape[-1] - 1) / 2
    return float((weight * line).sum()), float((weight * line[:, None]).sum())


@pytest.mark.parametrize("fraction", [0.0, 0.2, 0.5, 0.81, 1.0])
def test_a_disc_is_where_its_motion_says(fraction: float) -> None:
    layers = still(1, 2)
    layers.position[0, 1] = torch.tensor([3.0, -5.0])
    layers.velocity[0, 1] = torch.tensor([20.0, 9.0])
    image = render(disc_scene(layers, still(1)), torch.tensor([[fraction]]), SIZE)[0, 0]
    expected = 3 + 20 * (fraction - 0.5), -5 + 9 * (fraction - 0.5)
    assert centroid(image) == pytest.approx(expected, abs=0.05)


def test_the_camera_moves_turns_and_zooms_every_layer() -> None:
    layers, camera = still(1, 2), still(1)
    layers.position[0, 1] = torch.tensor([10.0, 0.0])
    camera.velocity[0] = torch.tensor([0.0, 8.0])
    camera.spin[0] = math.pi / 2
    camera.zoom[0] = math.log(1.5)
    image = render(disc_scene(layers, camera), torch.tensor([[1.0]]), SIZE)[0, 0]
    reach = 10 * math.sqrt(1.5)  # half of the zoom and of the turn have happened since time 1/2
    turned = reach * math.cos(math.pi / 4), reach * math.sin(math.pi / 4) + 4
    assert centroid(image) == pytest.approx(turned, abs=0.1)
    assert float(image[0].sum()) == pytest.approx(math.pi * 36 * 1.5, rel=0.03)


def test_first_and_second_are_the_scene_at_0_and_1(palette: Palette) -> None:
    scene = random_scene(palette, 3, SIZE, 20.0, Generator().manual_seed(1))
    together = render(scene, torch.tensor([[0.0, 0.37, 1.0]]).expand(3, -1), SIZE)
    for number, time in enumerate((0.0, 0.37, 1.0)):
        alone = render(scene, torch.full((3, 1), time), SIZE)[:, 0]
        torch.testing.assert_close(together[:, number], alone)


def test_samples_are_in_the_models_range_and_move(palette: Palette) -> None:
    samples = render_samples(palette, 8, SIZE, 20.0, Generator().manual_seed(2))
    for image in (samples.first, samples.second, samples.middle):
        assert image.shape == (8, 3, SIZE, SIZE)
        assert image.isfinite().all()
        assert image.min() >= -0.1 and image.max() <= 1
    assert ((samples.fraction > 0) & (samples.fraction < 1)).all()
    assert (samples.first - samples.second).abs().mean() > 0.001


def test_half_of_the_fractions_are_exactly_the_middle(palette: Palette) -> None:
    generator = Generator().manual_seed(5)
    fractions = torch.cat(
        [render_samples(palette, 50, 32, 4.0, generator).fraction for _ in range(8)]
    )
    assert 0.42 < float((fractions == 0.5).float().mean()) < 0.58


def test_the_same_seed_gives_the_same_samples(palette: Palette) -> None:
    first, again, other = (
        render_samples(palette, 4, 32, 8.0, Generator().manual_seed(seed)) for seed in (7, 7, 8)
    )
    assert torch.equal(first.middle, again.middle)
    assert not torch.equal(first.middle, other.middle)


def test_light_above_white_follows_the_models_color_curve() -> None:
    light = torch.tensor([1.0, 1.5, 4.0, 9.0])
    torch.testing.assert_close(to_model_range(light), to_model(light))
    assert float(to_model_range(torch.tensor(0.25))) == pytest.approx(0.25 * WHITE)


def test_masks_have_both_inside_and_outside() -> None:
    masks = paint_masks(64, 128, Generator().manual_seed(4)).float() / 255
    assert (masks.amax(dim=(1, 2, 3)) > 0.5).all()
    assert (masks.amin(dim=(1, 2, 3)) < 0.5).all()
