"""The networks on ONNX Runtime, and which of the backends is taken."""

import ast
import json
import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from engine.flow.motion_stages import find
from engine.inference import backends, onnx_runtime
from engine.inference.backends import Choice, Timed, choices, chosen, made_by, runs_on
from engine.inference.denoiser import NetworkDenoiser
from engine.inference.model_cache import Loaded
from engine.inference.onnx_networks import onnx_motion, onnx_unet
from engine.inference.onnx_runtime import PROVIDERS, installed, providers
from engine.inference.weights_file import weights_path
from engine.inference.zoo import load
from hifi_ofx.errors import EngineError, InvalidSetting
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.user_folders import cache_folder
from tests.flow.test_motion_network import moved_by
from tests.networks import PLAIN, WARPING, random, saved

needs_onnx = pytest.mark.skipif(not installed(), reason="the extra onnx is not installed")
CPU = Machine(device="cpu", backend="auto")
HALF = torch.tensor([0.5])


@needs_onnx
@torch.inference_mode()
def test_motion_is_the_same_on_both():
    network = load(weights_path("motion")).network()
    other = onnx_motion(lambda: network, "some weights", "cpu")
    pair = moved_by(14, -9, (200, 270))
    for patch, depth in (((512, 768), 1), ((64, 96), 2)):
        one, two = (find(net, *pair, HALF, depth, patch).at() for net in (network, other))
        assert (one[0] - two[0]).abs().max() < 1e-3  # pixels
        assert (one[1] - two[1]).abs().max() < 1e-3
    assert other.runs_on == "CPUExecutionProvider"


@needs_onnx
@torch.inference_mode()
def test_motion_in_half_precision_stays_near():
    network = load(weights_path("motion")).network()
    other = onnx_motion(lambda: load(weights_path("motion")).network(), "some weights", "cpu")
    other.to(torch.bfloat16)  # which providers do not have
    assert other.dtype == torch.float16
    pair = moved_by(6, -4)
    one, two = (find(net, *pair, HALF).at()[0] for net in (network, other))
    assert 0 < (one - two).abs().max() < 0.1


@needs_onnx
@torch.no_grad()
@pytest.mark.parametrize("config", [PLAIN, WARPING])
@pytest.mark.parametrize("size", [(32, 48), (37, 61)])
def test_patches_are_denoised_the_same_on_both(config, size):
    network, cpu = random(config), torch.device("cpu")
    other = onnx_unet(lambda: network, config, "some weights", "cpu")
    z, condition = torch.randn(3, 3, *size), torch.rand(3, config.condition_channels, *size)
    for batch in (1, 2):
        made = [
            NetworkDenoiser(net, cpu, torch.float32, batch)(z, torch.tensor(0.7), condition, 0.3)
            for net in (network, other)
        ]
        torch.testing.assert_close(*made, atol=1e-3, rtol=0)


@needs_onnx
def test_graphs_are_written_once_for_all_that_they_depend_on():
    made = []

    def network():
        made.append(True)
        return random(PLAIN)

    def folders(weights, half=False):
        sessions = onnx_unet(network, PLAIN, weights, "cpu").sessions
        sessions.session("v", half)
        return sessions.folder(half)

    first = folders("a" * 64)
    assert folders("a" * 64) == first and len(made) == 1
    assert (first / "v.onnx").is_file() and "a" * 64 in (first / "key.json").read_text()
    assert folders("b" * 64) != first and len(made) == 2
    assert folders("a" * 64, half=True) != first and len(made) == 3
    assert not list(first.parent.glob("*.partial"))


@needs_onnx
def test_another_backend_is_another_network_in_memory(tmp_path):
    weights = str(saved(random(PLAIN), tmp_path / "own.safetensors"))
    loaded, quality = Loaded(), Quality(patch=(32, 48))
    kinds = ["torch", "onnx", "onnx", "torch"]
    made = [loaded.load(weights, Machine(device="cpu", backend=b), quality)[0] for b in kinds]
    cpu = "CPUExecutionProvider"
    assert [runs_on(one) for one in made] == ["torch", cpu, cpu, "torch"]
    assert made[1] is made[2]


@pytest.fixture
def times(monkeypatch):
    """Seconds that each backend is said to take, why others fail, and the weights timed."""
    said = SimpleNamespace(
        seconds={"torch": [2.0, 1.0], "compiled": [0.8], "onnx": [0.5, 3.0]}, failures={}, timed=[]
    )

    def timed(path, machine, rounds, provider=""):
        said.timed.append(path)
        return {name: Timed(9.0, of) for name, of in said.seconds.items()}, said.failures

    monkeypatch.setattr(backends, "timed", timed)
    return said


def test_the_fastest_one_is_measured_once_for_each_weights_file(times, tmp_path):
    weights = saved(random(PLAIN), tmp_path / "own.safetensors")
    assert [chosen(weights, CPU).backend for _ in range(3)] == ["onnx"] * 3
    assert len(times.timed) == 1
    saved(random(PLAIN, seed=1), weights)
    times.seconds.update(onnx=[0.95], compiled=[0.91])  # not worth it
    known = {"torch": 1.0, "compiled": 0.91, "onnx": 0.95}
    assert chosen(weights, CPU) == Choice("torch", known, {})
    assert len(times.timed) == 2
    assert [choice.backend for choice in choices().values()] == ["onnx", "torch"]
    said = "torch: 1.000 s on torch, 0.910 s on compiled, 0.950 s on onnx"
    assert str(chosen(weights, CPU)) == said
    assert all("onnxruntime" in key and "own" in key for key in choices())


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ({"torch": [1.0], "compiled": [0.7], "onnx": [0.8]}, "compiled"),
        ({"torch": [1.0], "compiled": [0.7, 0.95]}, "compiled"),
        ({"torch": [1.0]}, "torch"),
        ({"compiled": [1.0]}, "compiled"),
        ({}, "torch"),
    ],
)
def test_another_backend_is_taken_where_it_saves_a_tenth(times, tmp_path, seconds, expected):
    times.seconds = seconds
    assert backends.measured(tmp_path, CPU).backend == expected


