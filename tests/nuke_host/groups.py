"""Groups, gizmos, the root; and `nuke.nodes`, which makes nodes."""

from __future__ import annotations

from typing import Any

from tests.nuke_host.graph import Core
from tests.nuke_host.nodes import Node
from tests.nuke_host.strict import HostObject


class Group(Node):
    """A node with nodes in it."""

    def begin(self):
        self._core.host.group_stack.append(self._core)
        return self

    def end(self):
        self._core.host.end_group(self._core)

    def __enter__(self):
        self._guard("Group.__enter__")
        return self.begin()

    def __exit__(self, *exception: Any) -> None:
        self.end()

    def node(self, s):
        return self._core.host.wrap(self._core.host.find(s, self._core))

    def nodes(self):
        return [self._core.host.wrap(core) for core in self._core.children]

    def numNodes(self):
        return len(self._core.children)

    def output(self):
        return self._core.host.wrap(self._core.output())

    def run(self, callable, /):
        self.begin()
        try:
            return callable()
        finally:
            self.end()

    def selectedNodes(self):
        return [self._core.host.wrap(core) for core in self._core.children if core.selected]


class Gizmo(Group):
    """A group that is read from a .gizmo file."""

    def filename(self):
        return self._core.gizmo_file

    def command(self):
        return self._core.klass

    def makeGroup(self):
        return self._core.host.wrap(self._core.host.gizmo_to_group(self._core))


class Root(Group):
    """The script."""

    def name(self):
        return self._core.host.script_path or "Root"

    def firstFrame(self):
        return int(self._core.number("first_frame"))

    def lastFrame(self):
        return int(self._core.number("last_frame"))

    def fps(self):
        """Whole frames: 23.976 is 23, as the stub's int says."""
        return int(self._core.number("fps"))

    def realFps(self):
        return self._core.number("fps")

    def modified(self):
        return self._core.host.modified

    def setModified(self, modified):
        self._core.host.modified = bool(modified)

    def setFrame(self, n, /):
        self._core.host.set_frame(n)

    def addView(self, name, color=None, /):
        self._core.host.views.append(name)

    def deleteView(self, name, /):
        self._core.host.views.remove(name)

    def setView(self, name, /):
        self._core.host.view = name

    def proxy(self):
        return bool(self._core.number("proxy"))

    def setProxy(self, on, /):
        self._core.knobs["proxy"]._values = [float(bool(on))]

    def inputs(self):
        return 0

    def input(self, index, /):
        return None


class Viewer(Node):
    """A Viewer."""


class BackdropNode(Node):
    """A backdrop."""


def python_class(core: Core) -> type:
    """The Python class for a node."""
    if core.gizmo_file is not None:
        return Gizmo
    known = {"Group": Group, "Root": Root, "Viewer": Viewer, "BackdropNode": BackdropNode}
    return known.get(core.klass, Node)


class NodeConstructor(HostObject):
    """nuke.nodes.Read: makes a node without connecting or selecting anything."""

    def __init__(self, host: Any, klass: str) -> None:
        self._host, self._klass = host, klass

    def _owner(self) -> Any:
        return self._host

    def __call__(self, *args: Any, **knobs: Any) -> Node:
        host = self._host
        host.threads.check(f"nuke.nodes.{self._klass}")
        if args:
            host.refuse(f"nuke.nodes.{self._klass} takes knobs by name only, not {args!r}.")
        inputs = knobs.pop("inputs", ())
        core = host.create(self._klass, name=knobs.pop("name", ""))
        node = host.wrap(core)
        for index, entry in enumerate(inputs):
            node.setInput(index, entry)
        for name, value in knobs.items():
            node[name].setValue(value)
        host.callbacks.created(core)
        return node


class Nodes(HostObject):
    """nuke.nodes."""

    def __init__(self, host: Any) -> None:
        self._host = host

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return NodeConstructor(self._host, name)
