"""Several processes: torchrun starts them, and they train one network together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from engine.inference.checkpoint import load_weights
from engine.inference.networks import CONFIGS
from engine.training.run.ranks import Ranks, check_agreement, joined
from engine.training.run.trainer import Trainer
from hifi_ofx.errors import EngineError, InvalidSetting
from tests.training.run.test_trainer import CONFIG, CPU, SETTINGS, painted_data

ROOT = Path(__file__).parents[3]


def torchrun(*words: str) -> subprocess.CompletedProcess[str]:
    """Two processes on the CPU, with one thread each."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ddp", "fsdp"])
def test_two_ranks_train_as_one(kind: str, tmp_path: Path) -> None:
    """Gradients, data, weights and resuming: two_ranks.py says what. Then one process goes on."""
    done = torchrun("tests/training/run/two_ranks.py", kind, str(tmp_path))
    assert done.returncode == 0, done.stderr
    alone = Trainer(replace(SETTINGS, batch=2), CONFIG, painted_data(), CPU)
    alone.resume(tmp_path)
    assert (alone.step, alone.crops) == (20, 80)
    alone.train_step()
    assert load_weights(tmp_path / "weights.safetensors").record["processes"] == 2


@pytest.mark.slow
def test_the_command_trains_under_torchrun(tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["train", str(out), "--steps", "20", "--batch", "1", "--crop", "32"]
    done = torchrun("-m", "engine", *words)
    assert done.returncode == 0, done.stderr
    record = load_weights(out / "weights.safetensors").record
    assert (record["steps"], record["crops"], record["processes"]) == (20, 40, 2)
    validations = [line for line in (out / "log.jsonl").read_text().splitlines() if "psnr" in line]
    assert len(validations) == 1 and json.loads(validations[0])["step"] == 20
    assert done.stdout.count("rendered, base") == 1


def test_several_ranks_need_torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined("auto", CONFIG, CPU) as ranks:
        assert ranks == Ranks()
    with pytest.raises(InvalidSetting, match="torchrun"), joined("ddp", CONFIG, CPU):
        pass


@pytest.mark.parametrize(
    ("asked", "network", "chosen"),
    [("auto", "paper", "fsdp"), ("auto", "aligned", "ddp"), ("ddp", "paper", "ddp")],
)
def test_the_paper_s_network_is_sliced(
    asked: str, network: str, chosen: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One rank is enough to see what is chosen."""
    torchrun_says = {"WORLD_SIZE": "1", "RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "0"}
    for name, value in torchrun_says.items():
        monkeypatch.setenv(name, value)
    with joined(asked, CONFIGS[network], CPU) as ranks:
        assert ranks == Ranks(0, 1, chosen)
        if chosen == "ddp" and network == "aligned":
            trainer = Trainer(SETTINGS, CONFIG, painted_data(), CPU, ranks)
            trainer.train_step()
            alone = Trainer(SETTINGS, CONFIG, painted_data(), CPU)
            alone.train_step()
            for one, two in zip(
                trainer.network.parameters(), alone.network.parameters(), strict=True
            ):
                torch.testing.assert_close(one, two)


def test_attention_is_fused_with_the_weights_of_slices_too() -> None:
    """Slices are gathered in the plain layout; unfused attention would keep its whole matrix."""
    trainer = Trainer(SETTINGS, CONFIG, painted_data(), CPU)
    trainer.network.to(memory_format=torch.contiguous_format)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        trainer.backward(trainer._batch(0))


def test_ranks_that_came_apart_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    network = torch.nn.Linear(2, 2)

    def gathered(self: Ranks, value: float) -> torch.Tensor:
        return torch.tensor([[value], [value + apart]], dtype=torch.float64)

    monkeypatch.setattr(Ranks, "gathered", gathered)
    apart = 1e-9
    with pytest.raises(EngineError, match="Rank 1 holds other weights"):
        check_agreement(network, Ranks(0, 2, "ddp"))
    apart = 0.0
    check_agreement(network, Ranks(0, 2, "ddp"))
