"""`python -m tests`: lint, types and tests, as continuous integration runs them.

python -m tests          everything that is fast
python -m tests --slow   what takes longer, too
python -m tests --fix    first write what is made from declarations, format, and fix lint
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NUKE = [
    "nuke/init.py",
    "nuke/menu.py",
    "nuke/doctor.py",
    "nuke/hifi_nuke",
]  # files: the folder is no package


def main() -> int:
    """Run each check in turn and stop at the first that fails. Returns its exit code."""
    parser = argparse.ArgumentParser("python -m tests", description=__doc__)
    parser.add_argument("--slow", action="store_true", help="Run the slow tests, too.")
    parser.add_argument(
        "--fix", action="store_true", help="Write derived files, format, fix lint, first."
    )
    arguments, pytest_words = parser.parse_known_args()
    for command in commands(arguments, pytest_words):
        print("$ python -m", *command, flush=True)
        code = subprocess.call([sys.executable, "-m", *command], cwd=ROOT)
        if code:
            return code
    return 0


def commands(arguments: argparse.Namespace, pytest_words: list[str]) -> list[list[str]]:
    """The module and arguments of each check."""
    fixes = [["tests.derived"], ["ruff", "check", "--fix", "-q"], ["ruff", "format", "-q"]]
    marks = [] if arguments.slow else ["-m", "not slow"]
    return [
        *(fixes if arguments.fix else []),
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
        ["mypy", *NUKE],
        # The stubs of Resolve are Python 3.11's.
        ["mypy", "--python-version", "3.11", "-p", "hifi_resolve"],
        ["pytest", *marks, *pytest_words],
    ]


if __name__ == "__main__":
    sys.exit(main())
