"""Engines on one machine take turns on a GPU (decision 2)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import torch
from filelock import FileLock, Timeout

from .timing import cache_folder


@contextlib.contextmanager
def turn(device: torch.device, check: Callable[[], None]) -> Iterator[None]:
    """Hold the device for one frame; waits while another engine has it, calling `check` meanwhile.

    A CPU is shared by the system already, and so needs no turns.
    """
    if device.type == "cpu":
        yield
        return
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / f"{str(device).replace(':', '-')}.lock")
    while not lock.is_locked:
        check()
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=0.2)
    try:
        yield
    finally:
        lock.release()
