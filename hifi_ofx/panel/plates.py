"""What the panel finds out about a plate before the engine is asked: which frames there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..preview import Preview
from ..sequence import ImageSequence


@dataclass(frozen=True)
class Plate:
    """A plate by its path; a video has no `first` and `last` until the engine has opened it."""

    source: str
    first: Optional[int] = None
    last: Optional[int] = None
    count: int = 0
    notes: tuple[str, ...] = ()

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
    """The plate at a path, or around one of its files. Raises SequenceError, InvalidSetting."""
    sequence = ImageSequence.around(source)
    if sequence.is_video:
        return Plate(source)
    first, last = sequence.first, sequence.last
    return Plate(source, first, last, len(sequence.frames()), sequence.notes)


def _rate(text: str) -> str:
    top, _, bottom = text.partition("/")
    return f"{int(top) / int(bottom or 1):.3f}".rstrip("0").rstrip(".")
