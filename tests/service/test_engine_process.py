"""The child process: it dies with its host, survives its failures, and says what went wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import psutil
import pytest

from hifi_ofx.child import engine_environment
from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import EngineError, EngineKilled
from hifi_ofx.request import PROTOCOL, Finished, Progress
from hifi_ofx.retime import Retime
from tests.service.conftest import pixels_of


def test_the_child_s_environment_has_nothing_of_the_host_s_interpreter():
    host = {"PYTHONPATH": "/host", "PYTHONHOME": "/host", "VIRTUAL_ENV": "/host", "PATH": "/bin"}
    child = engine_environment(host)
    assert child["PATH"] == "/bin"
    assert not {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"} & child.keys()


def test_the_hello_says_who_answers(engine):
    assert engine.info.protocol == PROTOCOL
    assert engine.info.device
    assert engine.info.free_memory > 0


def test_a_python_without_an_engine_is_named(tmp_path):
    with pytest.raises(EngineError, match="no-such-python"):
        EngineProcess(str(tmp_path / "no-such-python"))


def test_an_engine_that_does_not_start_says_its_last_words(tmp_path):
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'torch is not installed' >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(EngineError, match=r"(?s)exit code 3.*torch is not installed"):
        EngineProcess(str(broken))


def serve(lines, answers=1):
    """What the engine answers to these lines; stdin is closed after so many answers."""
    command = [sys.executable, "-m", "engine", "serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdin.write("\n".join(lines) + "\n")
        process.stdin.flush()
        said = [json.loads(process.stdout.readline()) for _ in range(answers)]
        rest, _ = process.communicate(timeout=60)
    return process.returncode, said + [json.loads(line) for line in rest.splitlines()]


def test_it_ends_when_stdin_closes_and_stdout_is_the_protocol_alone():
    code, answers = serve(
        [
            json.dumps({"type": "hello", "protocol": PROTOCOL}),
            "this is no message",
            json.dumps({"type": "sing", "id": "1"}),
            json.dumps({"type": "render", "id": "2"}),
            json.dumps({"type": "info", "id": "3"}),
        ],
        answers=5,
    )
    assert code == 0
    assert [answer["type"] for answer in answers][:2] == ["hello", "failed"]
    by_id = {answer["id"]: answer for answer in answers}
    assert "'sing'" in by_id["1"]["error"]["message"]
    assert by_id["2"]["error"]["kind"] == "InvalidSetting"
    assert by_id["3"]["type"] in ("finished", "failed")


def test_another_protocol_is_refused_with_both_versions():
    code, answers = serve([json.dumps({"type": "hello", "protocol": 99})], answers=2)
    assert code == EngineError.exit_code
    assert "99" in answers[-1]["error"]["message"]
    assert str(PROTOCOL) in answers[-1]["error"]["message"]


def test_a_killed_engine_is_an_error_and_a_new_one_makes_the_missing_frames(request_for, tmp_path):
    retime = Retime(speed=Fraction(1, 8))
    request = request_for("killed/slow.####.exr", retime=retime)
    with pytest.raises(EngineKilled, match="signal 9"), EngineProcess() as process:
        for said in process.render(request):
            if isinstance(said, Progress) and said.frames_done >= 4 and said.calls_done % 3 == 1:
                os.kill(process.pid, signal.SIGKILL)
    whole = request_for("whole/slow.####.exr", retime=retime)
    with EngineProcess() as process:
        resumed = list(process.render(request))[-1]
        list(process.render(whole))
    assert isinstance(resumed, Finished)
    assert 4 <= resumed.skipped < 25
    assert resumed.skipped + resumed.made + resumed.copied == 25
    for path in sorted((tmp_path / "whole").glob("*.exr")):
        np.testing.assert_array_equal(pixels_of(path), pixels_of(tmp_path / "killed" / path.name))
    assert not list((tmp_path / "killed").glob(".*"))


def test_the_engine_ends_when_its_host_is_killed(tmp_path):
    code = (
        "from hifi_ofx.engine_process import EngineProcess; import time\n"
        "engine = EngineProcess(); print(engine.pid, flush=True); time.sleep(60)"
    )
    host = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(host.stdout.readline())
    host.kill()
    host.wait()
    host.stdout.close()
    deadline = time.monotonic() + 20
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            break
        time.sleep(0.1)
    else:
        assert not psutil.pid_exists(pid)


def test_ctrl_c_stops_the_command_line_and_keeps_finished_frames(plate, weights, tmp_path):
    command = [
        *(sys.executable, "-m", "hifi_ofx.cli", "retime", str(plate)),
        *(str(tmp_path / "out/slow.####.exr"), "--speed", "1/100", "--weights", str(weights)),
        *("--preset", "draft", "--json"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stdout:
        if json.loads(line).get("frames_done", 0) >= 3:
            process.send_signal(signal.SIGINT)
            break
    rest, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Cancelled" in rest
    assert len(list(Path(tmp_path / "out").glob("slow.*.exr"))) >= 3
    assert not list(Path(tmp_path / "out").glob(".*"))


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps a folder that somebody is in")
def test_in_a_folder_that_was_removed_no_engine_is_started(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(EngineError, match=r"not there any more\. Go to another one"):
        EngineProcess()
    monkeypatch.chdir(tmp_path)
