"""The timing of one event of an edit decision list, CMX 3600.

    001  A012C003 V     C        01:00:00:00 01:00:02:00 01:00:00:00 01:00:04:00
    M2   A012C003       012.0                01:00:00:00

An event has source in and out and record in and out; M2 says its speed, in frames a second of the
list's own rate, and the timecode at which it begins. The rate itself is not written: it is the one
by which speeds and lengths of all events agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from hifi_ofx.errors import InvalidSetting

from .found import Found, Span, constant, one_of

RATES = (24, 25, 30, 48, 50, 60)  # 23.976 and the like count as the next whole one
_CODE = r"(\d\d)[:;.](\d\d)[:;.](\d\d)[:;.,](\d\d)"
_EVENT = re.compile(rf"^(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s.*?{_CODE}\s+{_CODE}\s+{_CODE}\s+{_CODE}")
_M2 = re.compile(rf"^M2\s+(?:\S+\s+)?([-+]?\d+(?:\.\d+)?)\s+{_CODE}")
_NAME = re.compile(r"^\*\s*FROM CLIP NAME:\s*(.+?)\s*$", re.IGNORECASE)
_HINT = "Export it as OTIO, which says its rate and speed, or write the speed itself: --speed."

Code = tuple[int, int, int, int]


@dataclass
class _Event:
    number: str
    reel: str
    codes: tuple[Code, Code, Code, Code]  # source in, out, record in, out
    name: str = ""
    speeds: list[Fraction] = field(default_factory=list)  # frames a second, a line each
    entry: Code | None = None

    def fits(self, rate: int, drop: bool) -> bool:
        """Whether its speed and its lengths agree at this rate, as far as M2's tenths tell."""
        if max(code[3] for code in self.codes) >= rate:
            return False
        if len(self.speeds) != 1 or not self.speeds[0]:
            return True
        source, record = self.lengths(rate, drop)
        told = abs(self.speeds[0]) / rate * record
        return abs(told - source) <= 1 + Fraction(1, 20) / rate * record

    def lengths(self, rate: int, drop: bool) -> tuple[int, int]:
        """Frames of source and record."""
        begin, end, first, last = (_frames(code, rate, drop) for code in self.codes)
        return end - begin, last - first


def read(text: str, name: str, wanted: str, span: Span) -> Found:
    """The keys of the event that is wanted, or of the only one. Raises InvalidSetting."""
    events, drop = _events(text.splitlines())
    retimed = [one for one in events if one.speeds]
    candidates = events if wanted or len(retimed) != 1 else retimed
    names = [_called(one, wanted) for one in candidates]
    event = candidates[one_of("event", names, wanted, name)]
    what = f"{name}: event {event.number}"
    if len(event.speeds) > 1:
        raise InvalidSetting(f"{what} has {len(event.speeds)} speeds (M2).", _HINT)
    return _found(event, what, _rate(events, drop, name), drop, span)


def _events(lines: Iterable[str]) -> tuple[list[_Event], bool]:
    """The events of pictures, and whether timecode drops numbers."""
    events: list[_Event] = []
    drop, listening = False, False
    for line in lines:
        found = _EVENT.match(line)
        if line.upper().startswith("FCM:"):
            drop = "NON" not in line.upper()
        elif found:
            listening = "V" in found[3].upper() or found[3].upper() == "B"
            codes = [tuple(map(int, found.groups()[n : n + 4])) for n in (4, 8, 12, 16)]
            if listening:
                events.append(_Event(found[1], found[2], tuple(codes)))  # type: ignore[arg-type]
        elif listening and events:
            _say_more(events[-1], line)
    return events, drop


def _say_more(event: _Event, line: str) -> None:
    """What a line below an event adds to it."""
    if speed := _M2.match(line):
        event.speeds.append(Fraction(speed[1]))
        hours, minutes, seconds, frames = (int(word) for word in speed.groups()[1:])
        event.entry = hours, minutes, seconds, frames
    elif titled := _NAME.match(line):
        event.name = titled[1]


def _called(event: _Event, wanted: str) -> str:
    """The name that it goes by: number, reel and clip name are all right."""
    known = (event.number, event.number.lstrip("0"), event.reel, event.name)
    return wanted if wanted and wanted in known else event.name or event.reel


def _rate(events: list[_Event], drop: bool, name: str) -> int:
    rates = [rate for rate in RATES if not drop or rate in (30, 60)]
    fitting = [rate for rate in rates if all(event.fits(rate, drop) for event in events)]
    if len(fitting) == 1:
        return fitting[0]
    agree = f"{' and '.join(map(str, fitting))} agree alike" if fitting else "none agrees"
    raise InvalidSetting(
        f"{name} does not say its frame rate, and of those by which speeds and lengths could agree "
        f"{agree}.",
        _HINT,
    )


def _found(event: _Event, what: str, rate: int, drop: bool, span: Span) -> Found:
    speed = event.speeds[0] / rate if event.speeds else Fraction(1)
    if speed < 0:
        raise InvalidSetting(
            f"{what} runs backwards; programs differ in which timecode it begins from.",
            f"Write --speed {float(-speed):g} --reverse.",
        )
    if event.entry not in (None, event.codes[0]):
        raise InvalidSetting(f"{what} has a speed (M2) that begins later than it.", _HINT)
    _, count = event.lengths(rate, drop)
    if count < 1:
        raise InvalidSetting(f"{what} has no length.", "Its record out lies before its record in.")
    first = Fraction(span[0])
    note = f"{what} is taken to begin with the plate's frame {span[0]}, at {rate} frames a second."
    return Found(constant(first, first, count, speed), note)


def _frames(code: Code, rate: int, drop: bool) -> int:
    """A timecode in frames. Dropped numbers: two a minute at 30, but every tenth (SMPTE 12-1)."""
    hours, minutes, seconds, frames = code
    whole = 60 * hours + minutes
    dropped = (rate // 15) * (whole - whole // 10) if drop else 0
    return (60 * whole + seconds) * rate + frames - dropped
