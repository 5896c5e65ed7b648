"""What stands in for source frames that are missing: an error, their neighbors, or black.

A frame may be missing because there is no file, or because its file is empty.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from hifi_ofx.errors import InvalidSetting, MissingFrames
from hifi_ofx.frame_list import astray
from hifi_ofx.frame_list import in_words as in_list
from hifi_ofx.plan import PlannedFrame, RetimePlan, remade

MISSING_POLICIES = ("error", "hold", "black", "interpolate")
LONGEST_GAP = 10  # frames in a row, unless told otherwise: a render on every tenth frame and closer
_MOST_NOTES = 20  # sentences about missing frames; a gap may have thousands

Filled = tuple[RetimePlan, list[str]]


def fill_missing(
    plan: RetimePlan,
    available: Collection[int],
    policy: str,
    name: str = "The clip",
    longest_gap: int = LONGEST_GAP,
    empty: Mapping[int, str] | None = None,
) -> Filled:
    """The plan that makes do with the source frames there are, and sentences for the log.

    error: raises MissingFrames. hold: the nearest earlier frame (else the nearest later one) stands
    in. black: every output frame that needs a missing frame is black. interpolate: such a frame is
    made between the frames around the gap, at its own time; past the first and last frame there is,
    that one is held. Raises MissingFrames where a gap to be bridged has more than `longest_gap`
    frames in a row, and, under every policy, without a single frame.

    `name` is what the sentences call the clip. empty: of those that are missing, the frames whose
    files are there and hold nothing, with what they are instead: "0 bytes".
    """
    if policy not in MISSING_POLICIES:
        raise InvalidSetting(
            f"Missing frames {policy!r} is not a choice.", f"Use {_or(MISSING_POLICIES)}."
        )
    have = sorted(set(available))
    needed, known, empty = plan.source_frames, set(have), empty or {}
    missing = [number for number in needed if number not in known]
    if not missing:
        return plan, []
    if policy == "error" or not have:
        raise _missing(name, missing, len(needed), have, empty)
    flat = plan.flat
    if policy == "interpolate":
        filled, notes = _bridged(flat, missing, have, longest_gap, name, empty)
    elif policy == "black":
        filled, notes = _blackened(flat, missing, empty)
    else:
        filled, notes = _held(flat, missing, have, empty)
    return plan.gathered(filled.frames), [*filter(None, [astray(have)]), *_shortened(notes)]


def _missing(
    name: str, missing: list[int], needed: int, have: list[int], empty: Mapping[int, str]
) -> MissingFrames:
    first = missing[0]
    if first in empty:
        what = f"{name} has an empty frame: {first}, of {empty[first]}"
        counted = f"{len(missing)} of {needed} missing or empty"
    else:
        what, counted = f"{name} has no frame {first}", f"{len(missing)} of {needed} missing"
    fill = _or(MISSING_POLICIES[1:])
    hint = f"Render the input first, or set missing frames to {fill} (--missing)."
    return MissingFrames(
        f"{what} ({counted}).", (astray(have) or hint) if have else _no_frame(empty)
    )


def _no_frame(empty: Mapping[int, str]) -> str:
    return "Render the input first." if empty else "Check the path."


def _shortened(notes: list[str]) -> list[str]:
    more = len(notes) - _MOST_NOTES
    if more <= 0:
        return notes
    return [*notes[:_MOST_NOTES], f"{more} more source frames are missing, up to the last one."]


def _blackened(plan: RetimePlan, missing: list[int], empty: Mapping[int, str]) -> Filled:
    gone = set(missing)
    frames = (
        replace(frame, black=frame.black or frame.left in gone or frame.right in gone)
        for frame in plan.frames
    )
    outputs = _outputs_of(plan, gone)
    decisions = [f"{_lacks(n, empty)}: {outputs[n]} black." for n in missing]
    return RetimePlan(tuple(frames)), decisions


def _held(
    plan: RetimePlan, missing: list[int], have: list[int], empty: Mapping[int, str]
) -> Filled:
    held = {n: have[max(bisect_right(have, n) - 1, 0)] for n in plan.source_frames}
    frames = (
        frame if frame.black else remade(frame, held[frame.left], held[frame.right], frame.fraction)
        for frame in plan.frames
    )
    outputs = _outputs_of(plan, set(missing))
    decisions = [
        f"{_lacks(n, empty)}: frame {held[n]} is held, {outputs[n]} affected." for n in missing
    ]
    return RetimePlan(tuple(frames)), decisions


def _bridged(
    plan: RetimePlan,
    missing: list[int],
    have: list[int],
    longest_gap: int,
    name: str,
    empty: Mapping[int, str],
) -> Filled:
    gaps = sorted({gap for n in missing if (gap := _gap(n, have))})
    for left, right in gaps:
        if right - left - 1 > longest_gap:
            raise MissingFrames(
                f"{name} has no frames {left + 1} to {right - 1}, {right - left - 1} in a row; "
                f"gaps of up to {longest_gap} are interpolated.",
                "Render them, raise the longest gap, or set missing frames to hold or black.",
            )
    gone = set(missing)
    frames = (
        frame if frame.black or gone.isdisjoint((frame.left, frame.right)) else _across(frame, have)
        for frame in plan.frames
    )
    return RetimePlan(tuple(frames)), [*_said_of(missing, gaps, empty), *_ends(missing, have)]


def _across(frame: PlannedFrame, have: list[int]) -> PlannedFrame:
    """The frame between the nearest source frames there are before and after its own time."""
    time = frame.left + frame.fraction
    left = have[max(bisect_right(have, time) - 1, 0)]
    right = have[min(bisect_left(have, time), len(have) - 1)]
    if left == right:  # at a frame there is, or past the ends
        return remade(frame, right, right, frame.fraction)
    return remade(frame, left, right, (time - left) / (right - left))


def _gap(number: int, have: list[int]) -> tuple[int, int] | None:
    """The frames there are on both sides of a missing one; None past the first or the last."""
    place = bisect_left(have, number)
    return (have[place - 1], have[place]) if 0 < place < len(have) else None


def _said_of(
    missing: list[int], gaps: list[tuple[int, int]], empty: Mapping[int, str]
) -> list[str]:
    """One sentence for all gaps: a plate on every second frame has half its frames missing."""
    if not gaps:
        return []
    inside = [n for n in missing if gaps[0][0] < n < gaps[-1][1]]
    longest = max(right - left - 1 for left, right in gaps)
    if len(inside) == 1:
        lacks = _lacks(inside[0], empty)
        return [f"{lacks}: it is interpolated from frames {gaps[0][0]} and {gaps[0][1]}."]
    nothing = [n for n in inside if n in empty]
    files = f" (empty files: {in_list(nothing)})" if nothing else ""
    return [
        f"Source frames {in_list(inside)} are missing{files}: they are interpolated from the "
        f"frames around them, across up to {longest} in a row."
    ]


def _ends(missing: list[int], have: list[int]) -> Iterable[str]:
    early = [n for n in missing if n < have[0]]
    late = [n for n in missing if n > have[-1]]
    for numbers, held in ((early, have[0]), (late, have[-1])):
        if numbers:
            yield f"Missing at the clip's end: {in_list(numbers)}. Frame {held} is held there."


def _lacks(number: int, empty: Mapping[int, str]) -> str:
    what = f"empty ({empty[number]})" if number in empty else "missing"
    return f"Source frame {number} is {what}"


def _or(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}"


def _outputs_of(plan: RetimePlan, sources: set[int]) -> dict[int, str]:
    """For each of the source frames, the output frames made of it, in words with their verb."""
    spans: dict[int, tuple[int, int]] = {}
    for frame in plan.frames:
        for source in sources.intersection(() if frame.black else (frame.left, frame.right)):
            spans[source] = (spans.get(source, (frame.output,))[0], frame.output)
    return {
        number: f"output frame {first} is" if first == last else f"output frames {first}-{last} are"
        for number, (first, last) in spans.items()
    }
