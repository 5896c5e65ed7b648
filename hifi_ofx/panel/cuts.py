"""Cuts and repeats on the line of output frames: where they lie, and which of them count."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..preview import Shots
from ..retime import PlannedFrame

_LOOKED_AT = 20_000  # frames; of longer plans the order of time is trusted


@dataclass(frozen=True)
class Cuts:
    """What was found in a clip, and what was marked by hand: source frames, True for a cut."""

    found: frozenset[int] = frozenset()
    repeats: frozenset[int] = frozenset()
    marked: Mapping[int, bool] = field(default_factory=dict)

    def with_shots(self, shots: Shots) -> Cuts:
        """With what was found in another stretch."""
        return Cuts(self.found.union(shots.cuts), self.repeats.union(shots.repeats), self.marked)

    def with_marks(self, marked: Mapping[int, bool]) -> Cuts:
        """With other marks by hand."""
        return Cuts(self.found, self.repeats, dict(marked))

    @property
    def all(self) -> dict[int, bool]:
        """Every source frame that begins a shot, or would: True where it counts."""
        return {**dict.fromkeys(self.found, True), **self.marked}

    def toggled(self, frame: int) -> str:
        """The marks by hand, as text, once this frame is switched on or off."""
        marked = dict(self.marked)
        wanted = not self.all.get(frame, False)
        if wanted == (frame in self.found):
            marked.pop(frame, None)  # as it was found: nothing to say by hand
        else:
            marked[frame] = wanted
        return ", ".join(str(n) if is_cut else f"!{n}" for n, is_cut in sorted(marked.items()))


def crossings(frames: Sequence[PlannedFrame], sources: Sequence[int]) -> list[tuple[float, int]]:
    """Where on the line (in frames from its start) these source frames are reached, and which
    they are; once for every time that it is, from either side.
    """
    wanted = sorted(sources)
    if not wanted or len(frames) < 2:
        return []
    if len(frames) > _LOOKED_AT:
        return _in_order(frames, wanted)
    found = []
    times = [float(frame.left + frame.fraction) for frame in frames]
    for index, (here, there) in enumerate(zip(times, times[1:])):
        low, high = min(here, there), max(here, there)
        for source in wanted[bisect_left(wanted, low) :]:
            if source - 0.5 > high:
                break
            if low < source - 0.5 <= high:
                share = (source - 0.5 - here) / (there - here)
                found.append((index + share, source))
    return found


def _in_order(frames: Sequence[PlannedFrame], wanted: Sequence[int]) -> list[tuple[float, int]]:
    """As `crossings`, for a clip that runs forward all the way."""
    times = _Times(frames)
    places = ((bisect_left(times, source - 0.5), source) for source in wanted)
    return [(index - 0.5, source) for index, source in places if 0 < index < len(frames)]


@dataclass(frozen=True)
class _Times(Sequence[float]):
    """The source times of planned frames, made one by one as they are asked for."""

    frames: Sequence[PlannedFrame]

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> float:  # type: ignore[override] # no slices are asked for
        frame = self.frames[index]
        return float(frame.left + frame.fraction)
