"""What networks cost and reach: counted, timed by turns, and compared with what is possible."""

import json
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention
from torch.utils.flop_counter import FlopCounterMode

from engine.__main__ import main
from engine.commands import bench_networks as bench
from engine.commands import bench_rates
from engine.commands.bench_counted import Convolution, Counted, counted
from engine.commands.bench_rates import Ceiling, Rates, Seconds, by_turns, side_of
from engine.commands.flags import REDUCED
from engine.flow.motion_network import MotionNetwork
from engine.flow.motion_stages import find
from engine.paper.unet import UNet
from engine.plate.exr import read_frame
from tests.networks import PLAIN, random, saved

CASE = bench.Case("some", "torch", "float32", (32, 48), 1)


@pytest.mark.parametrize(
    ("layer", "known"),
    [
        (nn.Conv2d(3, 16, 3, 2, 1), Convolution(3, 16, 3, 2)),
        (nn.Conv2d(8, 4, 1), Convolution(8, 4, 1)),
        (nn.ConvTranspose2d(16, 4, 4, 2, 1), Convolution(16, 4, 4, 2, True)),
    ],
)
@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_a_convolution_is_counted_by_hand(layer, known, mode):
    x = torch.rand(1, known.inputs, 8, 12)
    with mode():
        found = counted(lambda: layer(x))
    pixels = 8 * 12 if known.transposed or known.stride == 1 else 4 * 6
    flops = 2 * pixels * known.inputs * known.outputs * known.kernel**2
    assert found.convolutions == {known: flops} and found.flops == flops
    assert known.flops(8, 12) == flops


def test_products_and_attention_count_apart():
    q = torch.rand(1, 2, 32, 8)
    found = counted(lambda: (torch.rand(3, 5) @ torch.rand(5, 7), attended(q)))
    assert not found.convolutions
    assert found.products == 2 * 3 * 5 * 7 + 2 * (2 * 2 * 32 * 32 * 8)


def attended(q):
    with torch.no_grad():
        return scaled_dot_product_attention(q, q, q)


def test_a_network_is_counted_as_torch_counts_it():
    network, picture = MotionNetwork().eval(), torch.rand(1, 3, 64, 64)
    with torch.no_grad(), FlopCounterMode(display=False) as torch_s:
        network(picture, picture, torch.tensor([0.5]))
    found = counted(torch.no_grad()(lambda: network(picture, picture, torch.tensor([0.5]))))
    assert found.flops == torch_s.get_total_flops() > 0


def test_bytes_are_what_is_read_and_written_and_views_move_none():
    one, other = torch.rand(10, 10), torch.rand(10, 10)
    assert counted(lambda: one + other).bytes == 3 * 400
    assert counted(lambda: one.view(100)[5:].reshape(5, 19).transpose(0, 1)).bytes == 0


def test_operations_are_timed_one_by_one():
    now = iter(range(100))
    found = counted(lambda: torch.rand(2).add(1).add(2).mul(2), clock=lambda: next(now))
    assert found.seconds["add"] == 2 and found.seconds["mul"] == 1


def test_calls_take_turns_and_the_fastest_counts():
    said, now = [], [0.0]
    takes = {"a": iter([9.0, 3.0, 2.0, 4.0]), "b": iter([9.0, 1.0, 5.0, 6.0])}

    def call(name):
        def act():
            said.append(name)
            now[0] += next(takes[name])

        return act

    clock = lambda: now[0]  # noqa: E731
    found = by_turns({name: call(name) for name in "ab"}, 3, clock=clock, cpu=lambda: 2 * now[0])
    assert "".join(said) == "abababab"
    assert found == {"a": Seconds(2.0, 4.0), "b": Seconds(1.0, 2.0)}


def test_a_layer_is_judged_by_its_better_memory_format():
    layer = Convolution(4, 8, 3)
    ceiling = Ceiling.of([layer], torch.device("cpu"), torch.float32)
    seconds = dict.fromkeys(ceiling.calls, 1.0)
    assert set(seconds) == {f"{layer} planes", f"{layer} pixels", "product", "copy"}
    slow, fast = ceiling.rates(seconds), ceiling.rates({**seconds, f"{layer} pixels": 0.25})
    side = side_of(layer, 1.5e9)
    assert slow.convolutions[layer] == layer.flops(side, side)
    assert fast.convolutions[layer] == 4 * slow.convolutions[layer]
    assert fast.product == slow.product == 2 * 896**3
    assert slow.copy == 2 << 27


@pytest.mark.parametrize("layer", [Convolution(3, 16, 3, 2), Convolution(64, 64, 3)])
def test_large_calls_do_what_they_are_said_to_do(layer):
    ceiling = Ceiling.of([layer], torch.device("cpu"), torch.float32)
    side = side_of(layer, 1.5e9)
    for kind in ("planes", "pixels"):
        found = counted(ceiling.calls[f"{layer} {kind}"])
        assert found.convolutions == {layer: layer.flops(side, side)}


