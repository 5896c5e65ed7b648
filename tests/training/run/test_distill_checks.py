"""What is measured of a network, and what the change of it is called."""

from __future__ import annotations

import math

import pytest
import torch

from engine.flow.motion_network import MotionNetwork
from engine.training.run.distill_checks import Check, Figure, figure_of, gains, measured
from engine.training.run.distillation import table


def figure(source: str, psnr: float, sharpness: float = 1.0) -> Figure:
    counts = ("1", "2", "4")
    return Figure("film", source, dict.fromkeys(counts, psnr), dict.fromkeys(counts, sharpness))


def test_sources_count_alike_however_many_pictures_they_have() -> None:
    before = [figure("a", 20), figure("a", 20), figure("a", 20), figure("b", 30)]
    after = [figure("a", 21), figure("a", 22), figure("a", 23), figure("b", 30, 0.5)]
    gain = gains(before, after)[0]
    assert (gain.sources, gain.before, gain.after) == (2, 25, 26)
    assert (gain.low, gain.high) == (0, 2)  # of two sources the bootstrap sees either alone
    assert gain.sharpness == (1.0, 0.75)
    assert "+1.000 dB (+0.000 to +2.000)" in table([gain])


def test_a_gain_that_all_sources_share_has_no_width() -> None:
    before = [figure(name, level) for name, level in zip("abc", (20, 25, 30), strict=True)]
    after = [figure(name, level + 0.5) for name, level in zip("abc", (20, 25, 30), strict=True)]
    gain = gains(before, after)[0]
    assert gain.low == pytest.approx(0.5) and gain.high == pytest.approx(0.5)


def test_a_figure_survives_json() -> None:
    assert figure_of(figure("a", 20)._asdict()) == figure("a", 20)


def test_frames_without_motion_and_noise_are_measured_by_hand() -> None:
    """Even frames: nothing can be warped, so the error is what the mask makes of two grays."""
    torch.manual_seed(0)
    network = MotionNetwork().eval().requires_grad_(False)
    gray = torch.full((1, 3, 64, 64), 0.5)
    found = measured(network, Check("film", "a", gray, gray - 0.1, gray))
    assert found.psnr["1"] == pytest.approx(20, abs=1e-3)
    assert found.psnr["4"] == pytest.approx(20, abs=1e-3)
    assert all(math.isfinite(value) for value in found.sharpness.values())


def test_the_mean_of_views_is_measured_as_the_mean(monkeypatch) -> None:
    """Views that are 0.1 too dark and 0.1 too bright in turn: one errs, two and four do not."""
    from engine.training.run import distill_checks

    truth = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.2
    errors = iter([0.1, -0.1, 0.1, -0.1])
    answer = type("Answer", (), {})

    def made(*_):
        one = answer()
        one.picture = truth + next(errors)
        return one

    monkeypatch.setattr(distill_checks, "answered", made)
    network = type("Network", (), {"device": torch.device("cpu")})()
    found = measured(network, Check("film", "a", truth, truth, truth))
    assert found.psnr["1"] == pytest.approx(20, abs=1e-3)
    assert found.psnr["2"] > 90 and found.psnr["4"] > 90
    assert found.sharpness["1"] == pytest.approx(1, abs=1e-4)
