"""What frames take by preset and device; the paper done plainly; all benchmarks in one."""

import json
from dataclasses import replace
from types import MappingProxyType

import pytest
import torch

from engine.__main__ import main
from engine.commands import bench, bench_networks, bench_presets, bench_rates, bench_reference
from engine.commands.bench_networks import weights_files
from engine.commands.bench_rates import Rates
from engine.commands.bench_reckoned import DEVICES, Costs, Device, Shares, seconds
from engine.commands.bench_shown import readable, shown
from engine.commands.flags import REDUCED
from engine.inference.noise import seeded_noise
from engine.inference.zoo import load
from engine.paper.cascade import network_calls
from hifi_ofx.quality import PRESETS, Machine, Quality


def test_seconds_are_reckoned_from_operations_bytes_and_the_host():
    device = Device("one", flops=1000.0, bandwidth=100.0, memory=1.0)
    costs = Costs(flops=500.0, bytes=30.0, host=0.25)
    assert seconds(costs, device, Shares(0.5, 0.1)) == pytest.approx(1.0 + 3.0 + 0.25)
    four = seconds(costs.scaled(4), device, Shares(0.5, 0.1))
    assert four == pytest.approx(4 * 4.25)


@pytest.fixture
def small(monkeypatch, narrow):
    sizes = {"HD": (64, 96), "UHD": (128, 192), "8K": (256, 384)}
    monkeypatch.setattr(bench_presets, "SIZES", MappingProxyType(sizes))
    monkeypatch.setattr(bench_presets, "COUNTED", (64, 96))
    monkeypatch.setattr(bench_presets, "PATCH", (32, 32))
    monkeypatch.setattr(bench_rates.Large, "on", lambda device: bench_rates.Large(3e6, 1 << 12))


