"""The engine as a child process: JSON lines on stdin and stdout (decision 2).

stdout carries the protocol alone; whatever else prints goes to stderr. When stdin closes, because
the host has gone, the render under way is cancelled and the process ends.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TextIO, TypeVar

from hifi_ofx import __version__
from hifi_ofx.codec import encode, json_value
from hifi_ofx.errors import Cancelled, EngineError, HifiError, InvalidSetting
from hifi_ofx.failures import failure
from hifi_ofx.live import Interpolate
from hifi_ofx.preview import PreviewRequest, ShotsRequest
from hifi_ofx.quality import Machine
from hifi_ofx.request import (
    PROTOCOL,
    EngineInfo,
    Log,
    Message,
    Plan,
    Progress,
    RenderRequest,
)

from ..inference.denoiser import choose_device, device_name, free_memory
from ..inference.model_cache import Loaded
from ..inference.weights_file import shipped_weights
from ..plate.source import open_source
from ..preview.previews import Previews
from ..retime.headers import findings
from ..retime.live import Live
from ..retime.planning import cost, prepare
from ..retime.render import render
from ..retime.scan import scan
from ..retime.standing import standing
from .input import GRACE_SECONDS

log = logging.getLogger(__name__)

Request = TypeVar("Request", RenderRequest, PreviewRequest, ShotsRequest, Interpolate)

IDLE_SECONDS = 60.0  # after which the GPU's memory is given back


def main(lines: Iterable[str]) -> int:
    """Serve until the lines end or a shutdown is asked for."""
    answers = _take_stdout()
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    # Decisions about frames are logged as info, and belong to whoever asked for the frames.
    logging.getLogger("engine").setLevel(logging.INFO)
    return Service(answers).run(lines)


def _enter(folder: str) -> None:
    """Go where the program is that speaks now: its paths may be relative.

    Where that is gone, to a folder in which there is nothing of another program's.
    """
    try:
        os.chdir(folder)
    except (OSError, ValueError):
        os.chdir(os.sep)


def _take_stdout() -> TextIO:
    """Keep the real stdout for the protocol, and let prints of any library go to stderr."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return protocol


@dataclass(eq=False)
class Asked:
    """A request under way. `cancelled` is the wish to stop it; it is answered once."""

    message: Message
    cancelled: threading.Event = field(default_factory=threading.Event)
    answered: bool = False

    def check(self) -> None:
        """Raise Cancelled where the request is to stop."""
        if self.cancelled.is_set():
            raise Cancelled("The render was cancelled.", "Finished frames are kept.")


