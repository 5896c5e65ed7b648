"""A clip's frames as EXR files: a timeline of its own with nothing else on it, rendered.

The timeline runs at the media's rate and size, so that every source frame is one record frame, and
has neither grade nor transform: those stay on the clip and are the slow-motion clip's to get.
"""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from hifi_ofx.errors import OutputError
from hifi_ofx.placement import Placement

from . import calls, color, deliver, exr_files
from .answers import ResolveError, needed, text
from .clip import Clip
from .place import append_exactly
from .rates import Rate, parse_rate
from .restore import Undo, delete_timeline, render_settings_kept, show_timeline, undone, view_kept
from .source import Frames

if TYPE_CHECKING:
    from fusionscript import Project, Resolve, Timeline

NAME = "source"


def export(
    resolve: Resolve,
    project: Project,
    clip: Clip,
    folder: Path,
    wishes: Placement,
    show: deliver.Show,
) -> tuple[Frames, color.Spaces, list[str]]:
    """Render the clip's range and its handles into a folder; the frames, their color, and notes.

    Raises ResolveError, MissingFrames, FrameError or OutputError; the project is put back either
    way.
    """
    first = max(clip.offset - wishes.handles, 0)
    last = min(clip.last + wishes.handles, clip.frames - 1)
    _check_space(folder, clip, last - first + 1, wishes.pixels)
    name = f"HiFI export {uuid.uuid4().hex[:12]}"  # it is deleted by name: nobody else's
    with view_kept(resolve, project), render_settings_kept(project, name) as notes:
        with undone(always=True) as undo:
            timeline = _timeline(resolve, project, clip, name, undo)
            spaces = color.set_up(project, timeline)
            if spaces.note:
                show(spaces.note)
                notes.append(spaces.note)
            append_exactly(resolve, project, timeline, clip.media, clip.number, (first, last))
            _number_frames(timeline, clip, clip.number + first)
            if not deliver.load_base(project):
                notes.append("No known render preset was found; the page's own settings were used.")
            deliver.choose_exr(project, wishes.pixels)
            project.SetCurrentRenderMode(1)
            deliver.render(project, _settings(clip, folder), undo, show)
        return _arrived(clip, folder, first, last), spaces, notes


def _timeline(resolve: Resolve, project: Project, clip: Clip, name: str, undo: Undo) -> Timeline:
    # By name, and before it is made: a call that answers nothing may have made it all the same.
    undo.add(f"the timeline {name!r}, to be deleted", lambda: delete_timeline(project, name))
    undo.add("the timeline that was open", lambda: show_timeline(project, clip.timeline))
    made = needed(project.GetMediaPool().CreateEmptyTimeline(name), "make a timeline to render")
    if not show_timeline(project, made):
        raise ResolveError(f"Resolve did not open the timeline {name!r}.", "Run the script again.")
    _set_up(made, clip, parse_rate(calls.frame_rate(project)))
    return made


def _set_up(timeline: Timeline, clip: Clip, project_rate: Rate) -> None:
    size = size_of(clip)
    wanted = {"useCustomSettings": "1"}
    if clip.rate.fps != project_rate.fps or project_rate.drop:
        wanted["timelineFrameRate"] = clip.rate.spelling
    if size:
        wanted["timelineResolutionWidth"] = str(size[0])
        wanted["timelineResolutionHeight"] = str(size[1])
    calls.set_settings(timeline, wanted)
    now = parse_rate(calls.frame_rate(timeline))
    if now.fps != clip.rate.fps:
        raise ResolveError(
            f"{clip.name} runs at {clip.rate.spelling} fps, and Resolve did not let a timeline for "
            f"it run at that rate (it runs at {now.spelling}).",
            f"Make a timeline of {clip.rate.spelling} fps by hand, put the clip on it, and run the "
            "script there.",
        )


def _number_frames(timeline: Timeline, clip: Clip, number: int) -> None:
    """Let Deliver number its files as the media numbers its frames; the disk says if it did."""
    rate = parse_rate(calls.frame_rate(timeline))
    timeline.SetStartTimecode(rate.timecode(max(number, 0)))


def _settings(clip: Clip, folder: Path) -> dict[str, object]:
    size = size_of(clip)
    return {
        "SelectAllFrames": True,
        "TargetDir": str(folder),
        "CustomName": NAME,
        "ExportVideo": True,
        "ExportAudio": False,
        "FrameRate": float(clip.rate.spelling),
        **({"FormatWidth": size[0], "FormatHeight": size[1]} if size else {}),
    }


def _arrived(clip: Clip, folder: Path, first: int, last: int) -> Frames:
    found = exr_files.find(folder, NAME)
    if found is None:
        raise ResolveError(
            f"Resolve says that it rendered {clip.name}, and no EXR file is in {folder}.",
            "Load a render preset with pictures on the Deliver page, and run the script again.",
        )
    exr_files.check(found, last - first + 1, size_of(clip))
    return Frames(found.pattern, found.first - first, first, last)


def size_of(clip: Clip) -> Optional[tuple[int, int]]:
    """Width and height of the media, where Resolve says them."""
    width, _, height = text(clip.media, "Resolution").partition("x")
    return (int(width), int(height)) if width.isdigit() and height.isdigit() else None


def _check_space(folder: Path, clip: Clip, count: int, pixels: str) -> None:
    width, height = size_of(clip) or (0, 0)
    wanted = count * width * height * 4 * (2 if pixels == "half" else 4)
    free = shutil.disk_usage(folder).free
    if wanted > free:
        raise OutputError(
            f"Rendering {clip.name} needs {wanted / 1e9:.1f} GB in {folder}; "
            f"{free / 1e9:.1f} GB are free.",
            "Free some space, or choose another folder with HIFI_RESOLVE_MEDIA.",
        )
