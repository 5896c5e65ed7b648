"""`python -m engine …`: the commands that run inside the engine's environment."""

from __future__ import annotations

import argparse
import gc
import importlib
import inspect
import io
import logging
import os
import sys

from engine.commands import flags
from engine.commands.input import Input
from engine.memory.heap import keep_freed
from hifi_ofx.ending import ended
from hifi_ofx.errors import Cancelled

# Each command has its flags in `flags`, under its name, and `run(arguments) -> exit code` here.
COMMANDS = {
    "info": "engine.commands.info",
    "completion": "engine.commands.completion",
    "doctor": "engine.commands.doctor",
    "demo": "engine.commands.demo",
    "bench": "engine.commands.bench",
    "export": "engine.commands.export",
    "stretch": "engine.commands.stretch",
    "train": "engine.training.run.command",
    "distill": "engine.training.run.distill_command",
    "check": "engine.evaluation.check_command",
    "evaluate": "engine.evaluation.command",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns its exit code; a failure becomes its sentence on stderr."""
    words = sys.argv[1:] if arguments is None else arguments
    keep_freed()
    return ended(_serve if words[:1] == ["serve"] else lambda: _run(words))


def _run(words: list[str]) -> int:
    if not words or words[0] not in COMMANDS:
        print(f"usage: python -m engine {{serve,{','.join(COMMANDS)}}} …", file=sys.stderr)
        return 2
    parsed = parser_of(words[0]).parse_args(words[1:])  # help has been shown by now
    command = importlib.import_module(COMMANDS[words[0]])
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    return int(command.run(parsed))


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser of a command, without what the command needs to run."""
    declared = getattr(flags, name)
    description = inspect.getdoc(declared)
    parser = argparse.ArgumentParser(
        f"hifi-ofx {name}", description=description, allow_abbrev=False
    )
    declared(parser)
    return parser


def _serve() -> int:
    """Listen to the front end, and only then import what takes its time."""
    if isinstance(sys.stdin, io.TextIOWrapper):  # whatever the locale; a path may be any bytes
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    lines = Input(sys.stdin, Cancelled.exit_code)
    gc.disable()  # looking over what is imported, again and again, takes a seventh of the start
    from engine.commands.serve import main as serve

    gc.freeze()  # it stays
    gc.enable()
    code = serve(lines)
    sys.stderr.flush()
    os._exit(code)  # work that was left to itself, and libraries that tidy up, are not waited for


if __name__ == "__main__":
    sys.exit(main())
