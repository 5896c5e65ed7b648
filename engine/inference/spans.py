"""Where the time of a render goes: spans of work by phase, for who listens.

A span that nobody listens to costs a microsecond. Listening waits for a GPU at the end of each
span, since calls only start its work: shares are right then, and the whole takes longer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from ..flow.motion_network import MotionBlocks

log = logging.getLogger(__name__)

# In the order of a frame's way. encode: to the model's range and back; search: for motion, on the
# processor, or waiting for it; blend: warping, weighing and putting together what the network said;
# finish: light, fades and grain; write: compressing and writing.
Phase = Literal[
    "decode", "cuts", "encode", "search", "motion", "network", "blend", "finish", "write"
]


class Span(NamedTuple):
    """Work of one phase on one thread, in seconds of `time.perf_counter`."""

    phase: Phase
    thread: int
    began: float
    ended: float


@contextmanager
def span(phase: Phase) -> Iterator[None]:
    """What is done within it belongs to the phase, but for spans inside. Also decorates."""
    if not log.isEnabledFor(logging.DEBUG):
        yield
        return
    began = time.perf_counter()
    try:
        yield
    finally:
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            torch.cuda.synchronize()
        log.debug("%s", Span(phase, threading.get_ident(), began, time.perf_counter()))


@contextmanager
def collected() -> Iterator[list[Span]]:
    """All spans of this process that end within it."""
    found: list[Span] = []
    before, listening = log.level, _Listening(found)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(listening)
    try:
        yield found
    finally:
        log.removeHandler(listening)
        log.propagate = True
        log.setLevel(before)


class _Listening(logging.Handler):
    def __init__(self, found: list[Span]) -> None:
        super().__init__(logging.DEBUG)
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple) and isinstance(record.args[0], Span):
            self._found.append(record.args[0])


class Spanned:
    """A motion network each of whose calls is a span."""

    def __init__(self, network: MotionBlocks) -> None:
        self._network = network

    @property
    def device(self) -> torch.device:
        return self._network.device

    @property
    def dtype(self) -> torch.dtype:
        return self._network.dtype

    @property
    def runs_on(self) -> str:
        return self._network.runs_on

    @property
    def encode(self) -> Callable[[Tensor], Tensor]:
        return span("network")(self._network.encode)

    def block(self, number: int) -> Callable[[Tensor, Tensor | None], Tensor]:
        return span("network")(self._network.block(number))

    def to(self, dtype: torch.dtype, /) -> object:
        return self._network.to(dtype)
