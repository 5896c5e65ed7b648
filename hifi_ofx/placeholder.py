"""Where the frame number stands in a file name: the spellings that are read, and the others.

`####` or `@@@@` is a number of at least so many digits, and every other character is itself. `%04d`
is C's printf: there, a percent sign that belongs to the name is written `%%`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hifi_ofx.errors import InvalidSetting

_PRINTF = re.compile(r"%%|%(?P<zero>0?)(?P<width>[0-9]{0,2})d")
_RUNS = re.compile(r"#+|@+")
# Spellings of other programs: Houdini, RV and Resolve, shells, Python, C.
_FOREIGN = re.compile(
    r"\$\{?F+(?P<houdini>[0-9]?)\}?|\[-?(?P<first>[0-9]+)-(?P<last>[0-9]+)\]"
    r"|%0?(?P<other>[0-9]{0,2})[iuxX](?![A-Za-z0-9])|\*+|\?+|\{[^{}]*\}|<[^<>]*>|\[#+\]"
)
_VIEW = re.compile(r"%[vV](?![A-Za-z0-9])")
# fileseq's plate.1001-1050#.exr, and Nuke's "plate.####.exr 1001-1050".
_RANGE = re.compile(r"\s*(?P<range>-?[0-9]+-(?:-?[0-9]+)(?:x[0-9]+)?)(?=[#@]|%0?[0-9]*d|$)")
# The last number before the suffix; a dash counts as its sign only behind a dot, _ or a space.
_LAST_NUMBER = re.compile(r"(?:(?:(?<=[._ ])|^)-)?[0-9]+(?=[^0-9]*$)")
_QUOTE = "Keep it in quotes: some shells read # as a comment or a wildcard."


class Reading(NamedTuple):
    """One way to read a pattern: `prefix`, a number of `padding` digits or more, `suffix`.

    `kind` is the placeholder's character, and `rank` says how sure it is that it was meant for one.
    """

    prefix: str
    suffix: str
    padding: int
    kind: str = "#"
    rank: int = 0


def readings(name: str) -> list[Reading]:
    """The ways to read a pattern's file name, the likeliest first; empty when there is none."""
    found = [*_printf(name), *_runs(name)]
    return sorted(found, key=lambda one: (one.rank, -one.padding, one.kind == "@"))


def likeliest(name: str, text: str) -> Reading | None:
    """How the file name of the pattern `text` is read; None when it has no placeholder.

    InvalidSetting when the placeholder is there twice, or pads with spaces.
    """
    found = readings(name)
    if not found:
        return None
    same = [
        one for one in found if one.kind == found[0].kind and (one.rank > 3) == (found[0].rank > 3)
    ]
    if len(same) > 1:
        raise InvalidSetting(
            f"{text!r} names the frame number {len(same)} times.",
            "Write the frame number once, as %04d; then # and @ are part of the name, and a "
            "percent sign is written %%.",
        )
    if found[0].kind == " ":
        raise InvalidSetting(
            f"{text!r} pads the frame number with spaces.",
            f"Write %0{found[0].padding}d for zeros.",
        )
    return found[0]


def _printf(name: str) -> Iterator[Reading]:
    """%04d is meant so; a bare %d may be the start of a word, as in 100%done."""
    for match in _PRINTF.finditer(name):
        if match.group() == "%%":
            continue
        zero, width = match["zero"], match["width"]
        glued = name[match.end() : match.end() + 1].isalnum()
        yield Reading(
            name[: match.start()].replace("%%", "%"),
            name[match.end() :].replace("%%", "%"),
            int(width or 1),
            kind=" " if width and not zero else "%",
            rank=0 if width and zero else 4 if glued else 2,
        )


def _runs(name: str) -> Iterator[Reading]:
    """#### and @@@@: a long run is meant so, a single # or @ may belong to the name."""
    for match in _RUNS.finditer(name):
        run = match.group()
        before, after = name[: match.start()], name[match.end() :]
        yield Reading(before, after, len(run), kind=run[0], rank=1 if len(run) > 2 else 3)


def of_number(name: str) -> Reading | None:
    """The reading of one frame's file name, by the last number in it; None without one."""
    match = _LAST_NUMBER.search(Path(name).stem)
    if match is None:
        return None
    return Reading(name[: match.start()], name[match.end() :], len(match.group()))


def spelled(reading: Reading) -> str:
    """The file name with a placeholder that is read back as this very reading."""
    prefix, suffix, width = reading.prefix, reading.suffix, reading.padding
    if "#" in prefix + suffix or "@@" in prefix + suffix:
        escaped = (part.replace("%", "%%") for part in (prefix, suffix))
        return f"%0{width}d".join(escaped)
    return f"{prefix}{'#' * width}{suffix}"


def is_foreign(name: str) -> bool:
    """Whether a name writes the frame number as another program does."""
    return bool(_FOREIGN.search(name) or _without_range(name))


def view_refused(path: Path, text: str) -> InvalidSetting | None:
    """The error for a path with Nuke's %V or %v in it; None without one."""
    match = _VIEW.search(str(path))
    if match is None:
        return None
    one = "left" if match.group() == "%V" else "l"
    shown = str(path).replace(match.group(), one)
    return InvalidSetting(
        f"{text!r} has {match.group()}, which stands for a view; a retime is of one view.",
        f"Write the view: {shown!r}, a retime for each.",
    )


def no_placeholder(path: Path, text: str, flag: str) -> InvalidSetting:
    """The error for a name without a frame number that is read here, with the right spelling.

    `flag` is what a range of frames in the name is to be given to.
    """
    message = f"{text!r} does not say where the frame number goes."
    ranged = _without_range(path.name)
    foreign = _FOREIGN.search(path.name)
    extra = ""
    if foreign:
        name = f"{path.name[: foreign.start()]}{_hashes(foreign)}{path.name[foreign.end() :]}"
        message = f"{text!r} writes the frame number as {foreign.group()}, which is not read here."
        if foreign["first"]:
            extra = f" and {flag} {foreign.group()[1:-1]}"
    elif ranged:
        name, extra = ranged[0], f" and {flag} {ranged[1]}"
        message = f"{text!r} has a range of frames in the name."
    elif any(_PRINTF.search(part) or "#" in part for part in path.parts[:-1]):
        message = f"{text!r} has the frame number in a folder's name."
        name = f"{path.stem}.####{path.suffix}"
    else:
        reading = of_number(path.name)
        name = spelled(reading) if reading else f"{path.stem}.####{path.suffix}"
    return InvalidSetting(message, f"Write {str(path.with_name(name))!r}{extra}. {_QUOTE}")


def range_in(path: Path) -> str:
    """How to write a pattern that has a range beside its placeholder; "" when it has none."""
    found = _without_range(path.name)
    return f"Write {str(path.with_name(found[0]))!r} and --range {found[1]}." if found else ""


def _without_range(name: str) -> tuple[str, str] | None:
    match = _RANGE.search(name)
    if match is None:
        return None
    rest = f"{name[: match.start()]}{name[match.end() :]}"
    if not (_RUNS.search(rest) or _PRINTF.search(rest)):
        return None
    rest = re.sub(r"(?<![#@])[#@](?![#@])", "####", rest, count=1)  # fileseq's # is four digits
    return rest, match["range"].split("x")[0]


def _hashes(match: re.Match[str]) -> str:
    digits = match["houdini"] or match["other"] or ("0" * len(match["first"] or "0000"))
    return "#" * (int(digits) if digits.strip("0") else len(digits))
