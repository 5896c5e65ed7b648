"""Which Python the engine runs in: what is said wins, and a host's own is never taken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hifi_ofx import interpreter
from hifi_ofx.engine_process import EngineProcess, engine_python
from hifi_ofx.errors import EngineError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package with nothing beside it, run by a plain Python."""
    folder = tmp_path / "place" / "hifi_ofx"
    folder.mkdir(parents=True)
    monkeypatch.setattr(interpreter, "PACKAGE", folder)
    monkeypatch.delenv(interpreter.VARIABLE, raising=False)
    return folder


def program(path):
    """A file that can be run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def embedded_in(monkeypatch, executable, running=None):
    monkeypatch.setattr(sys, "executable", str(executable))
    monkeypatch.setattr(interpreter, "running_program", lambda: str(running or executable))


def test_a_plain_python_runs_the_engine_itself(package):
    assert engine_python() == sys.executable


def test_the_variable_wins_over_everything(package, tmp_path, monkeypatch):
    named = program(tmp_path / "elsewhere" / "python3")
    (package / "engine_python.txt").write_text(f"{program(tmp_path / 'other')}\n")
    monkeypatch.setenv("HIFI_ENGINE_PYTHON", str(named))
    assert engine_python() == str(named)


def test_the_record_of_the_installation_comes_next(package, tmp_path):
    named = program(tmp_path / "envs" / "bin" / "python")
    (package / "engine_python.txt").write_text(f"{named}\nanything else\n", encoding="utf-8-sig")
    program(package.parent / ".venv" / "bin" / "python")
    assert engine_python() == str(named)


@pytest.mark.parametrize("host", ["/usr/local/Nuke15.1/Nuke15.1", "/opt/resolve/bin/resolve", ""])
def test_a_host_takes_a_checkout_s_environment(package, monkeypatch, host):
    embedded_in(monkeypatch, host)
    checkout = program(package.parent / ".venv" / "bin" / "python")
    assert engine_python() == str(checkout)


@pytest.mark.parametrize("host", ["/usr/local/Nuke15.1/Nuke15.1", "C:/Resolve/Resolve.exe", ""])
def test_a_host_with_nothing_said_is_told_what_to_do(package, monkeypatch, host):
    embedded_in(monkeypatch, host)
    with pytest.raises(EngineError) as caught:
        engine_python()
    assert "hifi-ofx install" in caught.value.hint
    assert "HIFI_ENGINE_PYTHON" in caught.value.hint
    assert Path(host).name in caught.value.message


def test_a_host_that_calls_itself_by_another_python_on_path_is_seen_through(monkeypatch, package):
    embedded_in(monkeypatch, "/usr/bin/python3", "/opt/resolve/bin/resolve")
    with pytest.raises(EngineError, match="resolve runs this"):
        engine_python()


def test_the_python_that_comes_with_nuke_is_nuke_s(tmp_path):
    for name in ("Nuke15.1", "python3"):
        program(tmp_path / "Nuke15.1v3" / name)
    own = str(tmp_path / "Nuke15.1v3" / "python3")
    assert not interpreter.is_python(own, own)
    alone = str(program(tmp_path / "Nuke15.1v3" / ".venv" / "bin" / "python3"))
    assert interpreter.is_python(alone, alone)


@pytest.mark.parametrize(
    "name",
    ["python", "python3", "python3.11", "python3.13t", "pythonw.exe", "python_d.exe", "Python"],
)
def test_what_a_python_is_called(tmp_path, name):
    assert interpreter.is_python(str(tmp_path / name), str(tmp_path / name))


@pytest.mark.parametrize("name", ["Nuke15.1", "Nuke16.0.exe", "Resolve", "fuscript", "maya", ""])
def test_what_no_python_is_called(tmp_path, name):
    assert not interpreter.is_python(str(tmp_path / name), sys.executable)
    assert not interpreter.is_python(sys.executable, str(tmp_path / name))


def test_the_running_program_is_this_python():
    assert os.path.realpath(sys.executable) == os.path.realpath(interpreter.running_program())


def test_an_embedded_interpreter_is_no_python(tmp_path):
    """A real one: Python under a host's name, which believes to be the python3 on PATH."""
    if not sys.platform.startswith("linux"):
        pytest.skip("elsewhere an embedded interpreter names its host itself")
    real = os.path.realpath(sys.executable)
    host = tmp_path / "resolve"
    host.write_bytes(Path(real).read_bytes())
    host.chmod(0o755)
    script = (
        f"import sys; sys.path.insert(0, {str(interpreter.PACKAGE.parent)!r});"
        f"sys.executable = {real!r};"
        "from hifi_ofx import interpreter;"
        "print(interpreter.is_python(sys.executable, interpreter.running_program()))"
    )
    environment = {"PYTHONHOME": sys.base_prefix, "PATH": "/usr/bin"}
    if "LD_LIBRARY_PATH" in os.environ:
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    done = subprocess.run([host, "-c", script], env=environment, capture_output=True, text=True)
    if "error while loading shared libraries" in done.stderr:
        pytest.skip("this Python cannot be started from another place")
    assert done.stdout.strip() == "False", done.stderr


def test_a_named_python_that_is_not_there_is_an_error_that_names_it(package, tmp_path, monkeypatch):
    monkeypatch.setenv("HIFI_ENGINE_PYTHON", str(tmp_path / "gone" / "python"))
    with pytest.raises(EngineError, match=r"HIFI_ENGINE_PYTHON is .*gone.*not there"):
        engine_python()
    monkeypatch.delenv("HIFI_ENGINE_PYTHON")
    (package / "engine_python.txt").write_text(f"{tmp_path / 'moved'}\n")
    with pytest.raises(EngineError, match=r"engine_python\.txt .*moved.*not there"):
        engine_python()


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe\x00"])
def test_a_damaged_record_is_an_error(package, content):
    (package / "engine_python.txt").write_bytes(content)
    with pytest.raises(EngineError, match=r"engine_python\.txt"):
        engine_python()


def test_an_engine_that_cannot_start_says_so_in_the_same_words(monkeypatch, tmp_path):
    monkeypatch.setenv("HIFI_ENGINE_PYTHON", str(tmp_path / "gone"))
    with pytest.raises(EngineError, match="gone"):
        EngineProcess()
