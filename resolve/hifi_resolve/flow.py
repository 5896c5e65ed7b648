"""A clip on a timeline to a slow-motion clip, step by step.

The original's media is never changed. Whatever step fails, the project is as it was; frames that
were rendered stay on disk.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Optional

from hifi_ofx.engine_process import engine_python
from hifi_ofx.errors import MissingFrames
from hifi_ofx.request import RenderRequest
from hifi_ofx.sequence import ImageSequence

from . import (
    before,
    calls,
    color,
    dialog,
    engine,
    exr_files,
    job,
    marks,
    place,
    pool,
    remove,
    room,
    sound,
    source,
    transitions,
)
from .answers import ResolveError, answering, asked, identity, same, sure, text
from .clip import Clip, items
from .export import export
from .likeness import take_over
from .look import Subject, look
from .origin import Earlier
from .restore import Undo, attempt, keep_playhead, show_timeline, timelines, undone, view_kept
from .source import Frames
from .wishes import Wishes

if TYPE_CHECKING:
    from fusionscript import MediaPoolItem, Project, Resolve

Show = Callable[[str], None]
Ask = Callable[[dict[str, Any], Wishes], Wishes]


@dataclass(frozen=True)
class Done:
    """What was made: a sentence, and notes for the user."""

    sentence: str
    notes: tuple[str, ...]
    frames: int
    files: str


@dataclass(frozen=True)
class Rendered:
    """What the engine made of a clip."""

    clip: Clip
    request: RenderRequest
    found: exr_files.Found
    shown: tuple[int, int]  # first and last output frame that show the clip
    spaces: color.Spaces
    folder: Path

    @property
    def speed(self) -> Fraction:
        """Of real time; for a curve, its mean."""
        count = self.shown[1] - self.shown[0] + 1
        mean = Fraction(self.clip.duration) * self.clip.speed / count
        return job.real_speed(self.clip, self.request.retime) or mean


def slow_motion(
    resolve: Resolve,
    wishes: Wishes,
    show: Show = print,
    retime: Optional[engine.Engine] = None,
    ask: Optional[Ask] = None,
) -> Done:
    """Slow the chosen clip of the current timeline. Raises HifiError; the project is as it was.

    `ask` shows the dialog, and `retime` renders: ours where they are not given.
    """
    with answering():
        subject = look(resolve)
        if ask is None and retime is None and wishes.panel:
            engine_python()  # no dialog without the engine
            ask = dialog.ask
        if ask is not None:
            wishes = ask(before.question(resolve, subject, wishes), wishes)
        speed = before.speed_of(subject, wishes)
        if subject.earlier and speed == subject.first_speed:
            return _back(resolve, subject)
        return _slowed(resolve, subject, wishes, speed, show, retime)


def _slowed(
    resolve: Resolve,
    subject: Subject,
    wishes: Wishes,
    speed: Fraction,
    show: Show,
    retime: Optional[engine.Engine],
) -> Done:
    before.check(subject, wishes, speed)
    if wishes.placement.marks:
        subject = dataclasses.replace(subject, clip=marks.between(subject.clip))
    project, clip = subject.project, subject.clip
    if retime is None:
        engine_python()  # nothing is rendered for an engine that is not there
    for line in before.sentences(resolve, subject, wishes, speed):
        show(line)
    notes = before.lasting(subject)
    name = asked(project.GetName, "name the project that is open")
    folder = job.make_folder(wishes.folder or job.media_folder(), name, clip.stem)
    with job.kept_with_results(folder):
        lead = _lead(resolve, clip, wishes)
        frames, spaces, more = _frames(resolve, project, clip, folder, wishes, lead, show)
        request = job.request_for(clip, frames, folder, wishes, speed, lead)
        in_panel = functools.partial(engine.in_panel, real_time=clip.ratio)
        run = retime or (in_panel if wishes.panel else engine.without_window)
        rendered = run(request, show)
        made = Rendered(
            clip, rendered, _result(request, rendered), job.outputs(clip, frames, rendered),
            spaces, folder,
        )  # fmt: skip
        _check_shown(made)
        _write_note(subject, made, wishes, {})
        show("Placing the slow-motion clip.")
        more += _put_in_project(resolve, subject, made, wishes)
    return _done(made, [*notes, *more])


def _back(resolve: Resolve, subject: Subject) -> Done:
    """The clip at its own speed again: without what earlier runs made of it."""
    clip, runs = subject.clip, subject.earlier
    with view_kept(resolve, subject.project), undone(always=False) as undo:
        remove.sound_back(clip, runs, undo)
        remove.room_back(clip, runs, undo)
        notes = remove.results(resolve, subject.project, clip, runs)
        if not attempt(lambda: pool.drop_if_empty(subject.project)):
            notes.append(f"Delete the empty folder {pool.FOLDER!r} of the media pool by hand.")
    return Done(remove.sentence(clip, subject.first_speed), tuple(notes), 0, "")


def _lead(resolve: Resolve, clip: Clip, wishes: Wishes) -> int:
    """Source frames beyond the clip's ends that a transition over a take shows."""
    if wishes.placement.place != "replace":
        return 0
    longest = max(transitions.at(resolve, clip)) * clip.ratio
    return -(-longest.numerator // longest.denominator)


def _frames(
    resolve: Resolve,
    project: Project,
    clip: Clip,
    folder: Path,
    wishes: Wishes,
    lead: int,
    show: Show,
) -> tuple[Frames, color.Spaces, list[str]]:
    reason = source.why_not_direct(clip)
    if not reason:
        show(f"{clip.name}: its EXR files are read where they are.")
        return source.direct(clip, lead), _own_spaces(project, clip), []
    show(f"{clip.name} is rendered to EXR: {reason}.")
    lead += wishes.quality.beyond
    handles = max(wishes.placement.handles, lead + 1 if lead else 0)
    placement = dataclasses.replace(wishes.placement, handles=min(handles, 100))
    return export(resolve, project, clip, folder, placement, show)


def _own_spaces(project: Project, clip: Clip) -> color.Spaces:
    """EXR media that is read directly keeps the tags that it has."""
    if not color.is_managed(project):
        return color.Spaces()
    tags = ((key, text(clip.media, key)) for key in ("Input Color Space", "Input Gamma", "IDT"))
    return color.Spaces(tuple((key, value) for key, value in tags if value))


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


def _files(pattern: str) -> tuple[Path, str, str]:
    """What a pattern's files have in common; the panel may spell their number in another way."""
    sequence = ImageSequence.parse(pattern)
    return Path(os.path.realpath(sequence.folder)), sequence.prefix, sequence.suffix


def _check_shown(made: Rendered) -> None:
    shown, found = made.shown, made.found
    if shown[0] < found.first or shown[1] > found.last:
        raise MissingFrames(
            f"Frames {shown[0]}-{shown[1]} are needed; {found.first}-{found.last} are there.",
            "Render all frames in the panel.",
        )


def _put_in_project(
    resolve: Resolve, subject: Subject, made: Rendered, wishes: Wishes
) -> list[str]:
    """Import the result and place it; whatever fails, nothing of it stays in the project."""
    project, clip, runs = subject.project, made.clip, subject.earlier
    with view_kept(resolve, project), undone(always=True) as back, undone(always=False) as undo:
        _still_there(project, clip)
        keep_playhead(clip.timeline, back)
        remove.sound_back(clip, runs, undo)
        clip = remove.room_back(clip, runs, undo)
        result, notes = pool.import_result(project, clip, made.found, made.spaces, undo)
        left, more = _placed(resolve, project, clip, made, result, runs, wishes, undo)
        off, heard = _sound(resolve, project, clip, made, wishes, undo)
        _write_note(subject, made, wishes, {**left, "sound off": off})
        return notes + more + heard + remove.results(resolve, project, clip, runs)


def _placed(
    resolve: Resolve,
    project: Project,
    clip: Clip,
    made: Rendered,
    result: MediaPoolItem,
    runs: Sequence[Earlier],
    wishes: Wishes,
    undo: Undo,
) -> tuple[dict[str, Any], list[str]]:
    """Put the result where it is wished; what the note says of it, and notes for the user."""
    first, last = (number - made.found.first for number in made.shown)
    if wishes.placement.place == "replace":
        place.as_take(clip, result, (first, last), undo)
        return {}, []
    left: dict[str, Any] = {}
    if wishes.placement.place == "room":
        keep = wishes.placement.audio == "keep"
        held, ours = remove.held_by(runs), remove.items_of(runs)
        slot, kept = room.make(clip, made.speed, keep, undo, held, ours)
        left = {"held": kept, "sound kept": keep}
        last = min(last, first + slot - 1)  # rounded as Resolve rounds: nothing behind is covered
    item = place.on_track(resolve, project, clip, result, (first, last), undo)
    return left, take_over(clip, item, wishes.placement, made.speed)


def _sound(
    resolve: Resolve, project: Project, clip: Clip, made: Rendered, wishes: Wishes, undo: Undo
) -> tuple[list[str], list[str]]:
    """Treat the sound as it is wished; the IDs of what was switched off, and notes."""
    choice, found = wishes.placement.audio, sound.of(clip)
    if choice == "keep" or not found:
        return [], []
    if choice == "stretch":
        if wishes.placement.place == "room":
            return [], []  # Resolve stretched it together with the clip, its pitch kept
        why = sound.why_not(clip, found)
        if why:
            return [], [f"{why}: it was kept as it is."]
        path = sound.stretched(clip, made.folder, made.speed)
        bins = project.GetMediaPool()
        media = sound.imported(bins, pool.open_folder(bins, undo), path, undo)
        length = made.shown[1] - made.shown[0] + 1
        if wishes.placement.place == "replace":
            length = min(length, clip.duration)
        sound.place(resolve, project, clip, media, length, undo)
    on = [item for item in found if sure(item.GetClipEnabled)]
    sound.switch_off(on, undo)
    return [identity(item) for item in on], []


def _still_there(project: Project, clip: Clip) -> None:
    """The timeline is open again and the clip is where it was: a render gives time to edit."""
    if not any(same(timeline, clip.timeline) for timeline in timelines(project)):
        raise ResolveError(f"The timeline with {clip.name} is gone.", "Import the result by hand.")
    if not show_timeline(project, clip.timeline):
        raise ResolveError("Resolve did not open the clip's timeline.", "Run the script again.")
    found = [item for _, item in items(clip.timeline) if same(item, clip.item)]
    there = found and calls.start(found[0]) <= clip.start
    end = calls.start(found[0]) + calls.duration(found[0]) if found else 0
    if not there or end < clip.start + clip.duration:
        raise ResolveError(
            f"{clip.name} was moved or deleted meanwhile.", "Import the result by hand."
        )


def _write_note(subject: Subject, made: Rendered, wishes: Wishes, more: dict[str, Any]) -> None:
    note = {
        "clip speed": str(subject.first_speed),
        "speed": str(made.speed),
        "place": wishes.placement.place,
        **more,
    }
    job.write_note(made.folder, made.clip, made.request, note)


def _done(made: Rendered, notes: list[str]) -> Done:
    clip, count = made.clip, made.shown[1] - made.shown[0] + 1
    sentence = f"{clip.name}: {clip.duration} frames became {count}"
    if made.request.retime.curve is not None:
        return Done(f"{sentence}.", tuple(notes), count, made.found.pattern)
    whole = clip.frames_at(made.speed)
    sentence += f", at {float(made.speed):.4g} of the speed."
    if count < whole:
        sentence += f" {whole - count} fewer than its length asks for: its media ends there."
    return Done(sentence, tuple(notes), count, made.found.pattern)
