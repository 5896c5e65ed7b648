"""The color space that frames are exported in, and read back in.

Not managed (DaVinci YRGB): values go out and come back as the timeline has them. Managed: Deliver
makes the output space of everything, and Rec.709 holds nothing above white. So the timeline that is
rendered gets an output that does: DaVinci WG/Intermediate in RCM, scene-linear ACEScg in ACES; the
result is tagged with it. These settings are the temporary timeline's alone, and go with it.

A timeline that gets settings of its own loses the project's color settings (seen on 20 and 21):
they are set again. Everything is read back; where it does not stick, that is said before the
render. Spellings are those of Project Settings ▸ Color Management.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import calls

if TYPE_CHECKING:
    from fusionscript import Project, Timeline

ACES = "ACEScg - CSC"
SPACE, GAMMA = "DaVinci WG", "DaVinci Intermediate"
TOGETHER = "DaVinci WG/Intermediate"

_KEPT = (
    "colorScienceMode",
    "isAutoColorManage",
    "rcmPresetMode",
    "separateColorSpaceAndGamma",
    "colorSpaceTimeline",
    "colorSpaceTimelineGamma",
)
"""The project's settings that a timeline of its own settings has to be given again."""

RAW = ("BRAW", "Blackmagic RAW", "R3D", "RED", "ARRIRAW", "CinemaDNG", "DNG", "X-OCN", "Canon RAW")


@dataclass(frozen=True)
class Spaces:
    """What the frames are in: the tags for the media pool, and a note where light is lost."""

    tags: tuple[tuple[str, str], ...] = ()
    note: str = ""


def is_managed(project: Project) -> bool:
    """Whether the project converts colors (RCM or ACES)."""
    return calls.setting(project, "colorScienceMode") not in ("davinciYRGB", "", None)


def outlook(project: Project) -> str:
    """What will become of the colors; "" for a project that is not managed."""
    if not is_managed(project):
        return ""
    space = ACES if _is_aces(project) else TOGETHER
    return f"The project is color managed: frames go through {space}, which keeps highlights."


def set_up(project: Project, timeline: Timeline) -> Spaces:
    """Give the temporary timeline an output that holds highlights; what its frames will be in."""
    if not is_managed(project):
        return Spaces()
    wanted = _wanted(project)
    calls.set_settings(timeline, {**_projects(project), **wanted})
    if all(calls.setting(timeline, key) == value for key, value in wanted.items()):
        return Spaces(_tags(project))
    return _as_the_project(project, timeline)


def _as_the_project(project: Project, timeline: Timeline) -> Spaces:
    """Without it, the project's own output: what it cannot hold is lost."""
    keys = ("colorSpaceOutput", "colorSpaceOutputGamma", "colorAcesODT")
    own = {key: str(calls.setting(project, key) or "") for key in keys}
    calls.set_settings(timeline, {key: value for key, value in own.items() if value})
    aces = _is_aces(project)
    space = own["colorAcesODT" if aces else "colorSpaceOutput"]
    note = (
        f"Resolve does not let the frames be rendered in another space than {space}: what that "
        "cannot hold, such as highlights, is lost. EXR media in the pool keeps them."
    )
    tags = {"IDT": space} if aces else {"Input Color Space": space}
    if own["colorSpaceOutputGamma"] and not aces:
        tags["Input Gamma"] = own["colorSpaceOutputGamma"]
    return Spaces(tuple(tags.items()), note)


def _wanted(project: Project) -> dict[str, str]:
    if _is_aces(project):
        return {"colorAcesODT": ACES}
    if _is_split(project):
        return {"colorSpaceOutput": SPACE, "colorSpaceOutputGamma": GAMMA, "outputDRT": "None"}
    return {"colorSpaceOutput": TOGETHER, "outputDRT": "None"}


def _tags(project: Project) -> tuple[tuple[str, str], ...]:
    if _is_aces(project):
        return (("IDT", ACES),)
    if _is_split(project):
        return (("Input Color Space", SPACE), ("Input Gamma", GAMMA))
    return (("Input Color Space", TOGETHER),)


def _projects(project: Project) -> dict[str, str]:
    """The project's color settings; automatic management allows no output of its own: it is off."""
    found: dict[str, Any] = {key: calls.setting(project, key) for key in _KEPT}
    kept = {key: str(value) for key, value in found.items() if value not in (None, "")}
    if kept.get("isAutoColorManage") == "1":
        kept.update(isAutoColorManage="0", rcmPresetMode="Custom")
    return kept


def _is_aces(project: Project) -> bool:
    return str(calls.setting(project, "colorScienceMode")).startswith("aces")


def _is_split(project: Project) -> bool:
    return str(calls.setting(project, "separateColorSpaceAndGamma")) == "1"


def raw_note(kind: str) -> str:
    """What to look at before camera raw is rendered; "" for other media.

    No script reads or sets the quality that raw is decoded at.
    """
    if not any(word.lower() in kind.lower() for word in RAW):
        return ""
    return (
        "The clip is camera raw: Resolve decodes it at the quality of Project Settings ▸ Camera "
        "RAW, which no script can read. Set Decode Quality to Full res. there."
    )
