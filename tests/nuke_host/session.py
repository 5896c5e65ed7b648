"""`session()`: a fresh Nuke in sys.modules, and a handle to what an artist does with it."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from tests.nuke_host import execute, frames, menus, module, plugins, scripts
from tests.nuke_host.graph import Core
from tests.nuke_host.host import Host
from tests.nuke_host.knobs import Array_Knob
from tests.nuke_host.strict import Refused

# Nuke release: Python, Qt binding (the VFX Reference Platform of its year).
RELEASES = {
    "14": ("3.9", "PySide2"),
    "15": ("3.10", "PySide2"),
    "16": ("3.11", "PySide6"),
    "17": ("3.11", "PySide6"),
}


class Session:
    """The handle: press buttons, pump the main loop, look at what was shown."""

    def __init__(self, host: Host, nuke: Any) -> None:
        self.host, self.nuke = host, nuke

    @property
    def shown(self) -> Any:
        """Messages, questions, errors, warnings, printed lines, progress bars, opened panels."""
        return self.host.shown

    @property
    def refusals(self) -> list[str]:
        """What was refused so far. Clear it when a test meant it."""
        return self.host.refusals

    def core(self, node: Any) -> Core:
        """The node of a name (Group1.Read1) or of a Python object; not counted for Indie."""
        core = self.host.find(node, self.host.root_core) if isinstance(node, str) else node._core
        if core is None:
            raise AssertionError(f"There is no node {node!r}.")
        return core

    def press(self, node: Any, knob: str) -> None:
        """Click a button. An exception of its Python comes out here."""
        core = self.core(node)
        self.host.history.begin()
        began = time.monotonic()
        try:
            self.host.run_button(core, core.knobs[knob])
        finally:
            self.host.threads.blocks.append((knob, time.monotonic() - began))

    @property
    def longest_block(self) -> float:
        """The longest time, in seconds, that a button or a queued call held up the interface."""
        return max((seconds for _, seconds in self.host.threads.blocks), default=0.0)

    def turn(self, node: Any, knob: str, value: Any, channel: int = -1) -> None:
        """Set a knob as the artist does: the panel is open, knobChanged runs."""
        core = self.core(node)
        self.host.history.begin()
        if not core.panel_open:
            self.host.open_panel(core)
        found = core.knobs[knob]
        if isinstance(found, Array_Knob):
            found._set(value, channel, None)
            found._changed()
        else:
            found._assign(value) if hasattr(type(found), "_assign") else found.setValue(value)

    def value(self, node: Any, knob: str, frame: float | None = None) -> str:
        """What a knob says, as text."""
        return self.core(node).text(knob, frame)

    def pump(self, until: Callable[[], Any] | None = None, timeout: float = 10.0) -> Any:
        """Run the main loop once, or until the condition is true: AssertionError after timeout."""
        if until is None:
            return self.host.threads.pump()
        return self.host.threads.pump_until(until, timeout)

    def answer(self, part: str, answer: Any) -> None:
        """How the artist answers a question that has this text in it."""
        self.host.answers[part] = answer

    def cancel_when(self, condition: Callable[[Any], Any]) -> None:
        """Press a progress bar's cancel at the poll at which the condition holds for it."""

        def poll(bar: Any) -> None:
            bar.cancelled = bar.cancelled or bool(condition(bar))

        self.host.polls.append(poll)

    def fill_disk(self, bytes_left: float = 0) -> None:
        """From now on Nuke's own renders find no more room than this; inf empties it again."""
        self.host.disk_left = bytes_left

    def menu(self, bar: str, path: str) -> Any:
        """A menu's entry: menu("Nodes", "Time/HiFIRetime"). AssertionError when there is none."""
        item = self.host.menus.by_name[bar].findItem(path)
        if item is None:
            raise AssertionError(f"There is no {path!r} in the menu {bar!r}.")
        return item

    def tab(self, name: str) -> None:
        """Tab, type, Enter in the node graph: the menu entry of this name, wherever it is."""
        found = [item for item in _entries(self.host.menus.by_name["Nodes"]) if item._name == name]
        if not found:
            raise AssertionError(f"Tab finds nothing named {name!r}.")
        self.host.history.begin()
        found[0].invoke()

    def select(self, *nodes: Any) -> None:
        """Select these nodes and no others."""
        chosen = [self.core(node) for node in nodes]
        for core in self.host.root_core.walk():
            core.selected = core in chosen

    def sample(self, node: Any, channel: str, x: int, y: int, frame: float | None = None) -> float:
        """One pixel of a node."""
        return self.host.sample(self.core(node), channel, x, y, frame)

    def render_script(self, path: Any, frame_range: str = "", writes: str = "") -> int:
        """`nuke -x script.nk -F range`, with writes `-X Write1,Write2`: the exit status."""
        if self.host.mode != "-x":
            raise AssertionError('Scripts are rendered by session(mode="-x").')
        self._command_line(os.fspath(path), frame_range, writes)
        try:
            scripts.open_script(self.host, os.fspath(path))
            cores = [self.core(name) for name in writes.split(",")] if writes else None
            cores = execute.enabled_writes(self.host.root_core) if cores is None else cores
            wanted = frame_range or "{}-{}".format(*self.host.frame_range(self.host.root_core))
            execute.render(self.host, cores, list(frames.FrameRanges(wanted)), None)
        except Refused:
            raise
        except Exception as error:
            self.host.show_error(error)
            return 1
        return 0

    def run_file(self, path: Any) -> None:
        """What `nuke -t file.py` runs, in Nuke's main namespace."""
        plugins.run_file(self.host, os.path.dirname(path), os.path.basename(path))

    def _command_line(self, path: str, frame_range: str, writes: str) -> None:
        """nuke.rawArgs as they would be."""
        asked = ["-F", frame_range] if frame_range else []
        how = ["-X", writes] if writes else ["-x"]
        self.nuke.rawArgs[:] = [self.host.exe, *how, *asked, path]
        self.host.frames_argument = frame_range

    def set_views(self, *names: str) -> None:
        """The views of the script, the first of them current."""
        self.host.views[:] = names
        self.host.view = names[0]

    def open_widget(self, panel_id: str) -> Any:
        """The widget of a registered panel, made as when the artist opens it."""
        widget, title = self.host.menus.panels[panel_id]
        self.host.shown.panels.append(title)
        return eval(widget, self.host.main_namespace)()


