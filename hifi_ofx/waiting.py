"""Waiting for what another thread does, without losing sight of the wish to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

Value = TypeVar("Value")
Check = Callable[[], None]  # raises Cancelled where one is to stop

POLL_SECONDS = 0.1


def unasked() -> None:
    """The check of who cannot be stopped."""


def result(future: Future[Value], check: Check) -> Value:
    """What a future holds once it is done; `check` is called until then, and may raise."""
    while not future.done():
        check()
        wait([future], POLL_SECONDS)
    return future.result()


def attended(work: Callable[[], Value], check: Check) -> Value:
    """What `work` returns or raises; `check` is called meanwhile, and may raise.

    Then the work, which a thread of its own does, is left to itself: it ends where it looks next,
    or with the process.
    """
    done: Future[Value] = Future()
    thread = threading.Thread(target=_fill, args=(done, work), name="attended", daemon=True)
    thread.start()
    return result(done, check)


def wait_for(event: threading.Event, check: Check) -> None:
    """Wait for an event; `check` is called meanwhile, and may raise."""
    while not event.wait(POLL_SECONDS):
        check()


def _fill(done: Future[Value], work: Callable[[], Value]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:
        done.set_exception(error)
