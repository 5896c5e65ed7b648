"""A plate is brought to a usual level in whole stops, and what is made of it brought back."""

from fractions import Fraction

import numpy as np
import pytest
import torch

from engine.color import LARGEST
from engine.inference.interpolator import InBetween
from engine.plate.frame import Frame, Part, Window
from engine.retime.stops import STOPS, whole_stops
from engine.retime.stored import broken
from engine.retime.synthesis import main_colors, synthesize
from hifi_ofx.quality import Output


def light(seed, peak=4.0):
    """Three channels of light with highlights, float32 (24, 32)."""
    random = np.random.default_rng(seed)
    return [(peak * random.random((24, 32)) ** 6).astype(np.float32) for _ in "RGB"]


def plate(planes):
    window = Window(0, 0, planes[0].shape[1], planes[0].shape[0])
    named = dict(zip("RGB", planes, strict=True))
    types = {name: plane.dtype for name, plane in named.items()}
    return Frame((Part(tuple("RGB"), types, window, window, planes=named),), "openexr")


def between(first, second):
    """The mean in the model's range: a curve that bends, so exposure would matter."""

    def mean(one, other, flows):
        return InBetween(torch.lerp(one, other, 0.5))

    made = synthesize(plate(first), plate(second), Fraction(1, 2), mean, Output()).parts[0]
    return np.stack([made.planes[name] for name in "RGB"])


def times(gain, planes):
    return [plane * plane.dtype.type(gain) for plane in planes]


@pytest.mark.parametrize("gain", [0.25, 0.5, 2, 8])
def test_exposure_in_is_exposure_out_to_the_bit(gain):
    first, second = light(1), light(2)
    plain, lit = between(first, second), between(times(gain, first), times(gain, second))
    assert np.array_equal(lit, gain * plain)


def test_half_floats_are_scaled_as_floats_are():
    first, second = ([plane.astype(np.float16) for plane in light(seed)] for seed in (1, 2))
    plain, lit = between(first, second), between(times(2, first), times(2, second))
    assert lit.dtype == np.float16 == plain.dtype
    np.testing.assert_allclose(lit, 2 * plain, rtol=1e-3, atol=1e-6)


def test_a_dark_plate_is_brought_up_and_a_bright_one_down_but_not_without_end():
    dark, bright, black = times(0.01, light(1)), times(100, light(1)), times(0, light(1))
    assert whole_stops(dark, dark) > 0 > whole_stops(bright, bright)
    assert whole_stops(times(1e-5, dark), dark) == whole_stops(dark, dark)  # the brighter counts
    assert whole_stops(times(1e-5, dark), times(1e-5, dark)) == STOPS
    assert whole_stops(black, black) == 0


def test_no_highlight_is_clipped_by_bringing_a_plate_up():
    dark = times(0.01, light(1))
    dark[1][3, 4] = LARGEST / 2
    assert whole_stops(dark, dark) == 1
    dark[2][3, 4] = -np.inf
    dark[0][3, 5] = np.nan
    assert whole_stops(dark, dark) == 0
    assert between(dark, times(1.01, dark))[2, 3, 4] == pytest.approx(-LARGEST, rel=1e-3)


def test_the_images_that_motion_is_prefetched_of_are_those_of_the_network():
    seen = []

    def noted(one, other, flows):
        seen.extend((one, other))
        return InBetween(one)

    left, right = plate(times(0.1, light(1))), plate(times(0.1, light(2)))
    synthesize(left, right, Fraction(1, 2), noted, Output())
    for image, prefetched in zip(seen, main_colors(left, right), strict=True):
        assert torch.equal(image, prefetched)


def test_halves_are_looked_at_by_their_bits_and_say_what_their_values_say():
    every = np.arange(65536, dtype=np.uint16).view(np.float16)
    assert broken(every) == (~np.isfinite(every)).sum() == 2048
    random = np.random.default_rng(4)
    scattered = every[random.integers(0, 65536, (40, 60))]
    for plane in (scattered, np.nan_to_num(scattered, nan=0), np.zeros((40, 60), np.float16)):
        light = [plane[::-1, ::2]] * 3
        assert broken(light[0]) == broken(light[0].astype(np.float32))
        floats = [channel.astype(np.float32) for channel in light]
        assert whole_stops(light, light) == whole_stops(floats, floats)
    dark = np.full((40, 60), 0.01, np.float16)
    for largest in (0.01, -40.0, 3000.0, -65504.0, np.inf, np.nan):
        dark[5, 7] = largest
        floats = dark.astype(np.float32)
        assert whole_stops([dark], [dark]) == whole_stops([floats], [floats])