def test_shares_are_of_what_is_possible():
    slow, fast = Convolution(4, 4, 3), Convolution(64, 64, 3)
    of = Counted(products=1000)
    of.convolutions.update({slow: 100, fast: 8000})
    top = Rates({slow: 10.0, fast: 1000.0}, product=500.0, copy=1.0)
    assert top.seconds(of) == 10 + 8 + 2
    found = bench.row(CASE, "", of, Seconds(40.0, 50.0), top, top)
    assert found["flops"] == 9100
    assert found["flops_per_second"] == 9100 / 40
    assert found["convolutions_share"] == 0.5 and found["cpu_share"] == 0.4
    assert found["product_share"] == 9100 / 40 / 500


def test_calls_of_the_motion_network_are_made_again_as_they_were():
    network = MotionNetwork().eval()
    pair, half = torch.rand(2, 1, 3, 64, 96), torch.tensor([0.5])
    recorder, given = bench.Recorder(network), []
    with torch.inference_mode():
        alone = find(network, *pair, half)
        found = find(recorder, *pair, half)
        given = [call(*of) for call, of in recorder.calls]
    for one, other in zip(alone.at(), found.at(), strict=True):
        assert torch.equal(one, other)
    assert len(given) == 2 + 5 and [one.shape[1] for one in given] == [4, 4, 13, 13, 13, 13, 5]


def test_the_reduced_network_says_something(tmp_path):
    bench.write_reduced(tmp_path / "a.safetensors")
    network = bench.made_by(
        "torch", tmp_path / "a.safetensors", bench.Machine(device="cpu"), bench.Quality()
    ).denoiser.network
    assert network.config.widths == (32, 64, 128, 256) and network.config.blocks == (2, 4, 8, 8)
    z, seen, t = torch.rand(1, 3, 32, 32), torch.rand(1, 9, 32, 32), torch.tensor([0.5])
    with torch.no_grad():
        assert network(z, t, t, seen).std() > 0.01


@pytest.fixture
def little(monkeypatch):
    """Large convolutions and products that are none."""
    monkeypatch.setattr(bench_rates.Large, "on", lambda device: bench_rates.Large(3e6, 1 << 12))


@pytest.mark.usefixtures("little")
def test_networks_are_measured_with_a_picture_and_json(monkeypatch, tmp_path, capsys):
    def none(*given):
        raise RuntimeError("There is no compiler.")

    compiled = lambda module, **_: module if isinstance(module, UNet) else none  # noqa: E731
    monkeypatch.setattr(torch, "compile", compiled)
    weights = saved(random(PLAIN), tmp_path / "plain.safetensors")
    words = ["--networks", str(weights), "motion", "--precisions", "float32", "--patches", "32x48"]
    files = ["--json", str(tmp_path / "a.json"), "--picture", str(tmp_path / "a.png")]
    assert main(["bench", "networks", *words, "--batches", "2", "--repeats", "1", *files]) == 0
    shown = capsys.readouterr().out
    found = json.loads((tmp_path / "a.json").read_text())
    rows = found["networks"]
    names = {row["network"] for row in rows}
    assert names >= {str(weights), "motion", "motion, with warps"}
    assert all(row["flops"] > 0 and row["convolutions_share"] > 0 for row in rows)
    on = {row["backend"] for row in rows if row["network"] == str(weights)}
    assert {"torch", "compiled"} <= on
    assert "There is no compiler" in found["failures"]["motion compiled"]
    assert "There is no compiler" in shown
    assert all(row["batch"] == 2 and row["patch"] == "32x48" for row in rows)
    assert "with warps" in shown and "float32" in shown
    part = read_frame(tmp_path / "a.png").parts[0]
    assert part.data_window.shape == (800, 1400) and part.planes["R"].std() > 5


def test_backends_are_measured_where_they_can_be(monkeypatch):
    every = ["torch", "compiled", "onnx"]
    monkeypatch.setattr(bench, "there", lambda: every)
    assert bench.backends_of("motion", "float32", every) == every
    assert bench.backends_of("motion", "float32", ["onnx"]) == ["onnx"]
    assert bench.backends_of(REDUCED, "float32", every) == ["torch", "compiled"]
    assert bench.backends_of("motion", "bfloat16", every) == ["torch", "compiled"]
    monkeypatch.setattr(bench, "there", lambda: ["torch", "compiled"])
    assert bench.backends_of("motion", "float32", every) == ["torch", "compiled"]


def test_a_gpu_is_measured_in_three_precisions():
    gpu = SimpleNamespace(type="cuda")
    assert bench.precisions(gpu) == ("float32", "bfloat16", "float16")
    assert bench.precisions(torch.device("cpu"))[0] == "float32"
