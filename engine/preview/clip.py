"""The clip that is looked at, and where in it."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

from hifi_ofx.preview import Place
from hifi_ofx.retime import PlannedFrame

from ..plate.source import Source
from ..retime.inbetweens import Clip


def clip_of(source: Source, pattern: str) -> Clip:
    """A source's frames, told from those of any other clip."""
    return Clip(source.frames(), partial(_identity, source, pattern), source.read, source.steady())


def planned_at(place: Place) -> PlannedFrame:
    """The frame at a place that was asked for."""
    output, left, right, fraction = place
    return PlannedFrame(output, left, right, Fraction(fraction))


def _identity(source: Source, pattern: str, number: int) -> str:
    """Of frames of any clip: plates in two folders may have the same names, sizes and dates."""
    return f"{source.path(number) or pattern} {source.identity(number)}"
