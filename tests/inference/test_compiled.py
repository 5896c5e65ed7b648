"""Networks compiled by torch: what is compiled, that it is the same, and what happens if not.

Most of it goes by a compiler that only counts what it is given; torch's own is tried once, slowly.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import threading
from fractions import Fraction

import pytest
import torch

from engine.flow.motion_network import MotionNetwork
from engine.flow.motion_stages import find
from engine.inference import backends, compiled
from engine.inference.backends import made_by, prepare, runs_on
from engine.inference.compiled import LEAST, CompiledMotion, CompiledUNet
from engine.inference.denoiser import NetworkDenoiser
from engine.inference.interpolator import Task
from engine.inference.model_cache import Loaded
from engine.inference.weights_file import weights_path
from engine.inference.zoo import load
from hifi_ofx.errors import Cancelled, InvalidSetting, OutputError
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.user_folders import cache_folder
from tests.flow.test_motion_network import moved_by
from tests.networks import PLAIN, WARPING, random, saved

CPU = torch.device("cpu")
COMPILED = Machine(device="cpu", backend="compiled")
HALF = torch.tensor([0.5])
PATCH = (32, 48)
needs_a_compiler = pytest.mark.skipif(not shutil.which("g++"), reason="there is no g++")
quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # torch's


@pytest.fixture
def graphs(monkeypatch):
    """What torch's compiler is given, which then runs as it is."""
    given, torch_s = [], torch.compile

    def backend(graph, inputs):
        given.append(graph)
        return graph.forward

    monkeypatch.setattr(torch, "compile", lambda *a, **kw: torch_s(*a, **kw, backend=backend))
    torch._dynamo.reset()
    yield given
    torch._dynamo.reset()


@pytest.fixture
def compiles(monkeypatch):
    """Sets what stands in for torch's compiler: a function of a module."""
    return lambda made: monkeypatch.setattr(torch, "compile", lambda module, **_: made(module))


def test_motion_is_compiled_once_for_patches_of_all_sizes(graphs):
    network = MotionNetwork().eval()
    other = CompiledMotion(network)
    thread = threading.Thread(target=other.prepare)  # as it is while somebody may cancel
    thread.start()
    thread.join()
    assert len(graphs) == 6  # encoder and five blocks
    with torch.inference_mode():
        for size, patch in (
            ((320, 448), (512, 768)),
            ((500, 610), (256, 384)),
            ((64, 64), (32, 32)),
        ):
            pair = moved_by(3, -2, size)
            one, two = (find(net, *pair, HALF, 1, patch).at() for net in (network, other))
            torch.testing.assert_close(one, two, atol=1e-4, rtol=0)
    assert len(graphs) == 6
    other.prepare()
    assert len(graphs) == 6


@torch.no_grad()
def test_a_diffusion_network_is_compiled_for_its_patch_in_any_batch(graphs):
    network = random(PLAIN)
    other = CompiledUNet(network)
    for patches, expected in ((1, 1), (8, 2), (8, 2)):
        other.prepare(PATCH, patches, CPU, torch.float32)
        assert len(graphs) == expected
    for count, size in ((1, PATCH), (3, PATCH), (5, PATCH), (2, (16, 64))):
        z, condition = (
            torch.randn(count, 3, *size),
            torch.rand(count, PLAIN.condition_channels, *size),
        )
        one, two = (
            NetworkDenoiser(net, CPU, torch.float32, 8)(z, torch.tensor(0.7), condition, 0.3)
            for net in (network, other)
        )
        torch.testing.assert_close(one, two, atol=1e-5, rtol=0)
    assert len(graphs) == 2


