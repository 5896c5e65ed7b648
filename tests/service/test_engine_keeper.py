"""An engine that is kept up for a farm's session: who can speak to it, and what it answers."""

import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from hifi_ofx import engine_keeper
from hifi_ofx.errors import EngineError

# An engine as far as lines go: it says hello, counts the requests, and can be told to wait.
ENGINE = """
import json, sys
print(json.dumps({"type": "hello", "id": ""}), flush=True)
count, folder = 0, ""
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "folder":
        folder = message["path"]
        continue
    count += 1
    if message["type"] == "hello" or message.get("waits"):
        continue
    kind = "failed" if message["type"] == "cancel" else "finished"
    said = {"type": kind, "id": message["id"], "lines": count - 1, "folder": folder}
    print(json.dumps(said), flush=True)
"""


KEEPER = f"""
import sys
from pathlib import Path
from hifi_ofx.engine_keeper import Keeper
Keeper([sys.executable, "-c", {ENGINE!r}]).listen(Path(sys.argv[1]))
"""


@pytest.fixture
def kept(tmp_path):
    """A file that leads to an engine, and the process that keeps it."""
    file = tmp_path / "engine.json"
    keeper = subprocess.Popen([sys.executable, "-c", KEEPER, str(file)])
    wait_until(file.is_file)
    yield file, keeper
    engine_keeper.stop(file)
    keeper.wait(10)


def wait_until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def joined(file, *messages, cwd=None):
    """What a program hears that speaks to the kept engine, and waits for what it asked for."""
    command = [sys.executable, "-m", "hifi_ofx.engine_keeper", "--join", str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, cwd=cwd, **pipes) as program:
        heard = [json.loads(program.stdout.readline())]
        for message in messages:
            print(json.dumps(message), file=program.stdin, flush=True)
            if message["type"] == "render" and not message.get("waits"):
                heard.append(json.loads(program.stdout.readline()))
        program.stdin.close()
        assert program.wait(30) == 0
    return heard


HELLO, BYE = {"type": "hello", "id": ""}, {"type": "shutdown", "id": ""}


def test_one_engine_serves_one_program_after_the_other(kept):
    file, _ = kept
    for lines in (1, 2):  # it counts on, and was greeted once: it is the same engine
        hello, answer = joined(file, HELLO, {"type": "render", "id": f"{lines}"}, BYE)
        assert hello["type"] == "hello"
        assert (answer["type"], answer["id"], answer["lines"]) == ("finished", f"{lines}", lines)


def test_the_engine_is_told_where_a_program_is(kept, tmp_path):
    """Its paths may be relative: of the folder that it was started in, not of the keeper's."""
    file, _ = kept
    for name in ("one", "ö two"):
        (tmp_path / name).mkdir()
        _, answer = joined(file, HELLO, {"type": "render", "id": "1"}, BYE, cwd=tmp_path / name)
        assert Path(answer["folder"]) == (tmp_path / name).resolve()


@pytest.mark.skipif(sys.platform == "win32", reason="there it is a port and a secret")
def test_nobody_but_its_user_can_reach_it_and_there_is_no_port(kept):
    file, keeper = kept
    told = json.loads(file.read_text())
    assert "port" not in told
    place = Path(told["socket"])
    assert stat.S_ISSOCK(place.stat().st_mode)
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    assert place.parent.stat().st_uid == os.getuid()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not psutil.Process(keeper.pid).net_connections("inet")


def test_without_the_secret_nobody_is_answered(kept):
    file, keeper = kept
    place = json.loads(file.read_text())["socket"]
    for words in (b"join\n", b"stop 0123\n", b"\xff\xfe\n"):
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(place)
            stranger.sendall(words)
            assert stranger.recv(100) == b""
    assert keeper.poll() is None
    assert joined(file, HELLO, BYE)[0]["type"] == "hello"


