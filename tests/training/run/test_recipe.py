"""The dry run: what it counts, and that it allocates and writes nothing."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.autograd.graph import saved_tensors_hooks

from engine.__main__ import main
from engine.inference.networks import CONFIGS, parameter_count
from engine.paper.unet import NetworkConfig, UNet
from engine.training.run import cost, recipe
from engine.training.run.cost import flops, saved_bytes
from engine.training.run.recipe import dry_run
from engine.training.settings import DryRun, TrainingSettings
from tests.networks import WARPING

CONFIG = NetworkConfig(
    widths=(8, 16), blocks=(1, 1), attention_levels=0, head_width=8, time_width=16
)


def multiply_adds(network: UNet, size: tuple[int, int]) -> int:
    """Of all convolutions, linear layers and the one attention, from the shapes they saw."""
    total = 0

    def conv(layer: nn.Conv2d, _: object, out: torch.Tensor) -> None:
        nonlocal total
        total += out.numel() * layer.weight[0].numel()

    def linear(layer: nn.Linear, _: object, out: torch.Tensor) -> None:
        nonlocal total
        total += out.numel() * layer.in_features

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(conv)
        elif isinstance(module, nn.Linear):
            module.register_forward_hook(linear)
    network(torch.zeros(1, 3, *size), torch.zeros(1), torch.zeros(1), torch.zeros(1, 9, *size))
    pixels = size[0] // 4 * size[1] // 4
    return total + 2 * pixels * pixels * 16  # q k and the weights on v, in the middle


def test_flops_are_two_per_multiply_add() -> None:
    counted = flops(CONFIG, (24, 40), 0.0)
    assert counted.forward == 2 * multiply_adds(UNet(CONFIG), (24, 40))
    assert 2.7 * counted.forward < counted.training < 3.3 * counted.forward
    assert counted.coarse == 0 and counted.step == counted.training


def test_a_coarse_image_is_half_size_and_every_other_time_a_quarter_below() -> None:
    """32x64 below 64x128, and for half of the crops 16x32 below that; half of all have one."""
    half, quarter = (flops(CONFIG, size, 0.0).forward for size in ((32, 64), (16, 32)))
    counted = flops(CONFIG, (64, 128), 0.5)
    assert counted.coarse == pytest.approx(0.5 * (half + 0.5 * quarter))
    assert counted.step == counted.training + counted.coarse


def test_a_network_that_sees_warped_frames_is_counted_with_all_that_it_sees() -> None:
    """Its stem's 3x3 over 4 x 39 channels at half of the size; and memory for them."""
    seeing = replace(WARPING, widths=(8, 8, 8, 16), attention_levels=0)
    blind = NetworkConfig(**{entry.name: getattr(seeing, entry.name) for entry in fields(CONFIG)})
    one, other = (flops(config, (32, 64), 0.0).forward for config in (blind, seeing))
    assert other - one > 2 * 16 * 32 * 9 * 8 * 4 * (39 - 12)
    assert saved_bytes(seeing) > saved_bytes(blind) + 39


def test_saved_bytes_are_what_a_real_pass_saves() -> None:
    """Per pixel, in single precision: what the second of two crops adds."""
    network = UNet(CONFIG).to(memory_format=torch.channels_last)
    height, width = cost.MEASURED
    totals = []
    for batch in (1, 2):
        storages: dict[int, int] = {}
        kept = []

        def pack(
            tensor: torch.Tensor,
            storages: dict[int, int] = storages,
            kept: list[torch.Tensor] = kept,
        ) -> torch.Tensor:
            kept.append(tensor)
            storages[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        z, condition = torch.zeros(batch, 3, height, width), torch.zeros(batch, 9, height, width)
        with saved_tensors_hooks(pack, lambda tensor: tensor):
            network(z, torch.zeros(batch), torch.zeros(batch), condition)
        totals.append(sum(storages.values()))
    expected = (totals[1] - totals[0]) / (height * width)
    assert saved_bytes(CONFIG, low=False) == pytest.approx(expected, rel=0.02)
    assert saved_bytes(CONFIG, low=True) < 0.9 * expected


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "CONFIGS", {"aligned": CONFIG})


def test_times_follow_from_flops_and_the_assumed_rate(cheap: None) -> None:
    assumed = DryRun(peak_teraflops=100.0, gpu_peak_teraflops=400.0, utilization=0.5)
    found = dry_run(TrainingSettings(batch=4, accumulate=3, crop=32, phase="base"), assumed)
    base, cascade = found["recipe"]
    assert (base["crop"], base["steps"], base["batch"]) == ("352x480", 3_000_000, 256)
    assert (cascade["crop"], cascade["steps"]) == ("224x288", 200_000)
    assert base["flops"] == base["training_flops"] * 256 * 3_000_000
    assert base["seconds"] == pytest.approx(base["flops"] / (256 * 50e12))
    assert base["gpu_seconds"] == pytest.approx(base["flops"] / 200e12)
    assert base["coarse_flops"] == 0 < cascade["coarse_flops"]
    run = found["run"]
    assert (run["crop"], run["batch"], run["coarse_flops"]) == ("32x32", 12, 0)
    assert run["gpu_seconds_per_step"] == pytest.approx(12 * run["step_flops"] / 200e12)
    assert run["activation_bytes_per_pass"] == 4 * run["activation_bytes"]


def test_memory_is_five_times_the_weights() -> None:
    """Weights, their gradients, Adam's two moments and the running average."""
    stored = sum(value.numel() * 4 for value in UNet(CONFIG).parameters())
    memory = recipe._memory(parameter_count(CONFIG))
    assert memory["weights"] == stored and memory["all"] == 5 * stored


def test_a_dry_run_prints_and_writes_nothing(
    cheap: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train", "out", "--config", "aligned", "--dry-run", "--crop", "32"]) == 0
    text = capsys.readouterr().out
    for said in ("352x480", "224x288", "197 TFLOP/s", "989 TFLOP/s", "40% of its peak", "one GPU"):
        assert said in text
    words = ["--network", "aligned", "--dry-run", "--json", "--utilization", "0.2"]
    assert main(["train", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["network"] == "aligned" and found["assumed"]["utilization"] == 0.2
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_paper_s_network_is_counted() -> None:
    """Open-DDVM's build of this U-Net takes 0.79 TFLOP at 224x288 with the paper's channels."""
    found = dry_run(replace(TrainingSettings(), network="paper"), DryRun())
    assert found["parameters"] == parameter_count(CONFIGS["paper"])
    assert found["recipe"][1]["forward_flops"] == pytest.approx(0.79e12, rel=0.2)


def test_json_without_a_dry_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "out", "--json"]) == 2
    assert main(["train"]) == 2
    assert "no folder to train into" in capsys.readouterr().err
