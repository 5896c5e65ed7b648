"""The time of a call is remembered for estimates, per network, patch, batch and device."""

import torch

from engine.inference import timing
from engine.inference.denoiser import NetworkDenoiser
from tests.networks import untrained


def denoiser(batch=1):
    return NetworkDenoiser(untrained(), torch.device("cpu"), torch.float32, batch)


def test_nothing_is_known_before_a_render():
    assert timing.seconds_per_call(denoiser(), (32, 48)) is None


def test_what_was_timed_is_known_for_the_same_call_alone():
    timing.remember(denoiser(), (32, 48), 0.25)
    timing.remember(denoiser(), (64, 64), 1.5)
    assert timing.seconds_per_call(denoiser(), (32, 48)) == 0.25
    assert timing.seconds_per_call(denoiser(), (64, 64)) == 1.5
    assert timing.seconds_per_call(denoiser(batch=2), (32, 48)) is None


def test_a_damaged_file_is_as_good_as_none():
    timing.cache_folder().mkdir(parents=True)
    (timing.cache_folder() / "calibration.json").write_text("[")
    assert timing.seconds_per_call(denoiser(), (32, 48)) is None
    timing.remember(denoiser(), (32, 48), 0.5)
    assert timing.seconds_per_call(denoiser(), (32, 48)) == 0.5