def _entries(menu: Any) -> Iterator[Any]:
    for item in menu._items.values():
        if isinstance(item, menus.Menu):
            yield from _entries(item)
        else:
            yield item


@contextlib.contextmanager
def _without_qt(binding: str) -> Iterator[None]:
    """Keep away the Qt binding that this Nuke does not have.

    A loaded PySide6 cannot be taken out of sys.modules (it crashes), so importing is what is
    changed, for everybody but Qt's own packages and pytest's.
    """
    plain_import, plain_module = builtins.__import__, importlib.import_module
    exempt = (binding, "shiboken6", "shiboken2", "pytestqt")

    def check(name: str, asking: str) -> None:
        if name.split(".")[0] == binding and asking.split(".")[0] not in exempt:
            raise ModuleNotFoundError(f"No module named {binding!r}", name=binding)

    def guarded(name, globals=None, locals=None, fromlist=(), level=0):
        if level == 0:
            check(name, (globals or {}).get("__name__") or "")
        return plain_import(name, globals, locals, fromlist, level)

    def guarded_module(name, package=None):
        check(name, "")
        return plain_module(name, package)

    builtins.__import__, importlib.import_module = guarded, guarded_module
    try:
        yield
    finally:
        builtins.__import__, importlib.import_module = plain_import, plain_module


