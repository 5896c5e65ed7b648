"""The shim against types-nuke: what is excused, and why, is all written here."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib

from tests.__main__ import NUKE

ROOT = Path(__file__).parents[2]
SHIM = sorted((ROOT / "nuke").rglob("*.py"))

# What mypy is told to overlook in nuke/, by its setting, and the reason.
EXCUSED = {
    "untyped_calls_exclude": (
        ["nuke"],
        "types-nuke has functions without any annotation (executeInMainThread, addOnScriptLoad, "
        "pluginAddPath …); calling them would be an error of its own under strict.",
    ),
}
# "file: comment" of every `type: ignore` in nuke/, and the reason. There is none.
IGNORED: dict[str, str] = {}


def test_nothing_is_ignored_that_is_not_on_the_list():
    found = {
        f"{path.name}: {match[0]}"
        for path in SHIM
        for match in re.finditer(r"#\s*type:\s*ignore.*|cast\(.*|no_type_check", path.read_text())
    }
    assert found == set(IGNORED)


def test_the_settings_are_strict_but_for_what_is_excused():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert settings["strict"] is True
    for name, (value, reason) in EXCUSED.items():
        assert settings[name] == value
        assert reason
    lenient = set(settings) - {"strict", "python_version", "packages", "mypy_path", "overrides"}
    assert lenient == set(EXCUSED)
    modules = {name for entry in settings["overrides"] for name in entry["module"]}
    assert not any(name.startswith(("nuke", "hifi_nuke")) for name in modules)


def test_the_check_covers_every_file():
    checked = [ROOT / entry for entry in NUKE]
    for path in SHIM:
        assert any(path == entry or entry in path.parents for entry in checked), path


@pytest.mark.slow
def test_a_call_that_nuke_does_not_have_is_found(tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import nuke\n\n\ndef ask() -> None:\n    nuke.nodes_of_the_script()\n")
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), str(wrong)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 1
    assert "nodes_of_the_script" in done.stdout


@pytest.mark.parametrize("path", SHIM, ids=lambda path: path.stem)
def test_the_shim_is_small_python_3_9_and_the_standard_library(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    assert not re.search(r"^\s*global ", text, re.MULTILINE)
    names = set()
    for node in ast.walk(ast.parse(text, feature_version=(3, 9))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.partition(".")[0])
    assert names <= sys.stdlib_module_names | {"nuke", "hifi_nuke", "hifi_ofx"}
