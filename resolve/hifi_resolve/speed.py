"""Is a clip retimed already? Resolve tells nobody a clip's speed, so two witnesses are asked.

The span of the source that the clip uses, against its length on the timeline; and the M2 lines of
an EDL of the timeline. Neither sees a ramp whose average is 100 % and that starts and ends on time.
"""

from __future__ import annotations

import re
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from .answers import ResolveError, has
from .clip import Clip

if TYPE_CHECKING:
    from fusionscript import Resolve

_EVENT = re.compile(r"^\d+\s.*?(\d\d[:;]\d\d[:;]\d\d[:;]\d\d)\s+(\d\d[:;]\d\d[:;]\d\d[:;]\d\d)\s*$")
_M2 = re.compile(r"^M2\s+.*?(-?\d+(?:\.\d+)?)\s+\d\d[:;]\d\d[:;]\d\d[:;]\d\d\s*$")


def check(resolve: Resolve, clip: Clip) -> None:
    """Raise ResolveError when the clip does not run at 100 %."""
    speed = edl_speed(resolve, clip) or span_speed(clip)
    if speed is None or speed == 1:
        return
    way = "runs backwards" if speed < 0 else f"runs at about {float(speed):.0%} already"
    raise ResolveError(
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
    start, end = clip.item.GetSourceStartTime(), clip.item.GetSourceEndTime()
    if start is None or end is None or start == end:
        return None
    return (Fraction(end) - Fraction(start)) * clip.rate.fps


def edl_speed(resolve: Resolve, clip: Clip) -> Optional[Fraction]:
    """The speed in the clip's M2 line of an EDL, if it has one. 000.0 means nothing."""
    with tempfile.TemporaryDirectory(prefix="hifi-edl-") as folder:
        path = Path(folder) / "timeline.edl"
        clip.timeline.Export(str(path), resolve.EXPORT_EDL, resolve.EXPORT_NONE)
        if not path.is_file():
            return None
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    rates = _play_rates(lines, clip)
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
