"""What every output frame is made of, and how a plan adapts: halvings, chunks."""

from __future__ import annotations

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
    output is black instead.
    """

    output: int
    left: int
    right: int
    fraction: Fraction
    black: bool = False

    def halved(self, levels: int) -> PlannedFrame:
        """The frame with its fraction rounded to the nearest k/2**levels, ties to even k."""
        if levels < 0:
            raise InvalidSetting(f"{levels} halvings are not possible.", "Give 0 or more.")
        scale = 2**levels
        return remade(self, self.left, self.right, Fraction(round(self.fraction * scale), scale))

    def around(self, context: int) -> range:
        """The source frames from `context` before its left neighbor to as many behind its right."""
        return range(self.left - context, self.right + context + 1)

    def to_json(self) -> dict[str, Any]:
        """The frame as a JSON object, the fraction as text "p/q"."""
        data = {
            "output": self.output,
            "left": self.left,
            "right": self.right,
            "fraction": str(self.fraction),
        }
        return {**data, "black": True} if self.black else data


@dataclass(frozen=True)
class RetimePlan:
    """What every output frame is made of, ascending in output."""

    frames: tuple[PlannedFrame, ...]

    @property
    def source_frames(self) -> tuple[int, ...]:
        """Every source frame that is needed, sorted, once each."""
        used = (frame for frame in self.frames if not frame.black)
        return tuple(sorted({number for frame in used for number in (frame.left, frame.right)}))

    @property
    def outputs(self) -> tuple[int, ...]:
        """The output frames' numbers."""
        return tuple(frame.output for frame in self.frames)

    @property
    def inbetweens(self) -> tuple[PlannedFrame, ...]:
        """The frames that have to be synthesised."""
        return tuple(frame for frame in self.frames if frame.fraction and not frame.black)

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
        frames = tuple(frame.halved(levels) for frame in self.frames)
        rounded = [
            Rounded(before.output, before.fraction, _position(after, before))
            for before, after in zip(self.frames, frames)
            if before.fraction != _position(after, before)
        ]
        return RetimePlan(frames), rounded


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
