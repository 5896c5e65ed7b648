"""The modules `nuke` and `nukescripts` of a session, put together."""

from __future__ import annotations

import types
from typing import Any, Callable

from tests.nuke_host import (
    animation,
    callbacks,
    choice_knobs,
    dialogs,
    execute,
    frames,
    functions,
    groups,
    knobs,
    menus,
    nodes,
    number_knobs,
    plugins,
    scripts,
    strict,
    stubs,
    text_knobs,
    threads,
)

_KNOB_FILES = (knobs, number_knobs, text_knobs, choice_knobs)
# Classes of the fake that a shim may not name: they stand for classes of the stubs.
_HIDDEN = {"Button", "Colorspace_Knob", "WorkingSpace_Knob"}


class HostModule(types.ModuleType):
    """A module that answers for what it offers, and refuses the rest in clear words."""

    _stubs: Any = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        known = self._stubs is not None and self._stubs.has(name)
        what = "the fake does not offer it yet" if known else "Nuke does not have it (types-nuke)"
        raise strict.current_host().refusal(f"{self.__name__}.{name}: {what}.")


def build(host: Any) -> dict[str, types.ModuleType]:
    """{name in sys.modules: module} for a host."""
    known = stubs.load()
    nuke = HostModule("nuke")
    nuke.__path__ = []
    nuke._fake, nuke._stubs = host, known
    for name, function in offered_functions(host).items():
        setattr(nuke, name, strict.module_function(host, name, function, known, "nuke"))
    for name, kind in offered_classes().items():
        setattr(nuke, name, kind)
    for name, value in offered_values(host).items():
        setattr(nuke, name, value)
    found: dict[str, types.ModuleType] = {"nuke": nuke}
    for name, entries in _submodules(host).items():
        module = HostModule(f"nuke.{name}")
        module._stubs = stubs.load_submodule(name)
        for entry, value in entries.items():
            setattr(module, entry, _bound(host, f"nuke.{name}", entry, value, module._stubs))
        setattr(nuke, name, module)
        found[f"nuke.{name}"] = module
    return {**found, **_nukescripts(host)}


def _bound(host: Any, prefix: str, name: str, value: Any, known: Any) -> Any:
    if not isinstance(value, types.FunctionType):
        return value
    return strict.module_function(host, name, value, known, prefix)


def offered_functions(host: Any) -> dict[str, Callable]:
    """Every function of the module `nuke`."""
    files = (threads, dialogs, callbacks, plugins, menus, scripts, execute, functions)
    found: dict[str, Callable] = {}
    for file in files:
        found.update(file.functions(host))
    return found


def offered_classes() -> dict[str, type]:
    """Every class of the module `nuke`."""
    found: dict[str, type] = {}
    for file in _KNOB_FILES:
        for name, value in vars(file).items():
            if name.endswith("_Knob") or name in ("Knob", "PythonKnob"):
                found[name] = value
    found = {name: kind for name, kind in found.items() if name not in _HIDDEN}
    for kind in (
        animation.AnimationCurve, animation.AnimationKey, choice_knobs.Format,
        choice_knobs.Layer, frames.FrameRange,
        frames.FrameRanges, dialogs.ProgressTask, text_knobs.OutputContext, nodes.Node,
        groups.Group, groups.Gizmo,
        groups.Root, groups.Viewer, groups.BackdropNode, nodes.Info, groups.NodeConstructor,
        groups.Nodes, menus.Menu, menus.MenuBar, menus.MenuItem, menus.ToolBar,
        functions.CancelledError, functions.Undo,
    ):  # fmt: skip
        found[kind.__name__] = kind
    return found


def offered_values(host: Any) -> dict[str, Any]:
    """Every plain value of the module `nuke`."""
    major, minor, release = host.version_major, host.version_minor, host.version_release
    return {
        **host.constants,
        "GUI": host.gui, "INTERACTIVE": host.gui, "EXE_PATH": host.exe, "NUM_CPUS": 2, "THREADS": 2,
        "NUKE_VERSION_MAJOR": major, "NUKE_VERSION_MINOR": minor, "NUKE_VERSION_RELEASE": release,
        "NUKE_VERSION_STRING": f"{major}.{minor}v{release}", "NUKE_VERSION_DATE": "Jan  1 2025",
        "NUKE_VERSION_PHASE": "v", "NUKE_VERSION_PHASENUMBER": release,
        "nodes": groups.Nodes(host), "env": functions.Environment(host), "untitled": "Untitled",
        "rawArgs": list(host.raw_args),
    }  # fmt: skip


def _submodules(host: Any) -> dict[str, dict[str, Any]]:
    return {
        "callbacks": {**callbacks.functions(host), **callbacks.lists(host)},
        "localization": functions.localization(host),
        "executeInMain": threads.functions(host),
    }


def _nukescripts(host: Any) -> dict[str, types.ModuleType]:
    """Only what documented.py lists: there are no stubs for nukescripts."""
    top, panels = HostModule("nukescripts"), HostModule("nukescripts.panels")
    top.__path__ = []
    top.panels = panels
    call = menus.register_widget_as_panel(host)
    name = "registerWidgetAsPanel"
    nothing = stubs.StubModule()
    panels.registerWidgetAsPanel = strict.module_function(
        host, name, call, nothing, "nukescripts.panels"
    )
    return {"nukescripts": top, "nukescripts.panels": panels}
