"""One declaration per setting: name, label, hint, default and range, used on every surface.

A settings class is a frozen dataclass whose fields are made with `parameter()`. The command line,
its help, the README's table, Nuke's knobs, the OpenFX parameters and the panel are all generated
from `declarations()`, and every surface checks values through `validated()`.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, Union

from .errors import InvalidSetting

Value = Union[int, float, bool, str, "tuple[int, int]"]
Settings = TypeVar("Settings")

_KEY = "hifi"
_METAVARS = {"int": "N", "float": "X", "size": "HEIGHTxWIDTH", "text": "TEXT"}


@dataclass(frozen=True)
class Parameter:
    """One setting as every surface shows it. `kind` is int, float, bool, choice, text or size."""

    name: str
    label: str
    hint: str
    default: Any
    kind: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    words: Mapping[str, int] = dataclasses.field(default_factory=dict)
    unit: str = ""

    @property
    def flag(self) -> str:
        """The command line's spelling: `--cascade-depth`."""
        return "--" + self.name.replace("_", "-")

    @property
    def allowed(self) -> str:
        """What may be given, in words: "1 to 64", "auto or 1 to 8", "step or stage"."""
        if self.kind == "choice":
            return _either(self.choices)
        if self.kind == "bool":
            return "on or off"
        if self.kind == "text":
            return "text"
        numbers = f"{_plain(self.minimum)} to {_plain(self.maximum)}"
        if self.kind == "size":
            numbers = f"height x width, each {numbers}"
        return _either([*self.words, numbers])

    def parse(self, text: str) -> Value:
        """The value that a user typed. Raises InvalidSetting in the setting's own words."""
        if text in self.words:
            return self.words[text]
        try:
            value: Value = self._parsers[self.kind](text)
            return value
        except ValueError:
            raise self.invalid(text) from None

    def text(self, value: Value) -> str:
        """The value as a user would type it: the inverse of `parse`."""
        for word, number in self.words.items():
            if value == number:
                return word
        if isinstance(value, tuple):
            return f"{value[0]}x{value[1]}"
        if isinstance(value, bool):
            return "on" if value else "off"
        return str(value)

    def check(self, value: Value) -> Value:
        """The value itself where it is allowed. Raises InvalidSetting where it is not."""
        if not self._is_of_kind(value):
            raise self.invalid(value)
        if self.kind == "choice" and value not in self.choices:
            raise self.invalid(value)
        if isinstance(value, tuple):
            for side in value:
                self._check_range(side, value)
        elif self.kind in ("int", "float") and value not in self.words.values():
            self._check_range(value, value)
        return value

    def invalid(self, value: Any) -> InvalidSetting:
        """The error for a value that is not allowed: "Steps is 0; it must be 1 to 64."."""
        readable = isinstance(value, (int, float)) or (isinstance(value, tuple) and len(value) == 2)
        shown = str(self.text(value) if readable else value)[:60]
        return InvalidSetting(f"{self.label} is {shown}; it must be {self.allowed}.", self.hint)

    def _is_of_kind(self, value: object) -> bool:
        if isinstance(value, bool) or self.kind == "bool":
            return isinstance(value, bool) and self.kind == "bool"
        if self.kind == "size":
            sides = value if isinstance(value, tuple) else ()
            return len(sides) == 2 and all(type(side) is int for side in sides)
        kinds = {"int": (int,), "float": (int, float), "choice": (str,), "text": (str,)}
        return isinstance(value, kinds[self.kind])

    def _check_range(self, number: Any, value: Value) -> None:
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            raise self.invalid(value)
        low = self.minimum is not None and number < self.minimum
        high = self.maximum is not None and number > self.maximum
        if low or high or number != number:
            raise self.invalid(value)

    @property
    def _parsers(self) -> dict[str, Any]:
        return {
            "int": int,
            "float": float,
            "bool": _parse_bool,
            "choice": str,
            "text": str,
            "size": _parse_size,
        }


def parameter(
    default: Any,
    label: str,
    hint: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: Iterable[str] = (),
    words: Mapping[str, int] | None = None,
    unit: str = "",
) -> Any:
    """A dataclass field that declares one setting; its kind follows from the default.

    `words` names special values ({"auto": 0}), which may lie outside minimum and maximum.
    """
    declared = {
        "label": label,
        "hint": hint,
        "minimum": minimum,
        "maximum": maximum,
        "choices": tuple(choices),
        "words": dict(words or {}),
        "unit": unit,
    }
    return dataclasses.field(default=default, metadata={_KEY: declared})


