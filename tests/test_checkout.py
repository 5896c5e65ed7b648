"""What is tested is what lies beside the tests."""

import subprocess
import sys

import pytest

from tests.conftest import PACKAGES, ROOT, of_another_checkout

ELSEWHERE = """
import sys
from importlib.machinery import PathFinder
sys.path.insert(0, sys.argv[1])
sys.meta_path.insert(0, PathFinder)  # before the finder of this environment's own install
import {package}  # before pytest puts the checkout first, as the finder of an editable install does
import pytest
sys.exit(pytest.main(["tests/test_structure.py", "-p", "no:cacheprovider"]))
"""


@pytest.mark.parametrize("package", PACKAGES)
def test_the_tests_of_one_checkout_refuse_to_run_on_another(package, tmp_path):
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").touch()
    command = [sys.executable, "-c", ELSEWHERE.format(package=package), str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    said = f"The tests of {ROOT} would test {tmp_path / package}, which this environment imports"
    assert said in run.stdout + run.stderr
    assert "passed" not in run.stdout


def test_this_checkout_is_what_is_tested(monkeypatch):
    assert of_another_checkout() == ""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "engine cannot be imported" in of_another_checkout()
