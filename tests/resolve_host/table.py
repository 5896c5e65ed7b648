"""`python -m tests.resolve_host.table [STUBS]`: the table of calls by version, `calls.json`.

Every version's stubs are taken from the package registry (`fusionscript-stubs`; STUBS is a folder
where they lie already, one folder a version) and read as text: nothing of them is copied but names,
numbers of arguments and their types. 21.1 is `calls_of_21_1`. An entry says what a call is from a
version on; null, that it is no longer to be used.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.resolve_host import calls_of_21_1

TABLE = Path(__file__).with_name("calls.json")
# Version of the stubs -> (name of the version, year of its README).
STUBS = {
    "18.6.6": ("18.6.6", 2024),
    "19.0": ("19.0", 2024),
    "19.1": ("19.1", 2024),
    "20.0": ("20.0", 2025),
    "20.1": ("20.1", 2025),
    "20.2": ("20.2", 2025),
    "21.0.0": ("21.0", 2026),
}
LATEST = ("21.1", 2026)


def main() -> int:
    """Write the table. Returns the exit code."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(sys.argv[1]) if sys.argv[1:] else Path(work)
        trees = {STUBS[v][0]: ast.parse(_stub(folder / v, v)) for v in STUBS}
    trees[LATEST[0]] = ast.parse(calls_of_21_1.CHANGED)
    TABLE.write_text(_text(*_tables(trees)), encoding="utf-8")
    return 0


def _stub(folder: Path, version: str) -> str:
    """The text of a version's stub."""
    if not list(folder.glob("*.whl")):
        words = ["download", "-q", "--no-deps", "-d", str(folder), f"fusionscript-stubs=={version}"]
        subprocess.run([sys.executable, "-m", "pip", *words], check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return wheel.read("fusionscript-stubs/fusionscript.pyi").decode("utf-8")


def _tables(trees: dict[str, ast.Module]) -> tuple[dict, dict]:
    """{"Class.Method": {version: call}} and {dictionary: {version: keys}}, changes alone."""
    calls: dict[str, dict] = {}
    keys: dict[str, dict] = {}
    for version, tree in trees.items():
        classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
        there = {f"{n.name}.{name}": call for n in classes for name, call in _methods(n).items()}
        for node in classes:
            _note(keys, node.name, version, _keys(node))
        for name, call in there.items():
            _note(calls, name, version, call)
        gone = set(calls).difference(there) if version != LATEST[0] else _deprecated()
        for name in gone:
            if list(calls[name].values())[-1] is not None:
                calls[name][version] = None
    return calls, keys


def _deprecated() -> set[str]:
    return {f"{kind}.{name}" for kind, name in calls_of_21_1.DEPRECATED}


def _note(table: dict[str, dict], name: str, version: str, value: object) -> None:
    before = table.get(name, {})
    if value and (not before or list(before.values())[-1] != value):
        table.setdefault(name, {})[version] = value


def _keys(node: ast.ClassDef) -> list[str]:
    return [e.target.id for e in node.body if isinstance(e, ast.AnnAssign)]  # type: ignore[union-attr]


def _methods(node: ast.ClassDef) -> dict[str, dict]:
    """Each method's forms, [fewest, most, types], and what it returns."""
    found: dict[str, dict] = {}
    for entry in node.body:
        if isinstance(entry, ast.FunctionDef):
            words = entry.args.args[1:]
            most = len(words) if entry.args.vararg is None else 99
            kinds = [ast.unparse(w.annotation) if w.annotation else "" for w in words]
            returns = ast.unparse(entry.returns) if entry.returns else "bool"
            call = found.setdefault(entry.name, {"forms": [], "returns": returns})
            call["forms"].append([len(words) - len(entry.args.defaults), most, kinds])
    return found


def _text(calls: dict, keys: dict) -> str:
    """JSON, a call a line."""
    years = {**dict(STUBS.values()), LATEST[0]: LATEST[1]}
    parts = [f'"versions": {json.dumps(years)}']
    for title, table in (("calls", calls), ("keys", keys)):
        lines = [f"  {json.dumps(name)}: {json.dumps(table[name])}" for name in sorted(table)]
        parts.append(f'"{title}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n " + ",\n ".join(parts) + "\n}\n"


if __name__ == "__main__":
    sys.exit(main())
