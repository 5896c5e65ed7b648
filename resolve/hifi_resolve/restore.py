"""The project as it was: steps that take back what was done, last first, whatever happens."""

from __future__ import annotations

import contextlib
import functools
import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Callable

from hifi_ofx.errors import HifiError

from .answers import TRIES, asked, has, identity, if_any, same
from .clip import items

if TYPE_CHECKING:
    from fusionscript import Folder, MediaPool, Project, Resolve, Timeline, TimelineItem

log = logging.getLogger(__name__)

PAUSE = 0.2
"""Seconds between tries."""


class Undo:
    """What has to be taken back. Each step says whether that is done, as it sees for itself."""

    def __init__(self) -> None:
        self._steps: list[tuple[str, Callable[[], bool]]] = []

    def add(self, what: str, step: Callable[[], bool]) -> None:
        """Remember a step. `what` says what stays behind when it fails."""
        self._steps.append((what, step))

    def run(self) -> list[str]:
        """Take everything back, last first; what could not be, in words."""
        left = [what for what, step in reversed(self._steps) if not attempt(step)]
        self._steps.clear()
        return left


def attempt(step: Callable[[], bool]) -> bool:
    """Try a step until it says it is done, a few times. A call that raises is a failed try."""
    for number in range(TRIES):
        if number:
            time.sleep(PAUSE)
        try:
            if step():
                return True
        except Exception:  # Resolve may be gone; the other steps must still have their turn
            log.debug("a step failed", exc_info=True)
    return False


@contextlib.contextmanager
def undone(always: bool) -> Iterator[Undo]:
    """Steps that are taken back at the end: always, or after a failure alone.

    What could not be taken back is added to the error's hint, or logged as a warning.
    """
    undo = Undo()
    try:
        yield undo
    except HifiError as error:
        left = undo.run()
        if left:
            error.hint = f"{error.hint} Not put back: {'; '.join(left)}.".strip()
        raise
    except BaseException:
        _warn(undo.run())
        raise
    if always:
        _warn(undo.run())


def _warn(left: list[str]) -> None:
    for what in left:
        log.warning("Could not be put back: %s.", what)


@contextlib.contextmanager
def view_kept(resolve: Resolve, project: Project) -> Iterator[None]:
    """Put page, timeline, playhead and media pool folder back at the end.

    Playhead and timeline items are changed on the Edit page, which is open meanwhile.
    """
    pool = project.GetMediaPool()
    page = asked(resolve.GetCurrentPage, "name the page that is open")
    folder = asked(pool.GetCurrentFolder, "name the media pool's folder that is open")
    timeline = asked(project.GetCurrentTimeline, "name the timeline that is open")
    with undone(always=True) as undo:
        undo.add(f"the {page} page", lambda: show_page(resolve, page))
        show_page(resolve, "edit")
        keep_playhead(timeline, undo)
        undo.add("the timeline that was open", lambda: show_timeline(project, timeline))
        undo.add("the Edit page", lambda: show_page(resolve, "edit"))
        undo.add("the media pool's folder", lambda: show_folder(pool, folder))
        yield


def show_page(resolve: Resolve, page: Any) -> bool:
    """Open a page; whether it is open."""
    if resolve.GetCurrentPage() != page:
        resolve.OpenPage(page)
    return bool(resolve.GetCurrentPage() == page)


def show_timeline(project: Project, timeline: Timeline) -> bool:
    """Make a timeline the current one; whether it is."""
    if not same(project.GetCurrentTimeline(), timeline):
        project.SetCurrentTimeline(timeline)
    return same(project.GetCurrentTimeline(), timeline)


def show_folder(pool: MediaPool, folder: Folder) -> bool:
    """Open a folder of the media pool; whether it is open."""
    if not same(pool.GetCurrentFolder(), folder):
        pool.SetCurrentFolder(folder)
    return same(pool.GetCurrentFolder(), folder)


def keep_playhead(timeline: Timeline, undo: Undo) -> None:
    """Remember the playhead of the timeline that is open; the Edit page, which is open, has one."""
    playhead = asked(timeline.GetCurrentTimecode, "say where the playhead is")
    undo.add("the playhead", lambda: _move_playhead(timeline, playhead))


