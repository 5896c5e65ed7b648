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
        # As in Nuke's own nuke.callbacks.beforeRenders: {class: [(call, args, kwargs, node)]}
        self.calls: dict[str, dict[str, list[tuple]]] = {event: {} for event in EVENTS}
        self.changing: set[tuple[int, str]] = set()

    def add(self, event: str, entry: tuple[str, Callable, tuple, dict]) -> None:
        """Register; the one that is there already stays."""
        if not callable(entry[1]):
            raise ValueError(f"call must be a callable, not {entry[1]!r}")
        known = self.calls[event].setdefault(entry[0], [])
        if (*entry[1:], None) not in known:
            known.append((*entry[1:], None))

    def remove(self, event: str, entry: tuple[str, Callable, tuple, dict]) -> None:
        """Take it off again; nothing happens when it is not there."""
        known = self.calls[event].get(entry[0], [])
        if (*entry[1:], None) in known:
            known.remove((*entry[1:], None))

    def heard_by(self, event: str, core: Core) -> list[tuple]:
        """(call, args, kwargs) of everybody who wants to hear of a node."""
        known = self.calls[event]
        return [entry[:3] for kind in (core.klass, "*") for entry in known.get(kind, [])]

    def fire(self, event: str, core: Core, knob: Knob | None = None) -> None:
        """Call everybody for a node. Exceptions pass to the caller."""
        with self.host.context(core, knob):
            for call, args, kwargs in self.heard_by(event, core):
                call(*args, **kwargs)
            text_knob = core.knobs.get(event[0].lower() + event[1:])
            text = getattr(text_knob, "_text", "") if text_knob is not None else ""
            if text:
                self.host.run_python(text)

    def filtered(self, core: Core, path: str) -> str:
        """A file name after the filename filters."""
        with self.host.context(core):
            for call, args, kwargs in self.heard_by("FilenameFilter", core):
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


def lists(host: Any) -> dict[str, Any]:
    """What is registered, as nuke.callbacks has it: beforeRenders, filenameFilters …"""
    return {f"{event[0].lower()}{event[1:]}s": host.callbacks.calls[event] for event in
            ("BeforeRender", "AfterRender", "FilenameFilter")}  # fmt: skip


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
