"""What the front end says, listened to from the first moment on.

Whatever the engine is doing, it ends soon after its front end: while torch is imported, while
weights are loaded, and in the middle of a long call of a library. This module imports nothing that
takes time, and is at work before anything that does.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterator
from typing import TextIO

GRACE_SECONDS = 1.5  # for the work under way to end by itself


class Input:
    """Lines of stdin, read by a thread of its own; the process ends soon after the last one.

    What is being written then stays under its temporary name, and the next run removes it.
    """

    def __init__(self, stream: TextIO, exit_code: int) -> None:
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._exit_code = exit_code
        threading.Thread(target=self._read, args=(stream,), name="input", daemon=True).start()

    def __iter__(self) -> Iterator[str]:
        """The lines as they come; it waits for each, and ends with the input."""
        while (line := self._lines.get()) is not None:
            yield line

    def _read(self, stream: TextIO) -> None:
        try:
            for line in stream:
                self._lines.put(line)
        except (OSError, ValueError):  # as good as its end
            pass
        self._lines.put(None)
        time.sleep(GRACE_SECONDS)
        os._exit(self._exit_code)
