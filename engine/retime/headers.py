"""What the headers of a clip say before a frame is made: what will stop a render, and where.

Every frame's header is read, none of its pixels: about a third of a millisecond each. A check is a
function from what was read to sentences; to look for something more, add one to CHECKS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hifi_ofx.errors import FrameError, MismatchedFrames
from hifi_ofx.retime import PlannedFrame
from hifi_ofx.waiting import Check as Stop
from hifi_ofx.waiting import unasked

from ..plate.frame import Frame, Window, empty_inbetween
from ..plate.source import Source

_NAMED = 3  # runs of frames that are named, at most


@dataclass(frozen=True)
class Headers:
    """The frames of a clip that a plan needs, in ascending order.

    `read` holds the headers of those that can be read, `broken` why the others cannot; `pairs` are
    the frames that in-betweens lie between.
    """

    read: Mapping[int, Frame]
    broken: Mapping[int, str]
    pairs: Sequence[tuple[int, int]]


Check = Callable[[Headers], list[str]]


def findings(source: Source, planned: Iterable[PlannedFrame], stop: Stop = unasked) -> list[str]:
    """What is wrong with the headers that these frames are made of, a sentence for each kind.

    Videos have no headers of their own for each frame, and get none. `stop` is called file by
    file, and may raise.
    """
    frames = [frame for frame in planned if not frame.black]
    numbers = sorted({number for frame in frames for number in (frame.left, frame.right)})
    if not numbers or source.path(numbers[0]) is None:
        return []
    pairs = dict.fromkeys((frame.left, frame.right) for frame in frames if frame.fraction)
    headers = _read(source, numbers, list(pairs), stop)
    return [sentence for check in CHECKS for sentence in check(headers)]


def _read(
    source: Source, numbers: Sequence[int], pairs: Sequence[tuple[int, int]], stop: Stop
) -> Headers:
    read: dict[int, Frame] = {}
    broken: dict[int, str] = {}
    for number in numbers:
        stop()
        try:
            if _is_empty(source.path(number)):
                broken[number] = f"{source.path(number)} is empty: it has 0 bytes."
            else:
                read[number] = source.header(number)
        except FrameError as error:
            broken[number] = str(error)
    return Headers(read, broken, pairs)


def _is_empty(path: Path | None) -> bool:
    return path is not None and path.is_file() and path.stat().st_size == 0


def unreadable(headers: Headers) -> list[str]:
    """Frames of no bytes, damaged ones, and those that were not written to their end."""
    if not headers.broken:
        return []
    first = next(iter(headers.broken.values()))
    others = f" So it is with {len(headers.broken) - 1} more." if len(headers.broken) > 1 else ""
    return [f"Nothing can be made of {_frames(headers.broken)}. {first}{others}"]


def sizes(headers: Headers) -> list[str]:
    """Frames whose display window is another than the first one's."""
    other: dict[Window, list[int]] = {}
    for number, frame in headers.read.items():
        other.setdefault(frame.parts[0].display_window, []).append(number)
    if len(other) < 2:
        return []
    usual, *rest = other
    return [
        f"The display window of {_frames(other[window])} is {window}, that of "
        f"{_frames(other[usual])} is {usual}: no in-between can be made of both. "
        "Reformat the odd ones."
        for window in rest
    ]


def layers(headers: Headers) -> list[str]:
    """Channels that some of the frames have and some have not."""
    by_frame = {number: _channels(frame) for number, frame in headers.read.items()}
    every = dict.fromkeys(name for names in by_frame.values() for name in names)
    lacking: dict[tuple[int, ...], list[str]] = {}
    for name in every:
        without = tuple(number for number, names in by_frame.items() if name not in names)
        if without:
            lacking.setdefault(without, []).append(name)
    return [
        f"Not in {_frames(without)}, but in the others: {', '.join(names[:8])}"
        f"{' …' if len(names) > 8 else ''}. No in-between can be made of the two kinds. "
        "Leave these out: --layers NAME=drop."
        for without, names in lacking.items()
    ]


def windows(headers: Headers) -> list[str]:
    """Neighbors whose data windows lie too far apart for one picture."""
    refused = []
    for left, right in headers.pairs:
        if left not in headers.read or right not in headers.read:
            continue
        one, other = headers.read[left], headers.read[right]
        both = zip(one.parts, other.parts, strict=False)
        if all(part.data_window.union(same.data_window).fits for part, same in both):
            continue
        try:
            empty_inbetween(one, other)
        except MismatchedFrames as error:
            refused.append(str(error))
    more = f" So it is with {len(refused) - 1} more pairs." if len(refused) > 1 else ""
    return [refused[0] + more] if refused else []


CHECKS: tuple[Check, ...] = (unreadable, sizes, layers, windows)


def _channels(frame: Frame) -> list[str]:
    """The names of all channels; where there are several parts, with their part's."""
    many = len(frame.parts) > 1
    return [
        f"{part.name}: {name}" if many else name for part in frame.parts for name in part.channels
    ]


def _frames(numbers: Iterable[int]) -> str:
    """Frames in words: "frame 1003", "frames 1003, 1005-1009"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    named = [f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs[:_NAMED]]
    several = len(runs) > 1 or len(runs[0]) > 1
    return f"frame{'s' * several} {', '.join(named)}" + (" …" if len(runs) > _NAMED else "")
