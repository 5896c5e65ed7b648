"""Waiting for what another thread does, without losing sight of the wish to stop."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

Value = TypeVar("Value")
Check = Callable[[], None]  # raises Cancelled where one is to stop

LOOK_SECONDS = 0.1


def unasked() -> None:
    """The check of who cannot be stopped."""


def result(future: Future[Value], check: Check) -> Value:
    """What a future holds once it is done; `check` is called until then, and may raise."""
    while not future.done():
        check()
        wait([future], LOOK_SECONDS)
    return future.result()