def test_every_preset_and_device_has_a_cell(small, capsys):
    assert main(["bench", "presets", "--device", "cpu", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    cells = {(one["preset"], one["resolution"], one["device"]): one for one in found["cells"]}
    assert len(cells) == len(PRESETS) * 3 * (1 + len(DEVICES))
    how = {key: one["by"] for key, one in cells.items()}
    ours = {(name, "HD", "this machine") for name in PRESETS if name != "paper"}
    assert {key for key, by in how.items() if by == "measured"} == ours
    assert all(one["seconds"] > 0 for one in cells.values())
    for name in ours:
        small_one, large = cells[name]["seconds"], cells[name[0], "8K", name[2]]["seconds"]
        assert large == pytest.approx(16 * small_one)
    slow, fast = (cells["paper", "HD", device]["seconds"] for device in ("RTX 3060", "H100 SXM"))
    assert slow / fast == pytest.approx(989.4 / 25.6)
    assert found["presets"][0]["this machine"].endswith("*")


def test_what_a_retime_says_of_other_devices(small):
    busy = {"network": 0.2, "motion": 0.1, "blend": 0.3, "finish": 0.1, "search": 0.1}
    runs = {"HD": {"seconds": 10.0, "busy": busy}}
    counts, top = Costs(flops=400.0, bytes=80.0), Rates({}, product=1000.0, copy=100.0)
    known = bench_presets.known_of(counts, runs, top)
    assert known.costs == pytest.approx((400.0, 80.0, 4.0))  # what is done beside the device
    assert known.shares == pytest.approx((400 / 2 / 1000, 80 / 4 / 100))
    assert (known.pixels, known.measured, known.here) == (64 * 96, {"HD": 10.0}, 10.0)


def test_a_busy_machine_is_told_by_its_processor_time(small, monkeypatch, capsys):
    def run(size, *_, **__):
        busy = dict.fromkeys(("network", "motion", "blend"), 0.2)
        return {"seconds": 100.0, "cpu_seconds": 6.0, "busy": busy}

    monkeypatch.setattr(bench_presets, "pipeline", run)
    for clock, took in (("wall", 100.0), ("cpu", 6.0 / torch.get_num_threads())):
        words = ["--device", "cpu", "--clock", clock, "--json"]
        assert main(["bench", "presets", *words]) == 0
        cells = json.loads(capsys.readouterr().out)["cells"]
        assert cells[0]["by"] == "measured" and cells[0]["seconds"] == pytest.approx(took)


def test_what_does_not_fit_has_no_seconds(small, monkeypatch):
    monkeypatch.setattr(bench_presets, "DEVICES", (Device("tiny", 1e12, 1e11, 1.0),))
    work = bench_presets._paper_planner(Machine(device="cpu"))
    known = bench_presets.Known(Costs(1e12, 0.0), Shares(1.0, 1.0), 64 * 96, {}, 2.0)
    cells = list(bench_presets._rows("paper", known, work))
    assert {one["by"] for one in cells if one["device"] == "tiny"} == {"does not fit"}
    table = bench_presets.as_table(cells)
    assert table[0]["tiny"] == "does not fit" and list(table[0])[-1] == "GPU, host"


def test_the_paper_s_calls_are_counted_with_its_own_network():
    top = Rates({}, product=1e12, copy=1e9)
    plan = bench_presets._paper_planner(Machine(device="cpu"))
    known = bench_presets._paper(bench_presets.Reached(top, 0.5), plan)
    calls = network_calls(PRESETS["paper"], (1080, 1920))
    assert known.here == pytest.approx(known.costs.flops / 0.5e12)
    assert 1e12 < known.costs.flops / calls < 1e13  # of a patch of 512x768


@pytest.fixture
def narrow(monkeypatch):
    """The reduced network with an eighth of its channels, and few blocks."""
    few = replace(bench_networks.PAPER, widths=(32, 64, 96, 128), blocks=(1, 1, 1, 1))
    monkeypatch.setattr(bench_networks, "PAPER", few)


@pytest.mark.usefixtures("narrow")
def test_the_plain_way_and_ours_make_one_picture():
    quality = Quality(steps=2, samples=2, patch=(32, 48), cascade_depth=2, edges="uniform")
    found = bench_reference.reference((48, 80), quality, Machine(device="cpu"), 1)
    assert found["equal_to_db"] > 90
    assert found["ratio"] == found["plain_seconds"] / found["ours_seconds"] > 0


@pytest.mark.usefixtures("narrow")
def test_the_plain_way_calls_the_network_for_every_patch():
    quality = Quality(steps=2, samples=2, patch=(32, 48), cascade_depth=2, edges="uniform")
    with weights_files({REDUCED}) as files:
        network = load(files[REDUCED]).network().eval()
    sizes = []
    network.register_forward_pre_hook(lambda _, given: sizes.append(tuple(given[0].shape)))
    pair = torch.rand(2, 3, 48, 80)
    noise = seeded_noise(0, "1", torch.device("cpu"))
    bench_reference.plain(network, *pair, quality, noise)
    assert len(sizes) == network_calls(quality, (48, 80))
    assert {one[0] for one in sizes} == {1}


def test_figures_of_equal_pictures():
    one = torch.zeros(3, 4, 4)
    assert bench_reference.psnr(one, one + 0.1) == pytest.approx(20)
    assert bench_reference.psnr(one, one) == float("inf")


def test_all_is_one_after_the_other(monkeypatch, tmp_path, capsys):
    asked = {}

    def measure(kind):
        return lambda arguments: asked.update({kind: arguments}) or {"of": kind}

    monkeypatch.setattr(bench, "KINDS", {kind: measure(kind) for kind in bench.KINDS})
    file = tmp_path / "all.json"
    assert main(["bench", "--device", "cpu", "--json", str(file), "--reference"]) == 0
    assert list(asked) == [*bench.WHOLE, "reference"]
    assert all(one.device == "cpu" for one in asked.values())
    assert asked["overhead"].inbetweens == 2 and asked["overhead"].weights == "motion"
    assert json.loads(file.read_text()) == {kind: {"of": kind} for kind in asked}
    assert "overhead\nof: overhead" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["pipeline", "--picture", "a.png"],
        ["presets", "--measure", "4K"],
        ["networks", "--repeats", "0"],
        ["reference", "--repeats", "0"],
        ["pipeline", "--inbetweens", "0"],
    ],
)
def test_flags_that_make_no_sense_are_refused(words, capsys):
    assert main(["bench", *words]) == 2
    assert capsys.readouterr().err.startswith("hifi-ofx: ")


def test_a_file_that_cannot_be_written_is_told(monkeypatch, capsys):
    monkeypatch.setattr(bench, "KINDS", {"still": lambda _: {"of": "still"}})
    assert main(["bench", "still", "--json", "/nowhere/a.json"]) == 4
    assert "/nowhere" in capsys.readouterr().err


def test_figures_are_shown_as_their_names_say():
    assert shown("peak_bytes", 2_000_000) == "2 MB"
    assert shown("host_gigabytes", 1.5) == "1.50"
    assert shown("flops_per_second", 2e9) == "2 G"
    assert shown("cpu_share", 0.5) == "50%"
    assert shown("seconds", None) == "-"
    rows = [{"size": "a", "peak_bytes": 1e6}, {"size": "bcd", "peak_bytes": None}]
    assert readable({"rows": rows, "cells": rows}).splitlines() == [
        "rows:", "  size  peak bytes", "     a        1 MB", "   bcd           -",
    ]  # fmt: skip
