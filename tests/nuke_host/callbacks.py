"""nuke.add…/remove…: who is told about what; and the Python text of a node's own knobs."""

from __future__ import annotations

from typing import Any, Callable

from tests.nuke_host.graph import Core
from tests.nuke_host.knobs import Knob

# Event: the name in nuke.add<Name>; whether it has a nodeClass.
EVENTS = (
    "OnUserCreate", "OnCreate", "OnScriptLoad", "OnScriptSave", "OnScriptClose", "OnDestroy",
    "KnobChanged", "UpdateUI", "Autolabel", "BeforeRender", "BeforeFrameRender", "AfterFrameRender",
    "AfterRender", "RenderProgress", "FilenameFilter", "ValidateFilename",
    "BeforeBackgroundRender", "AfterBackgroundFrameRender", "AfterBackgroundRender",
)  # fmt: skip
_BACKGROUND = ("BeforeBackgroundRender", "AfterBackgroundFrameRender", "AfterBackgroundRender")


class Callbacks:
    """All callbacks of a session."""

    def __init__(self, host: Any) -> None:
        self.host = host
        self.calls: dict[str, list[tuple[str, Callable, tuple, dict]]] = {e: [] for e in EVENTS}
        self.changing: set[tuple[int, str]] = set()

    def add(self, event: str, entry: tuple[str, Callable, tuple, dict]) -> None:
        """Register; the one that is there already stays."""
        if not callable(entry[1]):
            raise ValueError(f"call must be a callable, not {entry[1]!r}")
        if entry not in self.calls[event]:
            self.calls[event].append(entry)

    def remove(self, event: str, entry: tuple[str, Callable, tuple, dict]) -> None:
        """Take it off again; nothing happens when it is not there."""
        if entry in self.calls[event]:
            self.calls[event].remove(entry)

    def fire(self, event: str, core: Core, knob: Knob | None = None) -> None:
        """Call everybody for a node. Exceptions pass to the caller."""
        with self.host.context(core, knob):
            for klass, call, args, kwargs in list(self.calls[event]):
                if klass in ("*", core.klass):
                    call(*args, **kwargs)
            text_knob = core.knobs.get(event[0].lower() + event[1:])
            text = getattr(text_knob, "_text", "") if text_knob is not None else ""
            if text:
                self.host.run_python(text)

    def filtered(self, core: Core, path: str) -> str:
        """A file name after the filename filters."""
        with self.host.context(core):
            for klass, call, args, kwargs in list(self.calls["FilenameFilter"]):
                if klass in ("*", core.klass):
                    path = call(*args, path, **kwargs) or path
        return path

    def safely(self, event: str, core: Core, knob: Knob | None = None) -> None:
        """As `fire`; an exception is shown, as Nuke shows it, and goes no further."""
        try:
            self.fire(event, core, knob)
        except AssertionError:
            raise
        except Exception as error:
            self.host.show_error(error)

    def created(self, core: Core, *, by_user: bool = False) -> None:
        """A node has come to be."""
        if by_user:
            self.safely("OnUserCreate", core)
        self.safely("OnCreate", core)

    def knob_changed(self, core: Core, knob: Knob) -> None:
        """A knob was set. Not again for the same knob inside, unless it is flagged so."""
        key = (id(core), knob._name)
        inside = bool(self.changing)
        if (inside and not knob._has_flag("KNOB_CHANGED_RECURSIVE")) or key in self.changing:
            return
        self.changing.add(key)
        try:
            for call, args, kwargs in list(core.callbacks):
                with self.host.context(core, knob):
                    call(*args, **kwargs)
            self.safely("KnobChanged", core, knob)
        finally:
            self.changing.discard(key)


def functions(host: Any) -> dict[str, Callable]:
    """The functions of nuke.callbacks that this file gives."""
    found: dict[str, Callable] = {}
    for event in EVENTS:
        found.update(_pair(host, event))
    found["addKnobChanged"] = _knob_changed(host, "add")
    found["removeKnobChanged"] = _knob_changed(host, "remove")

    def updateUI():
        host.idle()

    return {**found, "updateUI": updateUI}


def _pair(host: Any, event: str) -> dict[str, Callable]:
    def add(call, args=(), kwargs=None, nodeClass="*"):
        host.callbacks.add(event, (nodeClass, call, tuple(args), dict(kwargs or {})))

    def remove(call, args=(), kwargs=None, nodeClass="*"):
        host.callbacks.remove(event, (nodeClass, call, tuple(args), dict(kwargs or {})))

    gone = {"ValidateFilename": "removeFilenameValidate"}.get(event, f"remove{event}")
    return {f"add{event}": add, gone: remove}


def _knob_changed(host: Any, what: str) -> Callable:
    def change(call, args=(), kwargs=None, nodeClass="*", node=None):
        entry = (call, tuple(args), dict(kwargs or {}))
        if node is None:
            getattr(host.callbacks, what)("KnobChanged", (nodeClass, *entry))
        elif what == "add":
            node._core.callbacks.append(entry)
        elif entry in node._core.callbacks:
            node._core.callbacks.remove(entry)

    return change
