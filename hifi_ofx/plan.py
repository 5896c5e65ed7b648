"""What every output frame is made of, and how a plan adapts: halvings, chunks."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

from hifi_ofx.errors import InvalidSetting


class Rounded(NamedTuple):
    """A fraction that repeated halving cannot reach, and the one that is used in its place."""

    output: int
    wanted: Fraction
    got: Fraction


class Halving(NamedTuple):
    """A midpoint to compute: `middle` lies halfway between two fractions of the same pair."""

    left_fraction: Fraction
    right_fraction: Fraction
    middle: Fraction


@dataclass(frozen=True)
class PlannedFrame:
    """One output frame: `fraction` in [0, 1) of the way from source frame `left` to `right`.

    `left == right` exactly when the fraction is 0. `black`: the frames it needs are missing and the
    output is black instead. `exposures`: what an open shutter sees, whose mean the frame is; none
    of them has exposures of its own.
    """

    output: int
    left: int
    right: int
    fraction: Fraction
    black: bool = False
    exposures: tuple[PlannedFrame, ...] = ()

    @classmethod
    def at(cls, output: int, time: Fraction) -> PlannedFrame:
        """The frame that shows this source time."""
        left = time.numerator // time.denominator
        fraction = time - left
        return cls(output, left, left + 1 if fraction else left, fraction)

    @property
    def time(self) -> Fraction:
        """The source time that it shows."""
        return self.left + self.fraction * (self.right - self.left)

    @property
    def moments(self) -> tuple[PlannedFrame, ...]:
        """What its pixels are made of: what the shutter sees, else the frame itself."""
        return self.exposures or (self,)

    @property
    def is_made(self) -> bool:
        """Whether it may be more than a copy of one source frame."""
        return bool(self.fraction or self.exposures) and not self.black

    def halved(self, levels: int) -> PlannedFrame:
        """The frame with its fraction rounded to the nearest k/2**levels, ties to even k."""
        if levels < 0:
            raise InvalidSetting(f"{levels} halvings are not possible.", "Give 0 or more.")
        scale = 2**levels
        return remade(self, self.left, self.right, Fraction(round(self.fraction * scale), scale))

    def around(self, context: int) -> range:
        """The source frames from `context` before its left neighbor to as many behind its right.

        Of an open shutter, before the first moment's left neighbor and behind the last one's right.
        """
        every = (self, *self.exposures)
        left, right = min(one.left for one in every), max(one.right for one in every)
        return range(left - context, right + context + 1)

    def to_json(self) -> dict[str, Any]:
        """The frame as a JSON object, the fraction as text "p/q"."""
        data = {
            "output": self.output,
            "left": self.left,
            "right": self.right,
            "fraction": str(self.fraction),
        }
        if self.exposures:
            data["exposures"] = [one.to_json() for one in self.exposures]
        return {**data, "black": True} if self.black else data


@dataclass(frozen=True)
class RetimePlan:
    """What every output frame is made of, ascending in output."""

    frames: tuple[PlannedFrame, ...]

    @property
    def source_frames(self) -> tuple[int, ...]:
        """Every source frame that is needed, sorted, once each."""
        used = (frame for frame in self.flat.frames if not frame.black)
        return tuple(sorted({number for frame in used for number in (frame.left, frame.right)}))

    @property
    def outputs(self) -> tuple[int, ...]:
        """The output frames' numbers."""
        return tuple(frame.output for frame in self.frames)

    @property
    def inbetweens(self) -> tuple[PlannedFrame, ...]:
        """The frames that have to be synthesised."""
        return tuple(frame for frame in self.frames if frame.is_made)

    @property
    def moments(self) -> tuple[PlannedFrame, ...]:
        """All that has to be synthesised for them: with an open shutter, several for each."""
        moments = (moment for frame in self.frames for moment in frame.moments)
        return tuple(moment for moment in moments if moment.is_made)

    @property
    def flat(self) -> RetimePlan:
        """Every frame, followed by what its shutter sees, as frames of their own."""
        if not any(frame.exposures for frame in self.frames):
            return self
        every = ((replace(one, exposures=()), *one.exposures) for one in self.frames)
        return RetimePlan(tuple(itertools.chain.from_iterable(every)))

    def gathered(self, moments: Iterable[PlannedFrame]) -> RetimePlan:
        """The plan with others in the place of `flat`'s frames; one black makes all black."""
        left, frames = iter(moments), []
        for frame in self.frames:
            own = next(left)
            exposures = tuple(itertools.islice(left, len(frame.exposures)))
            if any(one.black for one in exposures):
                own, exposures = replace(own, black=True), ()
            frames.append(replace(own, exposures=exposures) if exposures else own)
        return RetimePlan(tuple(frames))

    def only(self, outputs: Collection[int]) -> RetimePlan:
        """The part of the plan with these output frames: a chunk for a farm, or what is not done.

        Raises InvalidSetting when the plan does not have one of them.
        """
        wanted = outputs if isinstance(outputs, range) else frozenset(outputs)
        frames = tuple(frame for frame in self.frames if frame.output in wanted)
        if len(frames) != len(wanted):
            have = {frame.output for frame in frames}
            absent = next(output for output in _ascending(wanted) if output not in have)
            raise InvalidSetting(
                f"Output frame {absent} is not part of this retime.",
                f"It makes frames {self.frames[0].output} to {self.frames[-1].output}."
                if self.frames
                else "It makes no frames.",
            )
        return RetimePlan(frames)

    def halved(self, levels: int) -> tuple[RetimePlan, list[Rounded]]:
        """The plan for weights that only know midpoints, and what had to be rounded for it."""
        flat = self.flat.frames
        frames = tuple(frame.halved(levels) for frame in flat)
        rounded = [
            Rounded(before.output, before.fraction, _position(after, before))
            for before, after in zip(flat, frames)
            if before.fraction != _position(after, before)
        ]
        return self.gathered(frames), rounded


def halvings(fraction: Fraction) -> list[Halving]:
    """The midpoints to compute, in order, to reach a fraction k/2**n of a pair; none for 0 or 1.

    Frames of the same pair share the ones they have in common.
    """
    if not 0 <= fraction <= 1 or fraction.denominator & (fraction.denominator - 1):
        raise InvalidSetting(
            f"Fraction {fraction} is not reached by halving.", "Round it first: see `halved`."
        )
    low, high, path = Fraction(0), Fraction(1), []
    while fraction not in (low, high):
        middle = (low + high) / 2
        path.append(Halving(low, high, middle))
        low, high = (low, middle) if fraction <= middle else (middle, high)
    return path


def remade(frame: PlannedFrame, left: int, right: int, fraction: Fraction) -> PlannedFrame:
    """The frame with other sources, normalised: one source frame means fraction 0."""
    if left == right or fraction == 0:
        return replace(frame, left=left, right=left, fraction=Fraction(0))
    if fraction == 1:
        return replace(frame, left=right, right=right, fraction=Fraction(0))
    return replace(frame, left=left, right=right, fraction=fraction)


def _position(after: PlannedFrame, before: PlannedFrame) -> Fraction:
    moved = after.fraction == 0 and after.left != before.left
    return Fraction(1) if moved else after.fraction


def _ascending(outputs: Collection[int]) -> Iterable[int]:
    return outputs if isinstance(outputs, range) else sorted(outputs)
