"""FrameRange and FrameRanges: `1-10x2 20`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.nuke_host.strict import HostObject, current_host


def parse_range(text: str) -> tuple[int, int, int]:
    """(first, last, increment) of `5`, `1-10` or `1-10x2`. RuntimeError for anything else."""
    match = re.fullmatch(r"\s*(-?\d+)(?:\s*-\s*(-?\d+))?(?:\s*x\s*(\d+))?\s*", text)
    if not match:
        raise RuntimeError(f"{text!r} is not a frame range")
    first, last, step = match.groups()
    return int(first), int(last if last is not None else first), int(step or 1)


class FrameRange(HostObject):
    """Frames from first to last in steps."""

    def __init__(self, *args: Any) -> None:
        current_host().threads.check("nuke.FrameRange()")
        if len(args) == 1 and isinstance(args[0], str):
            args = parse_range(args[0])
        self._first, self._last, self._step = int(args[0]), int(args[1]), int((*args, 1)[2])

    def first(self):
        return self._first

    def last(self):
        return self._last

    def increment(self):
        return self._step

    def frames(self):
        return len(list(self))

    def minFrame(self):
        return min(self)

    def maxFrame(self):
        return max(self)

    def isInRange(self, n):
        return int(n in list(self))

    def getFrame(self, n):
        return list(self)[n]

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._first, self._last + 1, self._step))

    def __str__(self) -> str:
        step = f"x{self._step}" if self._step != 1 else ""
        return f"{self._first}-{self._last}{step}"


class FrameRanges(HostObject):
    """Several ranges, in order."""

    def __init__(self, *args: Any) -> None:
        current_host().threads.check("nuke.FrameRanges()")
        self._ranges: list[FrameRange] = []
        for argument in args:
            self._add(argument)

    def _add(self, argument: Any) -> None:
        if isinstance(argument, FrameRange):
            self._ranges.append(argument)
        elif isinstance(argument, str):
            self._ranges += [FrameRange(word) for word in re.split(r"[\s,]+", argument.strip())]
        elif all(isinstance(entry, int) for entry in argument):
            self._ranges += [FrameRange(entry, entry, 1) for entry in argument]
        else:
            for entry in argument:
                self._add(entry)

    def add(self, r):
        self._add(r)

    def clear(self):
        self._ranges = []

    def size(self):
        return len(self._ranges)

    def minFrame(self):
        return min(self)

    def maxFrame(self):
        return max(self)

    def toFrameList(self):
        return list(self)

    def __iter__(self) -> Iterator[int]:
        return iter(dict.fromkeys(frame for entry in self._ranges for frame in entry))

    def __str__(self) -> str:
        return " ".join(str(entry) for entry in self._ranges)