def _move_playhead(timeline: Timeline, timecode: str) -> bool:
    if timeline.GetCurrentTimecode() != timecode:
        timeline.SetCurrentTimecode(timecode)
    return bool(timeline.GetCurrentTimecode() == timecode)


def delete_items(
    resolve: Resolve, timeline: Timeline, gone: list[TimelineItem], kind: str = "video"
) -> bool:
    """Delete items of the current timeline; whether none of them is left.

    The call needs the Edit page, and may fail the first time.
    """
    show_page(resolve, "edit")
    timeline.DeleteClips(gone, False)
    left = {identity(item) for _, item in items(timeline, kind)}
    return not left.intersection(identity(item) for item in gone)


def delete_timeline(project: Project, name: str) -> bool:
    """Delete a timeline by its name; whether there is none of that name."""
    found = _called(project, name)
    if found:
        project.GetMediaPool().DeleteTimelines(found)
    return not _called(project, name)


def _called(project: Project, name: str) -> list[Timeline]:
    return [t for t in timelines(project) if asked(t.GetName, "name a timeline") == name]


def timelines(project: Project) -> list[Timeline]:
    """All timelines of a project. Raises ResolveError when one of them does not answer."""
    count = int(asked(project.GetTimelineCount, "count the timelines"))
    return [
        asked(functools.partial(project.GetTimelineByIndex, index), f"show timeline {index}")
        for index in range(1, count + 1)
    ]


@contextlib.contextmanager
def render_settings_kept(project: Project, name: str) -> Iterator[list[str]]:
    """Put the Deliver page's settings back at the end, as far as Resolve lets anyone.

    Nothing reads them, so they are saved as a preset called `name`, which is loaded and deleted
    afterwards. Yields notes: what could not be kept. Before 19.1 no script deletes a preset: there
    format and mode alone are kept, which `abilities` says before.
    """
    notes: list[str] = []
    can_drop = has(project, "DeleteRenderPreset")
    used = asked(project.GetCurrentRenderFormatAndCodec, "name its render format")
    pair, mode = (used.get("format"), used.get("codec")), if_any(project.GetCurrentRenderMode, None)
    with undone(always=True) as undo:
        undo.add("the render format", lambda: _set_format(project, *pair))
        if mode is not None:
            undo.add("the render mode", lambda: _set_mode(project, mode))
        if not can_drop:
            yield notes
            return
        # By name, and before it is made: a call that answers nothing may have made it all the same.
        undo.add(f"the render preset {name!r}, to be deleted", lambda: _drop(project, name))
        if _saved(project, name):
            undo.add("the render settings", lambda: _loaded(project, name, pair))
        else:
            notes.append("The Deliver page's settings could not be kept; look at them before use.")
        try:
            yield notes
        except HifiError as error:
            error.hint = " ".join([error.hint, *notes]).strip()
            raise


def presets(project: Project) -> list[str]:
    """The names of the render presets."""
    return [str(preset) for preset in if_any(project.GetRenderPresetList, [])]


def _saved(project: Project, name: str) -> bool:
    """Save the page as a preset; whether it can be loaded again, which changes nothing yet."""

    def loadable() -> bool:
        if name not in presets(project):
            project.SaveAsNewRenderPreset(name)
        return bool(project.LoadRenderPreset(name))

    return attempt(loadable)


def _loaded(project: Project, name: str, pair: tuple[Any, Any]) -> bool:
    """Load the saved preset; the format, which was changed meanwhile, is the witness."""
    return bool(project.LoadRenderPreset(name)) and _format(project) == pair


def _drop(project: Project, name: str) -> bool:
    """Delete a preset; whether it is gone. A list that does not come says nothing."""
    there = presets(project)
    if there and name not in there:
        return True
    deleted = bool(project.DeleteRenderPreset(name))
    there = presets(project)
    return name not in there if there else deleted


def _set_format(project: Project, name: Any, codec: Any) -> bool:
    if _format(project) != (name, codec):
        project.SetCurrentRenderFormatAndCodec(name, codec)
    return _format(project) == (name, codec)


def _format(project: Project) -> tuple[Any, Any]:
    now = if_any(project.GetCurrentRenderFormatAndCodec, {})
    return now.get("format"), now.get("codec")


def _set_mode(project: Project, mode: Any) -> bool:
    project.SetCurrentRenderMode(mode)
    return bool(project.GetCurrentRenderMode() == mode)
