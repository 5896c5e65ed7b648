"""`hifi-ofx …`: the command line. `retime` drives the engine process that the hosts drive too."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Optional

from . import __version__, parameters, terminal
from .engine_process import EngineProcess, engine_environment, engine_python
from .errors import Cancelled, HifiError, InvalidSetting
from .quality import PRESETS, Footage, Machine, Output, preset
from .request import DEFAULT_WEIGHTS, RenderRequest
from .retime import Retime, load_curve, parse_fps, parse_range, parse_speed

# Commands that need torch run in the engine's own interpreter, which knows their flags.
_ENGINE_COMMANDS = {
    "demo": "make a plate, retime it, and show how good it is",
    "info": "show the engine, a network config or a weights file",
    "bench": "measure the engine on this machine",
    "train": "train weights",
    "evaluate": "measure weights on frames with a known middle",
}

_EXIT_CODES = """
exit codes:
  0  done            1  anything else       2  a setting or flag is wrong
  3  the plate cannot be used (missing, mixed or damaged frames)
  4  a frame could not be written           5  the weights cannot be used
  6  not enough GPU memory                  7  the engine did not start or died
  130  cancelled with Ctrl-C; finished frames are kept
"""

_EXAMPLES = """
examples:
  hifi-ofx retime 'plate.####.exr' 'slow.####.exr' --speed 1/4
  hifi-ofx retime 'plate.%04d.exr' 'ramp.%04d.exr' --curve ramp.csv --interpolation cubic
  hifi-ofx retime plate.mov 'smooth.####.exr' --fps 24000/1001:50 --preset draft
"""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run a command. Returns the exit code; a failure becomes one sentence on stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and words[0] in _ENGINE_COMMANDS:
        return _engine_command(words)
    parsed = argument_parser().parse_args(words)
    try:
        return _retime(parsed)
    except HifiError as error:
        terminal.failed(error, parsed.json)
        return error.exit_code


def argument_parser() -> argparse.ArgumentParser:
    """The parser for everything that runs without the engine's environment."""
    parser = argparse.ArgumentParser(
        "hifi-ofx",
        description="Retime plates with patch-based cascaded diffusion: EXR in, EXR out.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=f"hifi-ofx {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_retime(commands)
    for name, text in _ENGINE_COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    return parser


def _add_retime(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "retime",
        help="render a retime of a plate",
        description="Render a retime of an image sequence or a video.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXAMPLES + _EXIT_CODES,
    )
    parser.add_argument("source", help="Image sequence or video to retime.")
    parser.add_argument("target", help="Image sequence to write.")
    _add_timing(parser)
    parser.add_argument(
        "--preset", default="standard", metavar="|".join(PRESETS), help="Where the knobs start."
    )
    parser.add_argument(
        "--weights", default=DEFAULT_WEIGHTS, help="Shipped weights by name, or a file of yours."
    )
    parameters.add_flags(parser, PRESETS["standard"], "quality (defaults of the preset standard)")
    parameters.add_flags(parser, Output, "output")
    parameters.add_flags(parser, Footage, "footage")
    parameters.add_flags(parser, Machine, "machine")
    parser.add_argument(
        "--dry-run", action="store_true", help="Print the plan and its cost; render nothing."
    )
    parser.add_argument("--json", action="store_true", help="Print JSON, an object a line.")


def _add_timing(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("timing (one of speed, fps, curve)")
    timing = group.add_mutually_exclusive_group(required=True)
    timing.add_argument("--speed", help="1/4, 0.25 or 25%%: a quarter of the speed.")
    timing.add_argument("--fps", metavar="FROM:TO", help="Conform the rate: 24:60, 24000/1001:25.")
    timing.add_argument("--curve", metavar="FILE", help="CSV or JSON: output frame, source frame.")
    group.add_argument(
        "--interpolation", choices=("linear", "cubic"), help="Between the curve's keys."
    )
    group.add_argument("--range", metavar="FIRST-LAST", help="Use these source frames only.")
    group.add_argument("--reverse", action="store_true", help="Run from the last frame back.")
    group.add_argument(
        "--frames", metavar="FIRST-LAST", help="Make these output frames only (a farm's chunk)."
    )


def request_from(arguments: argparse.Namespace) -> RenderRequest:
    """The request that `retime`'s flags describe. Raises InvalidSetting in a setting's words."""
    return RenderRequest(
        source=arguments.source,
        target=arguments.target,
        retime=_timing(arguments),
        quality=parameters.from_flags(preset(arguments.preset), arguments),
        output=parameters.from_flags(Output(), arguments),
        footage=parameters.from_flags(Footage(), arguments),
        machine=parameters.from_flags(Machine(), arguments),
        weights=arguments.weights,
        only=parse_range(arguments.frames) if arguments.frames else None,
    )


def _timing(arguments: argparse.Namespace) -> Retime:
    if arguments.interpolation and not arguments.curve:
        raise InvalidSetting("--interpolation is for curves.", "Give --curve FILE as well.")
    return Retime(
        speed=parse_speed(arguments.speed) if arguments.speed else None,
        curve=load_curve(arguments.curve, arguments.interpolation) if arguments.curve else None,
        fps=parse_fps(arguments.fps) if arguments.fps else None,
        input_range=parse_range(arguments.range) if arguments.range else None,
        reverse=arguments.reverse,
    )


def _retime(arguments: argparse.Namespace) -> int:
    request = request_from(arguments)
    display = terminal.Json() if arguments.json else terminal.Lines()
    with EngineProcess() as engine:
        if arguments.dry_run:
            for line in engine.plan(request):
                display.show(line)
            return 0
        return _render(engine, request, display)


def _render(engine: EngineProcess, request: RenderRequest, display: terminal.Display) -> int:
    """Render until done. Ctrl-C cancels; leaving the engine's context waits for its last frame."""
    try:
        for line in engine.render(request):
            display.show(line)
    except KeyboardInterrupt:
        raise Cancelled(
            "Cancelled.", "Finished frames are kept; the same command goes on from them."
        ) from None
    finally:
        display.close()
    return 0


def _engine_command(words: Sequence[str]) -> int:
    """Run a command in the engine's interpreter and wait for it.

    Ctrl-C reaches that process as well; it gets the time to keep what is done.
    """
    command = [engine_python(), "-m", "engine", *words]
    interrupted = False
    with subprocess.Popen(command, env=engine_environment(os.environ)) as engine:
        while True:
            try:
                code = engine.wait()
                return Cancelled.exit_code if interrupted else code
            except KeyboardInterrupt:
                interrupted = True


if __name__ == "__main__":
    sys.exit(main())
