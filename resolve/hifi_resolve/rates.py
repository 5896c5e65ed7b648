"""Frame rates and timecode as Resolve writes them, as exact numbers.

Drop-frame timecode (SMPTE ST 12-1) leaves out labels, never frames: ;00 and ;01 of every minute
that is not a tenth one at 29.97, ;00 to ;03 at 59.94.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from hifi_ofx.exact import exact

from .answers import ResolveError

_TIMECODE = re.compile(r"(\d+)[:;](\d+)[:;](\d+)[:;.](\d+)")
_SPELLED = {24: "23.976", 30: "29.97", 48: "47.952", 60: "59.94", 120: "119.88"}
# The farthest that a rate written as a decimal lies from the n * 1000/1001 it stands for.
_ROUNDING = Fraction(1, 150)


@dataclass(frozen=True)
class Rate:
    """Frames a second, and whether timecode drops labels."""

    fps: Fraction
    drop: bool = False

    @property
    def nominal(self) -> int:
        """What timecode counts to a second: 24 for 23.976."""
        return -(-self.fps.numerator // self.fps.denominator)

    @property
    def spelling(self) -> str:
        """The rate as Resolve's settings spell it, without its timecode's kind: "29.97"."""
        if self.fps.denominator == 1:
            return str(self.fps.numerator)
        return _SPELLED.get(self.nominal, f"{float(self.fps):.3f}")

    def frame(self, timecode: str) -> int:
        """The number of frames from 00:00:00:00 to a timecode. Raises ResolveError for no such."""
        match = _TIMECODE.fullmatch(timecode.strip())
        if match is None:
            raise ResolveError(f"{timecode!r} is not a timecode.", "It is written as 01:00:00:00.")
        hours, minutes, seconds, frames = (int(digits) for digits in match.groups())
        total_minutes = hours * 60 + minutes
        count = (total_minutes * 60 + seconds) * self.nominal + frames
        return count - self._dropped * (total_minutes - total_minutes // 10)

    def timecode(self, frame: int) -> str:
        """The timecode of a frame number, within 24 hours."""
        frame = self._with_dropped_labels(frame % self._day)
        seconds, frames = divmod(frame, self.nominal)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        separator = ";" if self.drop else ":"
        return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{frames:02}"

    @property
    def _dropped(self) -> int:
        return self.nominal // 15 if self.drop else 0

    @property
    def _day(self) -> int:
        return 24 * 3600 * self.nominal - 24 * 54 * self._dropped

    def _with_dropped_labels(self, frame: int) -> int:
        if not self.drop:
            return frame
        minute = 60 * self.nominal - self._dropped
        tens, rest = divmod(frame, 10 * minute + self._dropped)
        skipped = max(rest - self._dropped, 0) // minute
        return frame + self._dropped * (9 * tens + skipped)


def parse_rate(spelled: str | float) -> Rate:
    """The rate in "25", "23.976", "24.0", 24.0 or "29.97 DF". Raises ResolveError for all else."""
    text = str(spelled) if isinstance(spelled, (int, float)) else spelled
    number, _, rest = text.strip().partition(" ")
    try:
        value = exact(number, "", "")
    except Exception as error:
        raise _no_rate(text) from error
    if value <= 0:
        raise _no_rate(text)
    return Rate(_ntsc(value), "DF" in rest or number.endswith("DF"))


def relabeled(timecode: str, source: Rate, target: Rate) -> str:
    """A timecode of one rate in another: the same hours, minutes and seconds, frames in scale.

    A label that drop-frame counting leaves out becomes the next one there is.
    """
    if (source.nominal, source.drop) == (target.nominal, target.drop):
        return timecode
    clock, frames = re.split("[:;.](?=[^:;.]*$)", timecode)
    scaled = int(frames) * target.nominal // source.nominal
    labeled = clock.replace(";", ":") + (";" if target.drop else ":")
    _, minutes, seconds = (int(digits) for digits in re.split("[:;]", clock))
    if target.drop and seconds == 0 and minutes % 10:
        scaled = max(scaled, target.nominal // 15)
    return f"{labeled}{scaled:02}"


def _ntsc(value: Fraction) -> Fraction:
    if value.denominator == 1:
        return value
    near = Fraction(round(value) * 1000, 1001)
    return near if abs(near - value) < _ROUNDING else value


def _no_rate(spelled: str) -> ResolveError:
    return ResolveError(
        f"{spelled!r} is not a frame rate.", "Set the clip's frame rate in its Clip Attributes."
    )
