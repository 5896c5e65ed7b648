"""Where the time of a retime goes: what spans are worth, and that a retime tells them."""

import json
import logging
import threading
import time

import pytest
import torch

from engine.__main__ import main
from engine.commands import bench_pipeline as bench
from engine.commands.bench_plate import half_speed, plate
from engine.inference import spans
from engine.inference.model_cache import Loaded
from engine.inference.spans import Span, collected, span
from hifi_ofx.quality import Machine, Quality
from tests.service.conftest import QUALITY


def test_what_lies_inside_belongs_to_the_inner_one():
    told = [
        Span("network", 1, 2.0, 3.0),
        Span("network", 1, 5.0, 7.0),
        Span("motion", 1, 1.0, 8.0),
        Span("blend", 1, 8.0, 9.0),
        Span("decode", 2, 0.0, 4.0),
    ]
    assert sorted(bench.own(told)) == [
        ("blend", (8.0, 9.0)),
        ("decode", (0.0, 4.0)),
        ("motion", (1.0, 2.0)),
        ("motion", (3.0, 5.0)),
        ("motion", (7.0, 8.0)),
        ("network", (2.0, 3.0)),
        ("network", (5.0, 7.0)),
    ]


def test_a_span_that_ends_with_its_inner_one():
    told = [Span("network", 1, 2.0, 4.0), Span("motion", 1, 1.0, 4.0)]
    assert sorted(bench.own(told)) == [("motion", (1.0, 2.0)), ("network", (2.0, 4.0))]


def test_shares_of_a_job_of_ten_seconds():
    told = [
        Span("motion", 1, 1.0, 5.0),
        Span("network", 1, 2.0, 4.0),
        Span("blend", 1, 6.0, 8.0),
        Span("decode", 2, 0.0, 2.0),
        Span("write", 3, 7.0, 9.0),
        Span("write", 4, 8.0, 10.0),
        Span("finish", 1, 8.0, 9.0),
    ]
    found = bench.shares(told, 10.0)
    busy = {name: share for name, share in found["busy"].items() if share}
    assert busy == pytest.approx(
        {"motion": 0.2, "network": 0.2, "blend": 0.2, "decode": 0.2, "write": 0.3, "finish": 0.1}
    )
    assert found["idle"] == pytest.approx(0.4)
    assert found["beside"] == pytest.approx({"decode": 0.5, "write": 1 / 3, "finish": 0.0})
    assert found["ratio"] == pytest.approx(10 / 6) and found["network_ratio"] == pytest.approx(5)


def test_a_job_that_makes_nothing_has_no_ratio():
    found = bench.shares([Span("decode", 1, 0.0, 1.0)], 2.0)
    assert found["idle"] == 1 and found["ratio"] is None and found["network_ratio"] is None


def test_the_largest_costs_are_shares_of_all():
    costs = {"a": 1.0, "b": 5.0, "c": 4.0}
    assert bench.largest(costs, 2) == {"b": 0.5, "c": 0.4}
    assert list(bench.largest(costs, 2)) == ["b", "c"]


def test_spans_are_told_on_every_thread_while_somebody_listens():
    @span("decode")
    def work(seconds):
        time.sleep(seconds)

    work(0)
    with collected() as found:
        thread = threading.Thread(target=work, args=(0.02,))
        thread.start()
        with span("motion"), span("network"):
            pass
        thread.join()
    work(0)
    assert sorted(one.phase for one in found) == ["decode", "motion", "network"]
    decode = next(one for one in found if one.phase == "decode")
    assert decode.ended - decode.began >= 0.02 and decode.thread != threading.get_ident()


def test_a_span_is_told_where_its_work_fails():
    with collected() as found, pytest.raises(ZeroDivisionError), span("write"):
        1 / 0  # noqa: B018
    assert [one.phase for one in found] == ["write"]


def test_listening_leaves_no_trace(caplog):
    before = spans.log.level, spans.log.propagate, list(spans.log.handlers)
    with caplog.at_level(logging.DEBUG), collected(), span("write"):
        pass
    assert (spans.log.level, spans.log.propagate, spans.log.handlers) == before
    assert not caplog.records


def test_a_retime_tells_all_its_phases(tmp_path, capsys, monkeypatch):
    words = ["--size", "64x96", "--inbetweens", "2", "--device", "cpu", "--json"]
    assert main(["bench", "pipeline", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    busy = found["busy"]
    assert set(busy) == set(bench.PHASES)
    told = {"decode", "cuts", "encode", "motion", "network", "blend", "finish", "write"}
    assert all(0 < busy[phase] < 1 for phase in told)
    one_thread = sum(busy[p] for p in ("cuts", "encode", "motion", "network", "blend", "finish"))
    assert one_thread <= 1 and 0 < found["idle"] < 1
    assert found["ratio"] == pytest.approx(1 / (1 - found["idle"]))
    assert len(found["costs"]) == bench.COSTS
    assert list(found["costs"].values()) == sorted(found["costs"].values(), reverse=True)


@pytest.mark.parametrize("samples", [1, 2])
def test_every_call_of_the_motion_network_is_told(samples):
    quality, machine = Quality(samples=samples, patch=(64, 96)), Machine(device="cpu")
    with plate((128, 192), 2) as folder, collected() as found:
        request = half_speed(folder, quality, "motion", machine)
        done = bench._rendered(Loaded(), request, lambda _: None)
    blocks = sum(one.phase == "network" for one in found)
    assert blocks > done.calls > 0  # the encoder's calls are told, and not counted


def test_diffusion_tells_its_phases(weights):
    found = bench.pipeline((48, 80), QUALITY, str(weights), 1, Machine(device="cpu"))
    assert all(found["busy"][phase] > 0 for phase in ("decode", "network", "blend", "write"))
    assert torch.is_inference_mode_enabled() is False
