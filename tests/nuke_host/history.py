"""Ctrl+Z: the values of knobs before a gesture. Nodes that were made or deleted stay."""

from __future__ import annotations

from typing import Any

from tests.nuke_host import tcl
from tests.nuke_host.graph import Core

Key = tuple[Core, str]


class History:
    """The steps of a session. A gesture begins one, and all that follows belongs to it."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.steps: list[dict[Key, str]] = []
        self.before: dict[Key, str] = {}
        self.hidden: set[Key] = set()

    def begin(self) -> None:
        """A gesture begins."""
        self._close()
        self.before, self.hidden = self._now(), set()

    def was_set(self, core: Core, name: str) -> None:
        """A knob was set; one that was set while Undo was disabled is not the artist's."""
        if self.host.undo_off:
            self.hidden.add((core, name))

    def undo(self) -> None:
        """Take back the last gesture that changed a knob."""
        self._close()
        self.before = {}
        if not self.steps:
            return
        for (core, name), text in self.steps.pop().items():
            if not core.deleted and name in core.knobs:
                core.knobs[name]._from_script(tcl.words(text)[0] if text else tcl.Word(""))
                self.host.knob_was_set(core, core.knobs[name])

    def _close(self) -> None:
        now = self._now()
        step = {
            key: text
            for key, text in self.before.items()
            if key in now and now[key] != text and key not in self.hidden
        }
        if step:
            self.steps.append(step)

    def _now(self) -> dict[Key, str]:
        nodes = list(self.host.root_core.walk())
        return {
            (core, name): knob._to_script()
            for core in nodes
            for name, knob in core.knobs.items()
            if name not in ("name", "selected")
        }
