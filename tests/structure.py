"""`python -m tests.structure`: who imports whom. Rooms, floors and arrows of engine/, and circles.

A room is a folder of modules in engine/, or a module that stands there alone; the entrance
(`__main__`) is none. An arrow leads from a room to one that it imports, floors count the rooms of
the longest chain of arrows, and an arrow up leads to a room that MAY_IMPORT lists further down.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUTSIDE = {"", "__main__"}
PACKAGES = ("engine", "hifi_ofx", "nuke/hifi_nuke", "resolve/hifi_resolve")

Graph = Mapping[str, frozenset[str]]  # a module or room, and what it imports

# Every room of engine/ with the rooms that it may import, from the ground up.
MAY_IMPORT = {
    "color": "",
    "memory": "",
    "paper": "color",
    "flow": "paper color memory",
    "inference": "flow paper color memory",
    "plate": "memory",
    "pictures": "",
    "retime": "plate inference flow paper color memory",
    "preview": "retime pictures plate inference flow paper color memory",
    "evaluation": "retime pictures plate inference flow paper color",
    "training": "inference",
    "training.procedural": "color",
    "training.data": "training training.procedural inference paper color",
    "training.run": "training training.data training.procedural "
    "inference flow paper color pictures plate",
    "commands": "training evaluation preview retime pictures plate inference flow paper color",
}


def main() -> int:
    """Print the figures. Returns 1 where there is an arrow up or a circle, else 0."""
    wrong = [*_print_rooms(), *(names for package in PACKAGES for names in _print_modules(package))]
    for names in wrong:
        print("wrong:", *names)
    return 1 if wrong else 0


def _print_rooms() -> list[tuple[str, ...]]:
    """The floors of engine/, the top one first. Returns the arrows up."""
    graph = rooms(imports(ROOT / "engine"))
    wrong = arrows_up(graph)
    stands = floors(graph, wrong)
    print(f"engine/: {len(graph)} rooms on {max(stands.values())} floors,", end=" ")
    print(f"{len(arrows(graph))} arrows between them, {len(wrong)} up")
    for room, floor in sorted(stands.items(), key=lambda pair: (-pair[1], pair[0])):
        print(f"  {floor}  {room:20} {' '.join(sorted(graph[room]))}")
    return wrong


def _print_modules(package: str) -> list[tuple[str, ...]]:
    """A line of figures. Returns the circles."""
    graph = imports(ROOT / package)
    found = circles(graph)
    inside = [(one, other) for names in found for one in names for other in names]
    print(
        f"{package}: {len(graph)} modules on {max(floors(graph, inside).values())} floors,", end=" "
    )
    print(f"{len(arrows(graph))} imports, {len(found)} circles")
    return found


def imported(path: Path, root: Path = ROOT, version: tuple[int, int] = (3, 12)) -> Iterator[str]:
    """Every absolute name that a file imports, down to the name taken from a module."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), feature_version=version)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, node.module) if node.module else base
            yield from (".".join((*module, alias.name)) for alias in node.names)


def _quoted(path: Path) -> Iterator[str]:
    """Every string in a file: one may name a module that is imported when it is needed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
            yield node.value


def imports(folder: Path) -> Graph:
    """The modules of a package, by their full names, and which of each other they import."""
    root = folder.parent
    names = {_name(path, root): path for path in folder.rglob("*.py")}
    return {
        name: frozenset(_known([*imported(path, root), *_quoted(path)], names)) - {name}
        for name, path in names.items()
    }


def _name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _known(targets: Iterable[str], names: Mapping[str, Path]) -> Iterator[str]:
    """The modules that are meant: `a.b.c` is the module a.b.c, or c out of a.b."""
    for target in targets:
        for name in (target, target.rpartition(".")[0]):
            if name in names:
                yield name
                break


def rooms(graph: Graph) -> Graph:
    """The same by rooms. `engine` itself is none: nothing is in it."""
    inside = {name: room for name in graph if (room := _room(name, graph)) not in OUTSIDE}
    found: dict[str, set[str]] = {room: set() for room in inside.values()}
    for name, room in inside.items():
        found[room] |= {inside[other] for other in graph[name] if other in inside} - {room}
    return {room: frozenset(others) for room, others in found.items()}


def _room(name: str, graph: Graph) -> str:
    """`run` of engine.run.trainer and of engine.run itself; `color` of engine.color."""
    package, _, below = name.partition(".")
    is_folder = any(other.startswith(f"{name}.") for other in graph)
    folder = below if is_folder else below.rpartition(".")[0]
    return (folder or below) if package else ""


def arrows(graph: Graph) -> list[tuple[str, str]]:
    """Every arrow, in order."""
    return sorted((one, other) for one in graph for other in graph[one])


def arrows_up(graph: Graph) -> list[tuple[str, ...]]:
    """The arrows between rooms that lead to one that is listed further down."""
    order = list(MAY_IMPORT)
    return [pair for pair in arrows(graph) if order.index(pair[0]) < order.index(pair[1])]


def floors(graph: Graph, left_out: Iterable[tuple[str, ...]] = ()) -> dict[str, int]:
    """On which floor each name stands, from 1, without the arrows that are left out.

    Raises graphlib.CycleError where what is left has a circle.
    """
    wrong = set(left_out)
    kept = {one: [other for other in graph[one] if (one, other) not in wrong] for one in graph}
    found: dict[str, int] = {}
    for one in TopologicalSorter(kept).static_order():
        found[one] = 1 + max((found[other] for other in kept[one]), default=0)
    return found


def circles(graph: Graph) -> list[tuple[str, ...]]:
    """The sets of names that import each other, straight or by way of others; each in order."""
    above = {name: _reach(name, graph) for name in graph}
    found = {
        tuple(sorted(other for other in above[name] if name in above[other]))
        for name in graph
        if name in above[name]
    }
    return sorted(found)


def _reach(name: str, graph: Graph) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph[name])
    while waiting:
        other = waiting.pop()
        if other not in seen:
            seen.add(other)
            waiting += graph[other]
    return seen


if __name__ == "__main__":
    sys.exit(main())
