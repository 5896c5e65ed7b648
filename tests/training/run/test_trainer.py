"""The run: it learns, it repeats, it resumes, and it starts from what untrained networks give."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from engine.color import WHITE
from engine.flow.estimate import pair_flow
from engine.flow.intermediate import intermediate_flow
from engine.flow.warped import WarpedFrames, warp_frames
from engine.inference.checkpoint import load_weights
from engine.paper.unet import NetworkConfig, UNet
from engine.training.data.mixture import Data, draw, held_out, largest_motion
from engine.training.procedural.painting import paint_masks, paint_textures
from engine.training.procedural.samples import Palette, Samples, render_samples
from engine.training.run.batches import Batch, Place, make_batch
from engine.training.run.conditions import cascade, conditions
from engine.training.run.journal import LOG
from engine.training.run.origin import WEIGHTS
from engine.training.run.ranks import Ranks
from engine.training.run.state import STATE
from engine.training.run.trainer import Trainer, train
from engine.training.run.validation import psnr
from engine.training.settings import TrainingSettings
from hifi_ofx.errors import HifiError, InvalidSetting, WeightsError
from tests.networks import WARPING, random, untrained

CONFIG = NetworkConfig(
    widths=(8, 8), blocks=(1, 1), attention_levels=1, head_width=8, time_width=16
)
SETTINGS = TrainingSettings(
    batch=4, crop=32, learning_rate=3e-3, warm_up=2, steps=20, minutes=10, first_step_share=0.5
)
CPU = torch.device("cpu")


def painted_data() -> Data:
    generator = Generator().manual_seed(0)
    palette = Palette(paint_textures(10, 64, generator), paint_masks(16, 64, generator))
    clip = torch.randint(256, (5, 3, 40, 48), generator=generator).to(torch.uint8)
    return Data(palette, palette, [clip], [clip], {"clips": 1})


@pytest.fixture(scope="module")
def data() -> Data:
    return painted_data()


def part_of(batch: Batch, some: slice) -> Batch:
    """Some of a batch's samples."""
    samples = [getattr(batch.samples, entry.name)[some] for entry in dataclasses.fields(Samples)]
    rest = [getattr(batch, entry.name)[some] for entry in dataclasses.fields(Batch)[1:]]
    return Batch(Samples(*samples), *rest)


def weights_of(network: UNet) -> list[Tensor]:
    return [value.clone() for value in network.state_dict().values()]


def trained(data: Data, steps: int, settings: TrainingSettings = SETTINGS) -> Trainer:
    trainer = Trainer(settings, CONFIG, data, CPU)
    for _ in range(steps):
        trainer.train_step()
    return trainer


