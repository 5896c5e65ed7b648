"""What a slow-motion clip will lie on: it is longer than its clip."""

from __future__ import annotations

from dataclasses import dataclass

from . import calls, remove
from .answers import identity
from .clip import Clip, items
from .origin import Earlier


@dataclass(frozen=True)
class Behind:
    """A clip behind the one that is slowed, in record frames from that one's start."""

    name: str
    track: int
    start: int
    end: int

    def covered(self, length: int) -> int:
        """How many of its frames a slow-motion clip of a length lies on."""
        return max(0, min(length, self.end) - self.start)


def behind(clip: Clip, earlier: tuple[Earlier, ...], top: bool) -> list[Behind]:
    """The clips behind, on the tracks that the new one will cover, nearest first.

    They lie where they will once the room of earlier runs is taken back. `top`: the new track will
    lie on top of all, where a version cannot insert one.
    """
    ours = {identity(run.item) for run in earlier if run.item is not None}
    nearer, staying = remove.nearer(clip, earlier)
    old_end, end = clip.start + clip.duration, clip.start + clip.duration - nearer
    found = []
    for track, item in items(clip.timeline):
        begin, length = calls.start(item), calls.duration(item)
        begin -= nearer if begin >= old_end and ("video", track) not in staying else 0
        if begin + length <= end or identity(item) in (*ours, identity(clip.item)):
            continue
        if track <= clip.track or top:
            first, last = max(begin, end) - clip.start, begin + length - clip.start
            found.append(Behind(item.GetName() or "a clip", track, first, last))
    return sorted(found, key=lambda other: (other.start, other.track))


def sentence(found: list[Behind], length: int) -> str:
    """What will be covered, and how much of it; "" for nothing."""
    hit = [(other, other.covered(length)) for other in found if other.covered(length)]
    if not hit:
        return ""
    words = [f"{other.name} on V{other.track} ({count} frames)" for other, count in hit[:5]]
    more = f" and {len(hit) - 5} more" if len(hit) > 5 else ""
    clips = "1 clip" if len(hit) == 1 else f"{len(hit)} clips"
    return f"It will cover {clips} behind it: {', '.join(words)}{more}."
