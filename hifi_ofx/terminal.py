"""What the command line prints: a progress bar for people, or JSON lines for programs."""

from __future__ import annotations

import json
import shutil
import sys
import time
from typing import Protocol, Union

from .codec import encode
from .errors import HifiError
from .request import Cost, Finished, Log, Plan, Progress

Line = Union[Progress, Log, Plan, Finished]

_BAR = 24  # characters
_BLOCKS, _PLAIN = ("█", "·"), ("#", "-")
_EVERY = 0.1  # seconds between redraws
_FARM_EVERY = 2.0  # seconds between lines in a farm's log


class Display(Protocol):
    """Shows what an engine says."""

    def show(self, line: Line) -> None:
        """Show one line."""

    def doing(self, text: str) -> None:
        """Say what is being done before there is any progress."""

    def close(self) -> None:
        """Nothing more comes."""


class Json:
    """One JSON object a line on stdout: {"type": "progress", …}."""

    def show(self, line: Line) -> None:
        _say(json.dumps({"type": type(line).__name__.lower(), **encode(line)}))

    def doing(self, text: str) -> None:
        self.show(Log("info", f"{text} …"))

    def close(self) -> None:
        pass


class OpenJobDescription:
    """Lines that an Open Job Description session understands; everything goes to its log."""

    def __init__(self) -> None:
        self._shown = 0.0

    def show(self, line: Line) -> None:
        if isinstance(line, Progress):
            self._progress(line)
        elif isinstance(line, Log):
            _say(f"{line.level}: {line.text}")
        elif isinstance(line, Plan):
            _say("\n".join(_plan(line)))
        else:
            _say(f"openjd_progress: 100\nopenjd_status: {_finished(line)}")

    def doing(self, text: str) -> None:
        _say(f"openjd_status: {text} …")

    def close(self) -> None:
        pass

    def _progress(self, progress: Progress) -> None:
        if progress.frame or time.monotonic() - self._shown > _FARM_EVERY:
            self._shown = time.monotonic()
            share = f"openjd_progress: {100 * _share(progress):.1f}"
            _say(f"{share}\nopenjd_status: {_counts(progress)}")


def _say(text: str) -> None:
    """Print in one go: Ctrl-C must not come between a line and its end, and spoil the next one."""
    print(f"{text}\n", end="", flush=True)


def display(as_json: bool, as_openjd: bool = False) -> Display:
    """The display that a command's flags ask for."""
    return Json() if as_json else OpenJobDescription() if as_openjd else Lines()


class Lines:
    """A bar that redraws itself on a terminal; a line a frame elsewhere. The log goes to stderr."""

    def __init__(self) -> None:
        self._terminal = sys.stdout.isatty()
        self._drawn = 0.0

    def show(self, line: Line) -> None:
        if isinstance(line, Progress):
            self._progress(line)
        elif isinstance(line, Log):
            self._clear()
            print(f"{line.level}: {line.text}", file=sys.stderr, flush=True)
        elif isinstance(line, Plan):
            self._clear()
            print("\n".join(_plan(line)))
        else:
            self._clear()
            print(_finished(line))

    def doing(self, text: str) -> None:
        if self._terminal:
            self._redraw(f"{text} …")
        else:
            print(f"{text} …", file=sys.stderr, flush=True)

    def close(self) -> None:
        self._clear()

    def _progress(self, progress: Progress) -> None:
        text = progress_text(progress)
        if not self._terminal:
            if progress.frame:
                print(f"frame {progress.frame}  {text}", flush=True)
        elif progress.frame or time.monotonic() - self._drawn > _EVERY:
            self._redraw(text)

    def _redraw(self, text: str) -> None:
        self._drawn = time.monotonic()
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{text[:width]:<{width}}", end="", flush=True)

    def _clear(self) -> None:
        if self._terminal and self._drawn:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{'':<{width}}\r", end="", flush=True)


def progress_text(progress: Progress) -> str:
    """One line: bar, frames, network calls, and how long the rest takes."""
    done = _share(progress)
    filled = round(_BAR * done)
    full, empty = _BLOCKS if _can_print("".join(_BLOCKS)) else _PLAIN
    bar = full * filled + empty * (_BAR - filled)
    return f"{bar} {done:4.0%}  {_counts(progress)}"


def _can_print(text: str) -> bool:
    """Whether stdout's encoding has these characters: that of a Windows log has not."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
        return True
    except UnicodeEncodeError:
        return False


def _share(progress: Progress) -> float:
    if progress.calls:
        return progress.calls_done / progress.calls
    return progress.frames_done / progress.frames if progress.frames else 1.0


def _counts(progress: Progress) -> str:
    left = "" if progress.seconds_left is None else f"  {remaining(progress.seconds_left)}"
    return (
        f"{progress.frames_done}/{progress.frames} frames  "
        f"{progress.calls_done}/{progress.calls} network calls{left}"
    )


def remaining(seconds: float) -> str:
    """How long the rest takes: "3:05 left"; an estimate that has run out is none."""
    return f"{duration(seconds)} left" if round(seconds) else "finishing"


def duration(seconds: float) -> str:
    """Seconds as people say them: 8 s, 3:05, 2:07:30."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def failed(error: HifiError, as_json: bool, as_openjd: bool = False) -> None:
    """Show why a command ends."""
    if as_json:
        _say(json.dumps({"type": "failed", "error": error.to_json()}))
    elif as_openjd:
        _say(f"openjd_fail: {' '.join(str(error).split())}")
    else:
        print(f"hifi-ofx: {error}", file=sys.stderr)


def _plan(plan: Plan) -> list[str]:
    return [*(_planned(*frame) for frame in plan.frames), *_cost(plan.cost)]


def _planned(output: int, left: int, right: int, fraction: str) -> str:
    made = f"{left}" if fraction == "0" else f"{left} + {fraction} to {right}"
    return f"{output:>8}  {made}"


def _cost(cost: Cost) -> list[str]:
    time_text = (
        "not known yet: render a frame once and it will be"
        if cost.seconds is None
        else duration(cost.seconds)
    )
    return [
        _frames(cost),
        *(f"stage {number}  {stage}" for number, stage in enumerate(cost.stages)),
        f"{cost.calls} network calls of up to {cost.batch} patches on {cost.device}",
        f"memory: about {cost.network_bytes / 1e6:.0f} MB for the network, "
        f"{cost.frame_bytes / 1e6:.0f} MB for frames",
        f"time: {time_text}",
    ]


def _frames(cost: Cost) -> str:
    if cost.moments > cost.inbetweens:
        return (
            f"{cost.frames} frames, {cost.inbetweens} of them means of {cost.moments} in-betweens"
        )
    return f"{cost.frames} frames, {cost.inbetweens} of them in-betweens"


def _finished(done: Finished) -> str:
    return (
        f"{done.made} in-betweens made, {done.copied} frames copied, "
        f"{done.skipped} were there already; {duration(done.seconds)}, "
        f"{done.calls} network calls"
    )
