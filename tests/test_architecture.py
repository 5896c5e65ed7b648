"""Who may import what, which Python the front end needs, and what must never come back."""

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
QT_CHOOSER = Path("hifi_ofx/panel/qt.py")
VOCABULARY = {
    "parameters", "quality", "retime", "sequence", "request", "live", "preview", "errors", "codec"
}  # fmt: skip


def modules(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def imported(path, version=(3, 12)):
    """Every absolute module name a file imports; relative ones resolved."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), feature_version=version)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (".".join((*base, name)) for name in names)


@pytest.mark.parametrize("path", modules("hifi_ofx"), ids=lambda path: path.stem)
def test_the_front_end_is_python_3_9_and_the_standard_library(path):
    outside = {name.split(".")[0] for name in imported(path, (3, 9))}
    qt = {"PySide6", "PySide2"} if path.relative_to(ROOT) == QT_CHOOSER else set()
    assert outside <= sys.stdlib_module_names | {"hifi_ofx", "__future__"} | qt


@pytest.mark.parametrize("path", modules("engine"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_engine_knows_only_the_front_end_s_vocabulary(path):
    if "commands" in path.parts:
        pytest.skip("commands are front ends themselves: they may drive the engine process")
    for name in imported(path):
        if name.startswith("hifi_ofx."):
            assert name.split(".")[1] in VOCABULARY


def test_openimageio_is_met_in_few_places():
    users = {path.stem for path in modules("engine") if "OpenImageIO" in set(imported(path))}
    assert users <= {"exr", "exr_output", "contact_sheet"}


@pytest.mark.parametrize("path", modules("hifi_ofx", "engine"), ids=lambda path: path.stem)
def test_modules_stay_small_and_quiet(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    assert not re.search(r"^global ", text, re.MULTILINE)
    assert path.stem not in {"utils", "helpers", "misc", "common"}


@pytest.mark.parametrize("path", modules("resolve"), ids=lambda path: path.stem)
def test_scripts_for_resolve_are_python_3_9_and_small(path):
    outside = {name.split(".")[0] for name in imported(path, (3, 9))}
    # fusionscript: the stubs, for the type checker alone.
    known = {"hifi_ofx", "hifi_resolve", "resolve", "fusionscript", "__future__"}
    assert outside <= sys.stdlib_module_names | known
    assert path.read_text(encoding="utf-8").count("\n") <= 400


def test_the_hosts_folders_are_no_packages():
    assert not list(ROOT.glob("nuke/__init__.py")) + list(ROOT.glob("resolve/__init__.py"))


def test_the_weights_in_the_repository_stay_within_their_budget():
    total = sum(path.stat().st_size for path in (ROOT / "engine/weights").glob("*.safetensors"))
    assert total <= 24e6
