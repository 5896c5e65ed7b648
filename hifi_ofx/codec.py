"""Dataclasses as JSON values and back, by the types of their fields.

    tuples       lists                     settings     words, as `parameters` has them
    fractions    exact text, "1001/24000"  dataclasses  objects, by their own `to_json` or this

A field that is called otherwise on the wire says so: `field(metadata=wire_name("frame"))`.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any, TypeVar

from . import parameters
from .errors import InvalidSetting
from .exact import number

Kind = TypeVar("Kind")
Decoder = Callable[[Any], Any]

_WIRE = "wire"
_DEEPEST = 32  # levels of lists and objects; ours have six


def json_value(text: str | bytes, **options: Any) -> Any:
    """The value that a JSON text stands for, with `json.loads`' options.

    Raises ValueError, for one nested too deeply, too.
    """
    try:
        value = json.loads(text, **options)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not _is_shallow(value, _DEEPEST):
        raise ValueError("it is nested too deeply")
    return value


def _is_shallow(value: Any, levels: int) -> bool:
    entries = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, list)):
        return True
    return levels > 0 and all(_is_shallow(entry, levels - 1) for entry in entries)


def wire_name(name: str) -> dict[str, str]:
    """The metadata of a dataclass field that JSON knows by another name."""
    return {_WIRE: name}


def encode(value: Any) -> dict[str, Any]:
    """A dataclass as a JSON object."""
    return {_name(field): _json(getattr(value, field.name)) for field in dataclasses.fields(value)}


def decode_answer(kind: type[Kind], data: Mapping[str, Any]) -> Kind:
    """The dataclass that `encode` described; entries of later versions are dropped.

    Raises KeyError, TypeError or ValueError when it is not one.
    """
    known = {_name(field): field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    decoders = {name: _decoder(_hint(kind, field)) for name, field in known.items()}
    return kind(**{known[name].name: decoders[name](data[name]) for name in known if name in data})


def decode_request(kind: type[Kind], data: Mapping[str, Any]) -> Kind:
    """The dataclass that `encode` described.

    Raises InvalidSetting on an entry that it does not have or a value out of range, and KeyError,
    TypeError or ValueError when it is not one.
    """
    known = [_name(field) for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise InvalidSetting(
            f"A request has no entry {unknown[0]!r}.", f"Known: {', '.join(known)}."
        )
    return decode_answer(kind, data)


def _name(field: dataclasses.Field[Any]) -> str:
    return str(field.metadata.get(_WIRE, field.name))


def _json(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_json(entry) for entry in value]
    if isinstance(value, Fraction):
        return str(value)
    if not dataclasses.is_dataclass(value):
        return value
    if parameters.declarations(value):
        return parameters.to_json(value)
    return value.to_json() if hasattr(value, "to_json") else encode(value)


def _hint(kind: Any, field: dataclasses.Field[Any]) -> tuple[Any, bool]:
    """A field's type, and whether it may be None: Python 3.9 cannot evaluate `X | None`."""
    text = str(field.type)
    bare = text[: -len(" | None")] if text.endswith(" | None") else text
    return eval(bare, vars(sys.modules[kind.__module__])), bare != text


def _decoder(hint: tuple[Any, bool]) -> Decoder:
    kind, optional = hint
    decode = _of(kind)
    return (lambda value: None if value is None else decode(value)) if optional else decode


def _of(kind: Any) -> Decoder:
    """What makes a value of a type out of JSON's."""
    if getattr(kind, "__origin__", None) is tuple:
        return _tuple(kind.__args__)
    if kind is Fraction:
        return number
    if kind in (int, float, str, bool):
        return partial(_scalar, kind)
    if parameters.declarations(kind):
        return partial(parameters.from_json, kind)
    own: Decoder | None = getattr(kind, "from_json", None)
    return own or partial(decode_answer, kind)


def _tuple(entries: tuple[Any, ...]) -> Decoder:
    if entries[-1] is Ellipsis:
        each = _of(entries[0])
        return lambda value: tuple(each(entry) for entry in _listed(value))
    decoders = [_of(entry) for entry in entries]

    def decode(value: Any) -> tuple[Any, ...]:
        if len(_listed(value)) != len(decoders):
            raise ValueError(f"{value!r} has not {len(decoders)} entries")
        return tuple(one(entry) for one, entry in zip(decoders, value))

    return decode


def _is_text(value: str) -> bool:
    """Whether the system can have it as a name: any bytes, but for zeros."""
    try:
        return b"\0" not in value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False


def _listed(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{str(value)[:60]!r} is no list")
    return value


def _scalar(kind: Any, value: Any) -> Any:
    if value is None or isinstance(value, (dict, list)):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    if kind is str and not _is_text(str(value)):
        raise ValueError(f"{value!r} can be no name of a file")
    try:
        return value if type(value) is kind else kind(value)
    except OverflowError:  # infinity is no whole number
        raise ValueError(f"{value!r} is no {kind.__name__}") from None
