"""One engine for several programs, one after the other: a farm's session keeps it up between tasks.

`start` leaves a process behind that holds an engine and listens for programs of the same user: on a
socket in a folder that nobody else can enter. A program whose environment names its file in
HIFI_ENGINE_AT speaks to this engine instead of starting its own; for it, nothing else changes.
Where nobody listens any more, it starts its own after all. The process ends when it is told to,
when its engine does, or when nobody has come for ten minutes.

Python has no such sockets on Windows. There it is a port of this machine alone (127.0.0.1), and a
secret in the file: who can read that, in the session's own folder, can speak.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Optional

from .child import detached, engine_environment
from .codec import json_value
from .errors import EngineError
from .private_folder import PrivateFolder

VARIABLE = "HIFI_ENGINE_AT"
IDLE_SECONDS = 600.0
START_SECONDS = 180.0  # the engine's own limit, and some
_JOIN, _STOP = "join", "stop"
_POLL = 0.1  # seconds
_OF_FILES = hasattr(socket, "AF_UNIX") and sys.platform != "win32"
_FAMILY = socket.AF_UNIX if _OF_FILES else socket.AF_INET


def start(file: Path) -> None:
    """Leave a process with an engine behind, and return when it answers. Raises EngineError."""
    _check_free(file)
    command = [sys.executable, "-m", "hifi_ofx.engine_keeper", str(file)]
    log = open(f"{file}.log", "wb")  # noqa: SIM115 - the process goes on writing to it
    with log:
        keeper = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env=engine_environment(os.environ), **detached(),
        )  # fmt: skip
    until = time.monotonic() + START_SECONDS
    while not file.is_file():
        if keeper.poll() is not None or time.monotonic() > until:
            words = Path(f"{file}.log").read_text(encoding="utf-8", errors="replace")
            keeper.kill()
            raise EngineError("The engine to be kept up did not start.", words.strip()[-2000:])
        time.sleep(_POLL)


def stop(file: Path) -> bool:
    """End the process that listens there. False where there is none."""
    try:
        with _connected(file, _STOP):
            return True
    except (OSError, ValueError):
        return False


def join(file: Path) -> int:
    """Speak to the engine that is kept up, from this program's stdin and stdout.

    Returns the exit code. Raises OSError or ValueError where nobody listens.
    """
    folder = os.getcwd()
    with _connected(file, _JOIN) as connection:
        connection.sendall(_folder(folder))
        threading.Thread(target=_send_input, args=(connection,), daemon=True).start()
        while True:
            data = connection.recv(65536)
            if not data:
                return 0
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()


def _check_free(file: Path) -> None:
    """Raise EngineError for a file that is there, unless an engine left it that is gone."""
    if not os.path.lexists(file):
        return
    with contextlib.suppress(OSError, ValueError):
        known = _known(file)
        try:
            _connect(known).close()
        except OSError:  # nobody listens
            file.unlink()
            return
    raise EngineError(
        f"{file} is there already.",
        "Name a file that is not there, or end its engine: hifi-ofx keep stop.",
    )


def _known(file: Path) -> dict[str, Any]:
    """How an engine is found. Raises OSError, or ValueError where the file says no such thing."""
    known = json_value(file.read_text(encoding="utf-8"))
    where = ("socket", str) if _OF_FILES else ("port", int)
    if not isinstance(known, dict) or not all(
        isinstance(known.get(name), kind) for name, kind in (("secret", str), where)
    ):
        raise ValueError(f"{file} leads to no engine")
    return known


def _connect(known: dict[str, Any]) -> socket.socket:
    connection = socket.socket(_FAMILY)
    try:
        connection.settimeout(5)
        connection.connect(known["socket"] if _OF_FILES else ("127.0.0.1", known["port"]))
        connection.settimeout(None)
        return connection
    except OSError:
        connection.close()
        raise


@contextlib.contextmanager
def _connected(file: Path, what: str) -> Iterator[socket.socket]:
    known = _known(file)
    with _connect(known) as connection:
        connection.sendall(f"{what} {known['secret']}\n".encode())
        yield connection


def _send_input(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        # Not sys.stdin: a thread that waits in its buffer would abort the program at its end.
        while data := os.read(sys.stdin.fileno(), 65536):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)


class Keeper:
    """The process left behind: an engine, and whoever speaks to it now."""

    def __init__(self, command: list[str]) -> None:
        self._engine = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
        )
        assert self._engine.stdout
        self._hello = self._engine.stdout.readline()
        if not self._hello:
            raise EngineError("The engine ended before it said hello.")
        self._greeted = False
        self._open: set[str] = set()  # requests that have no answer yet
        self._answered = threading.Condition()
        self._listener: Any = None
        self._tidy: Callable[[], None] = lambda: None  # removes what tells others of this process
        threading.Thread(target=self._read, daemon=True).start()

    def listen(self, file: Path) -> None:
        """Serve one program after the other, until it is told to stop or nobody comes."""
        secret = secrets.token_hex(32)
        server, where, folder = _listening()
        self._tidy = partial(_removed, file, folder)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # and nothing is left behind
        try:
            server.settimeout(IDLE_SECONDS)
            _write(file, {**where, "secret": secret, "pid": os.getpid()})
            while self._engine.poll() is None and self._serve(server, secret):
                pass
        finally:
            self._tidy()  # first: this process goes when its engine does
            self._engine.kill()

    def _serve(self, server: socket.socket, secret: str) -> bool:
        """One program. False when it is time to end."""
        try:
            connection, _ = server.accept()
        except OSError:  # nobody came
            return False
        with connection, connection.makefile("rwb") as stream:
            what, _, said = stream.readline().decode("ascii", "replace").strip().partition(" ")
            if not hmac.compare_digest(said.encode(), secret.encode()):
                return True
            if what == _STOP:
                return False
            with contextlib.suppress(OSError):
                self._relay(stream)
            self._settle()
        return True

    def _relay(self, stream: Any) -> None:
        """Pass on what a program asks for, until it has nothing more to say."""
        folder = stream.readline()
        stream.write(self._hello)
        stream.flush()
        self._listener = stream
        for line in stream:
            message = _parsed(line)
            kind, number = message.get("type"), str(message.get("id", ""))
            if kind == "shutdown":
                return
            if kind == "hello":
                if not self._greeted:
                    self._tell(line)
                self._greeted = True
                line = folder
            elif kind != "cancel":
                self._open.add(number)
            self._tell(line)

    def _settle(self) -> None:
        """Cancel what a program that went has left behind, and wait until the engine has heard."""
        self._listener = None
        for number in list(self._open):
            self._tell(json.dumps({"type": "cancel", "id": number}).encode() + b"\n")
        with self._answered:
            self._answered.wait_for(lambda: not self._open or self._engine.poll() is not None, 300)

    def _tell(self, line: bytes) -> None:
        assert self._engine.stdin
        with contextlib.suppress(OSError):
            self._engine.stdin.write(line)
            self._engine.stdin.flush()

    def _read(self) -> None:
        """Pass on what the engine answers to whoever listens."""
        assert self._engine.stdout
        for line in self._engine.stdout:
            listener, message = self._listener, _parsed(line)
            # First, since a program that has its answer goes, and nothing of it may be cancelled.
            if message.get("type") in ("finished", "failed"):
                with self._answered:
                    self._open.discard(str(message.get("id", "")))
                    self._answered.notify_all()
            if listener is not None:
                with contextlib.suppress(OSError, ValueError):
                    listener.write(line)
                    listener.flush()
        self._tidy()
        os._exit(0)  # the engine has ended; the main thread waits for a program, or for nothing


def _listening() -> tuple[socket.socket, dict[str, Any], Optional[PrivateFolder]]:
    """A socket that listens, how it is found, and the folder that it is in."""
    server, folder = socket.socket(_FAMILY), None
    if _OF_FILES:
        folder = PrivateFolder("engine", _among())
        where: dict[str, Any] = {"socket": str(folder.path / "engine")}
        server.bind(where["socket"])
    else:
        server.bind(("127.0.0.1", 0))
        where = {"port": server.getsockname()[1]}
    server.listen()
    return server, where, folder


def _removed(file: Path, folder: Optional[PrivateFolder]) -> None:
    """Take away the file and the socket that a process was found by; once or twice."""
    with contextlib.suppress(OSError):
        file.unlink()
    if folder is not None:
        folder.remove()


def _among() -> str:
    """Where temporary files go, if paths there are short: a socket's takes 103 bytes."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) < 70 else "/tmp"


def _folder(path: str) -> bytes:
    """The line that says where a program is: its paths may be relative."""
    return json.dumps({"type": "folder", "id": "", "path": path}).encode() + b"\n"


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json_value(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _write(file: Path, content: dict[str, Any]) -> None:
    """Write the file whole, for its owner's eyes alone."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(content, stream)
    os.replace(temporary, file)


def main(arguments: list[str]) -> int:
    """`FILE`: hold an engine and listen. `--join FILE`: speak to the one that does, or be one."""
    from .interpreter import engine_python

    command = [engine_python(), "-m", "engine", "serve"]
    if arguments[0] != "--join":
        Keeper(command).listen(Path(arguments[0]))
        return 0
    try:
        return join(Path(arguments[1]))
    except (OSError, ValueError):
        return subprocess.call(command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
