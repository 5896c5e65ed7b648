"""One running Nuke: its graph, its clock, its rules. `session` makes it and takes it away."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator
from typing import Any

from tests.nuke_host import execute, flow, node_classes, pixels, tcl, text_knobs
from tests.nuke_host.callbacks import Callbacks
from tests.nuke_host.choice_knobs import Format
from tests.nuke_host.constants import constants
from tests.nuke_host.dialogs import Shown
from tests.nuke_host.graph import Core
from tests.nuke_host.groups import python_class
from tests.nuke_host.history import History
from tests.nuke_host.knobs import Knob
from tests.nuke_host.script_reader import load_gizmo
from tests.nuke_host.strict import Refused
from tests.nuke_host.threads import Threads

NODE_LIMIT = 10  # Indie and NC: Python objects of nodes a session
FORMATS = {
    "PC_Video": (640, 480, 1.0),
    "NTSC": (720, 486, 0.91),
    "HD_1080": (1920, 1080, 1.0),
    "UHD_4K": (3840, 2160, 1.0),
    "2K_Super_35(full-ap)": (2048, 1556, 1.0),
    "Cinemascope": (1828, 1556, 2.0),
    "square_256": (256, 256, 1.0),
}


# Of the layers that every script has.
KNOWN_CHANNELS = (
    *(f"rgba.{name}" for name in ("red", "green", "blue", "alpha")), "depth.Z", "mask.a",
    *(f"{layer}.{name}" for layer in ("forward", "backward", "motion") for name in "uv"),
)  # fmt: skip


class Host:
    """The state of one Nuke."""

    def __init__(self, *, mode: str, version: str, indie: bool, nc: bool) -> None:
        self.mode, self.gui = mode, mode == "gui"
        self.version = version
        self.version_major, self.version_minor = (int(part) for part in version.split("."))
        self.version_release = 2
        self.indie, self.nc = indie, nc
        # How the documents' open questions are answered: see session().
        self.knob_changed_always, self.sticky_reads, self.early_groups = True, True, False
        self.has_openfx = False
        self.exe = f"/usr/local/Nuke{version}v{self.version_release}/Nuke{version}"
        self.constants = constants()
        self.threads = Threads(self)
        self.callbacks = Callbacks(self)
        self.shown = Shown()
        self.refusals: list[str] = []
        self.answers: dict[str, Any] = {}
        self.main_namespace: dict[str, Any] = {"__name__": "__main__"}
        self.plugin_path: list[str] = []
        self.views = ["main"]
        self.channels = {*KNOWN_CHANNELS}
        self.expression_depth = 0
        self.executing: Core | None = None
        self.cancelled = False
        self.disk_left: float = float("inf")
        self.rendered: list[tuple[str, int]] = []
        self.frames_argument = ""
        self.clipboard = ""
        self.knob_defaults: dict[str, str] = {}
        self.polls: list[Any] = []
        self.formats = {name: Format.__new__(Format) for name in FORMATS}
        for name, (width, height, aspect) in FORMATS.items():
            self._fill_format(self.formats[name], width, height, aspect, name)
        self.wrappers: dict[int, Any] = {}
        self.new_script()

    def _fill_format(
        self, form: Format, width: int, height: int, aspect: float, name: str
    ) -> Format:
        form._width, form._height, form._aspect, form._name = width, height, float(aspect), name
        form._host = self
        return form

    def new_script(self) -> None:
        """An empty script."""
        self.root_core = Core(self, "Root", None)
        node_classes.dress(self.root_core)
        self.group_stack: list[Core] = [self.root_core]
        self.this: list[tuple[Core, Knob | None]] = []
        self.script_path = ""
        self.modified = False
        self.views[:] = ["main"]
        self.view = "main"
        self.read_cache: dict[tuple[Core, str], Any] = {}
        self.undo_off = 0
        self.history = History(self)

    # Rules.
    def refusal(self, text: str) -> Refused:
        """A refusal to raise; it is kept, so that no `except` of the shim can hide it."""
        self.refusals.append(text)
        return Refused(text)

    def refuse(self, text: str) -> None:
        """Fail the test: this cannot be done in Nuke."""
        raise self.refusal(text)

    def show_error(self, error: BaseException) -> None:
        """What Nuke shows in the error console."""
        self.shown.errors.append(f"{type(error).__name__}: {error}")
        traceback.print_exception(type(error), error, error.__traceback__)

    # Time and place.
    @property
    def frame(self) -> float:
        """The current frame."""
        return self.root_core.knobs["frame"]._values[0]  # type: ignore[attr-defined]  # Array_Knob

    def set_frame(self, frame: float) -> None:
        """Go to a frame."""
        self.root_core.knobs["frame"]._values = [float(int(frame))]

    @property
    def group(self) -> Core:
        """The group that new nodes go into."""
        return self.group_stack[-1]

    def end_group(self, core: Core) -> None:
        """Leave a group that was begun."""
        if self.group is not core or len(self.group_stack) == 1:
            self.refuse(f"{core.full_name()}.end() without its begin().")
        self.group_stack.pop()

    @contextlib.contextmanager
    def context(self, core: Core, knob: Knob | None = None) -> Iterator[None]:
        """nuke.thisNode() and thisKnob() are these; begin() and end() have to pair inside."""
        self.this.append((core, knob))
        self.group_stack.append(core.parent or core)
        depth = len(self.group_stack)
        try:
            yield
            if len(self.group_stack) != depth:
                self.refuse(f"{core.full_name()}: begin() without end() in a callback or button.")
        finally:
            del self.group_stack[depth - 1 :]
            self.this.pop()

    def run_python(self, text: str) -> None:
        """Run a knob's Python in Nuke's main namespace."""
        exec(compile(text, "<knob>", "exec"), self.main_namespace)

    # Nodes.
    def wrap(self, core: Core | None) -> Any:
        """The Python object of a node; Indie and NC give out ten of them."""
        if core is None:
            return None
        if id(core) not in self.wrappers:
            if (self.indie or self.nc) and len(self.wrappers) >= NODE_LIMIT:
                kind = "Indie" if self.indie else "Non-commercial"
                self.refuse(f"Nuke {kind}: {NODE_LIMIT} nodes are what Python may touch a session.")
            self.wrappers[id(core)] = python_class(core)(core)
        return self.wrappers[id(core)]

    def create(self, klass: str, *, name: str = "", parent: Core | None = None) -> Core:
        """A new node of a class or of a gizmo on the plug-in path."""
        gizmo = None
        known = klass in node_classes.CLASSES and (klass != node_classes.OPENFX or self.has_openfx)
        if not known or klass == "Root":
            gizmo = self.plugin(f"{klass}.gizmo")
            if gizmo is None:
                raise RuntimeError(f"{klass}: Unknown command")
        parent = parent or self.group
        core = Core(self, klass, parent)
        core.gizmo_file = gizmo
        node_classes.dress(core)
        core.name = parent.free_name(name or f"{klass}1")
        parent.children.append(core)
        core.add_knob(_NameKnob(core))
        if klass == "Input":
            core.knobs["number"]._values = [float(len(parent.group_inputs()) - 1)]
        self._apply_defaults(core)
        if gizmo is not None:
            load_gizmo(self, core, gizmo)
        self.modified = True
        return core

    def _apply_defaults(self, core: Core) -> None:
        for name, value in self.knob_defaults.items():
            klass, _, knob = name.partition(".")
            if klass == core.klass and knob in core.knobs:
                core.knobs[knob]._from_script(tcl.Word(value))

    def plugin(self, name: str) -> str | None:
        """The first file of this name on the plug-in path."""
        places = (os.path.join(folder, name) for folder in self.plugin_path)
        return next((place for place in places if os.path.isfile(place)), None)

    def gizmo_to_group(self, core: Core) -> Core:
        """A gizmo's copy as a Group."""
        core.gizmo_file, core.klass = None, "Group"
        return core

    def delete(self, core: Core) -> None:
        """Delete a node: callbacks, then it is gone."""
        self.callbacks.safely("OnDestroy", core)
        core.delete()
        self.modified = True

    def rename(self, core: Core, name: str) -> None:
        """Give a node a name, numbered when it is taken."""
        core.name = core.parent.free_name(name, skip=core)
        self.modified = True

    def nameless(self, core: Core) -> str:
        """The name that a knob without one gets."""
        number = 1
        while f"_{number}" in core.knobs:
            number += 1
        return f"_{number}"

    def find(self, name: str, group: Core | None = None) -> Core | None:
        """A node by its name in a group, dots for groups in groups; `root` is the root."""
        here = group or self.group
        parts = name.split(".")
        if parts[0] == "root":
            here, parts = self.root_core, parts[1:]
        for part in parts:
            found = here.child(part) if part != "parent" else here.parent
            if found is None:
                return None
            here = found
        return here

    def knob_was_set(self, core: Core, knob: Knob) -> None:
        """A knob has another value: Write's format knobs, callbacks, the script is modified."""
        self.modified = True
        self.history.was_set(core, knob._name)
        if core.klass == "Write" and knob._name == "file_type":
            node_classes.apply_file_type(core)
        if self.knob_changed_always or core.panel_open:
            self.callbacks.knob_changed(core, knob)

    def input_changed(self, core: Core) -> None:
        """knobChanged hears of a new input as of a knob named inputChange."""
        self.modified = True
        self.pseudo_knob(core, "inputChange")

    def pseudo_knob(self, core: Core, name: str) -> None:
        """knobChanged with a knob that is none: showPanel, hidePanel, inputChange."""
        knob = Knob.__new__(Knob)
        knob._setup(self, name)
        knob._core = core
        self.callbacks.knob_changed(core, knob)

    def open_panel(self, core: Core) -> None:
        """Open a node's panel: custom knobs make their widgets."""
        if not self.gui:
            return
        core.panel_open = True
        for knob in list(core.knobs.values()):
            if isinstance(knob, text_knobs.PyCustom_Knob):
                self._build_widget(core, knob)
        self.pseudo_knob(core, "showPanel")

    def _build_widget(self, core: Core, knob: Any) -> None:
        """A custom knob's text gives an object with makeUI when the panel opens."""
        with self.context(core, knob):
            knob._object = eval(knob._text, self.main_namespace)
            if not callable(getattr(knob._object, "makeUI", None)):
                self.refuse(f"PyCustom_Knob {knob._name}: {knob._text} has no makeUI().")
            if qt_application() is not None:
                knob._object.makeUI()

    def close_panel(self, core: Core) -> None:
        """Close it."""
        if core.panel_open:
            core.panel_open = False
            self.pseudo_knob(core, "hidePanel")

    def run_button(self, core: Core, knob: Any) -> None:
        """What a click on a button does."""
        if isinstance(knob, text_knobs.PyScript_Knob):
            with self.context(core, knob):
                self.run_python(knob._text)
        elif knob._name == "reload":
            core.reloads += 1
        elif knob._name == "Render":
            first, last = flow.frame_range(core)
            execute.render(self, [core], list(range(first, last + 1)), None)

    # Pictures.
    def default_format(self) -> Format:
        """The root's format."""
        return self.root_core.knobs["format"]._format or self.formats["2K_Super_35(full-ap)"]

    def format(self, width: int, height: int, aspect: float = 1.0) -> Format:
        """The known format of this size, or one without a name."""
        for form in self.formats.values():
            if form._key() == (width, height, float(aspect)):
                return form
        return self._fill_format(Format.__new__(Format), width, height, aspect, "")

    def format_named(self, name: str) -> Format:
        """A format by its name. Raises ValueError."""
        if name not in self.formats:
            raise ValueError(f"There is no format {name!r}")
        return self.formats[name]

    def format_from_text(self, text: str) -> Format:
        """`width height [x y r t] aspect [name]`, or a name."""
        parts = text.split()
        if text in self.formats:
            return self.formats[text]
        numbers = [part for part in parts[:7] if part.replace(".", "", 1).lstrip("-").isdigit()]
        name = " ".join(parts[len(numbers) :])
        aspect = float(numbers[-1]) if len(numbers) in (3, 7) else 1.0
        form = self._fill_format(
            Format.__new__(Format), int(numbers[0]), int(numbers[1]), aspect, name
        )
        if name:
            self.formats[name] = form
        return form

    def frame_range(self, core: Core) -> tuple[int, int]:
        """First and last frame of a node."""
        return flow.frame_range(core)

    def image(self, core: Core, frame: float, view: str) -> Any:
        """Size and channels of a node's picture."""
        return flow.info(core, frame, view)

    def filtered(self, core: Core, path: str) -> str:
        """A file name after the filename filters."""
        return self.callbacks.filtered(core, path)

    def sample(
        self, core: Core, channel: str, x: float, y: float, frame: float | None = None
    ) -> float:
        """One pixel."""
        picture = pixels.evaluate(core, self.frame if frame is None else frame, self.view)
        return pixels.at(picture, channel, int(x), int(y))

    # The artist.
    def answer(self, prompt: str) -> Any:
        """What the test said to answer; a question it did not expect fails."""
        for part, answer in self.answers.items():
            if part in prompt:
                return answer
        return self.refuse(f"A question nobody expected: {prompt!r}")

    def on_poll(self, bar: Any) -> None:
        """A progress bar is asked whether its button was pressed."""
        for poll in self.polls:
            poll(bar)

    def idle(self) -> None:
        """What Nuke does when nothing else is to be done."""
        application = qt_application()
        if application is not None:
            application.processEvents()
        if self.gui and not self.executing:
            for core in list(self.root_core.children) if self.callbacks.calls["UpdateUI"] else []:
                self.callbacks.safely("UpdateUI", core)


def qt_application() -> Any:
    """The Qt application of this process, when there is one."""
    for binding in ("PySide6", "PySide2"):
        widgets = sys.modules.get(f"{binding}.QtWidgets")
        if widgets is not None and widgets.QApplication.instance() is not None:
            return widgets.QApplication.instance()
    return None


class _NameKnob(Knob):
    """The knob `name`: it is the node's name."""

    _stub = "String_Knob"

    def __init__(self, core: Core) -> None:
        self._setup(core.host, "name")
        self._core = core

    def _text_at(self, frame: float, view: str = "") -> str:
        return self._core.name

    def value(self, oc=None):
        return self._core.name

    def getValue(self, oc=None, /):
        return self._core.name

    def setValue(self, val, view=None):
        self._host.rename(self._core, val)
        self._changed()
