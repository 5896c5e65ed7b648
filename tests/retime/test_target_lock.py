"""Two jobs and one target: who may render, who is refused, and what a killed job leaves."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from engine.retime import target_lock as module
from engine.retime.planning import prepare
from engine.retime.target_files import TargetFiles
from engine.retime.target_lock import target_lock
from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import OutputError
from hifi_ofx.request import Finished, Progress
from hifi_ofx.retime import Retime
from hifi_ofx.sequence import ImageSequence

from .test_render import QUALITY, frames_of, render


@pytest.fixture
def target(tmp_path):
    return ImageSequence.parse(str(tmp_path / "slow.####.exr"))


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(module, "_PAUSE", 0.01)


def files(folder):
    return sorted(Path(folder).glob(".hifi*"))


def changed(file, **values):
    """The lock file with other values in it."""
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))


def left_behind(target, **values):
    """The file that a job would leave if it ended here, with other values in it."""
    with target_lock(target, "theirs"):
        (file,) = files(target.folder)
        text = file.read_text()
    file.write_text(text)
    changed(file, **values)
    return file


def ended_process():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_a_job_of_other_settings_is_refused_and_named(target):
    with target_lock(target, "one"):
        (file,) = files(target.folder)
        with pytest.raises(OutputError) as caught, target_lock(target, "other"):
            pass
        assert files(target.folder) == [file]
    said = str(caught.value)
    since = time.strftime("%Y-%m-%d")
    for words in (str(os.getpid()), socket.gethostname(), since, "slow.####.exr", f"delete {file}"):
        assert words in said
    with target_lock(target, "other"):
        pass
    assert not files(target.folder)


def test_equal_jobs_share_and_other_targets_do_not_matter(target):
    other = ImageSequence.parse(str(target.folder / "fast.####.exr"))
    with target_lock(target, "one"), target_lock(target, "one"), target_lock(other, "two"):
        assert len(files(target.folder)) == 3
        with pytest.raises(OutputError), target_lock(target, "two"):
            pass
    assert not files(target.folder)


def test_a_dead_process_holds_nothing(target):
    left_behind(target, pid=ended_process())
    with target_lock(target, "ours"):
        assert len(files(target.folder)) == 1
    assert not files(target.folder)


def test_a_process_number_that_was_used_again_holds_nothing(target):
    left_behind(target, started=time.time() - 86400)
    with target_lock(target, "ours"):
        assert len(files(target.folder)) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a process that has ended is gone there")
def test_a_process_that_nobody_waited_for_holds_nothing(target):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    left_behind(target, pid=child.pid, started=module._start_of(child.pid))
    with pytest.raises(OutputError), target_lock(target, "ours"):
        pass
    child.stdin.close()
    while module._start_of(child.pid):
        time.sleep(0.01)
    with target_lock(target, "ours"):
        assert len(files(target.folder)) == 1
    child.wait()


@pytest.mark.parametrize("values", [{"host": "farm07"}, {"host": "farm07", "pid": 1}])
def test_another_host_is_believed_while_it_gives_signs_of_life(target, values):
    file = left_behind(target, **values)
    with pytest.raises(OutputError, match="farm07"), target_lock(target, "ours"):
        pass
    old = time.time() - module.FRESH - 5
    os.utime(file, (old, old))
    with target_lock(target, "ours"):
        assert file not in files(target.folder)


def test_a_container_of_this_host_s_name_counts_as_another_host(target):
    left_behind(target, space="pid:[1]", pid=ended_process())
    with pytest.raises(OutputError), target_lock(target, "ours"):
        pass


def test_a_job_at_work_gives_signs_of_life(target, monkeypatch):
    monkeypatch.setattr(module, "BEAT", 0.02)
    with target_lock(target, "ours"):
        (file,) = files(target.folder)
        content = file.read_bytes()
        os.utime(file, (1, 1))
        for _ in range(200):
            if file.stat().st_mtime > 1:
                break
            time.sleep(0.02)
        assert file.stat().st_mtime > 1 and file.read_bytes() == content


def test_what_is_no_lock_holds_nothing(target):
    file = left_behind(target)
    for content in ("", "{", "[1]", '{"host": "x"}'):
        file.write_text(content)
        with target_lock(target, "ours"):
            assert len(files(target.folder)) == 1


def test_of_many_that_start_together_those_that_hold_it_have_equal_settings(target):
    """Whoever gets it; never two kinds at a time, and nothing is left."""
    holding, seen, lock = [], [], threading.Lock()

    def job(settings):
        for _ in range(6):
            try:
                with target_lock(target, settings):
                    with lock:
                        holding.append(settings)
                        seen.append(set(holding))
                    time.sleep(0.005)
                    with lock:
                        holding.remove(settings)
            except OutputError:
                continue

    jobs = [threading.Thread(target=job, args=(name,)) for name in "ababc"]
    for one in jobs:
        one.start()
    for one in jobs:
        one.join()
    assert seen and all(len(kinds) == 1 for kinds in seen)
    assert not files(target.folder)


def test_farm_chunks_are_equal_jobs_and_other_settings_are_not(request_for):
    def of(request):
        return TargetFiles(prepare(request, True), "weights").signature

    whole = request_for()
    for same in (
        {"only": (1002, 1003)},
        {"machine": replace(whole.machine, batch=4)},
        {"overwrite": "all"},
        {"target": whole.target.replace("out", "elsewhere")},
    ):
        assert of(replace(whole, **same)) == of(whole)
    for other in (
        {"retime": Retime(speed=Fraction(1, 4))},
        {"retime": replace(whole.retime, reverse=True)},
        {"quality": replace(QUALITY, seed=9)},
        {"footage": replace(whole.footage, cuts="ignore")},
        {"machine": replace(whole.machine, precision="bfloat16")},
    ):
        assert of(replace(whole, **other)) != of(whole)


def test_a_second_job_is_refused_while_the_first_one_renders(engine, request_for):
    first = request_for(retime=Retime(speed=Fraction(1, 50)))
    other = replace(first, quality=replace(QUALITY, seed=5))
    chunk = replace(first, only=(1001, 1003))
    with EngineProcess() as one:
        answers = one.render(first)
        for said in answers:
            if isinstance(said, Progress) and said.frames_done >= 3:
                break
        with pytest.raises(OutputError, match="Another job with other settings"):
            render(engine, other)
        assert isinstance(render(engine, chunk)[-1], Finished)
        assert len(files(Path(first.target).parent)) >= 1
        answers.close()
        assert render(engine, replace(other, only=(1001, 1003)))[-1].made == 2
    assert not files(Path(first.target).parent)


def test_a_killed_engine_blocks_nobody(engine, request_for):
    first = request_for(retime=Retime(speed=Fraction(1, 50)))
    with EngineProcess() as one:
        for said in one.render(first):
            if isinstance(said, Progress) and said.frames_done >= 2:
                os.kill(one.pid, signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
                break
    assert files(Path(first.target).parent)
    other = replace(first, quality=replace(QUALITY, seed=5), only=(1001, 1003))
    assert render(engine, other)[-1].made == 2
    assert not files(Path(first.target).parent)
    assert "slow.1002.exr" in frames_of(first)


def test_a_job_whose_lock_was_taken_away_stops(engine, request_for):
    first = request_for(retime=Retime(speed=Fraction(1, 50)))
    with pytest.raises(OutputError, match=r"lock on .* was removed"):
        for said in engine.render(first):
            if isinstance(said, Progress) and said.frames_done == 2:
                for file in Path(first.target).parent.glob(".hifi-lock-*"):
                    file.unlink()
    assert 2 <= len(frames_of(first)) < 20
