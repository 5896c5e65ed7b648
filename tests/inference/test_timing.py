"""The time of an image is remembered for estimates, for each device, kind of work and size."""

import json

import pytest
import torch

from engine.inference import timing
from engine.inference.cache import cache_folder
from engine.inference.denoiser import device_name
from engine.inference.interpolator import StagePlan, area
from engine.paper.patches import Box

CPU = torch.device("cpu")


def test_nothing_is_known_before_a_render():
    assert timing.seconds(CPU, "small", 100) is None


def test_what_was_timed_is_known_for_the_same_work_alone():
    timing.remember(CPU, "small", 100, 0.25)
    timing.remember(CPU, "large", 100, 1.5)
    assert timing.seconds(CPU, "small", 100) == 0.25
    assert timing.seconds(CPU, "large", 100) == 1.5
    assert timing.seconds(torch.device("meta"), "small", 100) is None


def test_an_estimate_goes_by_the_size_that_is_nearest():
    """A thumbnail does not say how long 4K takes, nor the other way round, once both were run."""
    timing.remember(CPU, "motion", 1000, 0.5)
    assert timing.seconds(CPU, "motion", 16_000) == pytest.approx(8)
    timing.remember(CPU, "motion", 16_000, 3.0)
    assert timing.seconds(CPU, "motion", 16_000) == 3.0
    assert timing.seconds(CPU, "motion", 32_000) == pytest.approx(6)
    assert timing.seconds(CPU, "motion", 2000) == pytest.approx(1)
    timing.remember(CPU, "motion", 1000, 0.25)
    assert timing.seconds(CPU, "motion", 2000) == pytest.approx(0.5)


def test_of_many_sizes_the_latest_are_kept():
    for size in range(1, 40):
        timing.remember(CPU, "motion", size, 1.0)
    (known,) = json.loads((cache_folder() / "calibration.json").read_text()).values()
    assert list(known) == [str(size) for size in range(24, 40)]


def test_a_damaged_file_or_one_of_an_earlier_version_is_as_good_as_none():
    cache_folder().mkdir(parents=True)
    for text in ("[", json.dumps({f"{device_name(CPU)} small": 0.25})):
        (cache_folder() / "calibration.json").write_text(text)
        assert timing.seconds(CPU, "small", 100) is None
    timing.remember(CPU, "small", 100, 0.5)
    assert timing.seconds(CPU, "small", 100) == 0.5


def test_the_area_counts_every_sample_step_and_patch():
    """Two patches of 32x48 at 8 steps and one of 16x24 at 2, three samples of each."""
    fine = StagePlan((32, 90), (Box(0, 0, 32, 48), Box(0, 42, 32, 48)), 8)
    base = StagePlan((16, 24), (Box(0, 0, 16, 24),), 2)
    assert area([fine, base], samples=3) == 3 * (8 * 2 * 32 * 48 + 2 * 16 * 24)
