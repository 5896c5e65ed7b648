"""`hifi-ofx export`."""

import json

import pytest

from engine.__main__ import main
from engine.inference.onnx_runtime import installed
from tests.networks import PLAIN, random, saved


def test_the_motion_network_is_written_for_nuke(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "--format", "torchscript"]) == 0
    assert (tmp_path / "motion.pt").is_file()
    assert "differs from torch in single precision by" in capsys.readouterr().out


@pytest.mark.skipif(not installed(), reason="the extra onnx is not installed")
def test_a_diffusion_network_is_written_as_onnx(tmp_path, capsys):
    weights, target = saved(random(PLAIN), tmp_path / "own.safetensors"), tmp_path / "deep" / "own"
    words = ["--weights", str(weights), "--format", "onnx", "--precision", "fp16", "--json"]
    assert main(["export", *words, "--output", str(target)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["path"] == str(target) and said["bytes"] == target.stat().st_size
    assert 0 <= said["difference"] < 0.05


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--format", "cat"], "--format is cat. It must be onnx or torchscript."),
        (["--format", "onnx", "--precision", "int8"], "--precision is int8."),
        (["--format", "torchscript", "--weights", "aligned"], "Nuke's Inference node cannot"),
    ],
)
def test_what_cannot_be_written_gets_a_sentence(words, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
