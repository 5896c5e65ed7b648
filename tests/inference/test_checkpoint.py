"""Weights files: what goes in comes out, and everything else is refused in a sentence."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from engine.inference.checkpoint import (
    FORMAT,
    Weights,
    load_weights,
    read_tensors,
    save_weights,
    write_tensors,
)
from engine.inference.weights_file import sha256
from engine.paper.unet import NetworkConfig, UNet
from hifi_ofx.errors import WeightsError

CONFIG = NetworkConfig(
    widths=(8, 8), blocks=(1, 1), attention_levels=1, head_width=8, time_width=16
)
RECORD = {"steps": 12, "data": {"licences": {"CC0-1.0": 3}}}


@pytest.fixture
def weights() -> Weights:
    torch.manual_seed(0)
    tensors = {name: torch.randn_like(value) for name, value in UNet(CONFIG).state_dict().items()}
    return Weights(CONFIG, tensors, RECORD, "Apache-2.0")


@pytest.mark.parametrize(("half", "tolerance"), [(True, 2**-10), (False, 0.0)])
def test_weights_come_back(weights: Weights, tmp_path: Path, half: bool, tolerance: float) -> None:
    path = tmp_path / "some" / "folder" / "w.safetensors"
    save_weights(path, weights, half=half)
    loaded = load_weights(path)
    assert (loaded.config, loaded.record, loaded.licence) == (CONFIG, RECORD, "Apache-2.0")
    for name, value in loaded.network().state_dict().items():
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, weights.tensors[name], rtol=tolerance, atol=1e-6)


def test_half_precision_halves_the_file(weights: Weights, tmp_path: Path) -> None:
    save_weights(tmp_path / "half", weights)
    save_weights(tmp_path / "single", weights, half=False)
    sizes = [
        sum(v.nbytes for v in read_tensors(tmp_path / n)[0].values()) for n in ("half", "single")
    ]
    assert sizes[1] == 2 * sizes[0]


def test_the_file_is_as_readable_as_any_other(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    save_weights(tmp_path / "w", weights)
    assert (tmp_path / "w").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no weights file .*absent\.safetensors"):
        load_weights(tmp_path / "absent.safetensors")
    with pytest.raises(WeightsError, match="cannot be read"):
        sha256(tmp_path / "absent.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_file_is_refused(weights: Weights, tmp_path: Path, share: float) -> None:
    path = tmp_path / "w.safetensors"
    save_weights(path, weights)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(WeightsError, match=r"w\.safetensors .* truncated or no safetensors"):
        load_weights(path)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("these are not weights, whatever they are called, and never were")
    with pytest.raises(WeightsError, match="no safetensors file"):
        load_weights(text)
    other = tmp_path / "other.safetensors"
    save_file({"layer": torch.zeros(3)}, other)
    with pytest.raises(WeightsError, match="not a HiFI weights file"):
        load_weights(other)


def test_tensors_that_do_not_fit_the_config_are_refused(weights: Weights, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    del weights.tensors["out.bias"]
    save_weights(path, weights)
    with pytest.raises(WeightsError, match=r"1 tensors .*'out\.bias'"):
        load_weights(path)


@pytest.mark.parametrize("config", ["{", "[]", '{"depth": 3}', '{"widths": 5, "blocks": [1]}'])
def test_a_config_that_makes_no_sense_is_refused(
    weights: Weights, tmp_path: Path, config: str
) -> None:
    path = tmp_path / "w.safetensors"
    entries = {"format": FORMAT, "config": config, "record": "{}", "licence": json.dumps("x")}
    write_tensors(path, weights.tensors, entries)
    with pytest.raises(WeightsError, match=r"w\.safetensors"):
        load_weights(path)


def test_an_existing_file_survives_a_failed_write(
    weights: Weights, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.safetensors"
    save_weights(path, weights)
    before = path.read_bytes()

    def full_disk(tensors: object, file: Path, metadata: object) -> None:
        file.write_bytes(b"half a fi")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.inference.checkpoint.save_file", full_disk)
    with pytest.raises(WeightsError, match="No space left"):
        save_weights(path, weights)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.safetensors"]


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 10_000)
    assert sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()
