"""The engine as a child process: start it, talk to it, cancel, and stop it.

Hosts and the command line drive the same process (decisions 1 and 2). Torch never enters
the host: the child has its own interpreter and a cleaned environment.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, TypeVar

from . import engine_keeper
from .child import detached, engine_environment
from .codec import decode_answer, json_value
from .errors import Cancelled, EngineError, EngineKilled, OutOfMemory, from_json
from .failures import failure, killed
from .interpreter import engine_python
from .preview import Preview, PreviewRequest, Shots, ShotsRequest
from .request import (
    PROTOCOL,
    EngineInfo,
    Finished,
    Log,
    Message,
    Plan,
    Progress,
    RenderRequest,
)

Kind = TypeVar("Kind")

__all__ = ["EngineProcess", "engine_environment", "engine_python"]

START_SECONDS = 120.0  # importing torch from a cold network disk takes its time
STOP_SECONDS = 10.0
_ONE_VERSION = "Install both from one version of hifi-ofx."


class EngineProcess:
    """A running engine. Use as a context manager; one request at a time per caller.

    Raises EngineError when the process cannot start, dies, or speaks another protocol, and
    whatever the engine says went wrong (errors.py) from `render` and `plan`. `kept`: it may be one
    that a farm's session keeps up, which serves one program at a time.
    """

    def __init__(self, python: str | None = None, kept: bool = True) -> None:
        self._ids = itertools.count(1)
        self._answers: dict[str, queue.Queue[Message | None]] = {"": queue.Queue()}
        self._stderr: deque[str] = deque(maxlen=30)
        self._writing = threading.Lock()
        self._process = self._start(python or engine_python(), kept)
        self._threads = [
            threading.Thread(target=self._read_answers, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        try:
            for thread in self._threads:
                thread.start()
            self.info = self._greet()
        except BaseException as error:  # no threads to be had, Ctrl-C, what a hello may be
            self.kill()
            self._close()
            if isinstance(error, Exception):
                raise failure(error) from error
            raise

    def __enter__(self) -> EngineProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process ID of the engine."""
        return self._process.pid

    def render(
        self, request: RenderRequest, cancelled: Callable[[], bool] | None = None
    ) -> Iterator[Progress | Log | Finished]:
        """Render, yielding progress and log lines as they come and Finished last.

        Closing the iterator early, or an exception in the loop, cancels the render. `cancelled` is
        asked while nothing comes, too, twice a second: the engine may be at work for others. Once
        it is true the render is cancelled, and Cancelled raised.
        """
        return self._conversation("render", {"request": request.to_json()}, Finished, cancelled)

    def plan(self, request: RenderRequest, headers: bool = False) -> Iterator[Log | Plan]:
        """What a render would do and cost: log lines, then the Plan.

        With `headers` every source frame's header is read, and what is wrong with them is logged.
        """
        asked = {"request": request.to_json(), "headers": headers}
        return self._conversation("plan", asked, Plan)

    def preview(self, request: PreviewRequest) -> Iterator[Progress | Log | Preview]:
        """Pictures of one output frame to look at: progress and log lines, then the Preview."""
        return self._conversation("preview", request.to_json(), Preview)

    def shots(self, asked: ShotsRequest) -> Iterator[Log | Shots]:
        """Cuts and repeats in a stretch of a clip: log lines, then the Shots."""
        return self._conversation("shots", asked.to_json(), Shots)

    def cancel(self) -> None:
        """Stop every render under way within one network call; they end in Cancelled."""
        for request in [name for name in list(self._answers) if name]:
            self._send(Message("cancel", request))

    def stop(self) -> None:
        """End the process: ask, then insist."""
        with contextlib.suppress(EngineError):
            self._send(Message("shutdown"))
        with contextlib.suppress(OSError):
            if self._process.stdin:
                self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            self.kill()
        self._close()

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()

    def _close(self) -> None:
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(STOP_SECONDS)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()

    def _start(self, python: str, kept: bool) -> subprocess.Popen[str]:
        command = [python, "-m", "engine", "serve"]
        file = os.environ.get(engine_keeper.VARIABLE)
        if file and kept:
            command = [sys.executable, "-m", "hifi_ofx.engine_keeper", "--join", file]
        _check_folder()
        try:
            return subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=engine_environment(os.environ),
                encoding="utf-8",
                errors="replace",
                **detached(),
            )
        except OSError as error:
            raise EngineError(
                f"The engine's Python {python} cannot be started: {error.strerror}.",
                "Set HIFI_ENGINE_PYTHON to the Python that hifi-ofx[engine] is installed in.",
            ) from error

    def _greet(self) -> EngineInfo:
        try:
            hello = self._answers[""].get(timeout=START_SECONDS)
        except queue.Empty:
            raise EngineError(
                f"The engine did not answer within {START_SECONDS:.0f} s.", self._last_words()
            ) from None
        if hello is None:
            raise self._died()
        spoken = hello.data.get("protocol")
        if hello.type != "hello" or spoken != PROTOCOL:  # what else it says may be said otherwise
            raise EngineError(
                f"The engine speaks protocol {str(spoken)[:40]}, this front end {PROTOCOL}.",
                _ONE_VERSION,
            )
        info = _decoded(EngineInfo, hello.data)
        self._send(Message("hello", data={"protocol": PROTOCOL}))
        return info

    def _conversation(
        self,
        kind: str,
        data: Mapping[str, Any],
        result: Any,
        cancelled: Callable[[], bool] | None = None,
    ) -> Iterator[Any]:
        request = str(next(self._ids))
        answers = self._answers[request] = queue.Queue()
        ended = False
        try:
            self._send(Message(kind, request, data))
            while not ended:
                message = _next(answers, cancelled)
                if message is None:
                    ended = True
                    raise self._died()
                ended = message.type in ("finished", "failed")
                yield _understood(message, result)
        finally:
            if not ended:
                with contextlib.suppress(EngineError):
                    self._send(Message("cancel", request))
            del self._answers[request]

    def _send(self, message: Message) -> None:
        assert self._process.stdin
        with self._writing:
            try:
                self._process.stdin.write(json.dumps(message.to_json()) + "\n")
                self._process.stdin.flush()
            except (OSError, ValueError):
                raise self._died() from None

    def _read_answers(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            try:
                message = Message.from_json(json_value(line))
            except ValueError:
                self._stderr.append(line.rstrip())
                continue
            waiting = self._answers.get(message.id)
            if waiting is not None:
                waiting.put(message)
        for waiting in list(self._answers.values()):
            waiting.put(None)

    def _read_stderr(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self._stderr.append(line.rstrip())

    def _died(self) -> EngineError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._threads[1].join(1)
        code = self._process.returncode
        if hasattr(signal, "SIGKILL") and code == -signal.SIGKILL:
            return killed(-code, self._last_words())
        if code == OutOfMemory.exit_code:
            return EngineKilled("The engine found no memory to work with.", self._last_words())
        how = f"was ended by signal {-code}" if code and code < 0 else f"stopped (exit code {code})"
        return EngineError(f"The engine {how}.", self._last_words())

    def _last_words(self) -> str:
        words = "\n".join(self._stderr)
        return f"Its last words:\n{words}" if words else "Start the render again to resume it."


def _next(
    answers: queue.Queue[Message | None], cancelled: Callable[[], bool] | None
) -> Message | None:
    # Waiting without a limit would not notice Ctrl-C on Windows.
    while True:
        if cancelled is not None and cancelled():
            raise Cancelled("The render was cancelled.", "Finished frames are kept.")
        with contextlib.suppress(queue.Empty):
            return answers.get(timeout=0.5)


def _understood(message: Message, result: Any) -> Any:
    if message.type == "failed":
        error = message.data.get("error")
        raise from_json(error if isinstance(error, dict) else {"message": f"It failed: {error}."})
    kinds = {"progress": Progress, "log": Log, "finished": result}
    if message.type not in kinds:
        raise EngineError(f"The engine says {message.type[:40]!r}, an unknown word.", _ONE_VERSION)
    return _decoded(kinds[message.type], message.data)


def _decoded(kind: type[Kind], data: Mapping[str, Any]) -> Kind:
    try:
        return decode_answer(kind, data)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise EngineError(
            f"An answer of the engine cannot be understood: {repr(error)[:300]}.", _ONE_VERSION
        ) from error


def _check_folder() -> None:
    """Raises EngineError where the current folder was removed: libraries do not load there."""
    try:
        os.getcwd()
    except OSError as error:
        raise EngineError(
            "The folder that this was started in is not there any more.", "Go to another one."
        ) from error
