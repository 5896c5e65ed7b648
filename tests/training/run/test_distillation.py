"""A distillation learns, repeats, goes on as if never stopped, and ends by its clock."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor

from engine.__main__ import main
from engine.flow.motion_network import MotionNetwork
from engine.flow.views import VIEWS
from engine.inference.motion_weights import MotionWeights
from engine.inference.zoo import load
from engine.training.data.mixture import Data
from engine.training.distill_settings import DistillSettings
from engine.training.procedural.painting import paint_masks, paint_textures
from engine.training.procedural.palette import Palette
from engine.training.run.distill_checks import Figure
from engine.training.run.distill_loss import charbonnier, loss
from engine.training.run.distillation import SCORES, distill
from engine.training.run.distiller import Distiller, read_state
from engine.training.run.origin import WEIGHTS
from engine.training.run.pool import Pool, cut, fill
from engine.training.run.state import STATE, load_state, save_state
from engine.training.run.teacher import Answer, answered
from hifi_ofx.errors import Cancelled, InvalidSetting, WeightsError

SETTINGS = DistillSettings(
    steps=20, batch=1, crop=64, scene=64, scenes=2, teachers=2, warm_up=0, averaging=0.5,
    minutes=1e6, seed=3,  # steps decide, and not how fast this machine is
)  # fmt: skip
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def data() -> Data:
    generator = Generator().manual_seed(0)
    palette = Palette(paint_textures(10, 64, generator), paint_masks(16, 64, generator))
    clip = torch.randint(256, (5, 3, 40, 48), generator=generator).to(torch.uint8)
    return Data(palette, palette, [clip], [clip], {"clips": 1}, held_out_sources=["noise"])


@pytest.fixture(scope="module")
def weights() -> MotionWeights:
    torch.manual_seed(1)
    return MotionWeights(MotionNetwork().state_dict(), {"name": "random"}, "Their licence.")


def trained(data: Data, weights: MotionWeights, steps: int, settings=SETTINGS) -> Distiller:
    distiller = Distiller(settings, data, weights, CPU)
    for _ in range(steps):
        distiller.train_step()
    return distiller


def tensors_of(distiller: Distiller) -> list[Tensor]:
    return [
        value.clone()
        for network in (distiller.network, distiller.averaged)
        for value in network.state_dict().values()
    ]


def same(one: Distiller, other: Distiller) -> bool:
    pairs = zip(tensors_of(one), tensors_of(other), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


class Clock:
    """A second passes whenever it is asked."""

    now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_the_student_learns_what_is_true(data, weights, monkeypatch) -> None:
    """On one crop in one view, where there is nothing else to learn."""
    monkeypatch.setattr("engine.training.run.distiller.VIEWS", VIEWS[:1])
    settings = replace(
        SETTINGS, scenes=1, learning_rate=1e-3, steps=0, teaching=0.0, video_share=0.0, seed=1
    )
    distiller = Distiller(settings, data, weights, CPU)
    losses = [distiller.train_step().loss for _ in range(12)]
    assert losses[-1] < 0.6 * losses[0]


def test_teacher_and_student_begin_alike_and_only_one_of_them_changes(data, weights) -> None:
    distiller = trained(data, weights, 1)
    for name, value in distiller.teacher.state_dict().items():
        assert torch.equal(value, weights.tensors[name])
    assert any(
        not torch.equal(value, weights.tensors[name])
        for name, value in distiller.network.state_dict().items()
    )


@pytest.mark.parametrize("kept", [0.0, 0.25, 1.0])
def test_what_is_kept_lies_between_teacher_and_average(data, weights, kept) -> None:
    distiller = trained(data, weights, 1, replace(SETTINGS, kept=kept))
    found, student = distiller.result().tensors, distiller.averaged.state_dict()
    for name, value in weights.tensors.items():
        expected = (1 - kept) * value + kept * student[name]
        assert torch.allclose(found[name], expected, atol=1e-7)


def test_one_seed_makes_one_run(data, weights) -> None:
    assert same(trained(data, weights, 2), trained(data, weights, 2))
    assert not same(trained(data, weights, 1), trained(data, weights, 1, replace(SETTINGS, seed=4)))


def test_a_resumed_run_goes_on_as_if_never_stopped(data, weights, tmp_path) -> None:
    settings = replace(SETTINGS, pool_steps=2)
    through, stopped = trained(data, weights, 4, settings), trained(data, weights, 3, settings)
    stopped.save(tmp_path, {})
    state = read_state(tmp_path)
    resumed = Distiller(settings, data, state.teacher, CPU)
    resumed.resume(state)
    resumed.train_step()
    assert resumed.step == through.step == 4 and same(resumed, through)
    assert resumed.seconds > state.progress["seconds"] > 0


def test_the_state_of_another_kind_of_run_is_refused(data, weights, tmp_path) -> None:
    trained(data, weights, 1).save(tmp_path, {})
    with pytest.raises(WeightsError, match="not a training state"):
        read_state(tmp_path / WEIGHTS)


def test_states_come_in_shards(data, weights, tmp_path) -> None:
    trained(data, weights, 1, replace(SETTINGS, shard_mebibytes=8)).save(tmp_path, {})
    sizes = [path.stat().st_size for path in tmp_path.glob("*.safetensors")]
    assert len(sizes) > 8 and max(sizes) <= 8 << 20
    assert (tmp_path / (STATE + ".index.json")).is_file()


def test_another_pool_is_drawn_when_its_steps_are_over(data, weights) -> None:
    distiller = Distiller(replace(SETTINGS, pool_steps=2), data, weights, CPU)
    firsts = []
    for _ in range(3):
        firsts.append(distiller.pool().first)
        distiller.train_step()
    assert firsts[0] is firsts[1] and not torch.equal(firsts[1], firsts[2])


def test_the_clock_ends_a_run_with_time_to_measure_again(data, weights, tmp_path) -> None:
    """With a second a look at the clock: all that is measured and saved is within the minute."""
    clock = Clock()
    settings = replace(SETTINGS, steps=0, minutes=1)
    distiller = Distiller(settings, data, weights, CPU, clock)
    found = distill(distiller, tmp_path)
    assert 1 < distiller.step < 30 and clock.now <= 60
    assert {gain.kind for gain in found} == {"film, gap 2", "film, gap 4", "rendered"}
    made = load(tmp_path / WEIGHTS)
    assert isinstance(made, MotionWeights) and made.record["steps"] == distiller.step
    assert made.record["distilled from"] == {"name": "random"}
    assert made.licence.endswith("Their licence.")


def test_too_little_time_is_said_before_anything_is_drawn(data, weights, tmp_path) -> None:
    distiller = Distiller(replace(SETTINGS, minutes=0.05), data, weights, CPU, Clock())
    with pytest.raises(InvalidSetting, match=r"0\.05 minutes leave no time to train"):
        distill(distiller, tmp_path)
    assert not list(tmp_path.iterdir())


def test_what_is_stopped_is_saved_and_can_go_on(data, weights, tmp_path) -> None:
    distiller = Distiller(SETTINGS, data, weights, CPU)

    def told(what: str, more: int) -> None:
        if what == "steps" and distiller.step == 2:
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        distill(distiller, tmp_path, told=told)
    state = read_state(tmp_path)
    assert state.progress["step"] == 2 and not (tmp_path / SCORES).exists()
    before = [Figure(**entry) for entry in state.progress["before"]]
    assert {figure.source for figure in before if figure.kind != "rendered"} == {"noise"}
    groups, progress = load_state(tmp_path)
    del groups["teacher"]
    save_state(tmp_path / "other" / STATE, groups, progress)
    with pytest.raises(WeightsError, match="no distillation"):
        read_state(tmp_path / "other")


@pytest.mark.parametrize("phase", ["before", "pool"])
def test_what_is_stopped_before_its_first_step_leaves_nothing(
    data, weights, tmp_path, phase
) -> None:
    def told(what: str, more: int) -> None:
        if what == phase:
            raise Cancelled("Enough.")

    with pytest.raises(Cancelled):
        distill(Distiller(SETTINGS, data, weights, CPU), tmp_path, told=told)
    assert not list(tmp_path.iterdir())


def test_crops_are_cut_of_the_pool_as_it_lies(data, weights) -> None:
    settings = replace(SETTINGS, scene=128, scenes=3)
    pool = fill(data, settings, 0, weights.network())
    assert pool.first.shape == (3, 3, 128, 128) and pool.first.dtype == torch.float16
    crops = cut(pool, 4, 64, Generator().manual_seed(0))
    for crop in zip(*crops, strict=True):
        number = pool.fraction.tolist().index(float(crop[-1]))
        places = [
            (top, left)
            for top in range(65)
            for left in range(65)
            if torch.equal(pool.first[number, :, top, left].float(), crop[0][:, 0, 0])
        ]
        assert any(
            all(
                torch.equal(whole[number, :, top : top + 64, left : left + 64].float(), part)
                for whole, part in zip(pool[:-1], crop[:-1], strict=True)
            )
            for top, left in places
        )


def test_the_loss_is_least_for_what_is_taught_and_true() -> None:
    picture, flow = torch.rand(1, 3, 8, 8), torch.rand(1, 4, 8, 8)
    crops = Pool(picture, picture, picture, picture, flow, torch.ones(1, 1, 8, 8), torch.ones(1))
    right = loss(Answer(flow, flow[:, :1], picture), crops, SETTINGS)
    assert float(right) == pytest.approx(1e-3 * (1 + SETTINGS.flow_weight), rel=1e-3)
    off = loss(Answer(flow + 2, flow[:, :1], picture), crops, SETTINGS)
    assert float(off - right) == pytest.approx(2 * SETTINGS.flow_weight, rel=1e-2)
    distrusted = crops._replace(trust=torch.zeros(1, 1, 8, 8))
    assert float(loss(Answer(flow + 2, flow[:, :1], picture), distrusted, SETTINGS)) < 1.1e-3
    dark = loss(Answer(flow, flow[:, :1], picture), crops._replace(truth=picture - 0.5), SETTINGS)
    assert float(dark - right) == pytest.approx(0.5 * (1 - SETTINGS.teaching), rel=1e-2)
    assert float(charbonnier(torch.tensor(-0.3))) == pytest.approx(0.3, rel=1e-4)


def test_low_precision_leaves_flow_and_picture_single(weights) -> None:
    """bfloat16 is for the convolutions: motion of many pixels would lose its fractions."""
    network = weights.network()
    pair = torch.rand(2, 1, 3, 64, 64, generator=Generator().manual_seed(0))
    half = torch.tensor([0.5])
    with torch.autocast("cpu", torch.bfloat16):
        low = answered(network, pair[0], pair[1], half, VIEWS[0])
    full = answered(network, pair[0], pair[1], half, VIEWS[0])
    assert low.flow.dtype == low.picture.dtype == torch.float32
    assert torch.allclose(low.picture, full.picture, atol=0.1)


def test_the_command_runs_resumes_and_refuses(tmp_path: Path, data, monkeypatch, capsys) -> None:
    out = tmp_path / "out"
    words = [
        "distill", str(out), "--scenes", "1", "--scene", "64", "--crop", "64", "--batch", "1",
        "--teachers", "2", "--device", "cpu",
    ]  # fmt: skip
    module = "engine.training.run.distill_command.load_data"
    monkeypatch.setattr(module, lambda *_, **__: data)
    assert main([*words, "--steps", "2"]) == 0
    scores = json.loads((out / SCORES).read_text())
    assert scores["gains"][0]["kind"] == "film, gap 2"
    assert "rendered" in capsys.readouterr().out
    assert main([*words, "--steps", "2"]) == 2  # it holds a run
    assert main([*words, "--steps", "3", "--resume", str(out)]) == 0
    assert read_state(out).progress["step"] == 3
    assert json.loads((out / SCORES).read_text())["before"] == scores["before"]
    assert main([*words, "--weights", "aligned"]) == 2
    other = tmp_path / "other"
    assert main(["distill", str(other), "--weights", "aligned"]) == 5
    assert main(["distill", str(other), "--crop", "100"]) == 2
    assert main(["distill", str(other), "--crop", "512"]) == 2


def test_it_needs_neither_openimageio_nor_opencv() -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('OpenImageIO', 'cv2', 'av', 'psutil')));"
        "import engine.training.run.distill_command"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
