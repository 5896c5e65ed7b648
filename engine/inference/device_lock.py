"""Engines on one machine take turns on a GPU (decision 2)."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

import torch
from filelock import FileLock, Timeout

from .cache import made_folder

log = logging.getLogger(__name__)


@contextlib.contextmanager
def turn(device: torch.device, check: Callable[[], None]) -> Iterator[None]:
    """Hold the device for one frame; waits while another engine has it, calling `check` meanwhile.

    A CPU is shared by the system already, and so needs no turns. Where no lock can be had, there
    are none either: a render must not fail for that.
    """
    folder = None if device.type == "cpu" else made_folder()
    if folder is None:
        yield
        return
    lock = FileLock(folder / f"{str(device).replace(':', '-')}.lock")
    try:
        while not lock.is_locked:
            check()
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=0.2)
    except (OSError, NotImplementedError) as error:  # as on network disks without locks
        log.info("engines do not take turns on %s: %s", device, error)
    try:
        yield
    finally:
        lock.release()
