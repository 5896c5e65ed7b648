"""Work off the interface's thread, of which only the latest of its kind counts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Optional

from ..errors import HifiError
from .qt import QtCore, Signal

Work = Callable[[], object]


class Latest(QtCore.QObject):
    """One thread that does what was asked for last under each key, oldest key first.

    What was asked for earlier under the same key and has not begun is forgotten. Results come as
    signals in the thread that this object lives in.
    """

    done = Signal(str, object)
    failed = Signal(str, object)

    def __init__(self, name: str, parent: Optional[QtCore.QObject] = None) -> None:
        super().__init__(parent)
        self._asked: dict[str, Work] = {}
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, key: str, work: Work) -> None:
        """Do `work` soon, instead of what waits under this key."""
        with self._changed:
            self._asked[key] = work
            self._changed.notify()

    def stop(self) -> None:
        """Finish what is under way and end the thread."""
        with self._changed:
            self._stopped = True
            self._asked.clear()
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(5)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._asked and not self._stopped:
                    self._changed.wait()
                if self._stopped:
                    return
                key = next(iter(self._asked))
                work = self._asked.pop(key)
            self._do(key, work)

    def _do(self, key: str, work: Work) -> None:
        try:
            result = work()
        except HifiError as error:
            self._say(self.failed, key, error)
        except Exception as error:  # shown at the panel's foot: a thread must not end in silence
            self._say(self.failed, key, HifiError(f"The panel failed: {error!r}."))
        else:
            self._say(self.done, key, result)

    def _say(self, signal: QtCore.SignalInstance, key: str, value: object) -> None:
        if not self._stopped:
            signal.emit(key, value)
