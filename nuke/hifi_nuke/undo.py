"""What an artist did not do, and so cannot undo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import nuke


@contextmanager
def not_recorded() -> Iterator[None]:
    """Change knobs and nodes without a step of Undo: Ctrl+Z takes back what the artist did."""
    nuke.Undo.disable()
    try:
        yield
    finally:
        nuke.Undo.enable()
