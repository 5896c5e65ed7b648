"""Light is kept: grain that is averaged comes out as bright as it went in."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.color import from_model, to_model
from engine.inference.interpolator import InBetween, Task
from engine.inference.model_cache import Loaded
from engine.plate.frame import Frame, Part, Window
from engine.retime.light import with_its_fade, with_its_light
from engine.retime.synthesis import synthesize
from hifi_ofx.quality import Machine, Output, Quality

HALF = Fraction(1, 2)
CLEAN = (
    0.15 + 0.1 * np.sin(np.arange(160) / 20)[:, None, None] * np.cos(np.arange(192) / 25)[:, None]
)
SOURCES = np.stack(
    [
        CLEAN * (1 + 0.4 * np.random.default_rng(seed).standard_normal((160, 192, 3)))
        for seed in range(2)
    ]
).astype(np.float32)


@pytest.fixture(scope="module")
def interpolator():
    return Loaded().load("motion", Machine(device="cpu"), Quality())[0]


def plate(light: np.ndarray) -> Frame:
    window = Window(0, 0, light.shape[1], light.shape[0])
    planes = {name: np.ascontiguousarray(light[..., n]) for n, name in enumerate("RGB")}
    types = {name: light.dtype for name in planes}
    return Frame((Part(tuple("RGB"), types, window, window, planes=planes),), "openexr")


def between(interpolator, first, second, fraction=HALF, **quality) -> np.ndarray:
    def predict(one, other, known):
        task = Task(Quality(**quality), "1", vectors=True)
        return interpolator.interpolate(one, other, fraction, task, known)

    made = synthesize(plate(first), plate(second), fraction, predict, Output()).parts[0]
    return np.stack([made.planes[name] for name in "RGB"], axis=-1)


@pytest.mark.parametrize("stops", [1, 0, -3, -5, -8])
def test_a_noisy_plate_is_as_bright_in_between(interpolator, stops):
    """Noise of 0.4 of the light; some values are negative, and stay so."""
    first, second = SOURCES * np.float32(2.0**stops)
    made = between(interpolator, first, second)
    assert abs(made.mean() / ((first.mean() + second.mean()) / 2) - 1) < 0.002
    dark = CLEAN[..., 0] < np.quantile(CLEAN, 0.2)
    assert abs(made[dark].mean() / ((first[dark].mean() + second[dark].mean()) / 2) - 1) < 0.01
    assert first.min() < 0 and made.min() < 0


@pytest.mark.slow
@pytest.mark.parametrize("motion", ["search", "both"])
@pytest.mark.parametrize("fraction", [Fraction(1, 4), HALF])
def test_it_is_with_a_search_too(interpolator, motion, fraction):
    made = between(interpolator, *SOURCES, fraction, motion=motion)
    assert abs(made.mean() / SOURCES.mean() - 1) < 0.002


def test_a_lamp_that_one_candidate_sees_elsewhere_does_not_shine_through():
    """Without grain nothing changes; with it no more than grain explains."""
    first = to_model(torch.full((3, 60, 60), 0.1))
    image = first.clone()
    light = torch.full((3, 60, 60), 0.1)
    light[:, 20:40, 20:40] = 50.0
    middle = InBetween(image, light=light)
    assert with_its_light(middle, first, first.clone()) is not None
    assert torch.equal(with_its_light(middle, first, first.clone()), image)
    noise = torch.randn(2, 3, 60, 60, generator=torch.Generator().manual_seed(1)) * 0.01
    grainy = [to_model(0.1 + one) for one in noise]
    assert from_model(with_its_light(middle, *grainy)).max() < 0.11


def test_exposure_changes_nothing_but_the_exposure(interpolator):
    first, second = SOURCES
    plain = between(interpolator, first, second)
    np.testing.assert_array_equal(between(interpolator, 2 * first, 2 * second), 2 * plain)


def test_display_referred_pictures_stay_as_they_are_made():
    image = torch.rand(3, 40, 40, generator=torch.Generator().manual_seed(1)) * 0.5
    assert with_its_light(InBetween(image), image, image + 0.01) is image


@pytest.mark.parametrize("after", [0.0, 0.25, 0.5, 2.0])
@pytest.mark.parametrize("t", [0.25, 0.5])
def test_a_display_referred_fade_goes_step_by_step(after, t):
    """Whichever of its frames the in-between took its pixels from."""
    first = 0.2 + 0.2 * torch.rand(3, 60, 60, generator=torch.Generator().manual_seed(2))
    second = after * first
    wanted = (1 - t) * first + t * second
    for one in (first, second) if after else (first,):
        made = with_its_fade(one, (first, second), InBetween(one), t)
        torch.testing.assert_close(made.mean(), wanted.mean(), rtol=1e-4, atol=0)


def test_what_does_not_fade_stays_as_it_is_made():
    first = torch.rand(3, 60, 60, generator=torch.Generator().manual_seed(2)) * 0.5
    passing = first.clone()
    passing[:, :30, :30] *= 0.2
    for second in (first * 0.95, passing, first[..., :10, :10]):
        seen = first[..., : second.shape[-2], : second.shape[-1]]
        image = seen * 0.9
        assert with_its_fade(image, (seen, second), InBetween(image), 0.5) is image


@pytest.mark.parametrize("fades", [True, False])
def test_an_image_gets_the_light_that_it_gets_in_one_piece(monkeypatch, fades):
    """Rows, and blocks, are worked on some at a time; no result depends on how many."""
    noise = torch.Generator().manual_seed(3)
    first, second = (to_model(0.2 + 0.1 * torch.randn(3, 309, 211, generator=noise)) for _ in "12")
    light = (from_model(first) + from_model(second)) / 2 + 0.01
    vectors = torch.rand(5, 309, 211, generator=noise) * 6 - 3
    middle = InBetween((first + second) / 2, None, None, vectors, light)
    made = with_its_light(middle, first, second, fades)
    assert not torch.equal(made, middle.image)
    monkeypatch.setattr("engine.retime.light._STRIP", 1000)
    monkeypatch.setattr("engine.retime.grain_curve._ROWS", 1000)
    monkeypatch.setattr("engine.retime.grain_curve._AT_ONCE", 100_000)
    whole = with_its_light(middle, first, second, fades)
    torch.testing.assert_close(made, whole, atol=1e-6, rtol=1e-5)


def test_where_neither_grain_nor_a_fade_is_the_image_is_as_it_was():
    first = to_model(torch.linspace(0.1, 0.4, 60)[None, :, None].repeat(3, 1, 60))
    middle = InBetween(first, light=torch.ones_like(first))
    assert with_its_light(middle, first, first.clone()) is first
