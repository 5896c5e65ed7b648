"""Nuke's main thread from a worker: only the main thread may touch nodes, knobs and most of `nuke`.

`executeInMainThreadWithResult` prints what the call raised and returns None, so that calls are
wrapped to bring their exception back; and from the main thread it hangs Nuke, so that code which
runs on either takes the way there as an argument: `from_worker`, or `directly` in a terminal, where
nothing would answer a worker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import Any, Optional

import nuke

from hifi_ofx.errors import Cancelled

ToMain = Callable[..., Any]
# Work for the main thread in small steps: it yields None between two, or a call for the worker (a
# look at the disk), whose answer it gets; and returns the result.
Steps = Generator[Optional[Callable[[], Any]], Any, Any]
_SLICE = 0.01  # seconds; a frame of the interface takes longer


class Gone(Cancelled):
    """The node was deleted, or the script closed, while it was at work. Nobody is left to tell."""


def directly(call: Callable[..., Any], *args: Any) -> Any:
    """Call on the main thread, from the main thread."""
    return call(*args)


def from_worker(call: Callable[..., Any], *args: Any) -> Any:
    """Call on the main thread and wait: its result, or what it raised."""
    outcome = nuke.executeInMainThreadWithResult(_outcome, args=(call, args))
    if outcome is None:
        raise Gone("Nuke did not answer: it is closing.")
    value, error = outcome
    if error is not None:
        raise error
    return value


def in_slices(main: ToMain, steps: Steps) -> Any:
    """The result of work in steps. The main thread has it for a hundredth of a second at a time."""
    answer = None
    while True:
        done, found = main(_slice, steps, answer)
        if done:
            return found
        answer = None if found is None else found()


def _slice(steps: Steps, answer: Any) -> tuple[bool, Any]:
    """Steps until the time is up or the worker is asked: whether it is done, and what with."""
    until = time.monotonic() + _SLICE
    try:
        asked = steps.send(answer)
        while asked is None and time.monotonic() < until:
            asked = next(steps)
        return False, asked
    except StopIteration as end:
        return True, end.value


def alive(node: nuke.Node) -> None:
    """Raise Gone where the node has been deleted: any use of it would be a ValueError."""
    try:
        node.name()
    except ValueError:
        raise Gone("The node was deleted.") from None


def _outcome(call: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, Exception | None]:
    try:
        return call(*args), None
    except Exception as error:  # whatever it was, the worker has to see it
        return None, error