@contextlib.contextmanager
def session(
    mode: str = "gui",
    version: str = "15.1",
    *,
    indie: bool = False,
    nc: bool = False,
    plugins_from: Any = (),
    home: Any = None,
    args: Any = (),
    knob_changed: str = "always",
    reads: str = "sticky",
    on_create: str = "late",
    openfx: bool = False,
    expect_refusals: bool = False,
) -> Iterator[Session]:
    """A fresh Nuke in sys.modules.

    `mode`: "gui", "-t" or "-x". `version`: 14.0, 15.1, 16.0 …, which decides on the Qt binding.
    `openfx`: whether our OpenFX plug-in is installed. `plugins_from`: the folders of NUKE_PATH;
    `home`: ~/.nuke. `args`: what follows `-t`.

    Where the documents leave a question open, a shim has to be right with both answers:
    `knob_changed`: "always" as Nuke 17 documents it, or "panel" as 13 does, only while the node's
    panel is open. `reads`: "sticky", a Read keeps a file until Reload is pressed, or "fresh".
    `on_create`: of a Group in a script or on the clipboard "late", after the nodes in it were
    made, or "early", before them.

    At the end everything is put back, and the test fails for whatever was refused on the way, also
    where an `except` swallowed it.
    """
    if mode not in ("gui", "-t", "-x") or version.split(".")[0] not in RELEASES:
        raise ValueError(f"There is no Nuke {version} in mode {mode!r} here.")
    for answer, known in (
        (knob_changed, ("always", "panel")),
        (reads, ("sticky", "fresh")),
        (on_create, ("late", "early")),
    ):
        if answer not in known:
            raise ValueError(f"{answer!r} is none of {known}.")
    host = Host(mode=mode, version=version, indie=indie, nc=nc)
    host.knob_changed_always = knob_changed == "always"
    host.sticky_reads, host.early_groups = reads == "sticky", on_create == "early"
    host.has_openfx = openfx
    host.menus = menus.Menus(host)
    host.raw_args = [host.exe, *([mode] if mode != "gui" else []), *[str(arg) for arg in args]]
    with _put_back(host, plugins_from, home):
        built = module.build(host)
        sys.modules.update(built)
        host.main_namespace["nuke"] = built["nuke"]
        if mode == "-t":
            sys.argv = [str(arg) for arg in args] or [""]
        plugins.start(host, list(plugins_from), os.fspath(home) if home else None)
        handle = Session(host, built["nuke"])
        try:
            yield handle
            _at_the_end(host, expect_refusals)
        except Exception:
            for refused in [] if expect_refusals else host.refusals:
                print("Refused by Nuke:", refused, file=sys.stderr)
            raise
        finally:
            host.threads.closed = True


def _at_the_end(host: Host, expected: bool) -> None:
    if len(host.group_stack) > 1:
        host.refusals.append(f"{host.group.full_name()}: begin() without end().")
    if host.threads.left_over():
        names = ", ".join(host.threads.left_over())
        host.refusals.append(f"Threads that are no daemons keep Nuke from quitting: {names}.")
    if host.undo_off:
        host.refusals.append("nuke.Undo.disable() without enable().")
    if not host.gui and host.threads.requests.qsize():
        count = host.threads.requests.qsize()
        host.refusals.append(f"{count} calls of executeInMainThread in terminal mode never ran.")
    if host.refusals and not expected:
        raise AssertionError("Refused by Nuke:\n" + "\n".join(host.refusals))


@contextlib.contextmanager
def _put_back(host: Host, folders: Any, home: Any) -> Iterator[None]:
    """sys.modules, sys.path, sys.argv and the import hooks are afterwards as they were."""
    modules, path, argv = dict(sys.modules), list(sys.path), list(sys.argv)
    _, binding = RELEASES[str(host.version_major)]
    other = "PySide2" if binding == "PySide6" else "PySide6"
    for name in [name for name in modules if name.split(".")[0] in ("nuke", "nukescripts")]:
        del sys.modules[name]
    try:
        with _without_qt(other):
            yield
    finally:
        ours = [os.path.realpath(os.fspath(f)) for f in (*folders, *([home] if home else []))]
        _restore_modules(modules, ours)
        sys.path[:], sys.argv[:] = path, argv


def _restore_modules(before: dict[str, Any], folders: list[str]) -> None:
    for name, value in list(sys.modules.items()):
        if name in before:
            continue
        file = getattr(value, "__file__", None) or ""
        inside = any(Path(folder) in Path(os.path.realpath(file)).parents for folder in folders)
        if inside or name.split(".")[0] in ("nuke", "nukescripts"):
            del sys.modules[name]
    for name, value in before.items():
        if sys.modules.get(name) is not value:
            sys.modules[name] = value
