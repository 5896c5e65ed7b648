"""Make the sound of a clip as long as its slow motion, at its own pitch."""

from __future__ import annotations

import argparse

from ..plate.audio import stretch


def run(arguments: argparse.Namespace) -> int:
    """Write the file and say how long it is."""
    samples = stretch(
        arguments.source, arguments.target, arguments.start, arguments.seconds, arguments.speed
    )
    print(f"{arguments.target}: {samples} samples")
    return 0
