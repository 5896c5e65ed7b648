"""Who may import what, which Python the front end needs, and what must never come back."""

import ast
import re
import sys
from pathlib import Path

import pytest

from tests import structure
from tests.structure import ROOT, imported

# What a host may bring, and the one module that asks for it; OpenColorIO may be missing.
CHOOSERS = {
    Path("hifi_ofx/panel/qt.py"): {"PySide6", "PySide2"},
    Path("hifi_ofx/panel/ocio.py"): {"PyOpenColorIO"},
}
VOCABULARY = {
    "__version__",
    "parameters", "quality", "retime", "sequence", "request", "live", "preview", "errors", "codec",
    "waiting", "user_folders", "files", "shutter",
}  # fmt: skip


def modules(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def in_the_checkout(path):
    return str(path.relative_to(ROOT))


def outside_of(path):
    """The packages that a file imports from."""
    return {name.split(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", modules("hifi_ofx"), ids=lambda path: path.stem)
def test_the_front_end_is_python_3_9_and_the_standard_library(path):
    outside = {name.split(".")[0] for name in imported(path, version=(3, 9))}
    brought = CHOOSERS.get(path.relative_to(ROOT), set())
    assert outside <= sys.stdlib_module_names | {"hifi_ofx", "__future__"} | brought


@pytest.mark.parametrize("path", modules("engine"), ids=in_the_checkout)
def test_the_engine_knows_only_the_front_end_s_vocabulary(path):
    if "commands" in path.parts or path.name == "__main__.py":
        pytest.skip("commands and their entrance are front ends themselves")
    for name in imported(path):
        if name.startswith("hifi_ofx."):
            assert name.split(".")[1] in VOCABULARY


def test_openimageio_is_met_in_few_places():
    users = {path.stem for path in modules("engine") if "OpenImageIO" in outside_of(path)}
    assert users <= {"exr", "exr_output", "contact_sheet"}


def test_rooms_of_the_engine_import_only_what_stands_below_them():
    graph = structure.rooms(structure.imports(ROOT / "engine"))
    allowed = {room: set(below.split()) for room, below in structure.MAY_IMPORT.items()}
    assert set(graph) == set(allowed), (
        "a room that tests/structure.py does not list, or lists twice"
    )
    wrong = {(room, other) for room in graph for other in graph[room] - allowed[room]}
    assert not wrong, "an import that tests/structure.py does not allow"


def test_what_rooms_may_import_is_listed_above_them():
    listed = list(structure.MAY_IMPORT)
    for number, below in enumerate(structure.MAY_IMPORT.values()):
        assert set(below.split()) <= set(listed[:number])


def test_the_engine_has_few_rooms_on_few_floors():
    graph = structure.rooms(structure.imports(ROOT / "engine"))
    floors = structure.floors(graph)
    assert len(floors) <= 15 and max(floors.values()) <= 8


@pytest.mark.parametrize("package", structure.PACKAGES)
def test_no_modules_import_each_other_in_a_circle(package):
    found = structure.circles(structure.imports(ROOT / package))
    assert not found


def test_the_paper_knows_of_the_front_end_the_quality_alone():
    names = {name for path in modules("engine/paper") for name in imported(path)}
    assert {name for name in names if name.startswith("hifi_ofx")} <= {"hifi_ofx.quality.Quality"}


@pytest.mark.parametrize("path", modules("engine/plate", "engine/pictures"), ids=in_the_checkout)
def test_plates_and_pictures_know_no_tensors(path):
    assert "torch" not in outside_of(path)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "engine").rglob("__init__.py")), ids=in_the_checkout
)
def test_a_folder_says_what_it_holds_and_holds_no_code(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree) and len(tree.body) == 1


@pytest.mark.parametrize("path", modules("hifi_ofx", "engine"), ids=lambda path: path.stem)
def test_modules_stay_small_and_quiet(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    assert not re.search(r"^global ", text, re.MULTILINE)
    assert path.stem not in {"utils", "helpers", "misc", "common"}


@pytest.mark.parametrize("path", modules("resolve"), ids=lambda path: path.stem)
def test_scripts_for_resolve_are_python_3_9_and_small(path):
    outside = {name.split(".")[0] for name in imported(path, version=(3, 9))}
    # fusionscript: the stubs, for the type checker alone.
    known = {"hifi_ofx", "hifi_resolve", "resolve", "fusionscript", "__future__"}
    assert outside <= sys.stdlib_module_names | known
    assert path.read_text(encoding="utf-8").count("\n") <= 400


def test_the_hosts_folders_are_no_packages():
    assert not list(ROOT.glob("nuke/__init__.py")) + list(ROOT.glob("resolve/__init__.py"))


def test_the_weights_in_the_repository_stay_within_their_budget():
    total = sum(path.stat().st_size for path in (ROOT / "engine/weights").glob("*.safetensors"))
    assert total <= 24e6
