"""What the timing of a file comes to: keys of a curve that is linear between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from hifi_ofx.errors import InvalidSetting

Key = tuple[Fraction, Fraction]  # output frame, source frame
Span = tuple[int, int]  # the plate's first and last frame


class Found(NamedTuple):
    """Keys, and what has to be said of them; "" where they are what the file says."""

    keys: tuple[Key, ...]
    note: str = ""


def constant(start: Fraction, source: Fraction, count: int, speed: Fraction) -> tuple[Key, ...]:
    """Keys of `count` output frames from `start` on at one speed; a curve needs two."""
    last = max(count - 1, 1)
    return (start, source), (start + last, source + last * speed if count > 1 else source)


def simplified(keys: Iterable[Key]) -> tuple[Key, ...]:
    """The keys without those that lie on the line between others."""
    kept: list[Key] = []
    for key in keys:
        while len(kept) > 1 and _on_a_line(kept[-2], kept[-1], key):
            kept.pop()
        kept.append(key)
    return tuple(kept)


def _on_a_line(first: Key, middle: Key, last: Key) -> bool:
    (x0, y0), (x1, y1), (x2, y2) = first, middle, last
    return (y1 - y0) * (x2 - x1) == (y2 - y1) * (x1 - x0)


def one_of(kind: str, named: Sequence[str], wanted: str, name: str) -> int:
    """Which one is meant: by its name, or the only one there is. Raises InvalidSetting."""
    chosen = [index for index, one in enumerate(named) if wanted in ("", one)]
    if len(chosen) == 1:
        return chosen[0]
    listed = ", ".join(dict.fromkeys(named)) or "none"
    if not chosen:
        what = f"no {kind} {wanted!r}" if wanted else f"no {kind} whose timing could be read"
        raise InvalidSetting(f"{name} has {what}.", f"There are: {listed}.")
    again = f" named {wanted!r}" if wanted else ""
    raise InvalidSetting(
        f"{name} has {len(chosen)} {kind}s{again}: {listed}.", "Choose one with --clip NAME."
    )