def test_another_precision_or_patch_is_prepared_for_when_it_is_asked_for(compiles, tmp_path):
    weights = str(saved(random(PLAIN), tmp_path / "own.safetensors"))
    loaded, seen = Loaded(), []
    compiles(lambda module: lambda *given: (seen.append(given[0].shape), module(*given))[1])
    for precision, patch, expected in (
        ("float32", PATCH, 1),
        ("float32", PATCH, 1),
        ("bfloat16", PATCH, 2),
        ("float32", (64, 64), 3),
        ("float32", (62, 63), 3),  # which is padded to the same
    ):
        machine = Machine(device="cpu", backend="compiled", precision=precision)
        made, _ = loaded.load(weights, machine, Quality(patch=patch))
        assert len(seen) == expected and runs_on(made) == "torch.compile"


def test_small_inputs_and_batches_are_left_to_torch(compiles):
    seen = []

    def stands_in(module):
        def call(*given):
            seen.append(given[0].shape)
            return module(*given)

        return call

    compiles(stands_in)
    network = CompiledMotion(MotionNetwork().eval())
    network.prepare()
    seen.clear()
    with torch.inference_mode():
        find(network, *moved_by(3, -2, (192, 256)), HALF)
    assert [shape[2:] for shape in seen] == [(192, 256)] * 3  # two pictures, the finest block
    assert LEAST > 96 * 128
    with torch.inference_mode():
        network.encode(torch.rand(2, 3, 192, 256))
    assert len(seen) == 3


def test_inbetweens_are_made_by_what_was_compiled(compiles):
    seen = []
    compiles(lambda module: lambda *given: (seen.append(given[0].shape), module(*given))[1])
    quality = Quality(samples=1, cascade_depth=1)
    first, second = (picture[0] for picture in moved_by(3, -2, (130, 200)))
    made = []
    for backend in ("torch", "compiled"):
        machine = Machine(device="cpu", backend=backend)
        interpolator, _ = Loaded().load("motion", machine, quality)
        seen.clear()
        made.append(interpolator.interpolate(first, second, Fraction(1, 2), Task(quality, "1")))
        assert bool(seen) == (backend == "compiled")
    torch.testing.assert_close(made[0].image, made[1].image, atol=1e-4, rtol=0)


def test_what_is_compiled_wrongly_is_not_taken(compiles):
    compiles(lambda module: lambda *given: module(*given) + 0.01)
    network = random(PLAIN)
    other = CompiledUNet(network)
    with pytest.raises(InvalidSetting, match=r"differs from what it computes by 1\.0e-02"):
        other.prepare(PATCH, 1, CPU, torch.float32)
    with torch.no_grad():
        given = torch.rand(1, 3, *PATCH), HALF, HALF, torch.rand(1, 9, *PATCH)
        assert torch.equal(other(*given), network(*given))


def test_nan_is_another_result(compiles):
    compiles(lambda module: lambda *given: module(*given) * float("nan"))
    with pytest.raises(InvalidSetting, match="differs"):
        CompiledUNet(random(PLAIN)).prepare(PATCH, 1, CPU, torch.float32)


def test_where_nothing_can_be_compiled_there_is_a_sentence_and_auto_goes_on(
    monkeypatch, tmp_path, caplog
):
    torch_s = torch.compile

    def backend(graph, inputs):
        raise RuntimeError("No working C++ compiler found.\nAnd much more.")

    monkeypatch.setattr(torch, "compile", lambda *a, **kw: torch_s(*a, **kw, backend=backend))
    weights = saved(random(PLAIN), tmp_path / "own.safetensors")
    with pytest.raises(InvalidSetting, match=r"cannot be compiled .*No working C\+\+") as failed:
        Loaded().load(str(weights), COMPILED, Quality(patch=PATCH))
    assert "--backend torch" in failed.value.hint and "\n" not in failed.value.message
    monkeypatch.setattr(backends, "SIZE", PATCH)
    with caplog.at_level(logging.WARNING, logger="engine"):
        choice = backends.measured(weights, Machine(device="cpu", backend="auto"))
    assert choice.backend in ("torch", "onnx") and set(choice.failures) == {"compiled"}
    assert "compiled cannot be used here" in caplog.text


