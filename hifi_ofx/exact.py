"""Numbers as exact fractions: text to `fractions.Fraction` and back, never through a float."""

from __future__ import annotations

import re
from fractions import Fraction

from hifi_ofx.errors import InvalidSetting

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")


def number(text: str) -> Fraction:
    """Exact value of a decimal or of a quotient of two; ValueError for anything else."""
    top, slash, bottom = text.partition("/")
    parts = [top.strip(), bottom.strip()] if slash else [top.strip()]
    # Two digits of exponent and 1000 characters: a hostile file cannot make numbers explode.
    if not all(len(part) <= 1000 and _NUMBER.fullmatch(part) for part in parts):
        raise ValueError(f"{text[:64]!r} is not a number")
    values = [Fraction(part) for part in parts]
    if len(values) == 2 and values[1] == 0:
        raise ValueError(f"{text!r} divides by zero")
    return values[0] / values[1] if slash else values[0]


def exact(text: str, message: str, hint: str) -> Fraction:
    """The number in a text; InvalidSetting with this message and hint when it is none."""
    try:
        return number(text)
    except ValueError as error:
        raise InvalidSetting(message, hint) from error


def in_words(value: Fraction) -> str:
    """For sentences: exact where that is short, three decimals elsewhere."""
    short = str(value)
    if len(short) <= 12:
        return short
    try:
        return f"{float(value):.3f}"
    except OverflowError:
        return f"{short[:12]}…"


def frame_in_words(frame: Fraction) -> str:
    """A frame number as people say it: 1003, 1003.5, 1003.222; "just past 1003" for a bit more."""
    if frame.denominator == 1:
        return str(frame) if len(str(frame)) <= 24 else f"{str(frame)[:12]}…"
    whole = round(frame)
    if abs(whole) > 10**12:
        return f"{str(whole)[:12]}…"
    if abs(frame - whole) < Fraction(1, 2000):
        return f"just {'past' if frame > whole else 'before'} {whole}"
    return f"{float(frame):.3f}".rstrip("0")
