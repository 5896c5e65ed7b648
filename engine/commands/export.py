"""Write a network for other programs: ONNX, or TorchScript for Nuke's Inference node."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from hifi_ofx.errors import InvalidSetting

from ..inference.export import Exported, export
from ..inference.names import FORMATS, PRECISIONS
from ..inference.weights_file import weights_path

_SUFFIXES = {"onnx": ".onnx", "torchscript": ".pt"}


def run(arguments: argparse.Namespace) -> int:
    """Write the file and say how large it is, and how far from torch."""
    kind = _one_of("--format", arguments.format, FORMATS)
    precision = _one_of("--precision", arguments.precision, PRECISIONS)
    weights = weights_path(arguments.weights)
    target = arguments.output or Path(_name(weights, kind, precision))
    made = export(weights, kind, precision, target)
    print(json.dumps(_as_json(made)) if arguments.json else _readable(made))
    return 0


def _one_of(flag: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise InvalidSetting(f"{flag} is {value}.", f"It must be {' or '.join(known)}.")
    return value


def _name(weights: Path, kind: str, precision: str) -> str:
    return f"{weights.stem}{'_fp16' if precision == 'fp16' else ''}{_SUFFIXES[kind]}"


def _as_json(made: Exported) -> dict[str, str | int | float]:
    return {"path": str(made.path), "bytes": made.size, "difference": made.difference}


def _readable(made: Exported) -> str:
    return (
        f"{made.path}: {made.size / 1e6:.1f} MB; differs from torch in single precision by "
        f"{made.difference:.1e} at most, on random input"
    )
