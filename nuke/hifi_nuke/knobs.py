"""Entries of the layout as Nuke's knobs, and the knobs' values as settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import nuke

from hifi_ofx.parameters import Parameter, declarations, validated

from . import layout
from .layout import Entry

Settings = TypeVar("Settings")

# A button's text is saved in the script, and runs wherever that script is opened: it brings its own
# imports, and says in one sentence what is missing where the plug-in is.
_BUTTON = """import nuke
try:
    from hifi_nuke import buttons
except ImportError as error:
    nuke.message(
        "HiFI Retime cannot be used here (%s). The node goes on showing its rendered frames. "
        "To install it: hifi-ofx install nuke" % error
    )
else:
    buttons.press("{name}", nuke.thisNode())
"""
# The same for what Nuke calls by itself: without the plug-in, nothing happens.
_EVENT = """import nuke
try:
    from hifi_nuke import buttons
except ImportError:
    pass
else:
    buttons.{name}(nuke.thisNode())
"""
# What a node knows without showing it: who it is; which frames it shows, what the knobs said when
# they were made and which version made them; whether they are old, in words for its label, and the
# color that it had; which version made the knobs.
_HIDDEN = (
    "hifi_id",
    "hifi_owner",
    "hifi_folder",
    "hifi_rendered",
    "hifi_asked",
    "hifi_made_with",
    "hifi_note",
    "hifi_color",
    "hifi_version",
)
_EVENTS = {"knobChanged": "changed", "onCreate": "created", "onDestroy": "destroyed"}
_HIDDEN_NUMBERS = ("hifi_stale",)


def add_knobs(node: nuke.Node) -> list[str]:
    """Give a node the knobs of the layout that it lacks, its tabs, and the hidden ones.

    Returns the names of those that were added.
    """
    before = set(node.knobs())
    for tab in layout.tabs():
        if _tab_name(tab.label) not in before:
            node.addKnob(nuke.Tab_Knob(_tab_name(tab.label), tab.label))
        for entry in tab.entries:
            if entry.name not in before:
                node.addKnob(_knob(entry))
                _set_default(node[entry.name], entry)
    for name in (*_HIDDEN, *_HIDDEN_NUMBERS):
        if name not in before:
            hidden = nuke.String_Knob(name, name) if name in _HIDDEN else nuke.Int_Knob(name, name)
            hidden.setFlag(nuke.INVISIBLE)
            node.addKnob(hidden)
    # Not nuke.addKnobChanged(nodeClass="Group"): that would not travel with the node.
    for knob, name in _EVENTS.items():
        put(node, knob, _EVENT.format(name=name))
    return [name for name in node.knobs() if name not in before]


def settings(node: nuke.Node, kind: type[Settings]) -> Settings:
    """The settings of a class that the knobs say. Raises InvalidSetting in a setting's words."""
    values = {one.name: _value(node[one.name], one) for one in declarations(kind)}
    return validated(kind(**values))


def set_settings(node: nuke.Node, values: Any) -> None:
    """Turn the knobs of a settings object to its values, those alone that differ."""
    for one in declarations(values):
        value = getattr(values, one.name)
        if _value(node[one.name], one) != value:
            node[one.name].setValue(one.text(value) if one.kind == "size" else value)


def text(node: nuke.Node, name: str) -> str:
    """A text or file knob's value, expressions in [ ] evaluated."""
    knob = node[name]
    if isinstance(knob, nuke.File_Knob):
        return str(knob.getEvaluatedValue() or "")
    return str(knob.value() or "")


def put(node: nuke.Node, name: str, value: Any) -> None:
    """Set a knob, only when that changes it: a set knob marks the script as modified."""
    if node[name].value() != value:
        node[name].setValue(value)


def _value(knob: nuke.Knob, one: Parameter) -> Any:
    value = knob.value()
    if one.kind in ("size", "text"):
        return one.parse(str(value).strip()) if one.kind == "size" else str(value)
    return {"int": int, "float": float, "bool": bool, "choice": str}[one.kind](value)


def _knob(entry: Entry) -> nuke.Knob:
    knob = _MAKERS[entry.kind](entry)
    if entry.hint:
        knob.setTooltip(entry.hint)
    if entry.same_line:
        knob.clearFlag(nuke.STARTLINE)
    elif entry.kind == "button":
        knob.setFlag(nuke.STARTLINE)
    if entry.kind in ("int", "float", "bool", "choice") and not entry.animated:
        knob.setFlag(nuke.NO_ANIMATION)
    return knob


def _number(maker: Callable[[str, str], nuke.Array_Knob], entry: Entry) -> nuke.Knob:
    knob = maker(entry.name, entry.label)
    if entry.minimum is not None and entry.maximum is not None:
        knob.setRange(entry.minimum, entry.maximum)
    return knob


# The file knobs of the layout hold a name or a folder of theirs as plain text, too.
_MAKERS: dict[str, Callable[[Entry], nuke.Knob]] = {
    "int": lambda entry: _number(nuke.Int_Knob, entry),
    "float": lambda entry: _number(nuke.Double_Knob, entry),
    "bool": lambda entry: nuke.Boolean_Knob(entry.name, entry.label),
    "choice": lambda entry: nuke.Enumeration_Knob(entry.name, entry.label, list(entry.choices)),
    "text": lambda entry: nuke.String_Knob(entry.name, entry.label),
    "file": lambda entry: nuke.File_Knob(entry.name, entry.label),
    "channels": lambda entry: nuke.ChannelMask_Knob(entry.name, entry.label),
    "note": lambda entry: nuke.Text_Knob(entry.name, entry.label),
    "rule": lambda entry: nuke.Text_Knob(entry.name, ""),
    "button": lambda entry: nuke.PyScript_Knob(
        entry.name, entry.label, _BUTTON.replace("{name}", str(entry.default))
    ),
}


def _set_default(knob: nuke.Knob, entry: Entry) -> None:
    if entry.kind in ("button", "rule"):
        return
    if entry.default != "":
        knob.setValue(entry.default)


def _tab_name(label: str) -> str:
    return f"hifi_tab_{label.lower()}"
