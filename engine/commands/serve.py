"""The engine as a child process: JSON lines on stdin and stdout (decision 2).

stdout carries the protocol alone; whatever else prints goes to stderr. When stdin closes, because
the host has gone, the render under way is cancelled and the process ends.
"""

from __future__ import annotations

import io
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
from hifi_ofx.codec import encode
from hifi_ofx.errors import Cancelled, EngineError, HifiError, InvalidSetting
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
from ..inference.zoo import shipped_weights
from ..plate.source import open_source
from ..preview.previews import Previews
from ..retime.headers import findings
from ..retime.live import Live
from ..retime.planning import cost, prepare
from ..retime.render import render
from ..retime.scan import scan
from ..retime.standing import standing

log = logging.getLogger(__name__)

Request = TypeVar("Request", RenderRequest, PreviewRequest, ShotsRequest, Interpolate)

IDLE_SECONDS = 60.0  # after which the GPU's memory is given back


def main() -> int:
    """Serve until stdin closes or a shutdown is asked for."""
    answers = _take_stdout()
    if isinstance(sys.stdin, io.TextIOWrapper):  # whatever the locale; a path may be any bytes
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    # Decisions about frames are logged as info, and belong to whoever asked for the frames.
    logging.getLogger("engine").setLevel(logging.INFO)
    return Service(answers).run(sys.stdin)


def _take_stdout() -> TextIO:
    """Keep the real stdout for the protocol, and let prints of any library go to stderr."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return protocol


@dataclass
class Service:
    """Answers requests one after the other on a worker thread, while another reads and cancels."""

    answers: TextIO
    loaded: Loaded = field(default_factory=Loaded)
    previews: Previews = field(default_factory=Previews)
    live: Live = field(init=False)
    _sending: threading.Lock = field(default_factory=threading.Lock)
    _requests: queue.Queue[Message | None] = field(default_factory=queue.Queue)
    _cancels: dict[str, threading.Event] = field(default_factory=dict)

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
            for event in list(self._cancels.values()):
                event.set()
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
                self._cancels.setdefault(message.id, threading.Event()).set()
            else:
                self._cancels.setdefault(message.id, threading.Event())
                self._requests.put(message)
        return 0

    def _parsed(self, line: str) -> Message | None:
        try:
            return Message.from_json(json.loads(line))
        except ValueError as error:
            self._fail("", EngineError(f"A line is not a message: {error}."))
            return None

    def _greet(self, message: Message) -> bool:
        """The front end's first line must be a hello of the same protocol."""
        spoken = message.data.get("protocol")
        if message.type == "hello" and spoken == PROTOCOL:
            return True
        self._fail(
            message.id,
            EngineError(
                f"The engine speaks protocol {PROTOCOL}, the front end {spoken}.",
                "Install both from one version of hifi-ofx.",
            ),
        )
        return False

    def _work(self) -> None:
        while True:
            try:
                message = self._requests.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                self.loaded.release()
                self.live.forget()
                self.previews.forget()
                continue
            if message is None:
                return
            self._answer(message)

    def _answer(self, message: Message) -> None:
        handler = self._handlers.get(message.type)
        listening = Forward(lambda line: self._send(Message("log", message.id, encode(line))))
        logger = logging.getLogger("engine")
        logger.addHandler(listening)
        try:
            if handler is None:
                raise EngineError(f"The engine does not know the request {message.type!r}.")
            self._send(Message("finished", message.id, handler(message)))
        except HifiError as error:
            self._fail(message.id, error)
        except Exception as error:  # the process must survive to answer the next request
            log.exception("request %s failed", message.type)
            self._fail(message.id, HifiError(f"The engine failed: {error!r}."))
        finally:
            logger.removeHandler(listening)
            self._cancels.pop(message.id, None)

    @property
    def _handlers(self) -> dict[str, Callable[[Message], dict[str, Any]]]:
        return {
            "render": self._render,
            "plan": self._plan,
            "info": lambda _: encode(_info()),
            "interpolate": self._interpolate,
            "preview": self._preview,
            "shots": self._shots,
        }

    def _render(self, message: Message) -> dict[str, Any]:
        request = _request(message)
        interpolator, weights = self.loaded.interpolator(request)
        job = prepare(request, interpolator.knows_fractions)
        cancelled = self._cancels.setdefault(message.id, threading.Event())
        try:
            done = render(
                job,
                interpolator,
                weights,
                lambda progress: self._send(Message("progress", message.id, encode(progress))),
                cancelled,
            )
        finally:
            job.source.close()
        return encode(done)

    def _preview(self, message: Message) -> dict[str, Any]:
        asked = _understood(PreviewRequest, message.data)
        interpolator, weights = self.loaded.interpolator(asked.request)
        cancelled = self._cancels.setdefault(message.id, threading.Event())

        def report(progress: Progress) -> None:
            self._send(Message("progress", message.id, encode(progress)))

        return encode(self.previews.answer(asked, interpolator, weights, report, cancelled))

    def _shots(self, message: Message) -> dict[str, Any]:
        asked = _understood(ShotsRequest, message.data)
        cancelled = self._cancels.setdefault(message.id, threading.Event())

        def check() -> None:
            if cancelled.is_set():
                raise Cancelled("Nobody waits for the cuts any more.")

        footage = asked.request.footage
        source = open_source(
            asked.request.source, footage, asked.request.target, asked.request.output.layers
        )
        try:
            return encode(scan(source, footage, asked.first, asked.last, check))
        finally:
            source.close()

    def _plan(self, message: Message) -> dict[str, Any]:
        request = _request(message)
        interpolator, weights = self.loaded.interpolator(request)
        job = prepare(request, interpolator.knows_fractions)
        try:
            if message.data.get("headers"):
                for finding in findings(job.source, job.plan.frames):
                    log.warning("%s", finding)
            frames = tuple(
                (planned.output, planned.left, planned.right, str(planned.fraction))
                for planned in job.plan.frames
            )
            return encode(Plan(frames, cost(job, interpolator), standing(job, weights)))
        finally:
            job.source.close()

    def _interpolate(self, message: Message) -> dict[str, Any]:
        return encode(
            self.live.interpolate(
                _understood(Interpolate, message.data.get("request")),
                lambda progress: self._send(Message("progress", message.id, encode(progress))),
                self._cancels.setdefault(message.id, threading.Event()),
            )
        )

    def _send(self, message: Message) -> None:
        line = json.dumps(message.to_json())
        with self._sending:
            try:
                self.answers.write(line + "\n")
                self.answers.flush()
            except (BrokenPipeError, ValueError):
                raise Cancelled("The front end has gone.") from None

    def _fail(self, request: str, error: HifiError) -> None:
        self._send(Message("failed", request, {"error": error.to_json()}))


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
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InvalidSetting(
            f"The request cannot be understood: {error!r}.",
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
