"""What the panel finds out about a plate before the engine is asked: which frames there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Optional

from ..errors import HifiError
from ..folder import sequences_in, the_sequence
from ..preview import Preview
from ..quality import Footage
from ..request import RenderRequest
from ..retime import PlannedFrame, Retime, RetimePlan
from ..sequence import ImageSequence


@dataclass(frozen=True)
class Plate:
    """A plate by its path; a video has no `first` and `last` until the engine has opened it.

    named: what was asked for, where that was a folder.
    """

    source: str
    first: Optional[int] = None
    last: Optional[int] = None
    count: int = 0
    notes: tuple[str, ...] = ()
    named: str = ""

    def text(self, preview: Optional[Preview] = None) -> str:
        """The plate in two lines: "1001-1050, 50 frames", "1920x1080, 24 fps, scene-linear"."""
        lines = []
        if self.first is not None and self.last is not None:
            count = self.count or self.last - self.first + 1
            gaps = self.last - self.first + 1 - count
            missing = f", {gaps} missing" if gaps else ""
            lines.append(f"{self.first}-{self.last}, {count} frames{missing}")
        if preview is not None:
            _, _, width, height = preview.display_window
            light = "display-referred" if preview.display_referred else "scene-linear"
            lines.append(f"{width}x{height}, {_rate(preview.rate)} fps, {light}")
        return "\n".join([*lines, *self.notes])


def find(source: str) -> Plate:
    """The plate at a path, around one of its files, or the only one in a folder.

    Raises SequenceError, InvalidSetting.
    """
    inside = the_sequence(source)
    sequence = ImageSequence.around(inside)
    if sequence.is_video:
        return Plate(inside, named=source)
    first, last = sequence.first, sequence.last
    return Plate(inside, first, last, len(sequence.frames()), sequence.notes, source)


def result_of(job: RenderRequest) -> tuple[RenderRequest, RetimePlan]:
    """What a render has written, as a request that looks at it, and its frames one by one.

    Raises SequenceError where there are none.
    """
    sequence = ImageSequence.parse(job.target)
    _ = sequence.first
    frames = (PlannedFrame(number, number, number, Fraction(0)) for number in sequence.frames())
    looks = replace(job, source=job.target, target="looked.####.exr", only=None,
                    retime=Retime(speed=Fraction(1)), footage=Footage())  # fmt: skip
    return looks, RetimePlan(tuple(frames))


def plates_in(paths: Iterable[str]) -> list[str]:
    """Every plate among files and folders, once each, in their order. Raises SequenceError."""
    found: dict[tuple[str, str], str] = {}
    for path in paths:
        for one in sequences_in(Path(path)) if Path(path).is_dir() else [path]:
            try:
                sequence = ImageSequence.around(one)
            except HifiError:
                found[one, ""] = one  # what is wrong with it is said once it is opened
            else:
                found[str(sequence.folder / sequence.prefix), sequence.suffix] = one
    return list(found.values())


def _rate(text: str) -> str:
    top, _, bottom = text.partition("/")
    return f"{int(top) / int(bottom or 1):.3f}".rstrip("0").rstrip(".")
