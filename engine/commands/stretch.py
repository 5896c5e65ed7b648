"""Make the sound of a clip as long as its slow motion, at its own pitch."""

from __future__ import annotations

import argparse
from fractions import Fraction
from pathlib import Path

from ..plate.audio import stretch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `python -m engine stretch`."""
    parser.add_argument("source", type=Path, help="A file with sound.")
    parser.add_argument("target", type=Path, help="The WAV file to write.")
    parser.add_argument("--start", type=Fraction, default=Fraction(0), help="Seconds into it.")
    parser.add_argument("--seconds", type=Fraction, required=True, help="Seconds of it.")
    parser.add_argument("--speed", type=Fraction, required=True, help="1/2: twice as long.")


def run(arguments: argparse.Namespace) -> int:
    """Write the file and say how long it is."""
    samples = stretch(
        arguments.source, arguments.target, arguments.start, arguments.seconds, arguments.speed
    )
    print(f"{arguments.target}: {samples} samples")
    return 0
