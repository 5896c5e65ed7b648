"""The benchmarks: they count what the cascade does, and measure what they say."""

import json
import math
import subprocess
import sys
import tempfile
import time
from dataclasses import replace

import psutil
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.__main__ import main
from engine.commands import bench_memory, bench_overhead
from engine.commands.bench_plate import plate
from engine.commands.watching import PeakMemory, suspended
from engine.inference import backends
from engine.inference.onnx_runtime import installed
from engine.paper.cascade import depth, network_calls, stage_patches, stage_sizes, stage_steps
from engine.plate.exr import read_frame
from engine.retime.synthesis import main_colors
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.request import Finished, Progress
from tests.networks import PLAIN, saved, untrained
from tests.service.conftest import QUALITY

SIDES = st.integers(1, 300)
QUALITIES = st.builds(
    Quality,
    steps=st.integers(1, 3),
    base_steps=st.integers(0, 3),
    samples=st.integers(1, 3),
    patch=st.tuples(st.integers(32, 64), st.integers(32, 96)),
    cascade_depth=st.integers(0, 4),
)


@given(SIDES, SIDES, QUALITIES, st.integers(1, 5))
def test_the_reference_calls_are_those_of_an_inbetween(height, width, quality, batch):
    shapes = bench_overhead.call_shapes(quality, (height, width), batch)
    assert shapes.total() == network_calls(quality, (height, width), batch)
    pixels = 0
    sizes = stage_sizes((height, width), depth(quality, (height, width)))
    for stage, size in enumerate(sizes):
        steps = quality.samples * stage_steps(quality, stage)
        pixels += steps * sum(box.height * box.width for box in stage_patches(quality, size).boxes)
    assert sum(count * math.prod(shape) for shape, count in shapes.items()) == pixels


@pytest.fixture
def busy():
    """A process that computes without an end."""
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    yield psutil.Process(child.pid)
    child.kill()
    child.wait()


def test_a_suspended_process_computes_nothing_and_goes_on_afterwards(busy):
    def work():
        time.sleep(0.2)
        before = busy.cpu_times().user
        time.sleep(0.3)
        used.append(busy.cpu_times().user - before)

    used = []
    seconds = suspended(busy, work)
    assert used[0] <= 0.05
    assert seconds >= 0.5
    until = time.monotonic() + 20
    before = busy.cpu_times().user
    while busy.cpu_times().user - before < 0.1:
        assert time.monotonic() < until, "the process still stands"
        time.sleep(0.05)


class Calls:
    """Reference calls of 60 ms, of which there are four in an in-between."""

    device, measurements = torch.device("cpu"), 24

    def __init__(self):
        self.measured = 0

    def measure(self):
        self.measured += 1
        time.sleep(0.06)


class Engine:
    """Reports four calls of 20 ms."""

    def __init__(self, pid):
        self.pid = pid

    def render(self, request):
        for done in range(1, 5):
            yield Progress(0, 0, 1, done, 4, 0.0, None)
            time.sleep(0.02)
        yield Finished(1, 2, 0, 0.08, 0.08, 4)


def test_the_time_of_the_reference_calls_is_not_the_render_s(busy):
    calls, said = Calls(), []
    seconds, done = bench_overhead.rendered(Engine(busy.pid), None, calls, said.append)
    assert done.calls == 4
    assert calls.measured == 2 + 4  # before, after, and at every call of so short a render
    assert len(said) == 5
    assert 0.08 <= seconds.clock < 0.08 + 4 * 0.06


def test_memory_is_a_slope_and_what_remains(monkeypatch, weights):
    def peak(size, *_):
        return {"peak_bytes": 300_000_000 + 48 * size[0] * size[1], "idle_bytes": 200_000_000}

    monkeypatch.setattr(bench_memory, "_peak", peak)
    sizes = [(100, 200), (1000, 2000), (4000, 8000), (8000, 16000)]
    found = bench_memory.memory(sizes, QUALITY, str(weights), Machine(device="cpu"), most=32e6)
    assert found["bytes_per_pixel"] == pytest.approx(48)
    assert found["full_frame_copies"] == pytest.approx(4)
    assert found["network_bytes"] == pytest.approx(100_000_000, abs=10)
    planned = [row["planned_host_bytes"] for row in found["sizes"]]
    assert planned[3] == pytest.approx(4 * planned[2], rel=0.01)  # what diffusion needs is straight
    assert found["sizes"][3]["peak_bytes"] is None
    assert found["sizes"][0]["device_peak_bytes"] is None


