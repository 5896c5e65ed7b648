"""How far a measurement is: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

from tqdm import tqdm

EVERY = 30.0  # seconds between lines


@dataclass
class Told:
    """Counts to `total`, and says on stderr how far it is. A line comes at the first and the last.

    Use as a context manager: a bar is cleared up behind it.
    """

    total: int
    unit: str
    done: int = 0
    _said: float = -EVERY
    _bar: tqdm[None] = field(init=False)

    def __post_init__(self) -> None:
        self._bar = tqdm(total=self.total, unit=self.unit, disable=not sys.stderr.isatty())

    def __enter__(self) -> Told:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def one(self, name: str) -> None:
        """One is done."""
        self.done += 1
        self._bar.set_description(name)
        self._bar.update()
        late = time.monotonic() - self._said >= EVERY
        if self._bar.disable and (late or self.done == self.total):
            self._said = time.monotonic()
            print(f"{self.done} of {self.total} {self.unit}s: {name}", file=sys.stderr, flush=True)
