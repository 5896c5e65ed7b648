"""`hifi-ofx …`: the command line. It drives the engine process that the hosts drive too."""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Optional

from . import __version__, terminal
from .child import engine_environment
from .ending import ended
from .errors import Cancelled, HifiError
from .interpreter import engine_python
from .request_flags import request_from, with_signs

__all__ = ["COMMANDS", "argument_parser", "main", "request_from"]

# A command is a module: its docstring, `add_arguments(parser)` and `run(arguments) -> exit code`.
COMMANDS = {
    "retime": "hifi_ofx.commands.retime",
    "submit": "hifi_ofx.commands.submit",
    "doctor": "hifi_ofx.commands.doctor",
    "keep": "hifi_ofx.commands.keep",
    "clean": "hifi_ofx.commands.clean",
    "resolve": "hifi_ofx.commands.resolve",
    "install": "hifi_ofx.install",
    "panel": "hifi_ofx.panel.command",
}

# Commands that need torch run in the engine's own interpreter, which knows their flags.
_ENGINE_COMMANDS = {
    "demo": "Make a plate, retime it, and show how good it is.",
    "check": "Ask a plate how good its retime will be, and by which settings.",
    "completion": "Print what a shell needs to complete commands, flags and files.",
    "info": "Show the engine, a network config or a weights file.",
    "bench": "Measure the engine on this machine.",
    "export": "Write a network for other programs: ONNX, TorchScript.",
    "train": "Train weights.",
    "distill": "Teach one view of the motion network what several know.",
    "evaluate": "Measure weights on frames with a known middle.",
}

_EXIT_CODES = """
exit codes:
  0  done            1  anything else       2  a setting or flag is wrong
  3  the plate cannot be used (missing, mixed or damaged frames)
  4  a file could not be written            5  the weights cannot be used
  6  not enough memory                      7  the engine did not start or died
  130  cancelled with Ctrl-C; finished frames are kept
"""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run a command. Returns the exit code; a failure becomes one sentence on stderr."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parsed = argparse.Namespace()

    def run() -> int:
        if words and words[0] in _ENGINE_COMMANDS:
            return _engine_command(words)
        argument_parser().parse_args(with_signs(words), parsed)
        return int(importlib.import_module(COMMANDS[parsed.command]).run(parsed))

    def tell(error: HifiError) -> None:
        terminal.failed(error, getattr(parsed, "json", False), getattr(parsed, "openjd", False))

    return ended(run, tell)


def argument_parser() -> argparse.ArgumentParser:
    """The parser for everything that runs without the engine's environment."""
    parser = argparse.ArgumentParser(
        "hifi-ofx",
        description="Retime plates with patch-based cascaded diffusion: EXR in, EXR out.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_EXIT_CODES,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"hifi-ofx {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        command = importlib.import_module(module)
        summary = (command.__doc__ or "").partition("\n")[0]  # none with python -OO
        command.add_arguments(
            commands.add_parser(
                name,
                help=summary,
                description=summary,
                epilog=_EXIT_CODES,
                formatter_class=argparse.RawDescriptionHelpFormatter,
                allow_abbrev=False,  # --step is no other way to say --steps
            )
        )
    for name, text in _ENGINE_COMMANDS.items():
        commands.add_parser(name, help=text, add_help=False)
    return parser


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
