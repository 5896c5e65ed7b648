"""The time of a call is remembered for estimates, for each device and kind of work."""

import torch

from engine.inference import timing
from engine.inference.cache import cache_folder

CPU = torch.device("cpu")


def test_nothing_is_known_before_a_render():
    assert timing.seconds_per_call(CPU, "small") is None


def test_what_was_timed_is_known_for_the_same_work_alone():
    timing.remember(CPU, "small", 0.25)
    timing.remember(CPU, "large", 1.5)
    assert timing.seconds_per_call(CPU, "small") == 0.25
    assert timing.seconds_per_call(CPU, "large") == 1.5
    assert timing.seconds_per_call(torch.device("meta"), "small") is None


def test_a_damaged_file_is_as_good_as_none():
    cache_folder().mkdir(parents=True)
    (cache_folder() / "calibration.json").write_text("[")
    assert timing.seconds_per_call(CPU, "small") is None
    timing.remember(CPU, "small", 0.5)
    assert timing.seconds_per_call(CPU, "small") == 0.5
