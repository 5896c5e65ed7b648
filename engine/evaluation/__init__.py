"""Measure weights on frames whose true middle is known: PSNR of ours and of the frame blend.

ROOT holds folders of 0, 1 and 2 (.png or .exr): first frame, true middle, second frame.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from statistics import fmean

from tqdm import tqdm

from hifi_ofx import parameters
from hifi_ofx.errors import OutputError
from hifi_ofx.quality import PRESETS, Machine, preset

from ..loaded import Loaded
from .triplets import Scores, score, triplets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx evaluate`."""
    parser.add_argument("benchmark", choices=["triplets"], help="How ROOT is laid out.")
    parser.add_argument("root", type=Path, help="Folder of the benchmark.")
    parser.add_argument("--preset", default="standard", metavar="|".join(PRESETS))
    parser.add_argument("--weights", default="tiny", help="Shipped weights by name, or a file.")
    parser.add_argument("--json", type=Path, metavar="FILE", help="Write the figures as JSON.")
    parameters.add_flags(parser, PRESETS["standard"], "quality")
    parameters.add_flags(parser, Machine, "machine")


def run(arguments: argparse.Namespace) -> int:
    """Score every triplet, print a table, and write the JSON file that was asked for."""
    quality = parameters.from_flags(preset(arguments.preset), arguments)
    machine = parameters.from_flags(Machine(), arguments)
    interpolator, _ = Loaded().load(arguments.weights, machine, quality.patch)
    scores: dict[str, Scores] = {}
    for folder in tqdm(triplets(arguments.root), unit="triplet", disable=not sys.stderr.isatty()):
        scores[folder.name] = score(folder, interpolator, quality)
    print(table(scores))
    if arguments.json:
        _write(arguments.json, scores)
    return 0


def mean(scores: dict[str, Scores]) -> Scores:
    """The mean of each figure over all frames."""
    methods = next(iter(scores.values()))
    return {
        method: {
            figure: fmean(frame[method][figure] for frame in scores.values())
            for figure in methods[method]
        }
        for method in methods
    }


def table(scores: dict[str, Scores]) -> str:
    """A line a frame and the mean: PSNR in dB of every method."""
    methods = list(next(iter(scores.values())))
    width = max(len(name) for name in scores)
    lines = [f"{'PSNR in dB':{width}}" + "".join(f"{method:>9}" for method in methods)]
    for name, frame in [*scores.items(), ("mean", mean(scores))]:
        lines.append(f"{name:{width}}" + "".join(f"{frame[m]['psnr']:9.2f}" for m in methods))
    return "\n".join(lines)


def _write(path: Path, scores: dict[str, Scores]) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(json.dumps({"mean": mean(scores), "frames": scores}, indent=1))
        partial.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}.", "Check it.") from error
