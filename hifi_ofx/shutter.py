"""An open shutter: which source times an output frame sees.

As Nuke counts it: 180 degrees are half of an output frame (learn.foundry.com, "Adjusting MotionBlur
Controls"), centered: "if you set the shutter value to 1 and your current frame is 30, the shutter
stays open from frame 29.5 to 30.5" ("Adding Motion Blur Using ScanlineRender"). So nothing is
displaced.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from .plan import PlannedFrame, RetimePlan
from .quality import Output
from .retime import Retime


def opened(plan: RetimePlan, retime: Retime, first: int, last: int, output: Output) -> RetimePlan:
    """The plan of a clip with frames `first` to `last`, with what the shutter sees of it.

    The moments are the middles of equal parts of the time that the shutter is open. Those past the
    clip's ends see nothing and are left out. A frame in whose time nothing moves stays as it is,
    and so does one that shows another source time than this retime has there.
    """
    if not output.shutter:
        return plan
    offsets = _offsets(output)
    frames = (_exposed(frame, retime, offsets, first, last) for frame in plan.frames)
    return RetimePlan(tuple(frames))


def _exposed(
    frame: PlannedFrame, retime: Retime, offsets: list[Fraction], first: int, last: int
) -> PlannedFrame:
    if retime.time_at(Fraction(frame.output), first, last) != frame.time:
        return frame
    times = (retime.time_at(frame.output + offset, first, last) for offset in offsets)
    seen = [time for time in times if time is not None]
    if all(time == frame.time for time in seen):
        return frame
    return replace(frame, exposures=tuple(PlannedFrame.at(frame.output, time) for time in seen))


def _offsets(output: Output) -> list[Fraction]:
    """The moments, in output frames from the frame's own."""
    width, count = Fraction(str(output.shutter)) / 360, output.shutter_samples
    return [width * (Fraction(2 * index + 1, 2 * count) - Fraction(1, 2)) for index in range(count)]
