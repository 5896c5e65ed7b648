"""Messages, questions, progress bars: kept for the test instead of shown."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from typing import Any, Callable

from tests.nuke_host.strict import HostObject, any_thread, current_host


@dataclass
class Shown:
    """What the artist would have seen."""

    messages: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    progress: list[Any] = field(default_factory=list)
    panels: list[str] = field(default_factory=list)


class Bar:
    """One progress bar: everything it said. Set `cancelled` to press its button."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.messages: list[str] = []
        self.values: list[int] = []
        self.cancelled = False
        self.open = True
        self.thread = threading.current_thread().name


class ProgressTask(HostObject):
    """The bar as the shim sees it; made and polled on any thread. It closes with the object."""

    def __init__(self, name="", /) -> None:
        self._host = current_host()
        if not isinstance(name, str):
            self._host.refuse(f"ProgressTask({name!r}): the title is a string.")
        self._bar = Bar(name)
        self._host.shown.progress.append(self._bar)

    def _owner(self) -> Any:
        return self._host

    @any_thread
    def isCancelled(self, /):
        self._host.on_poll(self._bar)
        return self._bar.cancelled

    @any_thread
    def setMessage(self, s, /):
        if not isinstance(s, str):
            raise TypeError("setMessage takes a string")
        self._bar.messages.append(s)

    @any_thread
    def setProgress(self, i, /):
        if not isinstance(i, int) or isinstance(i, bool):
            raise TypeError(f"setProgress takes an integer, not {i!r}")
        if not 0 <= i <= 100:
            self._host.refuse(f"setProgress({i}): a progress is 0 to 100.")
        self._bar.values.append(i)

    def __del__(self) -> None:
        bar = self.__dict__.get("_bar")
        if bar is not None:
            bar.open = False


def functions(host: Any) -> dict[str, Callable]:
    """The functions of the module `nuke` that this file gives."""

    def modal(label: str) -> None:
        if not host.gui:
            host.refuse(f"nuke.{label} in terminal mode: there is nobody to answer.")
        if host.threads.queued_call is not None:
            host.refuse(f"nuke.{label} is modal: inside executeInMainThread it freezes Nuke.")

    def message(prompt):
        if not host.gui:
            print(prompt)
            return
        modal("message")
        host.shown.messages.append(prompt)

    def ask(prompt):
        modal("ask")
        host.shown.questions.append(prompt)
        return host.answer(prompt)

    def askWithCancel(prompt):
        modal("askWithCancel")
        host.shown.questions.append(prompt)
        return host.answer(prompt)

    def alert(prompt):
        modal("alert")
        host.shown.messages.append(prompt)

    def getInput(prompt, default=""):
        modal("getInput")
        host.shown.questions.append(prompt)
        return host.answer(prompt)

    def getFilename(message, pattern="", default="", favorites="", type="", multiple=False):
        modal("getFilename")
        host.shown.questions.append(message)
        return host.answer(message)

    def error(message):
        host.shown.errors.append(message)
        print(message, file=sys.stderr)

    def critical(message):
        modal("critical")
        host.shown.errors.append(message)

    def warning(message):
        host.shown.warnings.append(message)
        print(message, file=sys.stderr)

    def debug(message):
        print(message, file=sys.stderr)

    @any_thread
    def tprint(*args, sep=" ", end="\n", file=None):
        text = sep.join(str(entry) for entry in args)
        host.shown.printed.append(text)
        print(text, end=end, file=file or sys.stdout)

    offered = (message, ask, askWithCancel, alert, getInput, getFilename, error, critical)
    return {entry.__name__: entry for entry in (*offered, warning, debug, tprint)}
