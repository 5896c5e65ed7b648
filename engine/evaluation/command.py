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

from hifi_ofx.errors import Cancelled, HifiError

from ..plate.atomic import atomic
from . import report
from .preparation import Evaluation, prepared
from .progress import Told
from .scoring import Scored
from .worst import Worst


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
    """Every frame as it is scored; how far it is, is told."""
    with Told(_count(evaluation), "frame") as told:
        for item in evaluation.items:
            for frame in evaluation.scoring.frames(item):
                yield frame
                told.one(item.name)


def _count(evaluation: Evaluation) -> int:
    return sum(len(item.truths) for item in evaluation.items)


def _report(
    arguments: argparse.Namespace, evaluation: Evaluation, frames: list[Scored], worst: Worst
) -> None:
    print(report.text(frames, evaluation.variants))
    if "lpips" in evaluation.scoring.figures:
        print(f"LPIPS: {evaluation.settings['figures']['lpips']}")
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
