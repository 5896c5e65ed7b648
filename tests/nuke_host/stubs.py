"""What Nuke's Python module offers, read from the `types-nuke` stubs with `ast`.

The folder is found beside the other packages of the running interpreter, or in NUKE_STUBS (the
folder `nuke-stubs` itself), so that a bare interpreter can be given it.
"""

from __future__ import annotations

import ast
import inspect
import os
import sys
import sysconfig
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

# What `from nuke import …` gives, as in the stubs' __init__.
_STAR = ("_nuke", "utils", "callbacks", "colorspaces", "executeInMain", "overrides", "scripts")


@dataclass(frozen=True)
class Call:
    """One way to call something: its signature without self, and the types of its arguments."""

    signature: inspect.Signature
    types: dict[str, str]

    @property
    def says_nothing(self) -> bool:
        """Whether this is the stubs' (*args, **kwargs), which accepts anything."""
        kinds = {entry.kind for entry in self.signature.parameters.values()}
        return kinds == {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}


@dataclass
class StubClass:
    """A class of the stubs: its base's name, its methods and its attributes."""

    name: str
    base: str | None
    methods: dict[str, list[Call]] = field(default_factory=dict)
    attributes: set[str] = field(default_factory=set)


@dataclass
class StubModule:
    """A module of the stubs: functions, classes, and names with a type."""

    functions: dict[str, list[Call]] = field(default_factory=dict)
    classes: dict[str, StubClass] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether the module offers this name."""
        return name in self.functions or name in self.classes or name in self.names

    def lineage(self, name: str) -> list[StubClass]:
        """A class and its bases, nearest first."""
        found = []
        while name in self.classes:
            found.append(self.classes[name])
            name = self.classes[name].base or ""
        return found

    def calls(self, class_name: str, method: str) -> list[Call] | None:
        """The ways to call a method: the nearest class that says something about arguments.

        None when no class of the lineage has it.
        """
        known = [
            entry.methods[method] for entry in self.lineage(class_name) if method in entry.methods
        ]
        telling = [calls for calls in known if not all(call.says_nothing for call in calls)]
        return (telling or known or [None])[0]

    def has_member(self, class_name: str, member: str) -> bool:
        """Whether a class or a base of it has this method or attribute."""
        lineage = self.lineage(class_name)
        return any(member in entry.methods or member in entry.attributes for entry in lineage)


def folder() -> Path:
    """The folder `nuke-stubs`. Raises RuntimeError with what to do when there is none."""
    places = [os.environ.get("NUKE_STUBS", "")]
    places += [os.path.join(sysconfig.get_paths()["purelib"], "nuke-stubs")]
    places += [os.path.join(entry, "nuke-stubs") for entry in sys.path]
    for place in filter(None, places):
        if (Path(place) / "_nuke.pyi").is_file():
            return Path(place)
    raise RuntimeError(
        "The stubs of Nuke's Python module are not here. "
        "Install types-nuke, or set NUKE_STUBS to its folder nuke-stubs."
    )


@cache
def load() -> StubModule:
    """The module `nuke`."""
    module = StubModule()
    for name in _STAR:
        _read(folder() / f"{name}.pyi", module)
    _add_function(_definition("def import_module(name, filterRule) -> None: ..."), module)
    return module


@cache
def load_submodule(name: str) -> StubModule:
    """The module `nuke.<name>`: callbacks, localization …"""
    module = StubModule()
    for stem in (f"_{name}", name):
        path = folder() / f"{stem}.pyi"
        if path.is_file():
            _read(path, module)
    return module


def call_from_text(text: str) -> Call:
    """A call written as `(name, label=…)`, for what is documented and not in the stubs."""
    return _call(_definition(f"def f{text}: ...").args, method=False)


def _definition(text: str) -> ast.FunctionDef:
    node = ast.parse(text).body[0]
    assert isinstance(node, ast.FunctionDef)
    return node


def _read(path: Path, module: StubModule) -> None:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            _add_function(node, module)
        elif isinstance(node, ast.ClassDef):
            module.classes[node.name] = _class(node)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            module.names[node.target.id] = ast.unparse(node.annotation)


def _add_function(node: ast.FunctionDef, module: StubModule) -> None:
    module.functions.setdefault(node.name, []).append(_call(node.args, method=False))


def _class(node: ast.ClassDef) -> StubClass:
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    found = StubClass(node.name, bases[0] if bases else None)
    for entry in node.body:
        if isinstance(entry, ast.FunctionDef):
            found.methods.setdefault(entry.name, []).append(_call(entry.args, method=True))
        elif isinstance(entry, ast.AnnAssign) and isinstance(entry.target, ast.Name):
            found.attributes.add(entry.target.id)
    return found


def _call(args: ast.arguments, *, method: bool) -> Call:
    """The stub's arguments as a signature; a method's first argument is the object."""
    names = args.posonlyargs + args.args
    required = len(names) - len(args.defaults)
    entries, types = [], {}
    for index, argument in enumerate(names):
        if method and index == 0 and argument.arg in ("self", "cls"):
            continue
        default: Any = inspect.Parameter.empty if index < required else ...
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        entries.append(inspect.Parameter(argument.arg, kind, default=default))
        if argument.annotation is not None:
            types[argument.arg] = ast.unparse(argument.annotation)
    if args.vararg:
        entries.append(inspect.Parameter(args.vararg.arg, inspect.Parameter.VAR_POSITIONAL))
    for argument, value in zip(args.kwonlyargs, args.kw_defaults):
        given = inspect.Parameter.empty if value is None else ...
        kind = inspect.Parameter.KEYWORD_ONLY
        entries.append(inspect.Parameter(argument.arg, kind, default=given))
    if args.kwarg:
        entries.append(inspect.Parameter(args.kwarg.arg, inspect.Parameter.VAR_KEYWORD))
    return Call(inspect.Signature(entries), types)
