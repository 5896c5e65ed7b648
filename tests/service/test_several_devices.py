"""One retime by several engines: every frame once, one record, the bits of one engine."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from hifi_ofx import several_devices
from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import HifiError, OutputError
from hifi_ofx.quality import Machine
from hifi_ofx.request import Finished, Log, Plan, Progress
from hifi_ofx.retime import Retime
from hifi_ofx.several_devices import SeveralDevices, engine_for, split

TWO = Machine(device="cpu,cpu")


@pytest.fixture(scope="module")
def two():
    with SeveralDevices(TWO.devices) as engines:
        yield engines


def frames_of(request):
    folder = Path(request.target).parent
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.exr"))}


@pytest.mark.parametrize(
    ("named", "devices"),
    [
        ("auto", ("auto",)),
        ("cuda:0, cuda:1", ("cuda:0", "cuda:1")),
        ("cpu,", ("cpu",)),
        ("", ("auto",)),
    ],
)
def test_devices_are_named_with_commas_between(named, devices):
    assert Machine(device=named).devices == devices


def planned(fractions):
    return [(1001 + n, 1, 2, fraction) for n, fraction in enumerate(fractions)]


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_every_frame_is_in_one_share_in_order(count):
    frames = planned(["0", "1/3", "2/3"] * 5)
    shares = split(frames, count)
    numbers = [n for first, last in shares for n in range(first, last + 1)]
    assert numbers == [output for output, *_ in frames]
    assert len(shares) == count


def test_shares_take_about_the_same_work_and_none_is_empty():
    first, last = split(planned(["0"] * 60 + ["1/2"] * 6), 2)
    assert (first, last) == ((1001, 1063), (1064, 1066)) or first[1] in range(1061, 1065)
    assert split(planned(["1/2"]), 4) == [(1001, 1001)]


def test_frames_of_a_list_keep_their_gaps():
    frames = [frame for frame in planned(["1/2"] * 8) if frame[0] not in (1003, 1007)]
    assert split(frames, 2) == [(1001, 1002, 1004, 1004), (1005, 1006, 1008, 1008)]


def test_two_engines_make_the_bits_of_one(engine, two, request_for):
    alone = request_for("alone/slow.####.exr")
    *_, one = engine.render(alone)
    beside = replace(request_for("beside/slow.####.exr"), machine=TWO)
    *said, both = two.render(beside)
    assert frames_of(beside) == frames_of(alone)
    assert isinstance(both, Finished)
    assert (both.made, both.copied, both.skipped) == (one.made, one.copied, 0) == (3, 4, 0)
    bars = [line for line in said if isinstance(line, Progress)]
    assert {bar.frames for bar in bars} == {7} and bars[-1].frames_done == 7
    others = [path for path in Path(beside.target).parent.iterdir() if path.suffix != ".exr"]
    assert len(others) == 1, "one record, and no lock is left"
    *_, again = two.render(beside)
    assert (again.made, again.copied, again.skipped) == (0, 0, 7)


def test_what_an_older_retime_left_is_named_and_removed(two, request_for):
    longer = replace(
        request_for("slow/slow.####.exr", retime=Retime(speed=Fraction(1, 4))), machine=TWO
    )
    list(two.render(longer))
    shorter = replace(longer, retime=Retime(speed=Fraction(1, 2)))
    said = list(two.render(shorter))
    assert any("1013" in line.text for line in said if isinstance(line, Log))
    list(two.render(replace(shorter, clean=True)))
    assert len(frames_of(shorter)) == 7


def test_other_people_s_frames_stop_both_before_anything_is_made(two, request_for):
    request = replace(request_for(), machine=TWO)
    foreign = Path(request.target.replace("####", "1006"))
    foreign.parent.mkdir()
    foreign.write_bytes(b"mine")
    with pytest.raises(OutputError):
        list(two.render(request))
    assert frames_of(request) == {foreign.name: b"mine"}


def test_the_first_error_ends_all(two, request_for, tmp_path):
    request = replace(request_for(), machine=TWO)
    broken = tmp_path / "plate.1004.exr"
    content = broken.read_bytes()
    broken.write_bytes(content[:-60] + bytes(60))  # all is there, but cannot be unpacked
    with pytest.raises(HifiError, match=r"plate\.1004\.exr"):
        list(two.render(request))
    assert not list(Path(request.target).parent.glob("*.tmp*"))


def test_leaving_early_stops_all(two, request_for):
    request = replace(request_for(retime=Retime(speed=Fraction(1, 100))), machine=TWO)
    for line in two.render(request):
        if isinstance(line, Progress) and line.frames_done > 2:
            break
    short = replace(request, only=(1001, 1004))
    *_, finished = two.render(short)  # both answer again
    assert finished.made + finished.copied + finished.skipped == 4
    assert len(frames_of(request)) < 301


def test_one_device_needs_no_more_than_an_engine_and_an_engine_takes_but_one(request_for, engine):
    request = request_for()
    with engine_for(request) as alone:
        assert not isinstance(alone, SeveralDevices)
    with pytest.raises(HifiError, match="one device"):
        list(engine.render(replace(request, machine=TWO)))


def test_no_more_engines_are_started_than_there_is_work_for(request_for, monkeypatch):
    started = []

    class Counted(EngineProcess):
        def __init__(self, **options):
            started.append(options)
            super().__init__(**options)

    monkeypatch.setattr(several_devices, "EngineProcess", Counted)
    request = replace(request_for(), machine=TWO)
    with engine_for(request) as engines:
        assert any(isinstance(line, Plan) for line in engines.plan(request))
        *_, one = engines.render(replace(request, only=(1002, 1002)))
        assert (one.made, len(started)) == (1, 1)
        *_, whole = engines.render(request)
        assert (whole.made, whole.copied, len(started)) == (2, 4, 2)


def test_the_plan_is_that_of_the_first_device(two, request_for):
    *_, plan = two.plan(replace(request_for(), machine=TWO))
    assert isinstance(plan, Plan) and plan.cost.device == "cpu"
