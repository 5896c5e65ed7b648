"""`python -m engine …`: the commands that run inside the engine's environment."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys

from hifi_ofx.errors import HifiError

# Each command lives in a module with `add_arguments(parser)` and `run(arguments) -> exit code`.
COMMANDS = {
    "info": "engine.commands.info",
    "completion": "engine.commands.completion",
    "doctor": "engine.commands.doctor",
    "demo": "engine.commands.demo",
    "bench": "engine.commands.bench",
    "stretch": "engine.commands.stretch",
    "train": "engine.training.run.command",
    "check": "engine.evaluation.check_command",
    "evaluate": "engine.evaluation.command",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns its exit code; a HifiError becomes its sentence on stderr."""
    words = sys.argv[1:] if arguments is None else arguments
    if words[:1] == ["serve"]:
        from engine.commands.serve import main as serve

        return serve()
    if not words or words[0] not in COMMANDS:
        print(f"usage: python -m engine {{serve,{','.join(COMMANDS)}}} …", file=sys.stderr)
        return 2
    command = importlib.import_module(COMMANDS[words[0]])
    parser = argparse.ArgumentParser(f"hifi-ofx {words[0]}", description=command.__doc__)
    command.add_arguments(parser)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        return int(command.run(parser.parse_args(words[1:])))
    except HifiError as error:
        print(f"hifi-ofx: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