def test_what_is_kept_and_cannot_be_read_is_measured_again(times, tmp_path):
    weights = saved(random(PLAIN), tmp_path / "own.safetensors")
    chosen(weights, CPU)
    file = cache_folder() / "backends.json"
    of_before = {"backend": "torch", "torch_seconds": 1.0, "onnx_seconds": 2.0, "provider": "CPU"}
    for number, text in enumerate(("[1, 2", json.dumps({"a key": of_before})), start=2):
        file.write_text(text)
        assert choices() == {}
        assert chosen(weights, CPU).backend == "onnx" and len(times.timed) == number


@needs_onnx
def test_all_are_timed_on_real_work(monkeypatch, tmp_path):
    monkeypatch.setattr(backends, "SIZE", (32, 48))
    monkeypatch.setattr(torch, "compile", lambda module, **_: module)
    for weights in (saved(random(PLAIN), tmp_path / "own.safetensors"), weights_path("motion")):
        choice = chosen(weights, CPU)
        assert set(choice.seconds) == {"torch", "compiled", "onnx"} and not choice.failures
        assert min(choice.seconds.values()) > 0


def test_where_a_backend_fails_another_is_taken_and_the_log_says_why(monkeypatch, caplog):
    def failing(*_):
        raise EngineError("No engine could be built.")

    made = {"torch": backends.BACKENDS["torch"], "compiled": failing}
    monkeypatch.setattr(backends, "BACKENDS", made)
    monkeypatch.setattr(backends, "SIZE", (32, 48))
    with caplog.at_level(logging.WARNING):
        choice = chosen(weights_path("motion"), CPU)
    assert choice.backend == "torch" and set(choice.seconds) == {"torch"}
    assert choice.failures == {"compiled": "No engine could be built."}
    assert str(choice).endswith("s on torch, not compiled: No engine could be built.")
    assert "No engine could be built" in caplog.text


def test_without_onnx_runtime_others_are_there_and_onnx_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    monkeypatch.setattr(torch, "compile", lambda module, **_: module)
    path, quality = weights_path("motion"), Quality()
    assert backends.there() == ["torch", "compiled"]
    assert "no onnxruntime" in backends._key(path, CPU)
    with pytest.raises(InvalidSetting, match=r"pip install 'hifi-ofx\[onnx\]'"):
        made_by("onnx", path, CPU, quality)


@needs_onnx
def test_a_provider_that_is_not_there_gets_a_sentence():
    with pytest.raises(InvalidSetting, match=r"Provider 'Vulkan' is not .* Name one of CPU"):
        made_by("onnx", weights_path("motion"), CPU, Quality(), "Vulkan")


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("auto", ["Tensorrt", "CUDA", "Dml", "CoreML", "OpenVINO", "CPU"]),
        ("cuda:1", ["Tensorrt", "CUDA", "CPU"]),
        ("mps", ["CoreML", "CPU"]),
        ("cpu", ["OpenVINO", "CPU"]),
    ],
)
def test_the_best_provider_of_a_device_comes_first(monkeypatch, device, expected):
    there = [*reversed(PROVIDERS), "AzureExecutionProvider"]
    monkeypatch.setattr(
        onnx_runtime, "runtime", lambda: SimpleNamespace(get_available_providers=lambda: there)
    )
    assert [name.removesuffix("ExecutionProvider") for name in providers(device)] == expected
    named = providers(device, "cuda")
    assert named == ["CUDAExecutionProvider", "CPUExecutionProvider"]


def test_built_engines_go_to_the_folder_of_what_they_are_built_of(tmp_path):
    gpu = torch.device("cuda:1")
    options = {name: of(tmp_path, gpu, True) for name, of in PROVIDERS.items()}
    keeping = {name for name, values in options.items() if str(tmp_path) in values.values()}
    assert {name.removesuffix("ExecutionProvider") for name in keeping} == {
        "Tensorrt", "CoreML", "OpenVINO",
    }  # fmt: skip
    assert options["TensorrtExecutionProvider"]["device_id"] == "1"
    assert all(isinstance(value, str) for values in options.values() for value in values.values())


def test_too_little_memory_is_told_from_other_failures():
    lack = onnx_runtime._known(RuntimeError("BFCArena::Alloc: Failed to allocate memory for 1 GB"))
    assert isinstance(lack, torch.OutOfMemoryError)
    other = onnx_runtime._known(RuntimeError("Non-zero status code"))
    assert isinstance(other, EngineError) and "--backend torch" in other.hint


def test_nothing_imports_onnx_before_it_is_asked_for():
    for path in Path(onnx_runtime.__file__).parents[1].rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in getattr(node, "names", ())]
            assert not {"onnx", "onnxruntime"} & {*names, getattr(node, "module", None)}
