"""A script as text: written from nodes, and read back into them."""

from __future__ import annotations

from typing import Any

from tests.nuke_host import knobs, number_knobs, tcl, text_knobs
from tests.nuke_host.choice_knobs import Channel_Knob, ChannelMask_Knob
from tests.nuke_host.curves import number
from tests.nuke_host.graph import Core
from tests.nuke_host.node_classes import CLASSES, apply_file_type

# The numbers of addUserKnob, as published gizmos have them; 12-18, 25, 30, 43, 52 and above 40000
# are in none: they serve the fake's own round trip.
USER_KNOBS = {
    kind._kind: kind
    for kind in (
        text_knobs.String_Knob, text_knobs.File_Knob, number_knobs.Int_Knob,
        number_knobs.Enumeration_Knob, number_knobs.Boolean_Knob, number_knobs.Double_Knob,
        number_knobs.XY_Knob, number_knobs.XYZ_Knob, number_knobs.WH_Knob, number_knobs.BBox_Knob,
        number_knobs.AColor_Knob, text_knobs.Tab_Knob, text_knobs.PyScript_Knob,
        text_knobs.EvalString_Knob, text_knobs.Text_Knob, number_knobs.UV_Knob,
        text_knobs.Link_Knob, text_knobs.Multiline_Eval_String_Knob, text_knobs.PyCustom_Knob,
        Channel_Knob, ChannelMask_Knob,
    )
}  # fmt: skip
_FLAGS = (
    "STARTLINE",
    "INVISIBLE",
    "DISABLED",
    "READ_ONLY",
    "NO_ANIMATION",
    "DO_NOT_WRITE",
    "ALWAYS_SAVE",
)


def script_text(host: Any, nodes: list[Core], *, with_root: bool) -> str:
    """The whole script, or a piece of it for the clipboard."""
    lines = [f"version {host.version_major}.{host.version_minor} v{host.version_release}"]
    if with_root:
        lines = [f"#! {host.exe} -nx", *lines]
        views = [f" views {{{' '.join(host.views)}}}"] if host.views != ["main"] else []
        lines += ["Root {", " inputs 0", *_indented(knobs_text(host.root_core)), *views, "}"]
    lines += nodes_text(nodes)
    return "\n".join(lines) + "\n"


def nodes_text(nodes: list[Core]) -> list[str]:
    """Nodes with their connections: each is stored under its own name, and pushed when needed."""
    lines: list[str] = []
    for core in _in_order(nodes):
        inside = [entry if entry in nodes else None for entry in core.inputs]
        lines += [f"push ${_mark(entry)}" if entry else "push 0" for entry in reversed(inside)]
        count = len(inside) if inside or CLASSES.get(core.klass, CLASSES["Group"]).inputs else 0
        lines += [*_node_text(core, count), f"set {_mark(core)} [stack 0]"]
    return lines


def _mark(core: Core) -> str:
    return f"N{id(core):x}"


def _in_order(nodes: list[Core]) -> list[Core]:
    """Inputs before the nodes that use them."""
    done: list[Core] = []

    def visit(core: Core) -> None:
        if core in done:
            return
        for entry in core.inputs:
            if entry is not None and entry in nodes:
                visit(entry)
        done.append(core)

    for core in nodes:
        visit(core)
    return done


def _node_text(core: Core, inputs: int) -> list[str]:
    lines = [f"{core.klass} {{", f" inputs {inputs}", *_indented(knobs_text(core)), "}"]
    if core.klass == "Group":
        lines += [" " + line for line in nodes_text(core.children)] + ["end_group"]
    return lines


def _indented(text: str) -> list[str]:
    return [" " + line for line in text.splitlines()]


def knobs_text(core: Core) -> str:
    """What is not default, a line a knob; user knobs with their definition before them."""
    lines = []
    if core.parent is not None:
        lines.append(f"name {core.name}")
        if core.selected:
            lines.append("selected true")
    skip = ("name", "selected") if core.parent is not None else ()
    for name, knob in sorted(core.knobs.items(), key=lambda item: item[0] != "file_type"):
        if name in skip or (knob._has_flag("DO_NOT_WRITE") and not knob._user):
            continue
        if not knob._user:
            lines += _value_line(name, knob)
    for name, knob in core.knobs.items():
        if knob._user:
            lines.append(f"addUserKnob {{{_definition(knob)}}}")
            if not knob._has_flag("DO_NOT_WRITE") and not isinstance(
                knob, text_knobs.PyScript_Knob
            ):
                lines += _value_line(name, knob)
    return "\n".join(lines)


def _value_line(name: str, knob: Any) -> list[str]:
    if knob._is_default() and not knob._has_flag("ALWAYS_SAVE"):
        return []
    return [f"{name} {knob._to_script()}"]


