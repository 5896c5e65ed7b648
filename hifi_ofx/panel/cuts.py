"""Cuts and repeats on the line of output frames: where they lie, and which of them count."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..preview import Shots
from ..retime import PlannedFrame

_LOOKED_AT = 20_000  # frames; of longer plans the order of time is trusted


@dataclass(frozen=True)
class Cuts:
    """What was found in a clip, and what was marked by hand: source frames, True for a cut.

    held: repeats marked by hand, True for those that are interpolated across; `across`: what
    becomes of the others.
    """

    found: frozenset[int] = frozenset()
    repeats: frozenset[int] = frozenset()
    marked: Mapping[int, bool] = field(default_factory=dict)
    held: Mapping[int, bool] = field(default_factory=dict)
    across: bool = False

    def with_shots(self, shots: Shots) -> Cuts:
        """With what was found in another stretch."""
        found, repeats = self.found.union(shots.cuts), self.repeats.union(shots.repeats)
        return replace(self, found=found, repeats=repeats)

    def with_marks(self, marked: Mapping[int, bool]) -> Cuts:
        """With other marks by hand."""
        return replace(self, marked=dict(marked))

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
        return _text(marked)

    @property
    def all_repeats(self) -> dict[int, bool]:
        """Every source frame that repeats the one before: True where it is interpolated across."""
        return {**dict.fromkeys(self.repeats, self.across), **self.held}

    def run(self, frame: int) -> range:
        """The repeats in a row around one of them: one hold."""
        first = last = frame
        while first - 1 in self.all_repeats:
            first -= 1
        while last + 1 in self.all_repeats:
            last += 1
        return range(first, last + 1)

    def toggled_hold(self, frame: int) -> str:
        """The repeats by hand, as text, once the hold around this frame is switched."""
        wanted = not self.all_repeats.get(frame, self.across)
        held = {n: across for n, across in self.held.items() if n not in self.run(frame)}
        if wanted != self.across:
            held.update(dict.fromkeys(self.run(frame), wanted))
        return _text(held)


def _text(marks: Mapping[int, bool]) -> str:
    return ", ".join(str(number) if on else f"!{number}" for number, on in sorted(marks.items()))


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
