"""The functions of the module `nuke` about nodes, frames, knobs' defaults; and nuke.env."""

from __future__ import annotations

from typing import Any, Callable

from tests.nuke_host import expressions, script_text
from tests.nuke_host.graph import Core
from tests.nuke_host.node_classes import CLASSES
from tests.nuke_host.strict import HostObject, any_thread, current_host


class Environment(HostObject):
    """nuke.env."""

    _stub = "GlobalsEnvironment"

    def __init__(self, host: Any) -> None:
        self._values = {
            "gui": host.gui, "interactive": host.gui, "ExecutablePath": host.exe, "nc": host.nc,
            "indie": host.indie, "studio": host.indie, "nukex": False, "hiero": False, "ple": False,
            "NukeVersionMajor": host.version_major, "NukeVersionMinor": host.version_minor,
            "NukeVersionRelease": host.version_release, "NukeVersionString":
            f"{host.version}v{host.version_release}", "LINUX": True, "MACOS": False, "WIN32": False,
            "numCPUs": 2, "threads": 2,
        }  # fmt: skip

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

    @any_thread
    def get(self, key, default=None, /):
        return self._values.get(key, default)

    @any_thread
    def keys(self):
        return list(self._values)

    @any_thread
    def items(self):
        return list(self._values.items())


class CancelledError(Exception):
    """In the stubs; a render that is stopped raises RuntimeError("cancelled")."""


class Undo(HostObject):
    """Undo, as a context and by begin and end. What is set while it is disabled is no step."""

    def __init__(self, name="", /) -> None:
        current_host().threads.check("nuke.Undo()")

    def __enter__(self) -> Undo:
        return self

    def __exit__(self, *exception: Any) -> None:
        pass

    @staticmethod
    def begin(name="", /) -> None:
        """Begin a step."""
        current_host().threads.check("nuke.Undo.begin")

    @staticmethod
    def end() -> None:
        """End it."""
        current_host().threads.check("nuke.Undo.end")

    @staticmethod
    def disable() -> None:
        """What follows is no step, until as many calls of enable."""
        host = current_host()
        host.threads.check("nuke.Undo.disable")
        host.undo_off += 1

    @staticmethod
    def enable() -> None:
        """What follows is again."""
        host = current_host()
        host.threads.check("nuke.Undo.enable")
        if host.undo_off == 0:
            host.refuse("nuke.Undo.enable() without disable().")
        host.undo_off -= 1

    @staticmethod
    def disabled() -> bool:
        """Whether it is off."""
        return current_host().undo_off > 0


def functions(host: Any) -> dict[str, Callable]:
    """The functions of the module `nuke` that this file gives."""
    return {**_about_nodes(host), **_selection(host), **_context(host), **_settings(host)}


def _named(*entries: Callable) -> dict[str, Callable]:
    return {entry.__name__: entry for entry in entries}


def _about_nodes(host: Any) -> dict[str, Callable]:
    def createNode(typ, knobs="", inpanel=True):
        if not host.gui:
            raise RuntimeError("Invalid function call in non-gui mode")
        _not_while_rendering(host)
        chosen = [core for core in host.group.children if core.selected]
        core = host.create(typ)
        if chosen and core.klass not in ("Read", "Constant", "CheckerBoard2", "Input"):
            _splice(core, chosen[-1])
        errors = script_text.read_knobs(core, knobs)
        if errors:
            raise RuntimeError("; ".join(errors))
        for other in host.group.children:
            other.selected = other is core
        host.callbacks.created(core, by_user=True)
        if inpanel and not core.deleted:
            host.open_panel(core)
        return host.wrap(core)

    def delete(n):
        if n is None:
            return
        _not_while_rendering(host)
        if n._core.deleted:
            raise ValueError("A PythonObject is not attached to a node")
        host.delete(n._core)

    def root():
        return host.wrap(host.root_core)

    def toNode(s):
        return host.wrap(host.find(s))

    def exists(s):
        return host.find(s) is not None or _knob_at(s) is not None

    def _knob_at(path: str) -> Any:
        node, _, knob = path.partition(".")
        core = host.find(node)
        return core.knobs.get(knob) if core is not None else None

    def allNodes(filter="", group=None, recurseGroups=False):
        top = host.group if group is None else group._core
        found = top.walk() if recurseGroups else top.children
        return [host.wrap(core) for core in found if filter in ("", core.klass)]

    def filename(node, i=None):
        text = node._core.knobs.get("file")
        if text is None:
            return None
        return text.evaluate() if i == host.constants["REPLACE"] else text.getValue()

    def channels(node=None):
        return (
            node.channels()
            if node is not None
            else ["rgba.red", "rgba.green", "rgba.blue", "rgba.alpha"]
        )

    def layers(node=None):
        return list(dict.fromkeys(name.split(".")[0] for name in channels(node)))

    def sample(node, channel, x, y, dx=1, dy=1):
        return host.sample(node._core, channel, x, y)

    def value(knob, default=None):
        found = _path(knob)
        if found is None and default is None:
            raise RuntimeError(f"{knob}: no such knob")
        return default if found is None else found._text_at(host.frame, host.view)

    def numvalue(knob, default=float("inf")):
        found = _path(knob)
        return default if found is None else found._number_at(host.frame)

    def _path(text: str) -> Any:
        try:
            return expressions.find_knob(host.group, text.split("."))[0]
        except expressions.ExpressionError:
            return None

    def expression(s):
        return expressions.evaluate(s, host.group, host.frame, host.view)

    def dependencies(nodes, what=None):
        mask = 7 if what is None else what
        return list(dict.fromkeys(one for node in nodes for one in node.dependencies(mask)))

    def nodeTypes(force_plugin_load=False):

        return sorted(CLASSES)

    return _named(
        createNode,
        delete,
        root,
        toNode,
        exists,
        allNodes,
        filename,
        channels,
        layers,
        sample,
        nodeTypes,
        value,
        numvalue,
        expression,
        dependencies,
    )


