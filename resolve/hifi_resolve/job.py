"""A run's folder, what the engine is asked for, and which of its frames show the clip."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Optional

from hifi_ofx.errors import HifiError, InvalidSetting, OutputError
from hifi_ofx.files import write_whole
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from hifi_ofx.sequence import ImageSequence

from . import exr_files
from .answers import identity
from .clip import Clip
from .export import NAME
from .origin import NOTE
from .source import Frames
from .wishes import Wishes

RESULT = "_slow"
"""What the name of the rendered files ends in, before their number."""


def media_folder() -> Path:
    """Where results are kept: HIFI_RESOLVE_MEDIA, else HiFI Retime among the user's movies."""
    chosen_folder = os.environ.get("HIFI_RESOLVE_MEDIA")
    movies = "Movies" if sys.platform == "darwin" else "Videos"
    return Path(chosen_folder) if chosen_folder else Path.home() / movies / "HiFI Retime"


def make_folder(root: Path, project: str, clip: str) -> Path:
    """Make a new folder for a run: root / project / clip 001."""
    parent = Path(os.path.abspath(root)) / plain(project)  # Deliver needs whole paths
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, 10000):
            folder = parent / f"{plain(clip)} {number:03}"
            if not folder.exists():
                folder.mkdir()
                return folder
    except OSError as error:
        raise OutputError(
            f"{parent} cannot be written: {error.strerror}.",
            "Set HIFI_RESOLVE_MEDIA to a folder for slow-motion media.",
        ) from error
    raise OutputError(f"{parent} has 9999 runs of {clip}.", "Remove what is not used any more.")


def request_for(
    clip: Clip, frames: Frames, folder: Path, wishes: Wishes, speed: Fraction, lead: int = 0
) -> RenderRequest:
    """The retime in the media's frames: one output frame for each record frame.

    Speed is that of real time, as Resolve's own 50 %: a clip of 50 fps on a timeline of 25 passes
    two frames a record frame at 100 %, so a quarter of the speed is half a frame. `lead` are source
    frames before and after the clip that are retimed, too: a transition over a take shows them.
    """
    first = max(clip.offset - lead, frames.first)
    last = min(clip.last + 1 + lead, frames.last)  # in-betweens after the last need the next
    return RenderRequest(
        source=frames.pattern,
        target=str(folder / f"{plain(clip.stem)}{RESULT}.####.exr"),
        retime=Retime(
            speed=speed * clip.ratio, input_range=(frames.number(first), frames.number(last))
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


def real_speed(clip: Clip, retime: Retime) -> Optional[Fraction]:
    """The speed of real time that was rendered; None for a curve."""
    if retime.curve is not None:
        return None
    rate = retime.fps[0] / retime.fps[1] if retime.fps else retime.speed or Fraction(1)
    return Fraction(rate) / clip.ratio


def write_note(folder: Path, clip: Clip, rendered: RenderRequest, more: dict[str, Any]) -> None:
    """What the frames are, beside them: for a second run, and for whoever finds them next year."""
    note = {
        "clip": clip.name,
        "media": clip.path,
        "source timecode": clip.timecode,
        "source fps": str(clip.rate.fps),
        "timeline fps": str(clip.timeline_rate.fps),
        "item": identity(clip.item),
        "start": clip.start,
        "duration": clip.duration,
        "offset": clip.offset,
        **more,
        "request": rendered.to_json(),
    }
    write_whole(folder / NOTE, json.dumps(note, indent=1).encode())


@contextlib.contextmanager
def kept_with_results(folder: Path) -> Iterator[None]:
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


def plain(name: str) -> str:
    """A name in letters that every system has in file names."""
    return re.sub(r"[^\w.+-]+", "_", name).strip("._")[:60] or "clip"
