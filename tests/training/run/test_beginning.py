"""Where a run begins: from nothing, from weights, from a state; and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.__main__ import main
from engine.inference.checkpoint import Weights, load_weights, read_tensors, save_weights
from engine.inference.networks import CONFIGS, network_of
from engine.paper.unet import NetworkConfig, UNet
from engine.training.run.journal import LOG, PREVIEW
from engine.training.run.origin import WEIGHTS, load_origin
from engine.training.run.state import STATE
from engine.training.run.trainer import Trainer
from hifi_ofx.errors import WeightsError
from tests.networks import WARPING
from tests.training.run.test_trainer import CONFIG, CPU, SETTINGS, painted_data, trained

SMALL_RUN = ["--batch", "1", "--crop", "32", "--minutes", "5", "--warm-up", "4"]


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Random weights, as half precision stores them exactly."""
    torch.manual_seed(3)
    tensors = {name: torch.randn(v.shape).half() for name, v in UNet(CONFIG).state_dict().items()}
    save_weights(tmp_path / WEIGHTS, Weights(CONFIG, tensors, {"steps": 7}, "CC0"))
    return tmp_path / WEIGHTS


def test_a_run_from_weights_starts_with_them_and_warms_up(weights: Path, tmp_path: Path) -> None:
    trainer = Trainer(SETTINGS, CONFIG, painted_data(), CPU)
    trainer.start_from(load_origin(weights, CONFIG))
    stored = read_tensors(weights)[0]
    for network in (trainer.network, trainer.averaged):
        for name, value in network.state_dict().items():
            assert torch.equal(value, stored[name].float())
    assert trainer.step == 0 and trainer.train_step().learning_rate == pytest.approx(3e-3)
    trainer.save(tmp_path / "out")
    origin = load_weights(tmp_path / "out" / WEIGHTS).record["origin"]
    assert origin["record"] == {"steps": 7} and len(origin["sha256"]) == 64
    resumed = Trainer(SETTINGS, CONFIG, painted_data(), CPU)
    resumed.resume(tmp_path / "out")
    assert resumed.record()["origin"] == origin


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (replace(CONFIG, widths=(8, 8, 8), blocks=(1, 1, 1)), r"widths is \[8, 8\] there"),
        (replace(CONFIG, blocks=(2, 1)), r"blocks is \[1, 1\] there, \[2, 1\] here"),
        (replace(CONFIG, fractions=False), "fractions is True there, False here"),
    ],
)
def test_weights_of_another_network_are_refused(
    weights: Path, other: NetworkConfig, said: str
) -> None:
    with pytest.raises(WeightsError, match=said):
        load_origin(weights, other)


def test_the_refusal_names_the_network_that_fits(tmp_path: Path) -> None:
    tensors = dict(network_of(CONFIGS["aligned"]).state_dict())
    save_weights(tmp_path / WEIGHTS, Weights(CONFIGS["aligned"], tensors, {}, ""))
    with pytest.raises(WeightsError, match="align is flow there, absent here") as caught:
        load_origin(tmp_path, CONFIGS["paper"])
    assert caught.value.hint == "Give --network aligned."


def test_weights_with_more_input_channels_are_refused(weights: Path) -> None:
    tensors, metadata = read_tensors(weights)
    stem = tensors["stem.weight"]
    tensors["stem.weight"] = torch.cat([stem, stem[:, :4]], dim=1)
    save_file(tensors, weights, metadata)
    with pytest.raises(WeightsError, match=r"does not hold the network.*'stem.weight'"):
        load_origin(weights, CONFIG)


def test_sharded_weights_are_an_origin_too(tmp_path: Path) -> None:
    wide = replace(CONFIG, widths=(64, 96))
    settings = replace(SETTINGS, shard_mebibytes=1)
    trainer = Trainer(settings, wide, painted_data(), CPU)
    trainer.train_step()
    trainer.save(tmp_path)
    assert not (tmp_path / STATE).exists() and not (tmp_path / WEIGHTS).exists()
    origin = load_origin(tmp_path, wide)
    for name, value in trainer.averaged.state_dict().items():
        torch.testing.assert_close(origin.tensors[name], value, atol=1e-4, rtol=1e-3)
    resumed = Trainer(settings, wide, painted_data(), CPU)
    resumed.resume(tmp_path)
    assert resumed.train_step().loss == trainer.train_step().loss


