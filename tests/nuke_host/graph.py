"""The node graph: what is really there, apart from the Python objects that show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tests.nuke_host.knobs import Knob


class Core:
    """One node. `nodes.Node` is the Python object that a shim gets of it."""

    def __init__(self, host: Any, klass: str, parent: Core | None) -> None:
        self.host, self.klass, self.parent = host, klass, parent
        self.name = ""
        self.inputs: list[Core | None] = []
        self.knobs: dict[str, Knob] = {}
        self.children: list[Core] = []
        self.deleted = False
        self.panel_open = False
        self.selected = False
        self.gizmo_file: str | None = None
        self.reloads = 0
        self.callbacks: list[tuple[Any, tuple, dict]] = []  # addKnobChanged(…, node=…)

    @property
    def is_group(self) -> bool:
        """Whether there are nodes in it."""
        return self.klass in ("Group", "Root") or self.gizmo_file is not None

    def __repr__(self) -> str:
        return f"<{self.klass} {self.full_name()}>"

    def full_name(self) -> str:
        """The name with its groups: Group1.Read1; `root` for the root."""
        if self.parent is None:
            return "root"
        outer = "" if self.parent.parent is None else self.parent.full_name() + "."
        return outer + self.name

    def child(self, name: str) -> Core | None:
        """The node of this name directly in this group."""
        return next((node for node in self.children if node.name == name), None)

    def input_core(self, index: int) -> Core | None:
        """The node at an input, or None."""
        return self.inputs[index] if 0 <= index < len(self.inputs) else None

    def connect(self, index: int, node: Core | None) -> None:
        """Connect an input, or with None take it off."""
        while len(self.inputs) <= index:
            self.inputs.append(None)
        self.inputs[index] = node
        while self.inputs and self.inputs[-1] is None:
            self.inputs.pop()

    def add_knob(self, knob: Knob) -> None:
        """Put a knob onto the node."""
        knob._core = self
        self.knobs[knob._name] = knob

    def number(self, knob: str, frame: float | None = None, index: int = 0) -> float:
        """The number that a knob has at a frame, now by default."""
        frame = self.host.frame if frame is None else frame
        return self.knobs[knob]._number_at(frame, index, self.host.view)

    def text(self, knob: str, frame: float | None = None, view: str = "") -> str:
        """The text that a knob has."""
        frame = self.host.frame if frame is None else frame
        return self.knobs[knob]._text_at(frame, view or self.host.view)

    @property
    def disabled(self) -> bool:
        """Whether it passes its input on."""
        return "disable" in self.knobs and bool(self.number("disable"))

    def walk(self) -> Iterator[Core]:
        """Every node in this group, and in the groups in it."""
        for node in list(self.children):
            yield node
            yield from node.walk()

    def output(self) -> Core | None:
        """A group's first Output."""
        return next((node for node in self.children if node.klass == "Output"), None)

    def group_inputs(self) -> list[Core]:
        """A group's Input nodes in the order of their numbers."""
        inputs = [node for node in self.children if node.klass == "Input"]
        return sorted(inputs, key=lambda node: (node.number("number"), self.children.index(node)))

    def delete(self) -> None:
        """Take the node out of the graph, and what is in it."""
        for node in list(self.children):
            node.delete()
        self.deleted = True
        assert self.parent is not None
        self.parent.children.remove(self)
        for other in self.parent.children:
            for index, entry in enumerate(other.inputs):
                if entry is self:
                    other.connect(index, self.input_core(0))

    def free_name(self, wanted: str, skip: Core | None = None) -> str:
        """The name, with another number at its end when a node in this group has it already."""
        taken = {node.name for node in self.children if node is not skip}
        if wanted not in taken:
            return wanted
        stem, number = re.sub(r"\d+$", "", wanted), 1
        while f"{stem}{number}" in taken:
            number += 1
        return f"{stem}{number}"
