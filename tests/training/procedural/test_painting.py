"""Painters: every kind shows something, repeats as it says, and looking up is bilinear."""

from __future__ import annotations

import pytest
import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from engine.training.procedural.lettering import page, sign
from engine.training.procedural.outlines import OUTLINES, fence
from engine.training.procedural.painting import paint_fences, paint_masks, paint_textures
from engine.training.procedural.palette import Palette
from engine.training.procedural.surfaces import SURFACES, to_linear

SIDE = 128


def name(painter: object) -> str:
    return str(getattr(painter, "__name__", painter))


@pytest.mark.parametrize("painter", SURFACES, ids=name)
def test_every_surface_shows_something(painter: object) -> None:
    assert callable(painter)
    for seed in range(3):
        light: Tensor = painter(SIDE, Generator().manual_seed(seed))
        assert light.shape == (3, SIDE, SIDE) and light.isfinite().all()
        assert light.max() > 0.01 and light.std() > 0.002


@pytest.mark.parametrize("painter", OUTLINES, ids=name)
def test_every_outline_has_an_inside_and_an_outside(painter: object) -> None:
    assert callable(painter)
    for seed in range(3):
        mask: Tensor = painter(SIDE, Generator().manual_seed(seed))
        assert mask.shape == (1, SIDE, SIDE)
        assert mask.max() > 0.5 and mask.min() < 0.5


def test_lamps_and_windows_are_far_above_white() -> None:
    light = paint_textures(2 * len(SURFACES), SIDE, Generator().manual_seed(0))
    assert light.dtype == torch.float16
    peaks = light.float().amax(dim=(1, 2, 3))
    assert (peaks > 4).sum() >= 2
    assert (peaks <= 1).sum() >= len(SURFACES)


def test_a_fence_repeats_by_its_period_and_ends() -> None:
    for seed in range(12):
        mask, period = fence(256, Generator().manual_seed(seed))
        seen = mask[0].mean(0)  # by column
        inside = seen[(seen > 0).nonzero().min() : (seen > 0).nonzero().max() + 1]
        if len(inside) < 4 * period or inside.std() < 0.02:
            continue
        wave = inside - inside.mean()
        power = torch.fft.rfft(wave, 4096).abs()
        expected = round(4096 / period)
        around = power[int(expected * 0.9) : int(expected * 1.1) + 2].max()
        assert around > 2 * power[2:].median()
    masks, periods = paint_fences(5, SIDE, Generator().manual_seed(0))
    assert masks.shape == (5, 1, SIDE, SIDE) and (periods >= 5).all()


def test_letters_are_drawn_by_the_generator() -> None:
    for write in (page, sign):
        one, same, other = (write(SIDE, Generator().manual_seed(seed)) for seed in (1, 1, 2))
        assert torch.equal(one, same) and not torch.equal(one, other)
        assert 0.01 < one.mean() < 0.6
        assert one.max() == 1


@pytest.fixture(scope="module")
def palette() -> Palette:
    generator = Generator().manual_seed(5)
    return Palette(paint_textures(6, SIDE, generator), paint_masks(6, SIDE, generator))


def test_looking_up_between_texels_is_bilinear() -> None:
    """Against grid_sample, on masks whose edge is bare and a texture of few exact values."""
    generator = Generator().manual_seed(0)
    roots = torch.randint(0, 256, (2, 3, 32, 32), generator=generator).float() / 255
    masks = torch.randint(0, 256, (2, 1, 32, 32), generator=generator).byte()
    palette = Palette((roots**4).half(), masks)
    points = (torch.rand(2, 50, 2, generator=generator) - 0.5) * 29
    x, y = points.unbind(-1)
    grid = (points / 16)[:, :, None]
    bare = F.pad(masks[..., 1:-1, 1:-1], (1, 1, 1, 1)).float() / 255
    expected = F.grid_sample(bare, grid, align_corners=False)[:, 0, :, 0]
    numbers = torch.tensor([0, 1])
    torch.testing.assert_close(palette.coverage(numbers, x, y), expected, atol=1e-5, rtol=0)
    root = palette.light(numbers, x, y, False).clamp(min=0) ** 0.25
    expected = F.grid_sample(roots, grid, align_corners=False)[..., 0]
    torch.testing.assert_close(root, expected, atol=0.006, rtol=0)


def test_textures_mirror_beyond_their_edge(palette: Palette) -> None:
    line = torch.arange(SIDE) - (SIDE - 1) / 2
    y = torch.full_like(line, 3.5)
    number = torch.tensor([2])
    inside = palette.light(number, line[None], y[None], True)
    outside = palette.light(number, line[None] + SIDE, y[None], True)
    torch.testing.assert_close(outside, inside.flip(-1))
    assert torch.equal(palette.light(number, line[None] + 2 * SIDE, y[None], True), inside)


def test_a_bright_texture_keeps_its_dark_parts() -> None:
    texture = torch.full((1, 3, 8, 8), 0.05)
    texture[..., 0] = 60
    palette = Palette(texture.half(), torch.ones(1, 1, 8, 8).byte())
    zero = torch.zeros(1, 1)
    dark = palette.light(torch.tensor([0]), zero, zero, False)
    torch.testing.assert_close(dark, torch.full_like(dark, 0.05), rtol=0.08, atol=0)


def test_display_white_is_white_light() -> None:
    display = torch.tensor([0.0, 0.5, 1.0])
    torch.testing.assert_close(to_linear(display), torch.tensor([0.0, 0.21404, 1.0]))
