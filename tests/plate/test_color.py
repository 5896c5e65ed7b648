"""The color transform: odd, monotonic, and invertible to half precision over all halves."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine import color

lights = st.floats(-65504, 65504, width=32)


def transformed(value):
    return color.to_model(torch.tensor(value, dtype=torch.float32)).item()


def test_every_half_comes_back_as_itself():
    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    linear = torch.from_numpy(halves.astype(np.float32))
    back = color.from_model(color.to_model(linear)).numpy().astype(np.float16)
    np.testing.assert_array_equal(back.astype(np.float32), halves.astype(np.float32))


def test_the_table_of_halves_is_the_curve_with_nan_and_infinity_tamed():
    halves = np.arange(65536, dtype=np.uint16).view(np.float16)
    table = color.half_table()
    finite = np.isfinite(halves)
    linear = torch.from_numpy(halves[finite].astype(np.float32))
    np.testing.assert_array_equal(table[finite], color.to_model(linear).numpy())
    assert not table[np.isnan(halves)].any()
    np.testing.assert_allclose(table[np.isinf(halves)], [1, -1], atol=1e-6)


@given(lights)
def test_it_is_odd(light):
    assert transformed(-light) == -transformed(light)


@given(lights, lights)
def test_it_is_monotonic_and_stays_in_the_model_s_range(one, other):
    low, high = sorted((one, other))
    assert -1 <= transformed(low) <= transformed(high) <= 1


def test_it_is_strictly_monotonic_over_all_halves():
    halves = np.arange(31744, dtype=np.uint16).view(np.float16).astype(np.float32)
    assert np.all(np.diff(color.to_model(torch.from_numpy(halves)).double().numpy()) > 0)


@given(st.floats(-1, 1, width=32))
def test_model_values_come_back(value):
    model = torch.tensor(value)
    torch.testing.assert_close(color.to_model(color.from_model(model)), model, atol=2e-6, rtol=1e-5)


@pytest.mark.parametrize(
    ("linear", "srgb"),
    # IEC 61966-2-1: 12.92 x up to 0.0031308, then 1.055 x^(1/2.4) - 0.055.
    [(0.0, 0.0), (0.001, 0.01292), (0.18, 0.461356), (0.5, 0.735357), (1.0, 1.0)],
)
def test_below_white_it_is_the_srgb_curve(linear, srgb):
    assert transformed(linear) / color.WHITE == pytest.approx(srgb, abs=2e-6)


def test_it_is_smooth_at_white_and_logarithmic_far_above():
    below = (transformed(1.0) - transformed(1 - 1e-3)) / 1e-3
    above = (transformed(1 + 1e-3) - transformed(1.0)) / 1e-3
    assert above == pytest.approx(below, rel=0.01)
    octave = transformed(2000.0) - transformed(1000.0)
    assert transformed(4000.0) - transformed(2000.0) == pytest.approx(octave, rel=0.01)
    assert transformed(65504.0) == pytest.approx(1, abs=1e-6)


@given(st.integers(0, 65535).map(lambda value: value / 65535))
def test_display_referred_values_are_only_scaled(value):
    display = torch.tensor(value)
    assert color.model_to_display(color.display_to_model(display)) == display
    assert transformed(1.0) == pytest.approx(color.display_to_model(torch.tensor(1.0)).item())