def _splice(core: Core, above: Core) -> None:
    """Between a node and what hangs from it, but for Viewers (facts/nuke.md §15)."""
    for other in above.parent.children if above.parent else []:
        for index, entry in enumerate(other.inputs):
            if entry is above and other is not core and other.klass != "Viewer":
                other.connect(index, core)
    core.connect(0, above)


def _not_while_rendering(host: Any) -> None:
    if host.executing is not None:
        raise RuntimeError("I'm already executing something else")


def _selection(host: Any) -> dict[str, Callable]:
    def chosen(kind: str = "") -> list[Core]:
        return [core for core in host.group.children if core.selected and kind in ("", core.klass)]

    def selectedNodes(filter=""):
        return [host.wrap(core) for core in reversed(chosen(filter))]

    def selectedNode():
        if not chosen():
            raise ValueError("no node selected")
        return host.wrap(chosen()[-1])

    def selectAll():
        for core in host.group.children:
            core.selected = True

    def nodesSelected():
        return bool(chosen())

    def show(n, forceFloat=False):
        host.open_panel(n._core)

    def autoplace(n, /):
        pass

    def zoomToFitSelected():
        pass

    return _named(
        selectedNodes, selectedNode, nodesSelected, selectAll, show, autoplace, zoomToFitSelected
    )


def _context(host: Any) -> dict[str, Callable]:
    def thisNode():
        return host.wrap(host.this[-1][0] if host.this else host.group)

    def thisKnob():
        return host.this[-1][1] if host.this else None

    def thisGroup():
        return host.wrap(host.group)

    def thisParent():
        return host.wrap(host.this[-1][0].parent if host.this else host.group.parent)

    def thisRoot():
        return host.wrap(host.root_core)

    def thisClass():
        return host.this[-1][0].klass if host.this else host.group.klass

    def thisView():
        return host.view

    def endGroup():
        if len(host.group_stack) > 1:
            host.group_stack.pop()

    def frame(f=None):
        if f is not None:
            host.set_frame(f)
        return int(host.frame)

    def views():
        return list(host.views)

    def addView(s):
        host.views.append(s)

    def deleteView(s):
        host.views.remove(s)

    found = (thisNode, thisKnob, thisGroup, thisParent, thisRoot, thisClass, thisView, endGroup)
    return _named(*found, frame, views, addView, deleteView)


def _settings(host: Any) -> dict[str, Callable]:
    def knobDefault(classknob, value=None):
        if value is None:
            return host.knob_defaults.get(classknob)
        host.knob_defaults[classknob] = value
        return None

    def addFormat(s):
        return host.format_from_text(s)

    def formats():
        return list(host.formats.values())

    def knobTooltip(classknob, value):
        pass

    def clearRAMCache():
        pass

    def clearDiskCache():
        pass

    def ofxMenu():
        return False

    def waitForThreadsToFinish():
        return ""

    def licenseInfo():
        return {}

    def redo():
        pass

    def undo():
        host.history.undo()

    found = (knobDefault, addFormat, formats, knobTooltip, clearRAMCache, clearDiskCache, ofxMenu)
    return _named(*found, waitForThreadsToFinish, licenseInfo, redo, undo)


def localization(host: Any) -> dict[str, Any]:
    """The functions of nuke.localization."""
    state = {"mode": "on", "paused": False}

    def mode():
        return state["mode"]

    def setMode(mode, /):
        state["mode"] = mode

    def pauseLocalization():
        state["paused"] = True

    def resumeLocalization():
        state["paused"] = False

    def isLocalizationPaused():
        return state["paused"]

    def forceUpdateAll():
        pass

    def forceUpdateSelectedNodes():
        pass

    def clearUnusedFiles():
        pass

    found = (mode, setMode, pauseLocalization, resumeLocalization, isLocalizationPaused)
    return _named(*found, forceUpdateAll, forceUpdateSelectedNodes, clearUnusedFiles)
