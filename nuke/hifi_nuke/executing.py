"""`nuke.execute` in terminals: what a Write needs of the retimes above it is made first.

Scripts of `nuke -t` open a script and execute its Writes, and so do the clients of farms (AWS
Deadline Cloud's adaptor, Deadline 10's batch mode). Nuke cannot write the input out while it
executes something, and nothing tells beforehand that it is going to. So in a terminal the two
functions that execute are wrapped: first the retimes, then Nuke's own.

A caller that passes `continueOnError` asks not to hear of failures, and farms then report a task
without frames as done. So there a failure ends the program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import nuke

_PLAIN = "hifi_plain"  # where a wrapped function keeps Nuke's own

Prepare = Callable[[list[Any], list[int]], None]


def execute(*args: Any) -> None:
    """Nuke's own `nuke.execute`."""
    _plain(nuke.execute)(*args)


def wrap(prepare: Prepare) -> None:
    """Have `prepare(nodes, frames)` called before anything is executed. For terminals."""

    def before(nodes: list[Any], frames: list[int], go_on: bool) -> None:
        try:
            prepare(nodes, frames)
        except Exception as error:
            if go_on:
                _end(error)
            raise

    one, several = _plain(nuke.execute), _plain(nuke.executeMultiple)

    def execute(nameOrNode: Any, *args: Any, **named: Any) -> Any:
        before([nameOrNode], _frames(*args, **named), _goes_on(args, named, 4, 2))
        return one(nameOrNode, *args, **named)

    def execute_multiple(nodes: Any, *args: Any, **named: Any) -> Any:
        ranges = args[0] if args else named.get("ranges", ())
        frames = [frame for entry in ranges for frame in _stepped(*entry)]
        before(list(nodes), frames, _goes_on(args, named, 2, 2))
        return several(nodes, *args, **named)

    wrapped = {"execute": (execute, one), "executeMultiple": (execute_multiple, several)}
    for name, (call, plain) in wrapped.items():
        setattr(call, _PLAIN, plain)
        setattr(nuke, name, call)


def _plain(call: Any) -> Any:
    return getattr(call, _PLAIN, call)


def _frames(*args: Any, **named: Any) -> list[int]:
    """The frames of `execute(node, start, end, incr)` or `(node, FrameRanges)`; [] for all."""
    values = [*args[:3]]
    first = values[0] if values else named.get("start", named.get("frameRangeSet"))
    if first is None:
        return []
    if not isinstance(first, int):
        return [int(frame) for frame in first]
    last = values[1] if len(values) > 1 else named.get("end", first)
    step = values[2] if len(values) > 2 else named.get("incr", 1)
    return _stepped(first, first if last is None else last, step)


def _stepped(first: int, last: int, step: int = 1) -> list[int]:
    return list(range(first, last + 1, step))


def _goes_on(args: Iterable[Any], named: dict[str, Any], index: int, of_ranges: int) -> bool:
    """Whether continueOnError was passed, by name or by its place."""
    values = list(args)
    place = index if values and isinstance(values[0], int) else of_ranges
    return bool(named.get("continueOnError", values[place] if len(values) > place else False))


def _end(error: Exception) -> None:
    """End the program: nobody would hear of an exception."""
    print(f"ERROR: [hifi] {error} The program ends here, so that no frames are missing unnoticed.",
          file=sys.stderr, flush=True)  # fmt: skip
    sys.stdout.flush()
    os._exit(1)
