"""A few faults; and that the judge sees what a fault may leave behind."""

from random import Random

import pytest

from tests.reliability import __main__ as reliability
from tests.reliability.faults import PHASES, Fault, every
from tests.reliability.judging import tried
from tests.reliability.running import Run
from tests.reliability.workspace import Workspace


def test_every_phase_has_its_faults():
    faults = every()
    assert {fault.phase for fault in faults} == set(PHASES)
    assert len({(fault.name, fault.phase) for fault in faults}) == len(faults) >= 40


@pytest.fixture
def work(tmp_path, engine):
    return Workspace(tmp_path, engine)


def whole(work):
    run = Run.start(work)
    run.wait()
    return run


def first_frame(work):
    return work.out / sorted(work.reference)[3]


def half_written(work):
    path = first_frame(work)
    path.write_bytes(path.read_bytes()[:100])


def another_picture(work):
    first_frame(work).write_bytes(work.reference["slow.1001.exr"])


def stray(work):
    (work.out / ".hifi-elsewhere-1-a.tmp.exr").write_bytes(b"")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("left", "words"),
    [
        (lambda work: None, []),
        (half_written, ["slow.1004.exr is wrong"]),
        (another_picture, ["slow.1004.exr is wrong"]),
        (stray, [".hifi-elsewhere-1-a.tmp.exr is left"]),
    ],
)
def test_the_judge_sees_what_is_left_behind(left, words, work):
    def strike(work, chance):
        run = whole(work)
        left(work)
        return run

    verdict = tried(Fault("a test", "writing", strike), work, Random(1))
    assert list(verdict.lost) == words and not verdict.struck


@pytest.mark.slow
def test_the_judge_misses_a_sentence(work):
    def strike(work, chance):
        run = Run.start(work)
        run.until(lambda: run.said)
        run.engine()
        run.process.kill()
        run.wait()
        return run

    (lost,) = tried(Fault("a test", "network", strike), work, Random(1)).lost
    assert lost.startswith("no sentence")


@pytest.mark.slow
@pytest.mark.parametrize("text", ["SIGINT to the front end", "ENOSPC", "stdout", "torn", "memory"])
def test_some_faults_are_survived(text, capsys):
    assert reliability.main(["--faults", "2", "--only", text, "--seed", "7"]) == 0
    assert "all" in capsys.readouterr().out
