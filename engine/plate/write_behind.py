"""Writing behind the network."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from types import TracebackType

from hifi_ofx.waiting import Check, result, unasked

LAST_SECONDS = 1.0  # for what is being written when a render ends early


class WriteBehind:
    """Writes in the background, two frames at most; an error surfaces at the next frame.

    Who waits for a write calls `check` meanwhile, which may raise. Frames that are being written
    when something fails, or is to stop, are finished, unless that takes too long.
    """

    def __init__(self, check: Check = unasked) -> None:
        self._check = check
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="write-behind")
        self._writing: list[Future[None]] = []

    def __enter__(self) -> WriteBehind:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                for written in self._writing:
                    result(written, self._check)
        finally:
            wait(self._writing, LAST_SECONDS)
            self._pool.shutdown(wait=False, cancel_futures=True)

    def submit(self, write: Callable[[], None]) -> None:
        """Queue a write; waits while two are under way. Raises what an earlier one raised."""
        while len(self._writing) >= 2 or (self._writing and self._writing[0].done()):
            result(self._writing.pop(0), self._check)
        self._writing.append(self._pool.submit(write))
