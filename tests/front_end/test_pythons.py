"""The front end under every Python that a host may have, with the standard library alone."""

import json
import os
import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from hifi_ofx.retime import Retime

ROOT = Path(__file__).parents[2]
VERSIONS = ("3.9", "3.10", "3.11", "3.12", "3.13")
NEED_MORE = ("hifi_ofx.panel", "hifi_ofx.ofx")  # Qt; the built plug-in

# Imports every module, without site-packages (-S) and without caches (-B), then makes a plan.
SCRIPT = """
import importlib, json, pkgutil, sys
sys.path.insert(0, {root!r})
import hifi_ofx
def modules():
    for found in pkgutil.walk_packages(hifi_ofx.__path__, "hifi_ofx.", onerror=None):
        if not found.name.startswith({need_more!r}):
            yield found.name
names = []
for name in modules():
    importlib.import_module(name)
    names.append(name)
assert not [path for path in sys.path if "site-packages" in path], sys.path
from hifi_ofx.retime import Retime, parse_speed
from hifi_ofx.interpreter import engine_python
plan = Retime(speed=parse_speed("3/7")).plan(1001, 1011)
print(json.dumps(dict(version=sys.version_info[:2], names=names, plan=repr(plan),
                      python=engine_python(), executable=sys.executable)))
"""


def interpreter(version):
    """A CPython of this version: pyenv's, else the one on PATH; None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    own = [path / "bin" / f"python{version}" for path in pyenv.glob(f"{version}.*")]
    found = shutil.which(f"python{version}")
    candidates = [*sorted(own), *([Path(found)] if found else [])]
    return next((path for path in candidates if _starts(path)), None)


def _starts(path):
    # A shim of pyenv may lie on PATH for a version that is not chosen.
    done = subprocess.run([path, "-c", ""], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_the_front_end_needs_nothing_but_this_python(version, tmp_path):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    script = SCRIPT.format(root=str(ROOT), need_more=NEED_MORE)
    environment = {name: value for name, value in os.environ.items() if "PYTHON" not in name}
    done = subprocess.run(
        [python, "-S", "-B", "-W", "error", "-c", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert ".".join(map(str, said["version"])) == version
    assert said["python"] == said["executable"]
    assert said["plan"] == repr(Retime(speed=Fraction(3, 7)).plan(1001, 1011))
    assert set(said["names"]) == _modules_on_disk()


def _modules_on_disk():
    paths = (path.relative_to(ROOT) for path in (ROOT / "hifi_ofx").rglob("*.py"))
    names = {re.sub(r"\.__init__$", "", ".".join(path.with_suffix("").parts)) for path in paths}
    return {name for name in names - {"hifi_ofx"} if not name.startswith(NEED_MORE)}