@dataclass
class Service:
    """Answers requests one after the other on a worker thread, while another reads and cancels."""

    answers: TextIO
    loaded: Loaded = field(default_factory=Loaded)
    previews: Previews = field(default_factory=Previews)
    live: Live = field(init=False)
    _sending: threading.Lock = field(default_factory=threading.Lock)
    _requests: queue.Queue[Asked | None] = field(default_factory=queue.Queue)
    _open: dict[str, Asked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.live = Live(self.loaded)

    def run(self, lines: Iterable[str]) -> int:
        """Read requests until the input ends. Returns the exit code."""
        self._send(Message("hello", data=encode(_info())))
        worker = threading.Thread(target=self._work, name="worker")
        worker.start()
        try:
            return self._read(lines)
        finally:
            for asked in list(self._open.values()):
                asked.cancelled.set()
            self._requests.put(None)
            worker.join()

    def _read(self, lines: Iterable[str]) -> int:
        greeted = False
        for line in lines:
            message = self._parsed(line)
            if message is None:
                continue
            if message.type == "shutdown":
                return 0
            if not greeted:
                greeted = self._greet(message)
                if not greeted:
                    return EngineError.exit_code
            elif message.type == "cancel":
                self._cancel(message.id)
            elif message.type == "folder":
                _enter(str(message.data.get("path", "")))
            else:
                self._open[message.id] = asked = Asked(message)
                self._requests.put(asked)
        return 0

    def _cancel(self, request: str) -> None:
        """Ask the work to stop, and answer for it where it does not look in time.

        What cannot be interrupted, as one call of a library, then goes on with nobody to hear it.
        """
        asked = self._open.get(request)
        if asked is None or asked.cancelled.is_set():
            return
        asked.cancelled.set()
        late = threading.Timer(GRACE_SECONDS, self._give_up, (asked,))
        late.daemon = True
        late.start()

    def _give_up(self, asked: Asked) -> None:
        try:
            asked.check()
        except Cancelled as error:
            self._close(asked, _failed(asked.message.id, error))

    def _parsed(self, line: str) -> Message | None:
        try:
            return Message.from_json(json_value(line))
        except ValueError as error:
            self._send(_failed("", EngineError(f"A line is not a message: {error}.")))
            return None

    def _greet(self, message: Message) -> bool:
        """The front end's first line must be a hello of the same protocol."""
        spoken = message.data.get("protocol")
        if message.type == "hello" and spoken == PROTOCOL:
            return True
        error = EngineError(
            f"The engine speaks protocol {PROTOCOL}, the front end {str(spoken)[:40]}.",
            "Install both from one version of hifi-ofx.",
        )
        self._send(_failed(message.id, error))
        return False

    def _work(self) -> None:
        while True:
            try:
                asked = self._requests.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                self.loaded.release()
                self.live.forget()
                self.previews.forget()
                continue
            if asked is None:
                return
            self._answer(asked)

    def _answer(self, asked: Asked) -> None:
        message = asked.message
        handler = self._handlers.get(message.type)
        listening = Forward(lambda line: self._tell(asked, "log", line))
        logger = logging.getLogger("engine")
        logger.addHandler(listening)
        try:
            if handler is None:
                raise EngineError(f"The engine does not know the request {message.type[:40]!r}.")
            asked.check()
            answer = Message("finished", message.id, handler(asked))
        except Exception as error:  # the process must survive to answer the next request
            known = failure(error)
            if type(known) is HifiError and known is not error:
                log.exception("request %s failed", message.type)
            answer = _failed(message.id, known)
        finally:
            logger.removeHandler(listening)
        self._close(asked, answer)

    def _close(self, asked: Asked, answer: Message) -> None:
        """Give the last word on a request, unless it was given already."""
        with self._sending:
            if not asked.answered:
                self._write(answer)
            asked.answered = True
            if self._open.get(answer.id) is asked:
                del self._open[answer.id]

    @property
    def _handlers(self) -> dict[str, Callable[[Asked], dict[str, Any]]]:
        return {
            "render": self._render,
            "plan": self._plan,
            "info": lambda _: encode(_info()),
            "interpolate": self._interpolate,
            "preview": self._preview,
            "shots": self._shots,
        }

    def _render(self, asked: Asked) -> dict[str, Any]:
        request = _request(asked.message)
        interpolator, weights = self.loaded.interpolator(request, asked.check)
        job = prepare(request, interpolator.knows_fractions, asked.check)
        try:
            return encode(render(job, interpolator, weights, self._report(asked), asked.cancelled))
        finally:
            job.source.close()

    def _preview(self, asked: Asked) -> dict[str, Any]:
        wanted = _understood(PreviewRequest, asked.message.data)
        interpolator, weights = self.loaded.interpolator(wanted.request, asked.check)
        report, cancelled = self._report(asked), asked.cancelled
        return encode(self.previews.answer(wanted, interpolator, weights, report, cancelled))

    def _shots(self, asked: Asked) -> dict[str, Any]:
        wanted = _understood(ShotsRequest, asked.message.data)
        request = wanted.request
        source = open_source(
            request.source, request.footage, request.target, request.output.layers, asked.check
        )
        try:
            return encode(scan(source, request.footage, wanted.first, wanted.last, asked.check))
        finally:
            source.close()

    def _plan(self, asked: Asked) -> dict[str, Any]:
        request = _request(asked.message)
        interpolator, weights = self.loaded.interpolator(request, asked.check)
        job = prepare(request, interpolator.knows_fractions, asked.check)
        try:
            if asked.message.data.get("headers"):
                for finding in findings(job.source, job.plan.flat.frames, asked.check):
                    log.warning("%s", finding)
            frames = tuple(
                (planned.output, planned.left, planned.right, str(planned.fraction))
                for planned in job.plan.frames
            )
            return encode(Plan(frames, cost(job, interpolator), standing(job, weights)))
        finally:
            job.source.close()

    def _interpolate(self, asked: Asked) -> dict[str, Any]:
        request = _understood(Interpolate, asked.message.data.get("request"))
        return encode(self.live.interpolate(request, self._report(asked), asked.cancelled))

    def _report(self, asked: Asked) -> Callable[[Progress], None]:
        return lambda progress: self._tell(asked, "progress", progress)

    def _tell(self, asked: Asked, kind: str, what: Progress | Log) -> None:
        """Say how it is going. Raises Cancelled where the last word was said already."""
        with self._sending:
            if asked.answered or not self._write(Message(kind, asked.message.id, encode(what))):
                raise Cancelled("Nobody waits for this any more.")

    def _send(self, message: Message) -> None:
        with self._sending:
            self._write(message)

    def _write(self, message: Message) -> bool:
        """Write a line. False where the front end has gone: its stdin ends soon, too."""
        try:
            self.answers.write(json.dumps(message.to_json()) + "\n")
            self.answers.flush()
        except (OSError, ValueError):
            return False
        return True


def _failed(request: str, error: HifiError) -> Message:
    return Message("failed", request, {"error": error.to_json()})


class Forward(logging.Handler):
    """Sends what the engine logs while it answers a request to the front end."""

    def __init__(self, send: Callable[[Log], None]) -> None:
        super().__init__(logging.INFO)
        self._forward = send

    def emit(self, record: logging.LogRecord) -> None:
        """Pass one line on."""
        self._forward(Log(record.levelname.lower(), record.getMessage()))


def _request(message: Message) -> RenderRequest:
    return _understood(RenderRequest, message.data.get("request"))


def _understood(kind: type[Request], data: Any) -> Request:
    try:
        return kind.from_json(data)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise InvalidSetting(
            f"The request cannot be understood: {repr(error)[:300]}.",
            "Install engine and front end from one version of hifi-ofx.",
        ) from error


def _info() -> EngineInfo:
    device = choose_device(Machine().device)
    return EngineInfo(
        version=__version__,
        device=str(device),
        device_name=device_name(device),
        free_memory=free_memory(device),
        weights=tuple(shipped_weights()),
    )
