"""What is to be slowed: the clip that is chosen, or the one that the chosen one was made of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from . import abilities, calls, editions, origin, speed, takes
from .abilities import Abilities
from .answers import ResolveError, asked, needed
from .clip import Clip, check, chosen, describe
from .origin import Earlier

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Project, Resolve, Timeline, TimelineItem


@dataclass(frozen=True)
class Subject:
    """The clip, its project, what earlier runs made of it, and what this Resolve can."""

    project: Project
    clip: Clip
    earlier: tuple[Earlier, ...]
    abilities: Abilities

    @property
    def first_speed(self) -> Fraction:
        """The speed that the clip ran at before the first run: at it, nothing is to be made."""
        return self.earlier[0].first_speed if self.earlier else self.clip.speed


def look(resolve: Resolve) -> Subject:
    """The clip to slow. Raises ResolveError when it cannot be slowed, and why."""
    editions.check(resolve)
    manager = asked(resolve.GetProjectManager, "answer")
    project = asked(manager.GetCurrentProject, "name the project that is open")
    if project.IsRenderingInProgress():
        raise ResolveError("Resolve is rendering.", "Run the script when it is done.")
    timeline = asked(
        project.GetCurrentTimeline, "find an open timeline", "Open the timeline with the clip."
    )
    item = origin.original(timeline, chosen(timeline))
    runs = origin.earlier(timeline, item)
    clip = _described(resolve, project, timeline, item, runs)
    things = {"Project": project, "Timeline": timeline, "TimelineItem": item}
    version = str(resolve.GetVersionString() or "")
    can = abilities.ask(version, {**things, "MediaPoolItem": clip.media})
    return Subject(project, clip, tuple(runs), can)


def _described(
    resolve: Resolve, project: Project, timeline: Timeline, item: TimelineItem, runs: list[Earlier]
) -> Clip:
    rate = calls.frame_rate(project)
    take = next((run for run in runs if run.item is None), None)
    if take is not None:
        offset = int(take.note["offset"])
        clip = describe(timeline, item, rate, _first_take(item), offset)
        return dataclasses.replace(clip, speed=take.first_speed)
    clip = describe(timeline, item, rate)
    clip = dataclasses.replace(clip, speed=speed.read(resolve, clip))
    check(clip)
    return clip


def _first_take(item: TimelineItem) -> MediaPoolItem:
    """What the clip shows without our take."""
    return needed(takes.media(item, 1), "show the clip's first take")
