"""On any machine a failure is a sentence: no home, no memory, no threads, nobody who reads."""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hifi_ofx import ending, failures
from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import (
    Cancelled,
    EngineError,
    EngineKilled,
    HifiError,
    OutOfMemory,
    OutputError,
    SequenceError,
    WeightsError,
)
from hifi_ofx.request import PROTOCOL
from tests.service.conftest import plate, weights  # noqa: F401 - fixtures

ROOT = Path(__file__).parents[2]


def run(*words, **options):
    """The command line as a process; what it says is text."""
    command = [sys.executable, "-m", "hifi_ofx", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(
        command, cwd=ROOT, text=True, timeout=120, check=False, **{**pipes, **options}
    )


def told(done):
    """The sentence on stderr; there is no traceback."""
    assert "Traceback" not in done.stderr, done.stderr
    return [line for line in done.stderr.splitlines() if line.startswith("hifi-ofx: ")][-1]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (MemoryError(), OutOfMemory, "there is no more"),
        (MemoryError("Unable to allocate 3 GiB"), OutOfMemory, "Unable to allocate 3 GiB"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), OutOfMemory, ""),
        (RuntimeError("OpenCV(4.10) error: (-4:Insufficient memory) Failed"), OutOfMemory, ""),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), OutOfMemory, ""),
        (RuntimeError("can't start new thread"), HifiError, "no more threads"),
        (RuntimeError("Could not determine home directory."), HifiError, "no home folder"),
        (OSError(errno.EIO, "Input/output error", "/x"), OutputError, "/x says: Input/output"),
        (ZeroDivisionError("by zero"), HifiError, "ZeroDivisionError: by zero"),
        (WeightsError("None."), WeightsError, "None."),
    ],
)
def test_what_libraries_say_becomes_words(error, kind, words):
    known = failures.failure(error)
    assert type(known) is kind and words in known.message


def test_opencv_numpy_and_torch_say_so_themselves():
    import cv2
    import numpy as np
    import torch

    for allocate in (
        lambda: np.zeros((1 << 24, 1 << 24)),
        lambda: torch.zeros(1 << 60, dtype=torch.uint8),
        lambda: cv2.resize(np.zeros((9, 9), np.uint8), (1 << 22, 1 << 22)),
    ):
        with pytest.raises(Exception) as caught:
            allocate()
        if "cv2" in type(caught.value).__module__ and "memory" not in str(caught.value).lower():
            continue  # a size that it refuses before it asks for memory
        assert type(failures.failure(caught.value)) is OutOfMemory, caught.value


def test_a_fault_of_our_own_says_where():
    with pytest.raises(KeyError) as caught:
        {}["nothing"]
    assert "test_sentences.py:" in failures.failure(caught.value).message


@pytest.mark.parametrize("words", [["retime", "--help"], ["info"]])
def test_whoever_reads_no_more_gets_no_traceback(words):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = run(*words, stdout=closed)
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_an_output_that_cannot_be_written_is_told_on_stderr(form, plate, tmp_path):  # noqa: F811
    with open("/dev/full", "w") as full:
        words = [plate, tmp_path / "o.#.exr", "--speed", "1/2", "--preset", "draft", "--dry-run"]
        done = run("retime", *words, *form, stdout=full)
    assert done.returncode == OutputError.exit_code
    assert "No space left on device" in told(done)


def test_with_stdin_and_stdout_closed_it_renders(plate, weights, tmp_path):  # noqa: F811
    def close():
        os.close(0)
        os.close(1)

    target = tmp_path / "out/slow.####.exr"
    words = ["retime", plate, target, "--speed", "1/2", "--preset", "draft", "--weights", weights]
    done = run(*words, preexec_fn=close)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").glob("*.exr"))) == 7


