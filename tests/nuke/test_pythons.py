"""Nuke 14 has Python 3.9, later ones have later: the shim runs under all of them."""

import glob
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13")


def pythons(version):
    """Where a Python of this version may be: pyenv's folders, then PATH."""
    root = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    yield from sorted(glob.glob(f"{root}/versions/{version}.*/bin/python{version}"))
    found = shutil.which(f"python{version}")
    if found:
        yield found


def works(python, version):
    """Whether it starts and is what it says; pyenv's own commands may not."""
    asked = subprocess.run([python, "--version"], capture_output=True, text=True, check=False)
    return asked.returncode == 0 and asked.stdout.startswith(f"Python {version}.")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_shim_imports_and_keeps_time_under(version, tmp_path):
    python = next((path for path in pythons(version) if works(path, version)), None)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    done = subprocess.run(
        [python, "-I", "-B", "-W", "error", str(ROOT / "tests/nuke/under_any_python.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    passed = re.fullmatch(r"(\d+) passed\n", done.stdout)
    assert passed
    assert int(passed[1]) >= 20
