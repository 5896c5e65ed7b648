"""The whole numbers of the module `nuke`: flags and kinds."""

from __future__ import annotations

from tests.nuke_host import stubs

# What Nuke has; names of the stubs that are not here get numbers of their own.
_KNOWN = {
    "INVISIBLE": 0x400,
    "STARTLINE": 0x1000,
    "ENDLINE": 0x2000,
    "DISABLED": 0x80,
    "NO_ANIMATION": 0x100,
    "DO_NOT_WRITE": 0x200,
    "ALWAYS_SAVE": 0x20000,
    "READ_ONLY": 0x10000000,
    "NO_UNDO": 0x80000,
    "KNOB_CHANGED_RECURSIVE": 0x8000000,
    "INPUTS": 1,
    "HIDDEN_INPUTS": 2,
    "EXPRESSIONS": 4,
}


def constants() -> dict[str, int]:
    names = [name for name, kind in stubs.load().names.items() if kind == "int" and name.isupper()]
    return {name: _KNOWN.get(name, 0x40000000 + index) for index, name in enumerate(names)}
