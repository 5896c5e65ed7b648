"""Render a retime of an image sequence or a video."""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
from collections.abc import Iterator

from .. import request_flags, terminal
from ..checking import check_paths
from ..errors import Cancelled
from ..several_devices import engine_for

EXAMPLES = """
examples:
  hifi-ofx retime 'plate.####.exr' 'slow.####.exr' --speed 1/4
  hifi-ofx retime 'plate.%04d.exr' 'ramp.%04d.exr' --curve ramp.csv --interpolation cubic
  hifi-ofx retime plate.mov 'smooth.####.exr' --fps 24000/1001:50 --preset draft
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The flags of `hifi-ofx retime`."""
    parser.epilog = EXAMPLES + (parser.epilog or "")
    request_flags.add_flags(parser)
    parser.add_argument(
        "--dry-run", action="store_true", help="Print the plan and its cost; render nothing."
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="Print JSON, an object a line.")
    form.add_argument(
        "--openjd", action="store_true", help="Print progress as Open Job Description reads it."
    )


def run(arguments: argparse.Namespace) -> int:
    """Render, or with --dry-run print the plan. Raises Cancelled on Ctrl-C and on SIGTERM."""
    request = request_flags.request_from(arguments)
    check_paths(request)
    display = terminal.display(arguments.json, arguments.openjd)
    try:
        display.doing("Starting the engine: loading torch")
        # Leaving the engine's context waits for its last frame.
        with _stoppable(), engine_for(request) as engine:
            display.doing(f"Loading the weights {request.weights} and reading the plate")
            plan = arguments.dry_run
            for line in engine.plan(request, headers=True) if plan else engine.render(request):
                display.show(line)
    except KeyboardInterrupt:
        raise Cancelled(
            "Cancelled.", "Finished frames are kept; the same command goes on from them."
        ) from None
    finally:
        display.close()
    return 0


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Inside, the signals with which farms and systems stop a program count as Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGTERM", "SIGBREAK")  # farms send the second on Windows
    kinds = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [signal.signal(kind, signal.default_int_handler) for kind in kinds]
    try:
        yield
    finally:
        for kind, handler in zip(kinds, before):
            signal.signal(kind, handler)
