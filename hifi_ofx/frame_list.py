"""Frame numbers as people write them, 1001-1009x2,1020, and the frames of a clip in the same words.

A selection of frames is kept as `Spans`: first and last frame of every run, in pairs, ascending.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from itertools import chain

from hifi_ofx.errors import InvalidSetting

Spans = tuple[int, ...]

MAX_FRAMES = 1_000_000
"""Longest plan: eleven hours at 24 frames a second; more is a slip of the keyboard."""

# Between the ends, besides a minus: the dashes that editors and web pages make of it.
_ITEM = re.compile(
    r"(?P<first>-?[0-9]{1,12})(?:\s*(?:[-–—−]|\.\.)\s*(?P<last>-?[0-9]{1,12})"
    r"(?:\s*[x:×]\s*(?P<step>[0-9]{1,6}))?)?"
)


def parse_range(text: str) -> tuple[int, int]:
    """First and last frame of "1001-1050", "-10--5" or the single frame "1001"."""
    match = _ITEM.fullmatch(_plain(text))
    if match is None or match["step"]:
        raise InvalidSetting(f"Range {text!r} is not a frame range.", "Write it as 1001-1050.")
    return _ends(match)


def parse_frames(text: str) -> Spans:
    """The frames in "1001-1009", "1001-1009x2" (every second one) or "1001,1003,1010-1020"."""
    items = [_ITEM.fullmatch(item.strip()) for item in _plain(text).split(",")]
    matches = [item for item in items if item]
    if len(matches) != len(items):
        raise InvalidSetting(
            f"Frames {text!r} is not a list of frames.",
            "Write it as 1001-1009, 1001-1009x2 for every second frame, or 1001,1003,1010-1020.",
        )
    if len(matches) == 1 and not matches[0]["step"]:
        return _ends(matches[0])
    ranges = [_range(match, text) for match in matches]
    check_count(sum(map(len, ranges)))
    return tuple(chain.from_iterable(runs(chain.from_iterable(ranges))))


def chosen(spans: Spans) -> Collection[int]:
    """All frames of a selection. Raises InvalidSetting for one that is none, or too long."""
    pairs = list(zip(spans[::2], spans[1::2]))
    if not pairs or len(spans) % 2:
        raise InvalidSetting(
            f"A selection of frames has {len(spans)} numbers, which are no pairs.",
            "Give first and last frame, once or several times.",
        )
    if len(pairs) == 1:
        return range(pairs[0][0], pairs[0][1] + 1)
    check_count(sum(max(0, last + 1 - first) for first, last in pairs))
    return frozenset(chain.from_iterable(range(first, last + 1) for first, last in pairs))


def runs(frames: Iterable[int]) -> list[tuple[int, int]]:
    """First and last of every run of consecutive numbers, ascending."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(frames)):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def in_words(frames: Iterable[int], most: int = 4) -> str:
    """ "1001-1003 and 990101": the runs of frames, at most so many of them."""
    words = [span_in_words(*run) for run in runs(frames)]
    if len(words) > most:
        words = [*words[: most - 1], f"{len(words) - most + 1} more runs"]
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def span_in_words(first: int, last: int) -> str:
    """The range as `parse_range` reads it."""
    return str(first) if first == last else f"{first}-{last}"


def astray(frames: Collection[int]) -> str:
    """What to do about frames that lie far from all others; "" when none do.

    They do when one run holds most of the frames, and the gaps around it are wider than it is.
    """
    found = runs(frames)
    first, last = max(found, key=lambda run: run[1] - run[0], default=(0, 0))
    length = last - first + 1
    gaps = found[-1][1] - found[0][0] + 1 - len(frames) if found else 0
    if len(found) < 2 or 2 * length <= len(frames) or gaps <= length:
        return ""
    return (
        f"The clip has frames {in_words(frames)}; to use {span_in_words(first, last)} alone, "
        f"give --range {span_in_words(first, last)}."
    )


def check_range(first: int, last: int) -> None:
    """Raise InvalidSetting for a range that ends before it starts."""
    if last < first:
        raise InvalidSetting(
            f"The range {first}-{last} ends before it starts.",
            f"Write {last}-{first}; to play backwards add --reverse.",
        )


def check_count(count: int) -> None:
    """Raise InvalidSetting for more frames than anybody wants."""
    if count > MAX_FRAMES:
        raise InvalidSetting(
            f"The retime would make {count:,} frames; the most is {MAX_FRAMES:,}.",
            "Check the speed and the range.",
        )


def _range(match: re.Match[str], text: str) -> range:
    first, last = _ends(match)
    step = int(match["step"] or 1)
    if step < 1:
        raise InvalidSetting(f"Frames {text!r} has a step of 0.", "Write 1 or more after the x.")
    return range(first, last + 1, step)


def _ends(match: re.Match[str]) -> tuple[int, int]:
    first = int(match["first"])
    last = first if match["last"] is None else int(match["last"])
    check_range(first, last)
    return first, last


def _plain(text: str) -> str:
    return text.strip().replace("−", "-")