def test_the_loss_falls_on_a_fixed_problem(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the loss of black, which is where an untrained network starts."""
    batch = render_samples(data.palette, 4, 32, 8.0, Generator().manual_seed(1))
    monkeypatch.setattr("engine.training.run.batches.draw", lambda *_: batch)
    settings = dataclasses.replace(
        SETTINGS, first_step_share=1.0, coarse_dropout=1.0, learning_rate=5e-3, steps=0
    )
    trainer = Trainer(settings, CONFIG, data, CPU)
    losses = [trainer.train_step().loss for _ in range(120)]
    assert sum(losses[-10:]) / 10 < 0.85 * losses[0]


def test_one_seed_makes_one_run(data: Data) -> None:
    one, two = trained(data, 3), trained(data, 3)
    for first, second in zip(weights_of(one.network), weights_of(two.network), strict=True):
        assert torch.equal(first, second)
    other = trained(data, 3, dataclasses.replace(SETTINGS, seed=1))
    assert not torch.equal(one.network.stem.weight, other.network.stem.weight)


def test_a_resumed_run_goes_on_as_if_never_stopped(data: Data, tmp_path: Path) -> None:
    settings = dataclasses.replace(SETTINGS, schedule="cosine", motion_ramp=10)
    through = trained(data, 8, settings)
    stopped = trained(data, 5, settings)
    stopped.save(tmp_path)
    resumed = Trainer(settings, CONFIG, data, CPU)
    resumed.resume(tmp_path / STATE)
    for _ in range(3):
        resumed.train_step()
    assert resumed.step == through.step == 8
    for kind in ("network", "averaged"):
        expected, found = weights_of(getattr(through, kind)), weights_of(getattr(resumed, kind))
        assert all(torch.equal(one, two) for one, two in zip(expected, found, strict=True))


def test_resuming_from_something_else_is_refused(data: Data, tmp_path: Path) -> None:
    trainer = trained(data, 1)
    trainer.save(tmp_path)
    with pytest.raises(WeightsError, match="not a training state"):
        trainer.resume(tmp_path / WEIGHTS)
    wider = dataclasses.replace(CONFIG, widths=(8, 16))
    with pytest.raises(WeightsError, match="another network"):
        Trainer(SETTINGS, wider, data, CPU).resume(tmp_path / STATE)


@pytest.mark.parametrize("stages", [1, 2, 3])
def test_an_untrained_cascade_gives_the_blend_of_the_warped_frames(data: Data, stages: int) -> None:
    """But for e^-5 of the frames and of the coarse image, each at most as far as white."""
    samples = render_samples(data.palette, 3, 32, 8.0, Generator().manual_seed(1))
    first, second, fraction = samples.first, samples.second, samples.fraction
    made = cascade(untrained(WARPING), first, second, fraction, stages, Generator())
    flow = intermediate_flow(first, second, fraction, pair_flow(first, second))
    blend = WarpedFrames.of(warp_frames(first, second, flow, fraction)).blend()
    assert (made - blend).abs().amax() < WHITE * 2 * math.exp(-5) / 3
    assert (made - torch.lerp(first, second, fraction[:, None, None, None])).abs().amax() > 0.1


def test_dropped_samples_get_zeros(data: Data) -> None:
    samples = render_samples(data.palette, 4, 32, 8.0, Generator().manual_seed(1))
    kept = torch.tensor([1, 3])
    condition, started = conditions(random(CONFIG), samples, kept, 1, Generator())
    coarse = condition[:, 6:]
    assert not coarse[[0, 2]].any()
    assert coarse[kept].abs().mean() > 0.01
    assert not started.any()  # x is the image itself, with a coarse image or without


def test_half_of_the_coarse_images_are_dropped(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counted(
        averaged: UNet, samples: Samples, kept: Tensor, below: int, noise: Generator, *more: Any
    ) -> tuple[Tensor, Tensor]:
        seen.append(len(kept))
        return conditions(averaged, samples, kept[:0], below, noise, *more)

    monkeypatch.setattr("engine.training.run.batches.conditions", counted)
    trainer = trained(data, 10, dataclasses.replace(SETTINGS, batch=24, crop=8))
    share = sum(seen) / (10 * trainer.settings.batch)
    assert 0.38 < share < 0.62
    assert trained(data, 0).settings.coarse_dropout == 0.5


def test_the_base_phase_never_sees_a_coarse_image(data: Data) -> None:
    settings = dataclasses.replace(SETTINGS, batch=24, coarse_dropout=0.0)
    place, low = Place(0, 0, Ranks()), torch.autocast("cpu", enabled=False)
    averaged = random(CONFIG)
    seen = {
        phase: make_batch(
            data, dataclasses.replace(settings, phase=phase), averaged, CPU, place, low
        ).condition[:, 6:]
        for phase in ("base", "cascade")
    }
    assert not seen["base"].any()
    assert seen["cascade"].flatten(1).any(dim=1).all()


def test_places_of_a_run_draw_other_batches_and_the_same_place_the_same(data: Data) -> None:
    low, averaged = torch.autocast("cpu", enabled=False), UNet(CONFIG)
    settings = dataclasses.replace(SETTINGS, coarse_dropout=1.0)  # no noise is used up for coarse

    def drawn(step: int, part: int, rank: int) -> list[float]:
        place = Place(step, part, Ranks(rank, 2))
        batch = make_batch(data, settings, averaged, CPU, place, low)
        return [float(value.sum()) for value in (batch.noise, batch.samples.first, batch.t)]

    places = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)]
    sums = [drawn(*place) for place in places]
    assert sums == [drawn(*place) for place in places]
    for values in zip(*sums, strict=True):
        assert len(set(values)) == len(places)


def test_accumulated_passes_are_one_larger_batch(data: Data) -> None:
    """Four samples at once, or two by two: the same gradient; and a step of it."""
    one, two = (Trainer(SETTINGS, CONFIG, data, CPU) for _ in range(2))
    place, low = Place(0, 0, Ranks()), torch.autocast("cpu", enabled=False)
    batch = make_batch(data, SETTINGS, one.averaged, CPU, place, low)
    one.backward(batch)
    for some in (slice(0, 2), slice(2, 4)):
        two.backward(part_of(batch, some), passes=2)
    for whole, summed in zip(one.network.parameters(), two.network.parameters(), strict=True):
        torch.testing.assert_close(whole.grad, summed.grad, rtol=1e-4, atol=1e-7)
    trainer = trained(data, 2, dataclasses.replace(SETTINGS, accumulate=3))
    assert (trainer.step, trainer.crops) == (2, 24)


def test_a_batch_without_a_finite_gradient_is_left_out(
    data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = trained(data, 1)
    before = weights_of(trainer.network)
    broken = dataclasses.replace(trainer._batch(0), t=torch.full((4,), float("nan")))
    monkeypatch.setattr(trainer, "_batch", lambda part: broken)
    trainer.train_step()
    assert all(map(torch.equal, before, weights_of(trainer.network)))
    monkeypatch.setattr("engine.training.run.trainer.HOPELESS", 3)
    with pytest.raises(HifiError, match="diverged"):
        for _ in range(2):
            trainer.train_step()


def test_the_largest_motion_ramps_up() -> None:
    settings = dataclasses.replace(SETTINGS, crop=96, largest_motion=0.25, motion_ramp=100)
    assert [largest_motion(settings, step) for step in (0, 50, 100, 900)] == [4, 14, 24, 24]


def test_the_share_of_video_is_kept(data: Data) -> None:
    settings = dataclasses.replace(SETTINGS, video_share=1.0)
    samples = draw(data, settings, 0, Generator().manual_seed(0))
    assert {round(float(f), 2) for f in samples.fraction} <= {0.25, 0.33, 0.5, 0.67, 0.75}
    assert len(samples.first) == settings.batch


def test_training_writes_state_weights_and_log(data: Data, tmp_path: Path) -> None:
    settings = dataclasses.replace(SETTINGS, steps=50, batch=2)
    trainer = Trainer(settings, CONFIG, data, CPU)
    scores = train(trainer, tmp_path)
    assert trainer.step == 50
    weights = load_weights(tmp_path / WEIGHTS)
    assert weights.config == CONFIG
    assert weights.record["steps"] == 50 and weights.record["crops"] == 100
    assert weights.record["data"] == {"clips": 1}
    lines = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert lines[0].keys() == {"step", "loss", "learning_rate", "crops_per_second"}
    assert lines[-1]["validation"].keys() == scores.keys() and "video" in scores


def test_a_stopped_run_is_saved(data: Data, tmp_path: Path) -> None:
    trainer = Trainer(SETTINGS, CONFIG, data, CPU)
    train(trainer, tmp_path, stopped=lambda: trainer.step >= 2)
    assert trainer.step == 2
    assert load_weights(tmp_path / WEIGHTS).record["steps"] == 2


def test_the_learning_rate_warms_up_and_falls(data: Data) -> None:
    settings = dataclasses.replace(SETTINGS, warm_up=4, steps=20, schedule="cosine")
    trainer = Trainer(settings, CONFIG, data, CPU)
    rates = [trainer.train_step().learning_rate for _ in range(20)]
    assert rates[0] < rates[1] < rates[2]
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert rates[-1] < 0.02 * max(rates)


def test_validation_repeats_and_starts_at_what_an_untrained_network_gives(data: Data) -> None:
    trainer = Trainer(SETTINGS, CONFIG, data, CPU)
    checks = held_out(data, SETTINGS)
    scores = trainer.validate(checks).scores
    assert scores == trainer.validate(checks).scores
    expected: dict[str, list[float]] = {}
    for check in checks:
        truth = check.samples.middle
        name = "video" if check.name.startswith("video") else check.name
        expected.setdefault(name, []).append(psnr(torch.zeros_like(truth), truth))  # v = 0: black
    assert scores.keys() == expected.keys()
    for name, (made, blend) in scores.items():
        assert made == pytest.approx(sum(expected[name]) / len(expected[name]), abs=0.01)
        assert blend > made


def test_psnr_is_that_of_display_white() -> None:
    truth = torch.zeros(2, 3, 4, 4)
    assert psnr(truth + 0.05, truth) == pytest.approx(20.0, abs=1e-4)


def test_a_crop_that_does_not_fit_is_refused(data: Data) -> None:
    with pytest.raises(InvalidSetting, match="multiples of 4"):
        Trainer(dataclasses.replace(SETTINGS, crop=34), CONFIG, data, CPU)


def test_training_imports_nothing_that_is_optional() -> None:
    code = (
        "import sys, engine.training.run.command\n"
        "optional = {'OpenImageIO', 'opentimelineio', 'tensorboard', 'psutil'}\n"
        "sys.exit(bool(optional & {*sys.modules}))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