def test_told_to_stop_it_leaves_nothing(kept):
    file, keeper = kept
    folder = Path(json.loads(file.read_text())["socket"]).parent
    [engine] = psutil.Process(keeper.pid).children()
    assert engine_keeper.stop(file)
    keeper.wait(10)
    psutil.wait_procs([engine], timeout=10)
    assert not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE
    assert not folder.exists()
    assert not file.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there it is a port, and no folder")
@pytest.mark.parametrize("who", ["engine", "keeper"])
def test_where_either_is_ended_nothing_is_left(kept, who):
    file, keeper = kept
    folder = Path(json.loads(file.read_text())["socket"]).parent
    [engine] = psutil.Process(keeper.pid).children()
    (engine.kill if who == "engine" else keeper.terminate)()
    keeper.wait(10)
    psutil.wait_procs([engine], timeout=10)
    assert not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE
    assert not folder.exists() and not file.exists()
    assert not engine_keeper.stop(file)


@pytest.mark.skipif(sys.platform == "win32", reason="there it is a port, and no folder")
def test_what_a_killed_keeper_leaves_goes_when_the_next_one_starts(kept, tmp_path):
    file, killed = kept
    left = Path(json.loads(file.read_text())["socket"]).parent
    [engine] = psutil.Process(killed.pid).children()
    killed.kill()
    killed.wait(10)
    engine.kill()
    assert left.is_dir()
    living = [tmp_path / f"{number}.json" for number in range(2)]
    keepers = []
    for another in living:  # and of two that live none takes the other's
        keepers.append(subprocess.Popen([sys.executable, "-c", KEEPER, str(another)]))
        wait_until(another.is_file)
        assert not left.exists()
    assert all(joined(one, HELLO, BYE)[0]["type"] == "hello" for one in living)
    assert all(engine_keeper.stop(one) for one in living)
    assert [keeper.wait(10) for keeper in keepers] == [0, 0]


def test_what_a_program_that_went_has_left_is_cancelled(kept):
    file, _ = kept
    joined(file, HELLO, {"type": "render", "id": "7", "waits": True})
    # Hello, the render and its cancel came before: and what was said of them is not for this one.
    answer = joined(file, HELLO, {"type": "render", "id": "8"}, BYE)[1]
    assert (answer["type"], answer["id"], answer["lines"]) == ("finished", "8", 3)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no paths there")
def test_a_session_s_long_path_does_not_keep_it_from_listening(tmp_path, monkeypatch):
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    server, where, folder = engine_keeper._listening()
    server.close()
    assert len(os.fsencode(where["socket"])) <= 103
    engine_keeper._removed(tmp_path / "engine.json", folder)
    assert not Path(where["socket"]).parent.exists()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "5",
        '{"socket": 5, "secret": 7}',
        '{"socket": "/dev/null"}',
        "\0",
        '{"port": "x"}',
    ],
)
def test_a_file_that_leads_to_no_engine_is_nobody_s(content, tmp_path):
    """A program starts its own engine then; and what somebody else wrote is not replaced."""
    file = tmp_path / "engine.json"
    file.write_text(content)
    assert not engine_keeper.stop(file)
    with pytest.raises(ValueError, match=r"leads to no engine|JSON|Expecting|char"):
        engine_keeper.join(file)
    with pytest.raises(EngineError, match="is there already"):
        engine_keeper.start(file)
    assert file.read_text() == content
    with pytest.raises(EngineError, match="is there already"):
        engine_keeper.start(tmp_path)


def test_a_file_that_a_living_engine_has_is_not_taken_and_a_dead_one_s_is(kept):
    file, keeper = kept
    with pytest.raises(EngineError, match="is there already"):
        engine_keeper.start(file)
    assert joined(file, HELLO, BYE)[0]["type"] == "hello"
    [engine] = psutil.Process(keeper.pid).children()
    keeper.kill()
    keeper.wait(10)
    engine.kill()
    engine_keeper._check_free(file)
    assert not file.exists()
