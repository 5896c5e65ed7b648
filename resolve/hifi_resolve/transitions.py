"""Transitions at a clip's ends: how long they are, so that it is said what becomes of them.

From 21.1 on, a track lists them among its items. Before, an EDL has them at the clip that they lead
into: D 024, or W001 024. (CMX 3600; "024" counts record frames.)
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import calls
from .answers import has
from .clip import Clip

if TYPE_CHECKING:
    from fusionscript import Resolve

_FADE = re.compile(
    r"^\d+\s.*\s(?:D|W\d+)\s+(\d+)\s.*?(\d\d[:;]\d\d[:;]\d\d[:;]\d\d)"
    r"\s+(\d\d[:;]\d\d[:;]\d\d[:;]\d\d)\s*$"
)


def at(resolve: Resolve, clip: Clip) -> tuple[int, int]:
    """Record frames of the transitions at the clip's start and end; 0 where there is none."""
    fades = _listed(clip) if has(clip.item, "GetType") else _written(resolve, clip)
    end = clip.start + clip.duration
    return _longest(fades, clip.start), _longest(fades, end)


def _longest(fades: list[tuple[int, int]], place: int) -> int:
    return max((length for begin, length in fades if begin <= place <= begin + length), default=0)


def _listed(clip: Clip) -> list[tuple[int, int]]:
    found = clip.timeline.GetItemListInTrack("video", clip.track) or []
    return [
        (calls.start(item), calls.duration(item)) for item in found if calls.is_transition(item)
    ]


def _written(resolve: Resolve, clip: Clip) -> list[tuple[int, int]]:
    rate = clip.timeline_rate
    found = []
    for line in edl(resolve, clip.timeline):
        fade = _FADE.match(line)
        if fade:
            found.append((rate.frame(fade.group(2)), int(fade.group(1))))
    return found


def edl(resolve: Resolve, timeline: Any) -> list[str]:
    """The lines of an EDL of a timeline; none when Resolve writes none."""
    with tempfile.TemporaryDirectory(prefix="hifi-edl-") as folder:
        path = Path(folder) / "timeline.edl"
        timeline.Export(str(path), resolve.EXPORT_EDL, resolve.EXPORT_NONE)
        if not path.is_file():
            return []
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
