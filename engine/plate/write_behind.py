"""Writing behind the network."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType


class WriteBehind:
    """Writes in the background, two frames at most; an error surfaces at the next frame."""

    def __init__(self) -> None:
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
        self._pool.shutdown(wait=True)
        if error is None:
            for written in self._writing:
                written.result()

    def submit(self, write: Callable[[], None]) -> None:
        """Queue a write; waits while two are under way. Raises what an earlier one raised."""
        while len(self._writing) >= 2 or (self._writing and self._writing[0].done()):
            self._writing.pop(0).result()
        self._writing.append(self._pool.submit(write))
