"""Nuke's main thread: who is on it, and the queue of executeInMainThread.

The thread that opened the session is the main thread. In the GUI its loop (`pump`) takes requests
off the queue, also while a render shows its modal progress bar. In terminal mode nothing does.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
import traceback
from typing import Any, Callable

from tests.nuke_host.strict import any_thread

PATIENCE = 20.0  # seconds that a worker waits for a main thread that runs no loop


class Request:
    """A call that waits for the main thread."""

    def __init__(self, call: Callable, args: tuple, kwargs: dict, waits: bool) -> None:
        self.call, self.args, self.kwargs, self.waits = call, args, kwargs, waits
        self.result: Any = None
        self.done = threading.Event()


class Threads:
    """The main thread and its queue."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.main = threading.current_thread()
        self.requests: queue.Queue[Request] = queue.Queue()
        self.errors: list[BaseException] = []
        self.queued_call: Request | None = None
        self.closed = False
        self.before = set(threading.enumerate())
        self.last_pump = time.monotonic()
        self.blocks: list[tuple[str, float]] = []

    def check(self, label: str) -> None:
        """Refuse what is not called on the main thread."""
        if self.closed:
            self.host.refuse(f"{label} after Nuke has quit.")
        if threading.current_thread() is not self.main:
            name = threading.current_thread().name
            self.host.refuse(
                f"{label} from thread {name!r}: only the main thread may touch Nuke. "
                "Use nuke.executeInMainThread or executeInMainThreadWithResult."
            )

    def execute_in_main_thread(self, call: Callable, args: Any = (), kwargs: Any = None) -> None:
        """Queue and return at once; always None."""
        self._put(call, args, kwargs, waits=False)

    def execute_with_result(self, call: Callable, args: Any = (), kwargs: Any = None) -> Any:
        """Queue and wait for the result; None when the call raised (it is printed)."""
        label = "nuke.executeInMainThreadWithResult"
        if threading.current_thread() is self.main:
            self.host.refuse(f"{label} from the main thread: Nuke hangs.")
        if not self.host.gui:
            self.host.refuse(f"{label} in terminal mode: nothing runs the queue; it waits forever.")
        request = self._put(call, args, kwargs, waits=True)
        asked = time.monotonic()
        while not request.done.wait(0.05):
            if self.closed:
                raise SystemExit  # the thread dies with Nuke
            self._check_blocked(asked)
        return request.result

    def _check_blocked(self, asked: float) -> None:
        """Refuse to wait for a main thread that does not come back to its loop."""
        busy = self.queued_call is not None or self.host.executing is not None
        if not busy and time.monotonic() - max(asked, self.last_pump) > PATIENCE:
            self.host.refuse(
                f"The main thread has not run its loop for {PATIENCE} seconds while a worker "
                "waits for it: Nuke hangs."
            )

    def left_over(self) -> list[str]:
        """Threads of this session that would keep Nuke from quitting."""
        new = set(threading.enumerate()) - self.before
        return [thread.name for thread in new if not thread.daemon and thread is not self.main]

    def _put(self, call: Callable, args: Any, kwargs: Any, *, waits: bool) -> Request:
        if not callable(call):
            raise TypeError(f"{call!r} is not callable")
        args = args if isinstance(args, tuple) else (args,)
        request = Request(call, args, kwargs or {}, waits)
        if not self.closed:
            self.requests.put(request)
        return request

    def pump(self) -> int:
        """Run what is queued now; returns how many calls that were."""
        if not self.host.gui or threading.current_thread() is not self.main:
            return 0
        self.last_pump = time.monotonic()
        done = 0
        while True:
            try:
                request = self.requests.get_nowait()
            except queue.Empty:
                return done
            self._run(request)
            done += 1

    def _run(self, request: Request) -> None:
        outer, self.queued_call = self.queued_call, request
        began = time.monotonic()
        try:
            with self.host.context(self.host.root_core):
                request.result = request.call(*request.args, **request.kwargs)
        except BaseException as error:  # Nuke prints it, and the result is None
            self.errors.append(error)
            traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)
        finally:
            self.queued_call = outer
            self.last_pump = time.monotonic()
            self.blocks.append((getattr(request.call, "__name__", "call"), self.last_pump - began))
            request.done.set()

    def pump_until(self, condition: Callable[[], Any], timeout: float) -> Any:
        """Run the main loop until the condition is true and return it.

        Raises AssertionError when `timeout` seconds have passed.
        """
        end = time.monotonic() + timeout
        while True:
            self.pump()
            self.host.idle()
            answer = condition()
            if answer:
                return answer
            if time.monotonic() > end:
                raise AssertionError(f"Nothing happened in {timeout} seconds.")
            time.sleep(0.005)


def functions(host: Any) -> dict[str, Callable]:
    """The functions of the module `nuke` that this file gives."""

    @any_thread
    def executeInMainThread(call, args=(), kwargs=None):
        host.threads.execute_in_main_thread(call, args, kwargs)

    @any_thread
    def executeInMainThreadWithResult(call, args=(), kwargs=None):
        return host.threads.execute_with_result(call, args, kwargs)

    return {entry.__name__: entry for entry in (executeInMainThread, executeInMainThreadWithResult)}
