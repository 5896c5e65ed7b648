"""Pages and comments name what exists: files, what they define, and decisions by their numbers."""

import ast
import re
from functools import lru_cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("docs/paper.md", "docs/decisions.md", "docs/architecture.md")
REFERENCE = re.compile(r"`((?:engine|hifi_ofx|nuke|resolve|tests|docs)/[^`:*]*)(?::([\w.]+))?`")
CITED = re.compile(r"\bdecisions? (\d+(?:(?:, (?:and )?| and | to )\d+)*)", re.IGNORECASE)
# Pages that this repository does not have; the numbers of a list that is not in it.
ELSEWHERE = re.compile(r"\bdesign\.md|\bfacts/\w+\.md|\bchecklist,? \d|\bdesign decisions? ", re.I)


def references():
    """Every (page, path, name) that is given as `path:name`, or as `path` with an empty name."""
    texts = {page: (ROOT / page).read_text(encoding="utf-8") for page in PAGES}
    return sorted({(page, *found) for page in PAGES for found in REFERENCE.findall(texts[page])})


@lru_cache
def defined(path):
    """Names that a module defines: its own, and as Class.name those of its classes."""
    names = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        names |= bound(node)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{name}" for member in node.body for name in bound(member)}
    return names


def bound(node):
    """The names that one statement defines."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def written():
    """Every text file of the repository that may cite a decision."""
    folders = ("engine", "hifi_ofx", "nuke", "resolve", "tests", "docs")
    kinds = {".py", ".md", ".cpp", ".hpp", ".c", ".h", ".in", ".txt", ".cmake"}
    found = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    found += [*ROOT.glob("*.md"), *ROOT.glob("*.toml")]
    return sorted(
        path for path in found if path.suffix in kinds and "__pycache__" not in path.parts
    )


@pytest.mark.parametrize(("page", "path", "name"), references())
def test_what_a_page_names_exists(page, path, name):
    assert (ROOT / path).exists(), f"{page} names {path}, which is not there"
    assert not name or name in defined(path), f"{page}: {path} does not define {name}"


def test_every_decision_that_is_cited_exists():
    text = (ROOT / "docs/decisions.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"^### (\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    cited = {
        (int(number), str(path.relative_to(ROOT)))
        for path in written()
        for numbers_cited in CITED.findall(path.read_text(encoding="utf-8"))
        for number in re.findall(r"\d+", numbers_cited)
    }
    assert cited
    assert [entry for entry in sorted(cited) if entry[0] not in numbers] == []


def test_nothing_points_to_pages_that_are_not_here():
    pointing = {
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in written()
        if path != Path(__file__) and (found := ELSEWHERE.search(path.read_text(encoding="utf-8")))
    }
    assert sorted(pointing) == []
