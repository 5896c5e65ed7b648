"""Which Python the engine runs in. Never a host's own: torch and the engine are not in there."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from .errors import EngineError

VARIABLE = "HIFI_ENGINE_PYTHON"
PACKAGE = Path(__file__).parent
RECORD = "engine_python.txt"
"""Its first line names the engine's Python; `hifi-ofx install` writes it beside this module."""

_PYTHON = re.compile(r"(python|pypy)w?[0-9.]*[a-z]?(_d)?(\.exe)?", re.IGNORECASE)
_NUKE = re.compile(r"nuke[0-9]+\.[0-9]+(v[0-9]+)?(\.exe)?", re.IGNORECASE)
_INSTALL = (
    f"Run `hifi-ofx install` from the Python that hifi-ofx[engine] is installed in, or set "
    f"{VARIABLE} to that Python."
)


def engine_python() -> str:
    """The Python that has the engine: the first of these that is said.

    The environment variable HIFI_ENGINE_PYTHON; the first line of `engine_python.txt` in this
    package; `.venv` of a checkout, when a host runs this; the Python that runs this. Raises
    EngineError when what is said does not exist, and in a host where nothing is said.
    """
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        return _existing(named, f"{VARIABLE} is {named!r}, which")
    record = PACKAGE / RECORD
    if record.is_file():
        named = _first_line(record)
        return _existing(named, f"{record} names the engine's Python {named!r}, which")
    if is_python(sys.executable, running_program()):
        return sys.executable
    checkout = _python_of(PACKAGE.parent / ".venv")
    if checkout.is_file():
        return str(checkout)
    program = Path(running_program()).name or "This program"
    raise EngineError(f"{program} runs this, and no Python with the engine is known.", _INSTALL)


def is_python(executable: str, program: str) -> bool:
    """Whether `sys.executable` is a Python to start children with, given the running program.

    A host that embeds Python leaves `sys.executable` empty, or naming the host, or naming whatever
    `python3` is on PATH; in the last case the running program gives it away. Nuke also comes
    with a program called python3, which lies beside Nuke itself.
    """
    names = [Path(path).name for path in (executable, program)]
    if not all(_PYTHON.fullmatch(name) for name in names):
        return False
    beside = Path(executable).parent
    return not any(_NUKE.fullmatch(name) and (beside / name).is_file() for name in _listing(beside))


def running_program() -> str:
    """The file this process was started from, links resolved; `sys.executable` where unknown."""
    try:
        return os.readlink("/proc/self/exe").replace(" (deleted)", "")  # Linux
    except OSError:
        return sys.executable or ""


def _python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    windows = sys.platform == "win32"
    return environment / ("Scripts/python.exe" if windows else "bin/python")


def _existing(python: str, saying: str) -> str:
    if python and shutil.which(os.path.expanduser(python)):
        return os.path.expanduser(python)
    raise EngineError(f"{saying} is not there or cannot be run.", _INSTALL)


def _first_line(path: Path) -> str:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"{path} cannot be read: {error}.", _INSTALL) from error
    return lines[0].strip() if lines else ""


def _listing(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
