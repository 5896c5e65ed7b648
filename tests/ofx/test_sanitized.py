"""The plug-in under AddressSanitizer, UndefinedBehaviorSanitizer and valgrind: not one report."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hifi_ofx.ofx.build import build

from .material import IN_BUNDLE, program

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def sanitized(bundle, tmp_path_factory):
    """The plug-in built with both sanitizers."""
    for tool in ("cmake", "c++"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}")
    made = build(tmp_path_factory.mktemp("sanitized"), sanitize="address,undefined")
    return made / IN_BUNDLE


def library(name):
    """A runtime library of the compiler; the tests skip without it."""
    words = ["c++", f"-print-file-name={name}"]
    path = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
    if not Path(path).is_absolute():
        pytest.skip(f"the compiler has no {name}")
    return path


def unwatched(folder):
    """A Python for the engine, without the sanitizers' libraries."""
    return program(folder / "python", f'#!/bin/sh\nunset LD_PRELOAD\nexec {sys.executable} "$@"\n')


def test_no_report_from_the_sanitizers(sanitized, small, tmp_path):
    """Python itself leaks by design: leaks are looked for by valgrind and the 200 renders."""
    words = [sys.executable, "-m", "tests.ofx.drive", sanitized, json.dumps(small)]
    environment = {
        **os.environ,
        "LD_PRELOAD": f"{library('libasan.so')} {library('libubsan.so')}",
        "ASAN_OPTIONS": f"detect_leaks=0:halt_on_error=0:log_path={tmp_path}/asan",
        "UBSAN_OPTIONS": f"print_stacktrace=1:halt_on_error=0:log_path={tmp_path}/ubsan",
        "HIFI_ENGINE_PYTHON": str(unwatched(tmp_path)),
    }
    done = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900, check=False
    )
    reports = [path.read_text(encoding="utf-8") for path in tmp_path.glob("?*san.*")]
    assert not reports, "\n".join(reports)
    assert done.returncode == 0 and done.stdout.endswith("driven\n"), done.stderr


def test_no_report_from_valgrind(bundle, tmp_path):
    for tool in ("valgrind", "cc"):
        if shutil.which(tool) is None:
            pytest.skip(f"there is no {tool}")
    host = tmp_path / "load_cycle"
    subprocess.run(["cc", "-g", "-o", host, HERE / "load_cycle.c", "-ldl"], check=True)
    options = ["--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite,indirect"]
    options += ["--errors-for-leak-kinds=definite,indirect", "--num-callers=30"]
    done = subprocess.run(
        ["valgrind", *options, host, bundle / IN_BUNDLE],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "ERROR SUMMARY: 0 errors" in done.stderr
