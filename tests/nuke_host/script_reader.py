"""Runs a script's commands: nodes come into being, the stack connects them."""

from __future__ import annotations

from typing import Any

from tests.nuke_host import script_text, tcl
from tests.nuke_host.curves import number
from tests.nuke_host.expressions import evaluate
from tests.nuke_host.graph import Core
from tests.nuke_host.node_classes import CLASSES

_PASSED_OVER = {"define_window_layout_xml", "add_layer", "load", "viewer_input_order"}


class Reader:
    """One script that is read into a group."""

    def __init__(self, host: Any, group: Core) -> None:
        self.host = host
        self.groups = [group]
        self.stacks: list[list[Core | None]] = [[]]
        self.marks: dict[str, Core | None] = {}
        self.made: list[Core] = []
        self.errors: list[str] = []
        self.told: list[Core] = []

    def run(self, text: str) -> str:
        """Run every command; returns what the last one gave."""
        result = ""
        for command in tcl.commands(text):
            result = self._run(command)
        return result

    def _run(self, command: list[tcl.Word]) -> str:
        name, words = command[0].text, command[1:]
        method = getattr(self, f"_do_{name}", None)
        if method is not None:
            return method(*[word.text for word in words]) or ""
        if name in _PASSED_OVER:
            return ""
        if name == "Root" and words:
            self.errors += script_text.read_knobs(self.host.root_core, words[0].text)
            return ""
        return self._make(name, words[0].text if words else "")

    def _make(self, klass: str, text: str) -> str:
        group, stack = self.groups[-1], self.stacks[-1]
        core = self._new(klass, group)
        if core is None:
            return ""
        self.errors += script_text.read_knobs(core, text)
        for index in range(self._wanted(core, text)):
            core.connect(index, stack.pop() if stack else None)
        stack.append(core)
        self.made.append(core)
        if klass == "Group":
            if self.host.early_groups:
                self.told.append(core)
                self.host.callbacks.created(core)
            self.groups.append(core)
            self.stacks.append([])
        return core.name

    def _new(self, klass: str, group: Core) -> Core | None:
        try:
            return self.host.create(klass, parent=group)
        except RuntimeError as error:
            self.errors.append(str(error))
            self.stacks[-1].append(None)
            return None

    def _wanted(self, core: Core, text: str) -> int:
        for name, word in tcl.knob_lines(text):
            if name == "inputs":
                return int(word.text.split("+")[0])
        return min(1, CLASSES[core.klass].inputs if core.klass in CLASSES else 1)

    def _do_version(self, *words: str) -> None:
        pass

    def _do_end_group(self) -> None:
        self.groups.pop()
        self.stacks.pop()

    def _do_push(self, what: str) -> None:
        name = what.lstrip("$")
        if name == "cut_paste_input":
            self.stacks[-1].append(self.marks.get(name))
        else:
            self.stacks[-1].append(None if what == "0" else self.marks.get(name))

    def _do_set(self, name: str, *value: str) -> None:
        if value == ("[stack 0]",):
            self.marks[name] = self.stacks[-1][-1] if self.stacks[-1] else None

    # What nuke.tcl is used for besides making nodes.
    def _do_knob(self, path: str, *value: str) -> str:
        core, name = self._target(path)
        if not value:
            return core.knobs[name]._to_script()
        core.knobs[name]._from_script(tcl.Word(value[0], braced=True))
        core.knobs[name]._changed()
        return ""

    def _do_value(self, path: str) -> str:
        core, name = self._target(path)
        return core.knobs[name]._text_at(self.host.frame, self.host.view)

    def _target(self, path: str) -> tuple[Core, str]:
        parts = path.split(".")
        for split in range(len(parts) - 1, -1, -1):
            core = (
                self.host.find(".".join(parts[:split]), self.groups[-1])
                if split
                else self.groups[-1]
            )
            if core is not None and ".".join(parts[split:]) in core.knobs:
                return core, ".".join(parts[split:])
        raise RuntimeError(f"{path}: no such knob")

    def _do_in(self, name: str, body: str) -> str:
        core = self.host.find(name, self.groups[-1])
        if core is None:
            raise RuntimeError(f"{name}: no such node")
        inner = Reader(self.host, core)
        result = inner.run(body)
        self.made += inner.made
        self.told += inner.told
        self.errors += inner.errors
        return result

    def _do_delete(self, name: str) -> None:
        core = self.host.find(name, self.groups[-1])
        if core is None:
            raise RuntimeError(f"{name}: no such node")
        self.host.delete(core)

    def _do_exists(self, name: str) -> str:
        return str(int(self.host.find(name, self.groups[-1]) is not None))

    def _do_input(self, name: str, index: str, other: str = "") -> None:
        core = self.host.find(name, self.groups[-1])
        core.connect(int(index), self.host.find(other, self.groups[-1]) if other else None)

    def _do_frames(self, what: str) -> str:
        return {"first": number(self.host.frame), "all": self.host.frames_argument}.get(what, "")

    def _do_expression(self, text: str) -> str:
        return number(evaluate(text, self.groups[-1], self.host.frame, self.host.view))


def load_gizmo(host: Any, core: Core, path: str) -> None:
    """Fill a new node from its .gizmo file."""
    with open(path, encoding="utf-8") as file:
        commands = tcl.commands(file.read())
    reader = Reader(host, core)
    head = next(command for command in commands if command[0].text in ("Gizmo", "Group"))
    errors = script_text.read_knobs(core, _without_name(head[1].text))
    for command in commands[commands.index(head) + 1 :]:
        if command[0].text == "end_group" and len(reader.groups) == 1:
            break
        reader._run(command)
    host.shown.errors += errors + reader.errors


def _without_name(text: str) -> str:
    pairs = [(name, word) for name, word in tcl.knob_lines(text) if name not in ("name", "inputs")]
    return "\n".join(
        f"{name} " + (f"{{{word.text}}}" if word.braced else tcl.quoted(word.text))
        for name, word in pairs
    )
