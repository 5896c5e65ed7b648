"""`python -m tests.reliability`: faults by the hundred, and what each of them cost.

Prints how many were tried, survived and lost, by fault and phase. A fault is survived where no
frame is wrong or half-written under its name, the failure is told in a sentence, no engine lives
on, and the next run makes what a clean one makes and leaves nothing else behind.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from hifi_ofx.engine_process import EngineProcess
from tests.reliability.faults import every
from tests.reliability.judging import Verdict, tried
from tests.reliability.workspace import Workspace


def main(words: list[str] | None = None) -> int:
    """Try faults and print the table. Returns 1 where any was not survived."""
    parser = argparse.ArgumentParser("python -m tests.reliability", description=__doc__)
    parser.add_argument("--faults", type=int, default=200, metavar="N", help="How many (200).")
    parser.add_argument("--seed", type=int, default=0, help="Other moments, other sizes.")
    parser.add_argument("--only", default="", metavar="TEXT", help="Faults with this in the name.")
    arguments = parser.parse_args(words)
    began, verdicts = time.monotonic(), []
    for verdict in verdicts_of(arguments.faults, arguments.seed, arguments.only):
        verdicts.append(verdict)
        for lost in verdict.lost:
            print(f"lost: {verdict.fault.name} ({verdict.fault.phase}): {lost}", flush=True)
    print("\n".join(table(verdicts)))
    print(f"{time.monotonic() - began:.0f} s")
    return int(any(verdict.lost for verdict in verdicts))


def verdicts_of(count: int, seed: int = 0, only: str = "") -> Iterator[Verdict]:
    """So many faults, kind after kind and then anew."""
    kinds = [fault for fault in every() if only in fault.name]
    with tempfile.TemporaryDirectory() as folder, EngineProcess() as engine:
        work = Workspace(Path(folder), engine)
        for number in range(count):
            chance = Random(f"{seed} {number}")
            yield tried(kinds[number % len(kinds)], work, chance)


def table(verdicts: Iterable[Verdict]) -> list[str]:
    """A line a fault and phase, and one for all."""
    rows: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        rows.setdefault(f"{verdict.fault.name}, {verdict.fault.phase}", []).append(verdict)
    every_one = [verdict for row in rows.values() for verdict in row]
    head = f"{'fault':54} tried  struck  survived  lost"
    return [head, *(_row(name, row) for name, row in rows.items()), _row("all", every_one)]


def _row(name: str, row: list[Verdict]) -> str:
    lost = sum(bool(verdict.lost) for verdict in row)
    struck = sum(verdict.struck for verdict in row)
    return f"{name:54} {len(row):5}  {struck:6}  {len(row) - lost:8}  {lost:4}"


if __name__ == "__main__":
    sys.exit(main())
