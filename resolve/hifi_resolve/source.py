"""Where the frames of a clip lie on disk; EXR media is read from where it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from hifi_ofx.errors import MissingFrames

from . import exr_files
from .answers import text
from .clip import Clip

_RANGE = re.compile(r"\[(-?\d+)-(-?\d+)\](?=[^\[\]]*\.exr$)", re.IGNORECASE)


@dataclass(frozen=True)
class Frames:
    """Source frame n is the file with the number n + shift; there are `first` to `last`."""

    pattern: str
    shift: int
    first: int
    last: int

    def number(self, frame: int) -> int:
        """The number in the file name of a source frame."""
        return frame + self.shift


def pattern_of(path: str) -> Optional[str]:
    """plate.[1001-1100].exr as plate.%04d.exr; None when the path is no EXR sequence's."""
    match = _RANGE.search(path)
    if match is None:
        return None
    before, after = path[: match.start()], path[match.end() :]
    return f"{before.replace('%', '%%')}%0{len(match.group(1))}d{after.replace('%', '%%')}"


def _numbers(path: str) -> Optional[tuple[int, int]]:
    match = _RANGE.search(path)
    return (int(match.group(1)), int(match.group(2))) if match else None


def why_not_direct(clip: Clip) -> str:
    """Why the clip's own files would not show what its media shows; "" when they do."""
    if pattern_of(clip.path) is None:
        return "it is no EXR sequence"
    if _numbers(clip.path) != (clip.number, clip.number + clip.frames - 1):
        return "it is a part of its files"  # a subclip, or trimmed in the media pool
    for key, plain in (
        ("Super Scale", ("", "0", "1", "1x", "None")),
        ("Input LUT", ("", "None", "No LUT")),
        ("Data Level", ("", "Auto", "Full")),
    ):
        value = text(clip.media, key)
        if value not in plain:
            return f"its {key} is {value}"
    return ""


def direct(clip: Clip, lead: int = 0) -> Frames:
    """The clip's own files, when nothing speaks against reading them, and `lead` around it.

    Raises MissingFrames when one that the clip shows is not there, FrameError when it is damaged.
    """
    pattern = pattern_of(clip.path)
    assert pattern is not None
    shift = clip.number
    gone = [
        n for n in range(clip.offset, clip.last + 1) if not Path(pattern % (n + shift)).is_file()
    ]
    if gone:
        raise MissingFrames(
            f"{clip.name} has no frame {gone[0] + shift} on disk ({len(gone)} missing).",
            "Relink the clip, or render the missing frames first.",
        )
    exr_files.read_header(Path(pattern % (clip.offset + shift)))

    def there(frame: int) -> bool:
        return 0 <= frame < clip.frames and Path(pattern % (frame + shift)).is_file()

    first, last = clip.offset, clip.last
    while first > clip.offset - lead and there(first - 1):
        first -= 1
    # The last in-betweens lie between the last frame and the next.
    while last < clip.last + 1 + lead and there(last + 1):
        last += 1
    return Frames(pattern, shift, first, last)