def test_states_of_before_have_no_count_of_crops(tmp_path: Path) -> None:
    """A state that knows neither crops nor origin, but generators and entries nobody needs now."""
    trainer = trained(painted_data(), 2)
    trainer.save(tmp_path)
    tensors, metadata = read_tensors(tmp_path / STATE)
    progress = json.loads(metadata["progress"])
    del progress["crops"], progress["origin"]
    progress["config"].update(align="none", motion=False, difference=0.0, direct=False, trust=1.0)
    tensors["generators/choices"] = torch.zeros(8, dtype=torch.uint8)
    save_file(tensors, tmp_path / STATE, {**metadata, "progress": json.dumps(progress)})
    resumed = Trainer(SETTINGS, CONFIG, painted_data(), CPU)
    resumed.resume(tmp_path)
    assert (resumed.step, resumed.crops, resumed.origin) == (2, 8, None)


def test_a_state_of_a_network_that_is_gone_is_refused(tmp_path: Path) -> None:
    trained(painted_data(), 1).save(tmp_path)
    tensors, metadata = read_tensors(tmp_path / STATE)
    progress = json.loads(metadata["progress"])
    progress["config"].update(align="none", motion=True, difference=0.1)
    save_file(tensors, tmp_path / STATE, {**metadata, "progress": json.dumps(progress)})
    with pytest.raises(WeightsError, match="another network"):
        Trainer(SETTINGS, CONFIG, painted_data(), CPU).resume(tmp_path)


@pytest.fixture
def small_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command with a small network by the name of the default, and little to paint."""
    wide = replace(CONFIG, widths=(64, 96))
    monkeypatch.setattr("engine.training.run.command.CONFIGS", {"aligned": wide})
    monkeypatch.setattr("engine.training.run.command.load_data", lambda *_: painted_data())
    monkeypatch.setattr("engine.training.data.mixture.CHECKED", 3)


def test_both_phases_by_the_command(
    small_command: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Base, cascade from its weights in shards, on with it, and the shards as one file."""
    base, out = tmp_path / "base", tmp_path / "out"
    assert main(["train", str(base), "--phase", "base", "--steps", "20", *SMALL_RUN]) == 0
    lines = [json.loads(line) for line in (base / LOG).read_text().splitlines()]
    checks = {"rendered, small motion, base", "rendered, base", "video"}
    assert set(lines[-1]["validation"]) == checks
    assert (base / PREVIEW).is_file()
    words = [*SMALL_RUN, "--accumulate", "2", "--shard-mebibytes", "1"]
    assert main(["train", str(out), "--steps", "10", "--from-weights", str(base), *words]) == 0
    assert main(["train", str(out), "--steps", "20", "--resume", str(out), *words]) == 0
    index = out / f"{WEIGHTS}.index.json"
    assert main(["train", str(tmp_path / "one.safetensors"), "--join", str(index)]) == 0
    record = load_weights(tmp_path / "one.safetensors").record
    assert (record["steps"], record["crops"]) == (20, 40)
    assert record["origin"]["record"]["settings"]["phase"] == "base"
    assert all(file.stat().st_size <= 1 << 20 for file in out.glob("*.safetensors"))
    assert main(["train", str(out), "--steps", "1", *SMALL_RUN]) == 2
    assert "holds a run already" in capsys.readouterr().err


def test_both_phases_of_an_aligned_network_by_the_command(
    small_command: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.training.run.command.CONFIGS", {"aligned": WARPING})
    words = ["--network", "aligned", "--steps", "20", "--margin", "16", "--unrolled"]
    words += [*SMALL_RUN, "--batch", "2", "--first-step-share", "0.5"]
    base, out = tmp_path / "base", tmp_path / "out"
    assert main(["train", str(base), "--phase", "base", *words]) == 0
    assert main(["train", str(out), "--from-weights", str(base), *words]) == 0
    made = load_weights(out / WEIGHTS)
    assert (made.config, made.record["steps"]) == (WARPING, 20)
    assert made.record["origin"]["record"]["settings"]["phase"] == "base"
    lines = [json.loads(line) for line in (out / LOG).read_text().splitlines()]
    for entry in lines[-1]["validation"].values():
        assert entry["psnr"] > entry["blend"] - 1
