"""What lasts as long as Nuke does: one engine process for all nodes, and who is rendering.

The engine is started when it is first needed, answers one request after the other, gives the GPU
back when idle, and ends with Nuke: at exit, and by itself when Nuke dies, because its stdin closes.
"""

from __future__ import annotations

import atexit
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Union

from hifi_ofx.engine_process import EngineProcess
from hifi_ofx.errors import EngineError, InvalidSetting
from hifi_ofx.request import Finished, Log, Progress, RenderRequest

Said = Union[Progress, Log, Finished]


class Session:
    """The engine, and the renders under way by their node's id. Every method from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._engine: EngineProcess | None = None
        self._running: dict[str, threading.Event] = {}
        self.loaded: list[str] = []
        """Full names of the nodes that the script came with, in its order."""
        self.pending: threading.Timer | None = None
        """The full look at all nodes that is to come."""

    def begin(self, identity: str, name: str) -> threading.Event:
        """A render starts. The event tells it to stop. InvalidSetting while the node has one."""
        with self._lock:
            if identity in self._running:
                raise InvalidSetting(
                    f"{name} is rendering already.", "Wait for it, or press Cancel."
                )
            self._running[identity] = threading.Event()
            return self._running[identity]

    def end(self, identity: str) -> None:
        """A render has ended."""
        with self._lock:
            self._running.pop(identity, None)

    def is_running(self, identity: str) -> bool:
        """Whether a node renders."""
        with self._lock:
            return identity in self._running

    def cancel(self, identity: str | None = None) -> bool:
        """Tell a node's render to stop, or all of them. False where there was none."""
        with self._lock:
            events = [event for known, event in self._running.items() if identity in (None, known)]
        for event in events:
            event.set()
        return bool(events)

    def render(self, request: RenderRequest, cancelled: Callable[[], bool]) -> Iterator[Said]:
        """Render with the shared engine. One that has died since its last render is replaced."""
        engine = self._process()
        spoken = False
        try:
            for said in engine.render(request, cancelled):
                spoken = True
                yield said
            return
        except EngineError:
            self._drop(engine)
            if spoken or cancelled():
                raise
        yield from self._process().render(request, cancelled)

    def close(self) -> None:
        """End the renders and the engine. Called when Nuke ends."""
        self.cancel()
        self.forget()
        if self._engine is not None:
            self._drop(self._engine)

    def forget(self) -> None:
        """The script goes: what was to be looked at is not any more."""
        self.loaded.clear()
        if self.pending is not None:
            self.pending.cancel()
            self.pending = None

    def _drop(self, engine: EngineProcess) -> None:
        """Let go of an engine, unless another render has replaced it already."""
        with self._lock:
            if self._engine is engine:
                self._engine = None
        engine.stop()

    def _process(self) -> EngineProcess:
        with self._starting:
            if self._engine is None:
                self._engine = EngineProcess()
            return self._engine


@functools.cache
def session() -> Session:
    """This Nuke's session."""
    made = Session()
    atexit.register(made.close)
    return made
