"""Whether a Read hands on its file's own values, by the names that Nuke gives color spaces.

With an OCIO configuration Nuke spells a role with what it stands for, `scene_linear (ACES -
ACEScg)`, and the default with what that is, `default (ACES - ACEScg)`. A space is read directly
only where it is known to be the working space; anything else is written out, and so never guessed
wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import nuke

# The roles of OCIO 1 and 2 ("Configurations: Roles"). Other names may have parentheses of their
# own, such as "Linear Rec.709 (sRGB)".
_ROLES = (
    "scene_linear|compositing_linear|rendering|reference|default|data|color_picking|color_timing|"
    "compositing_log|matte_paint|texture_paint|aces_interchange|cie_xyz_d65_interchange"
)
_SCENE_LINEAR = "scene_linear"


def is_unchanged(read: nuke.Node) -> bool:
    """Whether a Read converts nothing."""
    if bool(read["raw"].value()):
        return True
    knob, root = read["colorspace"], nuke.root()
    space = str(knob.value())
    if str(root["colorManagement"].value()) == "Nuke":
        return _inner(space).lower() in ("linear", _SCENE_LINEAR) and _nuke_works_in_linear(root)
    names = list(map(str, knob.values())) if isinstance(knob, nuke.Enumeration_Knob) else []
    return same_space(space, _working_space(root), names)


def same_space(one: str, other: str, names: Iterable[str]) -> bool:
    """Whether two spellings mean one space. `names`: all that the configuration offers."""
    roles = dict(filter(None, map(_role, names)))
    return _meant(one, roles) == _meant(other, roles)


def _meant(space: str, roles: dict[str, str]) -> str:
    """The space behind a default or a role; a role of which nobody says what it is, itself."""
    inner = _inner(space)
    return roles.get(inner.lower(), inner).lower().rpartition("/")[2]


def _inner(space: str) -> str:
    while True:
        found = _role(space)
        if found is None:
            return space
        space = found[1]


def _role(name: str) -> tuple[str, str] | None:
    """(role, what it stands for) of `role (space)`."""
    found = re.fullmatch(rf"({_ROLES}) \((.*)\)", name.strip(), re.IGNORECASE)
    return (found.group(1).lower(), found.group(2)) if found else None


def _working_space(root: nuke.Node) -> str:
    """What the root says; the role that is meant for it where it says nothing."""
    for name in ("workingSpaceLUT", "working_space"):
        knob = root.knob(name)
        if knob is not None and knob.value():
            return str(knob.value())
    return _SCENE_LINEAR


def _nuke_works_in_linear(root: nuke.Node) -> bool:
    knob = root.knob("workingSpaceLUT")
    return knob is None or str(knob.value()).lower() in ("linear", _SCENE_LINEAR, "")
