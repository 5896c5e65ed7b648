"""What the fake offers although the 13.2 stubs lack it or say nonsense, and why.

Each entry: the name, how it is called, and where the host's documents have it. Nothing else may
differ from the stubs; tests/nuke_host/test_stubs.py holds the fake to that.
"""

from __future__ import annotations

from tests.nuke_host.stubs import Call, call_from_text

CALLS = {
    "Node.sample": (
        "(chan, x, y, dx=1, dy=1, frame=0)",
        "The stub has four overloads of one coordinate each, out of a broken docstring. "
        "Its form here is that of nuke.sample, less the node.",
    ),
    "Link_Knob.setValue": (
        "(val, chan=0)",
        "The stub has no argument for the value; a link passes on what its target accepts.",
    ),
    "nukescripts.panels.registerWidgetAsPanel": (
        "(widget, name, id, create=False)",
        "types-nuke has no stubs for nukescripts. Its panels.py evaluates the class, a string.",
    ),
}

# Names of the stubs whose signature says nothing: the form in Foundry's Python reference.
FORMS = {
    "scriptClear": "()",
    "scriptClose": "(ask=True)",
    "allNodes": "(filter='', group=None, recurseGroups=False)",
    "pluginExists": "(name)",
    "licenseInfo": "()",
    "autoplace": "(n)",
    "duplicateSelectedNodes": "()",
}


def calls(name: str) -> list[Call] | None:
    """The documented ways to call `Class.method` or `module.function`, or None."""
    if name in CALLS:
        return [call_from_text(CALLS[name][0])]
    if name in FORMS:
        return [call_from_text(FORMS[name])]
    return None