def test_ctrl_c_while_a_dataclass_is_made_ends_with_the_same_code(tmp_path):
    """Dataclasses are made by `exec`; CPython takes an interrupt in there for one nobody caught."""
    (tmp_path / "interrupted.py").write_text(
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'hifi_ofx.cli': exec('raise KeyboardInterrupt')\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from hifi_ofx.__main__ import main\n"
        "sys.exit(main())"
    )
    path = os.pathsep.join([str(ROOT), str(tmp_path)])
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert (done.returncode, done.stderr) == (Cancelled.exit_code, "hifi-ofx: Cancelled.\n")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_output_of_few_letters_stops_nothing(encoding, plate, weights, tmp_path):  # noqa: F811
    """As a log on Windows, or of a farm without a locale."""
    folder = tmp_path / "плита"
    folder.mkdir()
    for frame in plate.parent.glob("plate.*"):
        frame.rename(folder / frame.name)
    words = [folder / plate.name, folder / "о.####.exr", "--speed", "1/2", "--weights", weights]
    words += ["--preset", "draft"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = run("retime", *words, env=environment, encoding=encoding)
    assert done.returncode == 0, done.stderr
    assert f"{'#' * 24} 100%" in done.stdout and "7/7 frames" in done.stdout
    refused = run("retime", folder / "нет.####.exr", *words[1:], env=environment, encoding=encoding)
    assert "No frames match" in told(refused)
    assert refused.returncode == SequenceError.exit_code


def test_python_without_docstrings_runs():
    done = run(
        "retime",
        "no.####.exr",
        "o.####.exr",
        "--speed",
        "1",
        env={**os.environ, "PYTHONOPTIMIZE": "2"},
    )
    assert "No frames match no.####.exr" in told(done)
    assert run("--help", env={**os.environ, "PYTHONOPTIMIZE": "2"}).returncode == 0


@pytest.mark.parametrize("seconds", [0.1, 0.3])
def test_ctrl_c_at_the_start_is_a_sentence(seconds, plate, tmp_path):  # noqa: F811
    command = [sys.executable, "-m", "hifi_ofx", "retime", str(plate), f"{tmp_path}/o/s.####.exr"]
    with subprocess.Popen(
        [*command, "--speed", "1/2"], cwd=ROOT, stderr=subprocess.PIPE, text=True
    ) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    if process.returncode == -signal.SIGINT:  # Python itself was not up yet
        assert not said
        return
    assert process.returncode == Cancelled.exit_code
    assert said.splitlines()[-1].startswith("hifi-ofx: Cancelled.") and "Traceback" not in said


def test_an_engine_without_memory_says_what_to_do(plate, tmp_path):  # noqa: F811
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20))

    done = run("retime", plate, tmp_path / "o.####.exr", "--speed", "1/2", preexec_fn=limit)
    assert done.returncode == OutOfMemory.exit_code
    assert "memory" in told(done)


def test_a_program_without_threads_says_what_to_raise(plate, tmp_path):  # noqa: F811
    def limit():  # every thread asks for a stack that there is no room for
        resource.setrlimit(resource.RLIMIT_STACK, (1 << 33, 1 << 33))
        resource.setrlimit(resource.RLIMIT_AS, (5 << 30, 5 << 30))

    done = run("retime", plate, tmp_path / "o.####.exr", "--speed", "1/2", preexec_fn=limit)
    assert done.returncode == 1
    assert "ulimit -u" in told(done)


def engine_that(tmp_path, script):
    """A program in the place of the engine's Python."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("hello", "words"),
    [
        ({"type": "hello", "protocol": 99}, "speaks protocol 99"),
        ({"type": "hello"}, "speaks protocol None"),
        ({"type": "finished", "protocol": PROTOCOL}, "protocol"),
        ({"type": "hello", "protocol": PROTOCOL}, "cannot be understood"),
        ({"type": "hello", "protocol": PROTOCOL, "weights": 3}, "cannot be understood"),
    ],
)
def test_a_hello_of_another_version_is_refused_in_words(hello, words, tmp_path):
    line = json.dumps({"id": "", **hello})
    with pytest.raises(EngineError, match=words):
        EngineProcess(engine_that(tmp_path, f"echo '{line}'; read line"))


def test_an_engine_that_the_system_kills_says_what_to_do(tmp_path):
    with pytest.raises(EngineKilled, match="memory") as caught:
        EngineProcess(engine_that(tmp_path, "kill -9 $$"))
    assert caught.value.exit_code == OutOfMemory.exit_code


def test_a_failure_in_the_telling_is_told_on_stderr(capsys):
    def fail():
        raise WeightsError("No weights.")

    def tell(error):
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    assert ending.ended(fail, tell) == WeightsError.exit_code
    assert "No weights." in capsys.readouterr().err


def test_a_further_ctrl_c_is_not_heard_while_it_ends():
    def interrupted():
        raise KeyboardInterrupt

    def tell(error):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)

    assert ending.ended(interrupted, tell) == Cancelled.exit_code
