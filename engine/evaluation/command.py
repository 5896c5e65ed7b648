"""Measure weights on frames whose in-betweens are known, beside the simple ways to make them.

ROOT is a benchmark's folder as it was published; docs/evaluation.md shows each, and what the paper
reached on it. triplets are folders of 0, 1 and 2 (.png or .exr): first frame, true middle, second.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hifi_ofx import parameters
from hifi_ofx.errors import Cancelled, HifiError
from hifi_ofx.quality import PRESETS, Machine
from hifi_ofx.request import DEFAULT_WEIGHTS

from ..plate.atomic import atomic
from . import methods, report, tiling
from .benchmarks import BENCHMARKS
from .preparation import Evaluation, prepared
from .scoring import Scored
from .worst import Worst


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx evaluate`."""
    parser.add_argument("benchmark", choices=list(BENCHMARKS), help="How ROOT is laid out.")
    parser.add_argument("root", type=Path, help="Folder of the benchmark.")
    parser.add_argument("--preset", default="standard", metavar="|".join(PRESETS))
    parser.add_argument("--weights", default=DEFAULT_WEIGHTS, help="Shipped name, or a file.")
    parser.add_argument(
        "--methods", metavar="NAME,NAME",
        help=f"What to compare, of {','.join(methods.NAMES)}; all but guide unless given.",
    )  # fmt: skip
    _add_selection(parser)
    _add_output(parser)
    _add_ablations(parser)
    parameters.add_flags(parser, PRESETS["standard"], "quality")
    parameters.add_flags(parser, Machine, "machine")


def _add_selection(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("which items")
    group.add_argument("--limit", type=int, default=0, metavar="N", help="The first N only.")
    group.add_argument("--only", default="", metavar="NAME,NAME", help="These; * stands for any.")


def _add_output(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is written")
    group.add_argument("--json", type=Path, metavar="FILE", help="Write the figures as JSON.")
    group.add_argument(
        "--worst", type=Path, metavar="FILE.png",
        help="Write a contact sheet of the ten frames where ours is furthest behind.",
    )  # fmt: skip


def _add_ablations(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("sweeps and ablations")
    group.add_argument(
        "--sweep", action="append", default=[], metavar="KNOB=VALUE,VALUE",
        help="Try these values of a quality flag, as in steps=1,2,4; with several sweeps, every "
        "combination.",
    )  # fmt: skip
    group.add_argument(
        "--upsampler", metavar="WEIGHTS", help="Other weights for the stages above the base."
    )
    group.add_argument(
        "--tiling", type=float, nargs="?", const=tiling.START, metavar="TIME",
        help="Instead of the cascade, refine the upsampled base prediction in tiles, as DDVM does, "
        f"from this diffusion time on (0 to 1; {tiling.START} where none is given).",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Score every frame, print the figures, and write the files that were asked for.

    Stopped by Ctrl-C or by a frame that cannot be read, it reports the frames that are done.
    """
    evaluation = prepared(arguments)
    for sentence in evaluation.left_out:
        print(sentence, file=sys.stderr)
    frames, worst = [], Worst()
    stopped: BaseException | None = None
    try:
        for frame in _frames(evaluation):
            frames.append(replace(frame, pictures={}))
            if arguments.worst:
                worst.add(frame)
    except (KeyboardInterrupt, HifiError) as error:
        stopped = error
    if frames:
        _report(arguments, evaluation, frames, worst)
    return _exit_code(stopped, len(frames), _count(evaluation))


def _frames(evaluation: Evaluation) -> Iterator[Scored]:
    """Every frame as it is scored, with a progress bar on a terminal."""
    hidden = not sys.stderr.isatty()
    with tqdm(total=_count(evaluation), unit="frame", disable=hidden) as bar:
        for item in evaluation.items:
            bar.set_description(item.name)
            for frame in evaluation.scoring.frames(item):
                yield frame
                bar.update()


def _count(evaluation: Evaluation) -> int:
    return sum(len(item.truths) for item in evaluation.items)


def _report(
    arguments: argparse.Namespace, evaluation: Evaluation, frames: list[Scored], worst: Worst
) -> None:
    print(report.text(frames, evaluation.variants))
    if arguments.json:
        settings = {**evaluation.settings, "count": len(frames), "of": _count(evaluation)}
        _write_json(arguments.json, report.to_json(frames, evaluation.variants, settings))
    if arguments.worst:
        worst.write(arguments.worst, f"{evaluation.title}: where ours is furthest behind")


def _write_json(path: Path, data: dict[str, Any]) -> None:
    with atomic(path) as temporary:
        temporary.write_text(json.dumps(data, indent=1), encoding="utf-8")


def _exit_code(stopped: BaseException | None, done: int, total: int) -> int:
    """0 when all is done; else says how far it came. Raises what stopped it, but not Ctrl-C."""
    if stopped is None:
        return 0
    print(f"hifi-ofx: stopped after {done} of {total} frames.", file=sys.stderr)
    if isinstance(stopped, HifiError):
        raise stopped
    return Cancelled.exit_code
