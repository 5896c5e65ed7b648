"""The time of a call is remembered for estimates, per network, patch, batch and device."""

import torch

from engine import calibration
from engine.denoiser import NetworkDenoiser
from engine.model import UNet
from tests.service.conftest import CONFIG


def denoiser(batch=1):
    return NetworkDenoiser(UNet(CONFIG), torch.device("cpu"), torch.float32, batch)


def test_nothing_is_known_before_a_render():
    assert calibration.seconds_per_call(denoiser(), (32, 48)) is None


def test_what_was_timed_is_known_for_the_same_call_alone():
    calibration.remember(denoiser(), (32, 48), 0.25)
    calibration.remember(denoiser(), (64, 64), 1.5)
    assert calibration.seconds_per_call(denoiser(), (32, 48)) == 0.25
    assert calibration.seconds_per_call(denoiser(), (64, 64)) == 1.5
    assert calibration.seconds_per_call(denoiser(batch=2), (32, 48)) is None


def test_a_damaged_file_is_as_good_as_none():
    calibration.cache_folder().mkdir(parents=True)
    (calibration.cache_folder() / "calibration.json").write_text("[")
    assert calibration.seconds_per_call(denoiser(), (32, 48)) is None
    calibration.remember(denoiser(), (32, 48), 0.5)
    assert calibration.seconds_per_call(denoiser(), (32, 48)) == 0.5
