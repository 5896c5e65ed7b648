"""How far a render is: Nuke's progress bar in the interface, lines in a terminal."""

from __future__ import annotations

import threading
from typing import Protocol

import nuke

from hifi_ofx.errors import Cancelled
from hifi_ofx.request import Progress
from hifi_ofx.terminal import duration


class Display(Protocol):
    """Shows progress, and hears the wish to stop."""

    def show(self, text: str, share: float) -> None:
        """Show what is being done, and the share of it that is done, 0 to 1."""

    def cancelled(self) -> bool:
        """Whether the render is to stop."""

    def check(self) -> None:
        """Raise Cancelled when the render is to stop."""

    def close(self) -> None:
        """Nothing more comes."""


class Bar:
    """Nuke's own progress bar, which does not block. Made, used and closed by the worker."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        self._task: nuke.ProgressTask | None = nuke.ProgressTask(f"HiFI {name}")
        self._stop = stop

    def show(self, text: str, share: float) -> None:
        if self._task is not None:
            self._task.setMessage(text)
            self._task.setProgress(percent(share))

    def cancelled(self) -> bool:
        asked = self._task is not None and bool(self._task.isCancelled())
        return self._stop.is_set() or asked

    def check(self) -> None:
        if self.cancelled():
            raise Cancelled("The render was cancelled.", "Finished frames are kept.")

    def close(self) -> None:
        self._task = None  # Nuke closes the bar when nothing holds the object


class Lines:
    """A line for every frame, marked, since Nuke prints among ours."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said = ""

    def show(self, text: str, share: float) -> None:
        what = text.partition(",")[0] if "frames" in text else text
        if what != self._said:  # not whenever the time that is left changes
            self._said = what
            nuke.tprint(f"[hifi] {self._name}: {percent(share):3d}% {text}")

    def cancelled(self) -> bool:
        return False

    def check(self) -> None:
        pass

    def close(self) -> None:
        pass


def percent(share: float) -> int:
    """0 to 100."""
    return max(0, min(100, round(100 * share)))


def progress_text(progress: Progress) -> str:
    """Frames done, and how long the rest takes."""
    left = progress.seconds_left
    rest = "" if left is None else f", {duration(left)} left"
    return f"{progress.frames_done} of {progress.frames} frames{rest}"
