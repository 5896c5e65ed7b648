"""Measure the engine on this machine: networks, overhead, memory, phases, and what frames take."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hifi_ofx.errors import InvalidSetting

from ..pictures.roofline import Point, Roof, roofline
from ..plate.atomic import output_error
from ..plate.png import write_png
from . import (
    bench_backends,
    bench_memory,
    bench_networks,
    bench_overhead,
    bench_pipeline,
    bench_presets,
    bench_reference,
    bench_still,
    flags,
)
from .bench_shown import readable

Measure = Callable[[argparse.Namespace], dict[str, Any]]

KINDS: Mapping[str, Measure] = {
    "networks": bench_networks.measured,
    "overhead": bench_overhead.measured,
    "memory": bench_memory.measured,
    "pipeline": bench_pipeline.measured,
    "presets": bench_presets.measured,
    "reference": bench_reference.measured,
    "backends": bench_backends.measured,
    "still": bench_still.measured,
}
WHOLE = ("networks", "overhead", "memory", "pipeline", "presets")  # of what is asked as `all`


def run(arguments: argparse.Namespace) -> int:
    """Measure what was asked for and print it; files are written at the end."""
    if arguments.picture and arguments.kind not in ("networks", "all"):
        raise InvalidSetting("A roofline shows networks.", "Ask for networks, or for all.")
    measured = _all(arguments) if arguments.kind == "all" else KINDS[arguments.kind](arguments)
    if arguments.json == "-":
        print(json.dumps(measured))
    elif arguments.kind != "all":
        print(readable(measured))
    if arguments.json and arguments.json != "-":
        _written(Path(arguments.json), json.dumps(measured, indent=1) + "\n")
    if arguments.picture:
        networks = measured["networks"] if arguments.kind == "all" else measured
        write_png(picture(networks), arguments.picture)
    return 0


def _all(arguments: argparse.Namespace) -> dict[str, Any]:
    """One after the other, as small as they are still true; each is printed when it is done."""
    found = {}
    for kind in (*WHOLE, *(["reference"] if arguments.reference else [])):
        print(f"bench {kind} …", file=sys.stderr, flush=True)
        found[kind] = KINDS[kind](flags.bench_defaults(kind, arguments))
        if arguments.json != "-":
            print(f"{kind}\n{readable(found[kind])}\n", flush=True)
    return found


def picture(networks: Mapping[str, Any]) -> Any:
    """The roofline of what `networks` measured: a roof for each precision."""
    reached = networks["reached"]
    roofs = [
        Roof(one["precision"], one["product_flops_per_second"], one["copy_bytes_per_second"])
        for one in reached
    ]
    order = [roof.name for roof in roofs]
    points = [
        Point(
            f"{row['network']} {row['backend']}, {row['precision']}",
            row["flops"] / row["moved_bytes"],
            row["flops_per_second"],
            order.index(row["precision"]),
        )
        for row in networks["networks"]
    ]
    return roofline(f"hifi-ofx bench networks, {networks['device']}", roofs, points)


def _written(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise output_error(path, error) from error