def declarations(settings: Any) -> tuple[Parameter, ...]:
    """The parameters of a settings class (or instance), in the order of its fields."""
    return tuple(
        Parameter(
            name=field.name,
            default=field.default,
            kind=_kind(field.default, field.metadata[_KEY]["choices"]),
            **field.metadata[_KEY],
        )
        for field in dataclasses.fields(settings)
        if _KEY in field.metadata
    )


def validated(settings: Settings) -> Settings:
    """The same settings with every value checked. Raises InvalidSetting for the first bad one."""
    for declared in declarations(settings):
        declared.check(getattr(settings, declared.name))
    return settings


def to_json(settings: Any) -> dict[str, Any]:
    """Settings as JSON values; sizes become "512x768", special values their words."""
    return {
        declared.name: _json_value(declared, getattr(settings, declared.name))
        for declared in declarations(settings)
    }


def from_json(kind: type[Settings], data: Mapping[str, Any]) -> Settings:
    """Settings of class `kind` out of `to_json`'s dictionary; what is absent keeps its default.

    Raises InvalidSetting on an unknown name or a value outside its range.
    """
    known = {declared.name: declared for declared in declarations(kind)}
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise InvalidSetting(
            f"There is no setting called {unknown[0]!r}.", f"Known: {', '.join(known)}."
        )
    values = {
        name: known[name].parse(value) if isinstance(value, str) else value
        for name, value in data.items()
    }
    return validated(kind(**values))


def add_flags(parser: argparse.ArgumentParser, settings: Any, title: str) -> None:
    """Give an argument parser one flag per setting. Flags not given stay absent (None)."""
    group = parser.add_argument_group(title)
    for declared in declarations(settings):
        help_text = f"{declared.hint} {_limits(declared)}".replace("%", "%%")
        if declared.kind == "bool":
            group.add_argument(
                declared.flag, action=argparse.BooleanOptionalAction, default=None, help=help_text
            )
        else:
            metavar = "|".join(declared.choices) or _METAVARS[declared.kind]
            group.add_argument(declared.flag, metavar=metavar, default=None, help=help_text)


def from_flags(base: Settings, arguments: argparse.Namespace) -> Settings:
    """`base` with what the flags of `add_flags` say. Raises InvalidSetting in a setting's words."""
    given = {}
    for declared in declarations(base):
        value = getattr(arguments, declared.name, None)
        if value is not None:
            given[declared.name] = declared.parse(value) if isinstance(value, str) else value
    return validated(dataclasses.replace(base, **given))  # type: ignore[type-var]


def markdown_table(settings: Any) -> str:
    """The settings as the README shows them: flag, default, range and what each one does."""
    rows = [
        f"| `{declared.flag}` | {declared.text(declared.default) or '–'} | {declared.allowed} "
        f"| {declared.hint} |"
        for declared in declarations(settings)
    ]
    return "\n".join(["| Setting | Default | Range | What it does |", "|---|---|---|---|", *rows])


def _json_value(declared: Parameter, value: Any) -> Any:
    named = declared.kind == "size" or value in declared.words.values()
    return declared.text(value) if named and not isinstance(value, bool) else value


def _limits(declared: Parameter) -> str:
    default = declared.text(declared.default)
    unit = f" {declared.unit}" if declared.unit else ""
    if declared.kind in ("bool", "text"):
        return f"(default {default})" if default else ""
    return f"({declared.allowed}{unit}; default {default})"


def _kind(default: Any, choices: tuple[str, ...]) -> str:
    if choices:
        return "choice"
    if isinstance(default, bool):
        return "bool"
    return {int: "int", float: "float", tuple: "size"}.get(type(default), "text")


def _parse_bool(text: str) -> bool:
    words = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


def _parse_size(text: str) -> tuple[int, int]:
    height, separator, width = text.lower().partition("x")
    if not separator:
        raise ValueError(text)
    return int(height), int(width)


def _either(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _plain(number: float | None) -> str:
    return "any" if number is None else f"{number:g}" if number < 1e6 else str(int(number))
