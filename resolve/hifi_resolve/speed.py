"""The speed that a clip runs at on the timeline.

From 21.1 on, Resolve says it (`TimelineItem.GetSpeed`): a constant speed is read as the wish. A
ramp has one number there, too, and is told by the span of the source, which is another.

Before, Resolve tells nobody. Two witnesses are asked: the span of the source that the clip uses,
against its length on the timeline; and the M2 lines of an EDL of the timeline. Neither sees a ramp
whose average is 100 % and that starts and ends on time. A clip that is retimed is refused then:
where it starts in its media is not known exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Optional

from .answers import ResolveError, asked, has, if_any, needed
from .clip import Clip
from .transitions import edl

if TYPE_CHECKING:
    from fusionscript import Resolve

_EVENT = re.compile(r"^\d+\s.*?(\d\d[:;]\d\d[:;]\d\d[:;]\d\d)\s+(\d\d[:;]\d\d[:;]\d\d[:;]\d\d)\s*$")
_M2 = re.compile(r"^M2\s+.*?(-?\d+(?:\.\d+)?)\s+\d\d[:;]\d\d[:;]\d\d[:;]\d\d\s*$")


def read(resolve: Resolve, clip: Clip) -> Fraction:
    """The clip's speed, 1 at 100 %. Raises ResolveError where it is none that can be slowed."""
    if has(clip.item, "GetSpeed"):
        return _constant(clip, asked(clip.item.GetSpeed, "say the clip's speed"))  # type: ignore[attr-defined]  # 21.1
    speed = edl_speed(resolve, clip) or span_speed(clip)
    if speed is not None and speed != 1:
        raise _retimed(clip, speed)
    return Fraction(1)


def _constant(clip: Clip, said: Mapping[str, Any]) -> Fraction:
    percentage = needed(said.get("Percentage"), "say the clip's speed") if said else 100
    if percentage == 0:
        raise ResolveError(f"{clip.name} is a freeze frame.", "Choose a clip that moves.")
    speed = _rounded(Fraction(percentage) / 100)
    span = _span_by_time(clip)
    if speed < 0:
        raise _retimed(clip, speed)
    expected = clip.duration * clip.ratio * speed
    if span is not None and abs(span - expected) > _slack(clip, speed):
        raise _retimed(clip, span / (clip.duration * clip.ratio))
    return speed


def _rounded(speed: Fraction) -> Fraction:
    """A third for 33.33333 %: Resolve says percentages as decimals."""
    near = speed.limit_denominator(1000)
    return near if abs(near - speed) < Fraction(1, 10**6) else speed


def _slack(clip: Clip, speed: Fraction) -> Fraction:
    # Lengths on the timeline are whole record frames: up to one is lost at each end.
    return Fraction(3, 4) + (2 * clip.ratio * speed if speed != 1 or clip.ratio != 1 else 0)


def _retimed(clip: Clip, speed: Fraction) -> ResolveError:
    way = "runs backwards" if speed < 0 else f"runs at about {float(speed):.0%} already"
    return ResolveError(
        f"{clip.name} {way}.",
        "Set it to 100 % forwards (right-click, Change Clip Speed; or Reset Retime), run the "
        "script with the whole speed, and trim the result. A ramp: use its OpenFX node, or render "
        "the clip at 100 % and retime with a curve in the panel.",
    )


def span_speed(clip: Clip) -> Optional[Fraction]:
    """The speed that the used span of the source says: 1 within what rounding hides, or None."""
    span = _span_by_time(clip)
    slack = Fraction(3, 4)
    if span is None:
        # Start can be one frame off; the end counts itself at equal rates and not at others.
        if not has(clip.item, "GetSourceStartFrame"):
            return None
        start, end = clip.item.GetSourceStartFrame(), clip.item.GetSourceEndFrame()
        span, slack = Fraction(end - start), Fraction(2)
        if start == end == 0:
            return None  # timelines from FCP 7 XML: unknown, not "no retime"
    if clip.ratio != 1:
        slack += 1 + clip.ratio  # lengths on the timeline are cut to whole record frames
    expected = clip.duration * clip.ratio
    return Fraction(1) if abs(span - expected) <= slack else span / expected


def _span_by_time(clip: Clip) -> Optional[Fraction]:
    """Seconds times the media's rate, exact at all rates; None where there is no such call."""
    if not (has(clip.item, "GetSourceStartTime") and has(clip.item, "GetSourceEndTime")):
        return None
    start = if_any(clip.item.GetSourceStartTime, None)
    end = if_any(clip.item.GetSourceEndTime, None)
    if start is None or end is None or start == end:
        return None
    return (Fraction(end) - Fraction(start)) * clip.rate.fps


def edl_speed(resolve: Resolve, clip: Clip) -> Optional[Fraction]:
    """The speed in the clip's M2 line of an EDL, if it has one. 000.0 means nothing."""
    rates = _play_rates(edl(resolve, clip.timeline), clip)
    known = {Fraction(0), *(_written(rate.fps) for rate in (clip.timeline_rate, clip.rate))}
    other = [rate for rate in rates if rate not in known]
    return other[0] / clip.timeline_rate.fps if other else None


def _play_rates(lines: list[str], clip: Clip) -> list[Fraction]:
    """The M2 rates of the events that lie where the clip lies."""
    rate = clip.timeline_rate
    place = (rate.frame(rate.timecode(clip.start)), clip.duration)
    found, here = [], False
    for line in lines:
        event, speed = _EVENT.match(line), _M2.match(line)
        if event:
            begin, end = (rate.frame(timecode) for timecode in event.groups())
            here = (begin, end - begin) == place
        elif speed and here:
            found.append(Fraction(speed.group(1)))
    return found


def _written(fps: Fraction) -> Fraction:
    return Fraction(f"{float(fps):.1f}")
