"""Nodes as the shim sees them."""

from __future__ import annotations

from typing import Any

from tests.nuke_host import expressions, flow, script_text
from tests.nuke_host.frames import FrameRange
from tests.nuke_host.graph import Core
from tests.nuke_host.knobs import UNATTACHED, Knob
from tests.nuke_host.node_classes import CLASSES
from tests.nuke_host.strict import HostObject, current_host


class Info(HostObject):
    """A box: x, y, width, height."""

    def __init__(self, box: tuple[int, int, int, int]) -> None:
        self._box, self._host = box, current_host()

    def x(self):
        return float(self._box[0])

    def y(self):
        return float(self._box[1])

    def w(self):
        return float(self._box[2] - self._box[0])

    def h(self):
        return float(self._box[3] - self._box[1])


class Node(HostObject):
    """A node. Made with nuke.createNode or nuke.nodes, never by itself."""

    _core: Core

    def __init__(self, core: Any = None) -> None:
        if not isinstance(core, Core):
            raise TypeError("cannot create 'Node' instances: use nuke.nodes or nuke.createNode")
        self._core = core

    def _owner(self) -> Any:
        return self._core.host

    def _check_alive(self) -> None:
        if self._core.deleted:
            raise ValueError(UNATTACHED)

    def _guard(self, label: str) -> Core:
        self._core.host.threads.check(label)
        self._check_alive()
        return self._core

    def __repr__(self) -> str:
        return f"<{type(self).__name__} object {self._core.full_name()}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and other._core is self._core

    def __hash__(self) -> int:
        return hash(id(self._core))

    def __len__(self) -> int:
        return len(self._guard("len(node)").knobs)

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: Any) -> Knob:
        knobs = self._guard(f"node[{name!r}]").knobs
        if name not in knobs:
            raise NameError(f"knob {name} does not exist")
        return knobs[name]

    def Class(self):
        return self._core.klass

    def name(self):
        return self._core.name

    def fullName(self):
        return self._core.full_name()

    def setName(self, name, uncollide=True, updateExpressions=True):
        core = self._core
        taken = core.parent.child(name)
        if taken is not None and taken is not core and not uncollide:
            raise ValueError(f"{name} is the name of another node")
        core.host.rename(core, name)

    def knob(self, p, follow_link=True):
        if isinstance(p, int):
            return list(self._core.knobs.values())[p]
        return self._core.knobs.get(p)

    def knobs(self):
        return dict(self._core.knobs)

    def allKnobs(self):
        return list(self._core.knobs.values())

    def numKnobs(self):
        return len(self._core.knobs)

    def getNumKnobs(self):
        return len(self._core.knobs)

    def addKnob(self, knob):
        core = self._core
        if not isinstance(knob, Knob):
            raise TypeError(f"addKnob takes a knob, not {knob!r}")
        if knob._core is not None:
            core.host.refuse(f"addKnob: {knob._name!r} is on {knob._core.name} already.")
        name = knob._name or core.host.nameless(core)
        if name in core.knobs:
            return  # Nuke skips it without a word
        knob._name, knob._user = name, True
        core.add_knob(knob)

    def removeKnob(self, knob):
        core = self._core
        if core.knobs.get(knob._name) is not knob or not knob._user:
            raise ValueError(f"{knob._name} is not a user knob of {core.name}")
        del core.knobs[knob._name]
        knob._core = None

    def input(self, index):
        return self._core.host.wrap(self._core.input_core(index))

    def inputs(self):
        return len(self._core.inputs)

    def _most(self) -> int:
        core = self._core
        if core.is_group and core.klass != "Root":
            return len(core.group_inputs())
        return CLASSES[core.klass].inputs

    def maxInputs(self):
        return self._most()

    def maximumInputs(self):
        return self._most()

    def minInputs(self):
        return min(1, self._most())

    def minimumInputs(self):
        return min(1, self._most())

    def maxOutputs(self):
        return -1

    def optionalInput(self):
        return 0

    def canSetInput(self, i, node):
        return 0 <= i < self._most() and not self._loops(node)

    def _loops(self, node: Any) -> bool:
        seen, todo = set(), [] if node is None else [node._core]
        while todo:
            core = todo.pop()
            if core is self._core:
                return True
            if id(core) not in seen:
                seen.add(id(core))
                todo += [entry for entry in core.inputs if entry is not None]
        return False

    def setInput(self, i, node):
        core = self._core
        if node is not None and not isinstance(node, Node):
            raise TypeError(f"setInput takes a node or None, not {node!r}")
        if node is not None and node._core.parent is not core.parent:
            core.host.refuse(
                f"setInput: {node._core.full_name()} and {core.full_name()} are not in one group."
            )
        if not 0 <= i < self._most() or self._loops(node):
            return False
        core.connect(i, None if node is None else node._core)
        core.host.input_changed(core)
        return True

    def connectInput(self, i, node):
        return self.setInput(i, node)

    def dependencies(self, mask):
        core, host = self._core, self._core.host
        found: list[Core] = []
        if mask & host.constants["INPUTS"]:
            found += [entry for entry in core.inputs if entry is not None]
        if mask & host.constants["EXPRESSIONS"]:
            found += expressions.nodes_named(core)
        return [host.wrap(entry) for entry in dict.fromkeys(found)]

    def dependent(self, mask, forceEvaluate=True):
        core = self._core
        return [core.host.wrap(other) for other in core.parent.children if core in other.inputs]

    def parent(self):
        return self._core.host.wrap(self._core.parent)

    def rootNode(self):
        return self._core.host.wrap(self._core.host.root_core)

    def xpos(self):
        return int(self._core.number("xpos"))

    def ypos(self):
        return int(self._core.number("ypos"))

    def setXpos(self, x):
        self._core.knobs["xpos"]._values = [float(x)]

    def setYpos(self, y):
        self._core.knobs["ypos"]._values = [float(y)]

    def setXYpos(self, x, y):
        self.setXpos(x)
        self.setYpos(y)

    def screenWidth(self):
        return 80

    def screenHeight(self):
        return 18

    def autoplace(self):
        pass

    def setSelected(self, selected):
        self._core.selected = bool(selected)

    def isSelected(self):
        return self._core.selected

    def selectOnly(self):
        for core in self._core.parent.children:
            core.selected = core is self._core

    def firstFrame(self):
        return flow.frame_range(self._core)[0]

    def lastFrame(self):
        return flow.frame_range(self._core)[1]

    def frameRange(self):
        return FrameRange(*flow.frame_range(self._core), 1)

    def upstreamFrameRange(self, i):
        entry = self._core.input_core(i)
        return None if entry is None else FrameRange(*flow.frame_range(entry), 1)

    def _info(self) -> Any:
        """Size and channels now; the root's format where the node is in error, as in Nuke."""
        host = self._core.host
        try:
            return flow.info(self._core, host.frame, host.view)
        except RuntimeError:
            form = host.default_format()
            return flow.Info(form, (0, 0, form._width, form._height), ())

    def format(self):
        return self._info().format

    def width(self):
        return self._info().format._width

    def height(self):
        return self._info().format._height

    def pixelAspect(self):
        return self._info().format._aspect

    def bbox(self):
        return Info(self._info().box)

    def channels(self):
        return list(self._info().channels)

    def proxy(self):
        return bool(self._core.host.root_core.number("proxy"))

    def metadata(self, *args, **kwargs):
        key = args[0] if args and isinstance(args[0], str) else kwargs.get("key")
        rest = args[1:] if key is not None and args else args
        host = self._core.host
        frame = kwargs.get("time", rest[0] if rest else host.frame)
        view = kwargs.get("view", rest[1] if len(rest) > 1 else host.view)
        try:
            found = dict(flow.info(self._core, frame, view).metadata)
        except RuntimeError:
            found = {}
        return found if key is None else found.get(key)

    def sample(self, chan, x, y, dx=1, dy=1, frame=None):
        return self._core.host.sample(self._core, chan, x, y, frame)

    def opHashes(self):
        host = self._core.host
        return [flow.op_hash(self._core, host.frame, view) for view in host.views]

    def _error(self) -> str | None:
        host = self._core.host
        try:
            flow.info(self._core, host.frame, host.view)
        except RuntimeError as error:
            return str(error)
        return None

    def hasError(self):
        """Only the node's own error, not one from further up."""
        error = self._error()
        return error is not None and error.startswith(self._core.name + ":")

    def error(self):
        return self.hasError()

    def treeHasError(self):
        return self._error() is not None

    def forceValidate(self):
        pass

    def redraw(self):
        pass

    def readKnobs(self, s):
        script_text.read_knobs(self._core, s)

    def writeKnobs(self, flags=0):
        return script_text.knobs_text(self._core)

    def resetKnobsToDefault(self):
        self._core.host.refuse("resetKnobsToDefault is not in the fake yet.")

    def showControlPanel(self, forceFloat=False):
        self._core.host.open_panel(self._core)

    def hideControlPanel(self):
        self._core.host.close_panel(self._core)

    def shown(self):
        return self._core.panel_open

    def setTab(self, tabIndex):
        pass

    def help(self):
        return self._core.text("help")

    def isCloneable(self):
        return True

    def clones(self):
        return 0

    def forceUpdateLocalization(self):
        pass

    def isLocalized(self):
        return False

    def isLocalizationOutdated(self):
        return False

    def localizationProgress(self):
        return 0.0

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("nodes cannot be pickled")
