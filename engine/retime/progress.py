"""How far a render is, and the wish to stop it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hifi_ofx.errors import Cancelled
from hifi_ofx.request import Progress

Report = Callable[[Progress], None]


@dataclass
class Meter:
    """Counts network calls and frames, says how long the rest takes, and carries the cancel."""

    report: Report
    cancelled: threading.Event
    frames: int = 0
    frames_done: int = 0
    calls: int = 0
    calls_left: int = 0
    inbetweens_left: int = 0
    network_seconds: float = 0.0
    images: int = 0  # that the network made
    area: int = 0  # `Work.area` of them all
    started: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, frames: int, inbetweens: int, calls: int) -> None:
        """What lies ahead: frames, in-betweens among them, and network calls for each of those."""
        self.frames, self.inbetweens_left = frames, inbetweens
        self.calls_left = calls * inbetweens
        self.started = time.monotonic()
        self._report(0)

    def begin(self, calls: int) -> None:
        """An in-between of `calls` network calls begins; those after it are taken to be alike."""
        with self._lock:
            self.calls_left = calls * self.inbetweens_left
            self.inbetweens_left -= 1

    def took(self, seconds: float, area: int) -> None:
        """The network made an image that is this much work."""
        self.network_seconds += seconds
        self.area += area
        self.images += 1

    def check(self) -> None:
        """Raise Cancelled when the user asked to stop."""
        if self.cancelled.is_set():
            raise Cancelled("The render was cancelled.", "Finished frames are kept.")

    def call(self) -> None:
        """Before every network call."""
        self.check()
        with self._lock:
            self.calls += 1
            self.calls_left = max(0, self.calls_left - 1)
        self._report(0)

    def wrote(self, frame: int) -> None:
        """A frame is on disk."""
        with self._lock:
            self.frames_done += 1
            if self.frames_done == self.frames:
                self.calls_left = 0  # what was taken to lie ahead did not
        self._report(frame)

    def _report(self, frame: int) -> None:
        seconds = time.monotonic() - self.started
        left = seconds / self.calls * self.calls_left if self.calls else None
        total = self.calls + self.calls_left
        self.report(
            Progress(frame, self.frames_done, self.frames, self.calls, total, seconds, left)
        )
