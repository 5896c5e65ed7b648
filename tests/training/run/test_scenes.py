"""Crops that are cut of larger scenes, whose motion was found once."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Generator, Tensor

from engine.flow.estimate import pair_flow
from engine.flow.intermediate import CHANNELS, intermediate_flow
from engine.training.procedural.samples import Samples
from engine.training.run import scenes
from engine.training.run.scenes import ROUNDS, Known, Scenes, cut
from engine.training.run.trainer import Trainer
from engine.training.settings import TrainingSettings
from hifi_ofx.errors import InvalidSetting
from tests.flow.test_intermediate import pan
from tests.networks import WARPING
from tests.training.run.test_trainer import CONFIG, CPU, SETTINGS, painted_data

CUT = dataclasses.replace(SETTINGS, batch=2, crop=32, margin=8, scene=80, crops_a_scene=3)
PASSES = ROUNDS * CUT.crops_a_scene  # that one set lasts


def places(side: int, scale: int, scene: int) -> Tensor:
    """(3, side, side): x, y in full pixels, and the number of the scene."""
    along = (torch.arange(side) + 0.5) * scale
    x, y = along.expand(side, side), along[:, None].expand(side, side)
    return torch.stack([x, y, torch.full_like(x, scene)])


def test_all_that_belongs_to_a_crop_is_of_one_place() -> None:
    images = torch.stack([places(80, 1, scene) for scene in range(3)])
    flow = torch.stack([places(40, 2, scene) for scene in range(3)])
    known = Known(Samples(images, images + 1, images + 2, torch.arange(3) / 4), flow)
    samples, beside = cut(known, 256, 48, Generator().manual_seed(0))
    assert beside is not None
    assert samples.first.shape == (256, 3, 48, 48) and beside.shape == (256, 3, 24, 24)
    assert torch.equal(samples.second, samples.first + 1)
    assert torch.equal(samples.middle, samples.first + 2)
    halved = torch.nn.functional.avg_pool2d(samples.first, 2)
    torch.testing.assert_close(halved, beside)
    assert torch.equal(samples.fraction, samples.first[:, 2, 0, 0] / 4)
    left = samples.first[:, 0, 0, 0] - 0.5
    assert left.min() == 0 and left.max() == 80 - 48  # every place of a scene is reached
    assert set(samples.first[:, 2, 0, 0].tolist()) == {0, 1, 2}


def made(monkeypatch: pytest.MonkeyPatch, settings: TrainingSettings, rank: int = 0) -> Scenes:
    """Scenes of noise that say how they were drawn, which takes no search."""

    def drawn(_: object, settings: TrainingSettings, step: int, choices: Generator) -> Samples:
        size = settings.crop + 2 * settings.margin
        images = torch.rand(3, settings.batch, 3, size, size, generator=choices)
        return Samples(*images.unbind(), fraction=torch.full((settings.batch,), float(step)))

    monkeypatch.setattr(scenes, "draw", drawn)
    return Scenes(painted_data(), settings, CONFIG, rank)


def test_what_a_pass_gets_depends_on_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = made(monkeypatch, CUT)
    seen = {number: whole.crops(number) for number in (0, 1, PASSES - 1, PASSES, 2 * PASSES)}
    for number in (PASSES, 1):  # as a run that is resumed there
        again = made(monkeypatch, CUT).crops(number)
        assert torch.equal(again.samples.first, seen[number].samples.first)
        assert again.flow is None
    firsts = [known.samples.first for known in seen.values()]
    for one in range(len(firsts)):
        for other in range(one):
            assert not torch.equal(firsts[one], firsts[other])
    elsewhere = made(monkeypatch, CUT, rank=1).crops(0).samples.first
    assert not torch.equal(elsewhere, firsts[0])
    steps = [known.samples.fraction[0] for known in seen.values()]
    assert steps == [0, 0, 0, PASSES, 2 * PASSES]  # the motion ramp goes by steps


def test_scenes_are_as_large_as_set_and_kept_for_two_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = made(monkeypatch, CUT)
    for number in range(0, 5 * PASSES, PASSES):
        whole.crops(number)
        assert len(whole._sets) == 2
    known = whole._set(4)
    assert known.samples.first.shape == (ROUNDS * CUT.batch, 3, 80, 80)
    assert whole.crops(0).samples.first.shape == (2, 3, 48, 48)
    whole.close()


def test_the_motion_of_a_crop_is_that_of_its_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    first, middle, second = pan(8, -4, 0.5, 80, 80)
    scene = Samples(first, second, middle, torch.tensor([0.5]))
    monkeypatch.setattr(scenes, "draw", lambda *_: scene)
    monkeypatch.setattr(scenes, "ROUNDS", 1)
    settings = dataclasses.replace(CUT, batch=1, margin=0)
    _, flow = Scenes(painted_data(), settings, WARPING, 0).crops(0)
    assert flow is not None and flow.shape == (1, 2 * CHANNELS, 16, 16)
    whole = intermediate_flow(first, second, scene.fraction, pair_flow(first, second))
    # The crop lies somewhere in it.
    pieces = whole.unfold(2, 16, 1).unfold(3, 16, 1)
    apart = (pieces - flow[:, :, None, None]).abs().amax((0, 1, 4, 5))
    assert apart.min() == 0


@pytest.mark.parametrize("phase", ["base", "cascade"])
def test_an_aligned_network_trains_on_scenes(phase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "ROUNDS", 1)
    settings = dataclasses.replace(CUT, phase=phase, coarse_dropout=0.0, first_step_share=1.0)
    trainer = Trainer(settings, WARPING, painted_data(), CPU)
    losses = [trainer.train_step().loss for _ in range(3)]
    assert all(0 < value < 10 for value in losses)
    trainer.close()


@pytest.mark.parametrize("scene", [46, 81])
def test_a_scene_that_does_not_fit_is_refused(scene: int) -> None:
    settings = dataclasses.replace(CUT, scene=scene)
    with pytest.raises(InvalidSetting, match=f"Scene is {scene} pixels, crop and margin 48"):
        Trainer(settings, WARPING, painted_data(), CPU)