def test_the_peak_is_seen_even_when_it_is_short():
    program = (
        "import sys; sys.stdin.readline(); x = bytearray(b'1') * 200_000_000; del x;"
        "print('done', flush=True); sys.stdin.readline()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child, PeakMemory(psutil.Process(child.pid)) as peak:
        before = psutil.Process(child.pid).memory_info().rss
        child.stdin.write("\n")
        child.stdin.flush()
        child.stdout.readline()
        peak.__exit__()
        child.stdin.write("\n")
        child.stdin.flush()
    assert peak.bytes - before > 150_000_000


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_overhead_of_a_real_render(weights, own_folder):
    size = (48, 80)
    found = bench_overhead.overhead(size, QUALITY, str(weights), 1, Machine(device="cpu"))
    assert found["network_calls"] == network_calls(QUALITY, size)
    assert found["inbetweens"] == 1
    assert found["ratio"] == found["seconds"] / found["alone_seconds"]
    assert found["cpu_ratio"] > 0
    assert not list(own_folder.glob("hifi-bench-*"))


@pytest.fixture
def plain(tmp_path):
    """Weights without attention, which large patches would make slow with so few levels."""
    return saved(untrained(replace(PLAIN, attention_levels=0)), tmp_path / "plain.safetensors")


def test_memory_of_a_real_render_as_json(plain, own_folder, capsys):
    flags = ["--weights", str(plain), "--device", "cpu", "--json"]
    assert main(["bench", "memory", "--sizes", "64x64", "256x768", *flags]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [run["size"] for run in found["sizes"]] == ["64x64", "256x768"]
    peaks = [run["peak_bytes"] for run in found["sizes"]]
    slope = (peaks[1] - peaks[0]) / (256 * 768 - 64 * 64)
    assert found["bytes_per_pixel"] == pytest.approx(slope, rel=1e-6)
    assert all(run["peak_bytes"] >= run["idle_bytes"] > 50_000_000 for run in found["sizes"])
    assert not list(own_folder.glob("hifi-bench-*"))


def test_overhead_of_the_motion_network(own_folder):
    quality, machine = Quality(samples=1, patch=(64, 96)), Machine(device="cpu")
    found = bench_overhead.overhead((64, 96), quality, "motion", 1, machine)
    assert found["ratio"] == found["seconds"] / found["alone_seconds"]
    assert found["network_ratio"] > found["ratio"] > 0
    assert not list(own_folder.glob("hifi-bench-*"))


class Gpu:
    """A GPU whose free memory falls and comes back."""

    def __init__(self):
        self.free = [1000, 900, 300, 800]

    def __call__(self, device):
        return self.free.pop(0) if len(self.free) > 1 else self.free[0]


def test_the_peak_of_a_gpu_is_what_its_free_memory_fell_by(monkeypatch):
    gpu = Gpu()
    monkeypatch.setattr(bench_memory, "free_memory", gpu)
    with bench_memory.DevicePeak(torch.device("cuda")) as peak:
        until = time.monotonic() + 20
        while len(gpu.free) > 1 and time.monotonic() < until:
            time.sleep(0.01)
    assert peak.bytes == 700


@pytest.mark.parametrize(
    "words",
    [
        ["overhead", "--size", "1080"],
        ["overhead", "--size", "0x64"],
        ["overhead", "--inbetweens", "0"],
        ["memory", "--sizes", "64x64"],
        ["still", "--moving", "1"],
    ],
)
def test_flags_that_make_no_sense_are_refused(words, capsys):
    assert main(["bench", *words]) == 2
    assert capsys.readouterr().err.startswith("hifi-ofx: ")


def test_what_stands_still_is_exact_and_saves_time(plain, own_folder, capsys):
    flags = ["--weights", str(plain), "--device", "cpu", "--size", "512x768", "--moving", "0.02"]
    assert main(["bench", "still", *flags, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ratio"] == pytest.approx(found["changing_seconds"] / found["still_seconds"])
    assert found["outside_difference"] == 0
    assert not list(own_folder.glob("hifi-bench-*"))


def test_backends_are_measured_side_by_side(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(backends, "SIZE", (32, 48))
    monkeypatch.setattr(torch, "compile", lambda module, **_: module)
    weights = saved(untrained(PLAIN), tmp_path / "own.safetensors")
    words = ["--weights", str(weights), "--device", "cpu", "--repeats", "2", "--json"]
    assert main(["bench", "backends", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {row["backend"]: row for row in found["backends"]}
    assert list(rows) == backends.there() and "failures" not in found
    assert rows["torch"]["ratio"] == rows["torch"]["median_ratio"] == 1
    assert rows["torch"]["largest_difference"] == 0
    for row in rows.values():
        assert row["ratio"] == pytest.approx(row["seconds"] / rows["torch"]["seconds"])
        assert row["median_ratio"] > 0 and row["ready_seconds"] > 0
        assert row["largest_difference"] < 1e-3
    assert rows["compiled"]["runs_on"] == "torch.compile"
    if installed():
        assert rows["onnx"]["runs_on"] == "CPUExecutionProvider"
        assert found["onnx_fp16_bytes"] < found["onnx_fp32_bytes"]
    assert main(["bench", "backends", "--repeats", "0"]) == 2


def test_the_motion_network_s_reference_is_of_the_plate_itself():
    size, count = (64, 96), 2
    first, second = bench_overhead._pair(size, count)
    with plate(size, count + 1) as folder:
        frames = [read_frame(folder / f"plate.{number:04d}.exr") for number in (1, 2)]
    for one, other in zip((first, second), main_colors(*frames), strict=True):
        assert torch.equal(one, other)