def test_whoever_waits_for_a_compiler_can_cancel_and_is_told(compiles, tmp_path, caplog):
    waiting, done = threading.Event(), threading.Event()

    def slow(module):
        def call(*given):
            waiting.set()
            done.wait(20)
            return module(*given)

        return call

    def check():
        if waiting.is_set():
            raise Cancelled("Enough.")

    compiles(slow)
    weights = str(saved(random(PLAIN), tmp_path / "own.safetensors"))
    loaded, quality = Loaded(), Quality(patch=PATCH)
    with caplog.at_level(logging.INFO), pytest.raises(Cancelled):
        loaded.load(weights, COMPILED, quality, check)
    assert not done.is_set() and "torch compiles v of the network" in caplog.text
    done.set()
    assert runs_on(loaded.load(weights, COMPILED, quality)[0]) == "torch.compile"


def test_nothing_is_prepared_on_other_backends(monkeypatch, tmp_path):
    monkeypatch.setattr(torch, "compile", None)
    made, _ = Loaded().load("motion", Machine(device="cpu"), Quality())
    assert runs_on(made) == "torch"


def test_what_is_compiled_is_kept_by_processor(monkeypatch, compiles):
    compiles(lambda module: module)
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "elsewhere")
    CompiledUNet(random(PLAIN))
    folder = cache_folder() / "compiled" / compiled.processor()
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == str(folder)
    assert compiled.processor() == compiled.processor()
    monkeypatch.setattr(compiled.platform, "machine", lambda: "another")
    assert folder.name != compiled.processor()
    monkeypatch.setattr(compiled, "made_folder", lambda: None)
    with pytest.raises(OutputError, match="no folder"):
        CompiledUNet(random(PLAIN))


STARTED = """
import json, sys, torch
from pathlib import Path
from engine.inference.backends import made_by, prepare
from hifi_ofx.errors import HifiError
from hifi_ofx.quality import Machine, Quality
quality = Quality(patch=(32, 48))
made = made_by("compiled", Path(sys.argv[1]), Machine(device="cpu"), quality)
try:
    prepare(made, quality)
except HifiError as error:
    print(error)
else:
    print(json.dumps(dict(torch._dynamo.utils.counters["inductor"])))
"""


def started(weights, **environment):
    words = [sys.executable, "-W", "ignore", "-c", STARTED, str(weights)]
    return subprocess.check_output(words, env={**os.environ, **environment}, text=True)


@pytest.mark.slow
@needs_a_compiler
def test_a_second_start_compiles_nothing(tmp_path):
    weights = saved(random(PLAIN), tmp_path / "own.safetensors")
    assert "cannot be compiled on this machine" in started(weights, CXX="no-such-compiler")
    first, second = (json.loads(started(weights)) for _ in range(2))
    assert first["fxgraph_cache_miss"] == 1 and "fxgraph_cache_hit" not in first
    assert second["fxgraph_cache_hit"] == 1 and "fxgraph_cache_miss" not in second
    assert list((cache_folder() / "compiled").rglob("*.so"))


@pytest.mark.slow
@needs_a_compiler
@quiet
@torch.inference_mode()
def test_compiled_motion_is_the_same():
    torch._dynamo.reset()
    network = load(weights_path("motion")).network()
    other = CompiledMotion(network)
    other.prepare()
    pair = moved_by(14, -9, (200, 270))
    for patch, depth in (((512, 768), 1), ((64, 96), 2)):
        one, two = (find(net, *pair, HALF, depth, patch).at() for net in (network, other))
        assert (one[0] - two[0]).abs().max() < 1e-3  # pixels
        assert (one[1] - two[1]).abs().max() < 1e-3
    torch._dynamo.reset()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_compiled_networks_are_the_same_on_a_gpu(precision, tmp_path):
    own = saved(random(WARPING), tmp_path / "own.safetensors")
    machine = Machine(device="cuda", backend="compiled", precision=precision)
    quality = Quality(patch=(128, 192))
    for weights in (weights_path("motion"), own):
        made = made_by("compiled", weights, machine, quality)
        made.adapt(machine, quality)
        prepare(made, quality)  # which compares it with torch
        assert runs_on(made) == "torch.compile"
