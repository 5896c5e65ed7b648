"""A clip on a timeline to a slow-motion clip above it, step by step.

The original clip and its media are never changed. Whatever step fails, the project is as it was;
frames that were rendered stay on disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Optional

from hifi_ofx.engine_process import engine_python
from hifi_ofx.errors import HifiError, InvalidSetting, MissingFrames, OutputError
from hifi_ofx.files import write_whole
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from hifi_ofx.sequence import ImageSequence

from . import editions, engine, exr_files, place, pool, source, speed
from .answers import ResolveError, answering, needed, same
from .clip import Clip, chosen, describe, items
from .export import NAME, export
from .likeness import take_over
from .restore import keep_playhead, show_timeline, timelines, undone, view_kept
from .source import Frames
from .wishes import Wishes

if TYPE_CHECKING:
    from fusionscript import Project, Resolve

RESULT = "_slow"
"""What the name of the rendered files ends in, before their number."""


@dataclass(frozen=True)
class Done:
    """What was made: a sentence, and notes for the user."""

    sentence: str
    notes: tuple[str, ...]
    frames: int
    files: str


def slow_motion(
    resolve: Resolve,
    wishes: Wishes,
    show: Callable[[str], None] = print,
    retime: Optional[engine.Engine] = None,
) -> Done:
    """Slow the chosen clip of the current timeline. Raises HifiError; the project is as it was."""
    with answering():
        project, clip = look(resolve)
        if retime is None:
            engine_python()  # nothing is rendered for an engine that is not there
        name = needed(project.GetName(), "name the project that is open")
        folder = job_folder(wishes.folder or media_folder(), name, clip.stem)
        with _kept_with_results(folder):
            frames, notes = _frames(resolve, project, clip, folder, wishes, show)
            request = request_for(clip, frames, folder, wishes)
            run = retime or (engine.in_panel if wishes.panel else engine.without_window)
            rendered = run(request, show)
            found = _result(request, rendered)
            shown = outputs(clip, frames, rendered)
            _write_note(folder, clip, rendered)
            show("Placing the slow-motion clip.")
            notes += _put_in_project(resolve, project, clip, found, shown, wishes, frames)
        return _done(clip, shown, found, rendered.retime, notes)


def look(resolve: Resolve) -> tuple[Project, Clip]:
    """The project and the chosen clip; ResolveError when it cannot be slowed, and why."""
    editions.check(resolve)
    manager = needed(resolve.GetProjectManager(), "answer")
    project = needed(manager.GetCurrentProject(), "name the project that is open")
    if project.IsRenderingInProgress():
        raise ResolveError("Resolve is rendering.", "Run the script when it is done.")
    timeline = needed(
        project.GetCurrentTimeline(), "find an open timeline", "Open the timeline with the clip."
    )
    clip = describe(timeline, chosen(timeline), project.GetSetting("timelineFrameRate"))
    speed.check(resolve, clip)
    return project, clip


def media_folder() -> Path:
    """Where results are kept: HIFI_RESOLVE_MEDIA, else HiFI Retime among the user's movies."""
    chosen_folder = os.environ.get("HIFI_RESOLVE_MEDIA")
    movies = "Movies" if sys.platform == "darwin" else "Videos"
    return Path(chosen_folder) if chosen_folder else Path.home() / movies / "HiFI Retime"


def job_folder(root: Path, project: str, clip: str) -> Path:
    """Make a new folder for a run: root / project / clip 001."""
    parent = Path(os.path.abspath(root)) / _plain(project)  # Deliver needs whole paths
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, 10000):
            folder = parent / f"{_plain(clip)} {number:03}"
            if not folder.exists():
                folder.mkdir()
                return folder
    except OSError as error:
        raise OutputError(
            f"{parent} cannot be written: {error.strerror}.",
            "Set HIFI_RESOLVE_MEDIA to a folder for slow-motion media.",
        ) from error
    raise OutputError(f"{parent} has 9999 runs of {clip}.", "Remove what is not used any more.")


def request_for(clip: Clip, frames: Frames, folder: Path, wishes: Wishes) -> RenderRequest:
    """The retime in the media's frames: one output frame for each record frame.

    Speed is that of real time; a clip of 50 fps on a timeline of 25 passes two frames a record
    frame at 100 %, so a quarter of the speed is half a frame.
    """
    last = min(clip.last + 1, frames.last)  # in-betweens after the last frame need the next
    return RenderRequest(
        source=frames.pattern,
        target=str(folder / f"{_plain(clip.stem)}{RESULT}.####.exr"),
        retime=Retime(
            speed=wishes.speed * clip.ratio,
            input_range=(frames.number(clip.offset), frames.number(last)),
        ),
        quality=wishes.quality,
        output=wishes.output,
        footage=wishes.footage,
        machine=wishes.machine,
        weights=wishes.weights,
    )


def outputs(clip: Clip, frames: Frames, rendered: RenderRequest) -> tuple[int, int]:
    """First and last output frame that show the clip: handles are rendered from, never shown.

    A curve says itself what is shown.
    """
    on_disk, retime = ImageSequence.parse(rendered.source), rendered.retime
    plan = retime.plan(on_disk.first, on_disk.last)
    begin, end = frames.number(clip.offset), clip.end + frames.shift
    shown = [
        frame.output
        for frame in plan.frames
        if retime.curve is not None or begin <= frame.left + frame.fraction < end
    ]
    if not shown:
        raise InvalidSetting("The retime shows nothing of the clip.", "Choose a range inside it.")
    return shown[0], shown[-1]