def _definition(knob: Any) -> str:
    parts = [str(type(knob)._kind), tcl.quoted(knob._name)]
    if not type(knob)._kind:
        knob._host.refuse(f"The fake cannot save a user knob of class {type(knob).__name__}.")
    if knob._label is not None:
        parts.append(f"l {tcl.quoted(knob._label)}")
    if knob._tooltip:
        parts.append(f"t {tcl.quoted(knob._tooltip)}")
    parts += [
        ("+" if knob._flags[value] else "-") + name
        for name in _FLAGS
        for value in [knob._host.constants[name]]
        if value in knob._flags
    ]
    if not knob._visible:
        parts.append("+HIDDEN")
    if not knob._enabled and knob._host.constants["DISABLED"] not in knob._flags:
        parts.append("+DISABLED")
    return " ".join(parts + _extras(knob))


def _extras(knob: Any) -> list[str]:
    if isinstance(knob, number_knobs.Enumeration_Knob):
        return ["M {" + " ".join(tcl.quoted(entry) for entry in knob._names) + "}"]
    if isinstance(knob, (text_knobs.PyScript_Knob, text_knobs.PyCustom_Knob, text_knobs.Text_Knob)):
        return [f"T {tcl.quoted(knob._text)}"] if knob._text else []
    if isinstance(knob, text_knobs.Link_Knob):
        return [f"T {tcl.quoted(knob._link)}"] if knob._link else []
    if isinstance(knob, text_knobs._Tab):
        return [f"n {_group_depth(knob)}"] if _group_depth(knob) else []
    if isinstance(knob, knobs.Array_Knob) and knob._range:
        return [f"R {number(knob._range[0])} {number(knob._range[1])}"]
    return []


def _group_depth(tab: Any) -> int:
    constants = tab._host.constants
    known = {"TABBEGINGROUP": 1, "TABBEGINCLOSEDGROUP": 2, "TABENDGROUP": -1}
    if isinstance(tab, text_knobs.BeginTabGroup_Knob):
        return 1
    if isinstance(tab, text_knobs.EndTabGroup_Knob):
        return -1
    return next((n for name, n in known.items() if tab._flag == constants[name]), 0)


def read_knobs(core: Core, text: str) -> list[str]:
    """Set the knobs that a text names. Returns what went wrong, a line a knob."""
    wrong = []
    for name, word in tcl.knob_lines(text):
        try:
            _read_knob(core, name, word)
        except (RuntimeError, ValueError, IndexError) as error:
            wrong.append(f"{core.klass}.{name}: {error}")
    return wrong


def _read_knob(core: Core, name: str, word: tcl.Word) -> None:
    if name == "addUserKnob":
        _add_user_knob(core, word.text)
    elif name == "inputs":
        return
    elif name == "name" and core.parent is not None:
        core.host.rename(core, word.text)
    elif name == "views" and core.parent is None:
        core.host.views[:] = word.text.split()
        core.host.view = core.host.views[0]
    elif name == "selected":
        core.selected = word.text in ("true", "1")
    elif name not in core.knobs:
        raise RuntimeError("no such knob")
    else:
        core.knobs[name]._from_script(word)
        if name == "file_type" and core.klass == "Write":
            apply_file_type(core)


def _add_user_knob(core: Core, text: str) -> None:
    parts = tcl.words(text)
    kind = USER_KNOBS.get(int(parts[0].text))
    if kind is None:
        raise RuntimeError(f"the fake does not know user knob {parts[0].text}")
    name = parts[1].text
    if name and name in core.knobs:
        return
    knob = kind.__new__(kind)
    knob._setup(core.host, name or core.host.nameless(core))
    knob._user = True
    _read_options(knob, parts[2:])
    core.add_knob(knob)


def _read_options(knob: Any, parts: list[tcl.Word]) -> None:
    constants, index = knob._host.constants, 0
    while index < len(parts):
        text = parts[index].text
        if text[:1] in "+-" and text[1:] == "HIDDEN":
            knob._visible = text[0] == "-"
        elif text[:1] in ("+", "-") and text[1:] in constants:
            knob._flags[constants[text[1:]]] = text[0] == "+"
        elif text == "R":
            knob._range = (float(parts[index + 1].text), float(parts[index + 2].text))
            index += 2
        else:
            _option(knob, text, parts[index + 1])
            index += 1
        index += 1


def _option(knob: Any, letter: str, word: tcl.Word) -> None:
    constants = knob._host.constants
    if letter == "l":
        knob._label = word.text
    elif letter == "t":
        knob._tooltip = word.text
    elif letter == "M":
        knob._names = [entry.text for entry in tcl.words(word.text)]
    elif letter == "n":
        names = {1: "TABBEGINGROUP", 2: "TABBEGINCLOSEDGROUP", -1: "TABENDGROUP"}
        knob._flag = constants[names[int(word.text)]]
    elif letter == "T" and isinstance(knob, text_knobs.Link_Knob):
        knob._link = word.text
    elif letter == "T":
        knob._text = word.text
    else:
        raise RuntimeError(f"addUserKnob: {letter!r} is not known")
