"""`python -m engine.training`: training by itself."""

from __future__ import annotations

import argparse
import logging
import sys

from hifi_ofx.errors import HifiError

from .command import add_arguments, run


def main() -> int:
    """Parse the command line, train, and say what is wrong in one sentence."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser("python -m engine.training", description=__doc__)
    add_arguments(parser)
    try:
        return run(parser.parse_args())
    except HifiError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
