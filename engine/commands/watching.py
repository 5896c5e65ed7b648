"""Another process as a benchmark sees it: its processor time, its memory, and standing still."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time that the process has used so far, on all cores."""
    times = process.cpu_times()
    return float(times.user + times.system)


def suspended(process: psutil.Process, act: Callable[[], None]) -> float:
    """Seconds that the process stood still while something else was done."""
    began = time.perf_counter()
    process.suspend()
    try:
        act()
    finally:
        process.resume()
    return time.perf_counter() - began


class PeakMemory:
    """The largest resident memory of a process while the context lasts.

    The kernel's own record where there is one (Linux), else samples every 5 ms.
    """

    def __init__(self, process: psutil.Process) -> None:
        self.bytes = 0
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.bytes = max(self.bytes, self._recorded())

    def _sample(self) -> None:
        while not self._ended.wait(0.005):
            self.bytes = max(self.bytes, self._process.memory_info().rss)

    def _recorded(self) -> int:
        status = Path(f"/proc/{self._process.pid}/status")
        if not status.is_file():
            return 0
        lines = status.read_text().splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if "VmHWM" in line), 0)
