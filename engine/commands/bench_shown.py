"""What a benchmark says while it runs, and its figures in words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hifi_ofx import terminal
from hifi_ofx.terminal import Line

Show = Callable[[Line], None]

_DIGITS = 3  # behind the point


def silent(_: Line) -> None:
    """Show nothing of what the engine says."""


def show_of(arguments: argparse.Namespace) -> Show:
    """A progress bar where somebody watches."""
    watched = sys.stdout.isatty() and arguments.json != "-"
    return terminal.Lines().show if watched else silent


def readable(measured: Mapping[str, Any]) -> str:
    """Figures in words: rows as a table, groups of figures one below the other.

    `cells` are for programs: what a table above them shows.
    """
    return "\n".join(_lines({name: one for name, one in measured.items() if name != "cells"}))


def _lines(measured: Mapping[str, Any]) -> Iterator[str]:
    for name, value in measured.items():
        title = name.replace("_", " ")
        if isinstance(value, Mapping):
            yield f"{title}:"
            width = max(map(len, value), default=0)
            yield from (f"  {key:{width}}  {shown(name, one)}" for key, one in value.items())
        elif isinstance(value, list):
            yield f"{title}:"
            yield from (f"  {line}" for line in table(value))
        else:
            yield f"{title}: {shown(name, value)}"


def table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Rows of the same figures as lines, below their names."""
    if not rows:
        return []
    names = list(rows[0])
    cells = [names, *([shown(name, row[name]) for name in names] for row in rows)]
    heads = [name.replace("_", " ") for name in names]
    cells[0] = heads
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    return ["  ".join(map(str.rjust, line, widths)) for line in cells]


_WORDS: Mapping[str, Callable[[Any], str]] = {
    "gigabytes": lambda value: f"{value:.2f}",
    "bytes": lambda value: f"{value / 1e6:.0f} MB",
    "difference": lambda value: f"{value:.1e}",
    "flops": lambda value: f"{value / 1e9:.4g} G",
    "flops_per_second": lambda value: f"{value / 1e9:.4g} G",
    "bytes_per_second": lambda value: f"{value / 1e9:.4g} GB",
    "share": lambda value: f"{value:.0%}",
}


def shown(name: str, value: Any) -> str:
    """A figure as its name says: bytes in MB, shares in per cent."""
    if value is None:
        return "-"
    for ending, words in _WORDS.items():
        if name.endswith(ending):
            return words(value)
    return f"{value:.{_DIGITS}f}" if isinstance(value, float) else str(value)