def _frames(
    resolve: Resolve,
    project: Project,
    clip: Clip,
    folder: Path,
    wishes: Wishes,
    show: Callable[[str], None],
) -> tuple[Frames, list[str]]:
    reason = source.why_not_direct(clip)
    notes = []
    if clip.item.GetFusionCompCount():
        notes.append("The clip's Fusion composition is not part of the slow-motion clip.")
    if not reason:
        show(f"{clip.name}: its EXR files are read where they are.")
        return source.direct(clip), notes
    show(f"{clip.name} is rendered to EXR: {reason}.")
    frames, more = export(resolve, project, clip, folder, wishes.placement, show)
    return frames, notes + more + _color_notes(project)


def _color_notes(project: Project) -> list[str]:
    if project.GetSetting("colorScienceMode") in ("davinciYRGB", "", None):
        return []
    space = project.GetSetting("colorSpaceOutput") or "the project's output color space"
    return [
        f"The project is color managed: the frames were rendered in {space}. What that cannot "
        "hold, such as highlights, is lost; EXR media in the pool keeps them."
    ]


def _result(asked: RenderRequest, rendered: RenderRequest) -> exr_files.Found:
    """The rendered frames, each looked at."""
    if _files(rendered.source) != _files(asked.source):
        raise ResolveError(
            f"The panel rendered {rendered.source}, which is not the clip.",
            "Run the script again, and keep the source that the panel opens with.",
        )
    target = ImageSequence.parse(rendered.target)
    found = exr_files.find(target.folder, target.prefix.rstrip("._-"))
    if found is None:
        raise MissingFrames(
            f"No frames are in {target.folder}.", "Render in the panel, then close."
        )
    exr_files.check(found, found.last - found.first + 1)
    return found


def _put_in_project(
    resolve: Resolve,
    project: Project,
    clip: Clip,
    found: exr_files.Found,
    shown: tuple[int, int],
    wishes: Wishes,
    frames: Frames,
) -> list[str]:
    """Import the result and place it; whatever fails, nothing of it stays in the project."""
    direct = not source.why_not_direct(clip)
    if shown[0] < found.first or shown[1] > found.last:
        raise MissingFrames(
            f"Frames {shown[0]}-{shown[1]} are needed; {found.first}-{found.last} are there.",
            "Render all frames in the panel.",
        )
    where = shown[0] - found.first, shown[1] - found.first
    with view_kept(resolve, project), undone(always=True) as back, undone(always=False) as undo:
        _still_there(project, clip)
        keep_playhead(clip.timeline, back)
        result, notes = pool.import_result(project, clip, found, direct, undo)
        if wishes.placement.place == "take":
            place.as_take(clip, result, where, undo)
            return notes
        item = place.on_track(resolve, project, clip, result, where, undo)
        return notes + take_over(clip, item, wishes.placement)


def _still_there(project: Project, clip: Clip) -> None:
    """The timeline is open again and the clip is where it was: a render gives time to edit."""
    if not any(same(timeline, clip.timeline) for timeline in timelines(project)):
        raise ResolveError(f"The timeline with {clip.name} is gone.", "Import the result by hand.")
    if not show_timeline(project, clip.timeline):
        raise ResolveError("Resolve did not open the clip's timeline.", "Run the script again.")
    found = [item for _, item in items(clip.timeline) if same(item, clip.item)]
    if not found or found[0].GetStart(False) != clip.start:
        raise ResolveError(
            f"{clip.name} was moved or deleted meanwhile.", "Import the result by hand."
        )


def _write_note(folder: Path, clip: Clip, rendered: RenderRequest) -> None:
    """What the frames are, beside them: for whoever finds the folder next year."""
    note = {
        "clip": clip.name,
        "media": clip.path,
        "source timecode": clip.timecode,
        "source fps": str(clip.rate.fps),
        "timeline fps": str(clip.timeline_rate.fps),
        "request": rendered.to_json(),
    }
    write_whole(folder / "retime.json", json.dumps(note, indent=1).encode())


def _files(pattern: str) -> tuple[Path, str, str]:
    """What a pattern's files have in common; the panel may spell their number in another way."""
    sequence = ImageSequence.parse(pattern)
    return Path(os.path.realpath(sequence.folder)), sequence.prefix, sequence.suffix


@contextlib.contextmanager
def _kept_with_results(folder: Path) -> Iterator[None]:
    """Remove what was rendered for the engine; after a failure without any result, the folder."""
    try:
        with contextlib.ExitStack() as stack:
            stack.callback(_remove_exported, folder)
            yield
    except BaseException as error:
        if not any(folder.rglob("*.exr")):  # the panel may have given them another name
            shutil.rmtree(folder, ignore_errors=True)
        elif isinstance(error, HifiError):
            error.hint = f"{error.hint} What was rendered is in {folder}.".strip()
        raise


def _remove_exported(folder: Path) -> None:
    """Remove what Resolve rendered, and nothing else: a clip may be called "source", too."""
    for path in folder.glob("*"):
        if exr_files.is_of(path, NAME):
            path.unlink()


def _done(
    clip: Clip, shown: tuple[int, int], found: exr_files.Found, retime: Retime, notes: list[str]
) -> Done:
    count = shown[1] - shown[0] + 1
    sentence = f"{clip.name}: {clip.duration} frames became {count}"
    if retime.curve is not None:
        return Done(f"{sentence}.", tuple(notes), count, found.pattern)
    rate = retime.fps[0] / retime.fps[1] if retime.fps else retime.speed or Fraction(1)
    real = rate / clip.ratio
    whole = -(-clip.duration // real)
    sentence += f", at {float(real):.4g} of the speed."
    if count < whole:
        sentence += f" {whole - count} fewer than its length asks for: its media ends there."
    return Done(sentence, tuple(notes), count, found.pattern)


def _plain(name: str) -> str:
    """A name in letters that every system has in file names."""
    return re.sub(r"[^\w.+-]+", "_", name).strip("._")[:60] or "clip"
