"""Print what a shell needs to complete commands, flags and files: eval "$(hifi-ofx completion)"."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from hifi_ofx.cli import argument_parser
from hifi_ofx.errors import HifiError

from .flags import SHELLS


def run(arguments: argparse.Namespace) -> int:
    """Print the script. Raises HifiError without shtab."""
    try:
        import shtab
    except ImportError:
        raise HifiError("shtab is not installed.", "pip install 'hifi-ofx[shell]'.") from None
    parser = argument_parser()
    _offer_words(parser)
    print(shtab.complete(parser, shell=arguments.shell or _used()))
    return 0


def _offer_words(parser: argparse.ArgumentParser) -> None:
    """Let the words that a flag's help shows, as nearest|ignore, be offered for it.

    They are no choices of argparse: a wrong one gets a sentence of our own.
    """
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                _offer_words(command)
        elif isinstance(action.metavar, str) and "|" in action.metavar:
            action.choices = action.metavar.split("|")


def _used() -> str:
    """The user's own shell, where its completion is known; else bash."""
    name = Path(os.environ.get("SHELL", "")).name
    return name if name in SHELLS else "bash"
