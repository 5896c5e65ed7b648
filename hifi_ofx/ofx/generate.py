"""The settings' declarations as a C++ header, which `python -m tests --fix` writes."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hifi_ofx import __version__
from hifi_ofx.child import HOST_VARIABLES, engine_environment
from hifi_ofx.ofx.settings import ANIMATED, Interactive, Timing
from hifi_ofx.parameters import Parameter, declarations
from hifi_ofx.quality import PRESETS, Footage, Machine, Output, Quality
from hifi_ofx.request import DEFAULT_WEIGHTS, PROTOCOL

HEADER = Path(__file__).parent / "source" / "parameters_generated.hpp"

# What has a meaning for two frames in memory; the rest belongs to sequences on disk.
_LIVE = {
    Timing: None,
    Quality: None,
    Footage: ("cuts", "cut_threshold", "structure_threshold"),
    Output: ("uncertainty", "grain"),
    Interactive: None,
    Machine: None,
}
_GROUPS = {
    Timing: ("timing_group", "Timing"),
    Quality: ("quality", "Quality"),
    Footage: ("footage", "Cuts"),
    Output: ("output", "Output"),
    Interactive: ("interactive", "Interactive"),
    Machine: ("machine", "Machine"),
}
_KINDS = {"int": "Integer", "float": "Double", "bool": "Boolean", "choice": "Choice"}
_SHOWN = "Show the variance over the averaged samples in the color channels, instead of the picture"

_WEIGHTS = Parameter(
    "weights", "Weights", "Shipped weights by name, or a file of yours.", DEFAULT_WEIGHTS, "text"
)


def header() -> str:
    """The header's text."""
    parameters = [one for kind in _LIVE for one in _parameters(kind)]
    choices = [_choices(one) for one in parameters if one["choices"]]
    return "\n".join(
        [
            "// Made by `python -m tests --fix` from the declared settings: do not edit.",
            "#pragma once",
            '#include "parameter.hpp"',
            "",
            "namespace hifi::generated {",
            "",
            f"inline constexpr char version[] = {_text(__version__)};",
            f"inline constexpr int protocol = {PROTOCOL};",
            "",
            *choices,
            "",
            "inline constexpr Group groups[] = {",
            *(f"    {{{_text(name)}, {_text(label)}}}," for name, label in _GROUPS.values()),
            "};",
            "",
            "inline constexpr Parameter parameters[] = {",
            *map(_row, parameters),
            "};",
            "",
            *_presets(),
            "",
            *_environment(),
            "",
            "}  // namespace hifi::generated",
            "",
        ]
    )


def _parameters(settings: Any) -> Iterator[dict[str, Any]]:
    """The rows of one settings class; a size becomes two, since one host has no pairs."""
    chosen = _LIVE[settings]
    for declared in declarations(settings):
        if chosen is not None and declared.name not in chosen:
            continue
        if declared.kind == "size":
            for index, side in enumerate(("height", "width")):
                yield _described(settings, _side(declared, index, side))
        else:
            yield _described(settings, declared)
    if settings is Quality:
        yield {**_described(settings, _WEIGHTS), "section": ""}


def _side(declared: Parameter, index: int, side: str) -> Parameter:
    return dataclasses.replace(
        declared,
        name=f"{declared.name}_{side}",
        label=declared.label.replace("size", side),
        default=declared.default[index],
        kind="int",
    )


def _described(settings: Any, declared: Parameter) -> dict[str, Any]:
    group = _GROUPS[settings][0]
    words = "".join(f" {number} is {word}." for word, number in declared.words.items())
    hint = f"{_SHOWN}." if declared.name == "uncertainty" else declared.hint
    low = min([declared.minimum or 0, *declared.words.values()])
    return {
        "name": declared.name,
        "section": "" if settings in (Timing, Interactive) else group,
        "group": group,
        "label": declared.label,
        "hint": hint + words,
        "kind": _KINDS.get(declared.kind, "Text"),
        "choices": declared.choices,
        "default": declared.choices.index(declared.default)
        if declared.choices
        else declared.default,
        "low": low,
        "high": declared.maximum or 0,
        "animates": declared.name in ANIMATED,
    }


def _choices(row: dict[str, Any]) -> str:
    words = ", ".join(map(_text, row["choices"]))
    return f"inline constexpr const char* {row['name']}_choices[] = {{{words}}};"


def _row(row: dict[str, Any]) -> str:
    is_text = row["kind"] == "Text"
    default = 0 if is_text else float(row["default"])
    # A slider that spans a billion seeds cannot be moved: it shows what is near the default.
    near = max(4 * default, 2 if row["kind"] == "Double" and row["high"] <= 100 else 100)
    fields = [
        _text(row["name"]),
        _text(row["section"]),
        _text(row["group"]),
        _text(row["label"]),
        _text(row["hint"]),
        f"Kind::{row['kind']}",
        _number(default),
        _text(row["default"] if is_text else ""),
        _number(row["low"]),
        _number(row["high"]),
        _number(max(row["low"], -near)),
        _number(min(row["high"], near)),
        f"{row['name']}_choices" if row["choices"] else "nullptr",
        str(len(row["choices"])),
        "true" if row["animates"] else "false",
    ]
    return "    {" + ",\n     ".join(fields) + "},"


def _presets() -> Iterator[str]:
    """Each preset's values in the order of the quality parameters, and the presets' names."""
    names = [
        row["name"] for row in _parameters(Quality) if row["section"] and row["name"] != "seed"
    ]
    listed = ", ".join(map(_text, names))
    yield f"inline constexpr const char* preset_parameters[] = {{{listed}}};"
    yield "inline constexpr Preset presets[] = {"
    for name, quality in PRESETS.items():
        yield f"    {{{_text(name)}, {{{', '.join(map(_number, _values(quality)))}}}}},"
    yield "};"


def _values(quality: Quality) -> Iterator[float]:
    for declared in declarations(quality):
        value = getattr(quality, declared.name)
        if declared.name == "seed":  # an artist's own choice, whatever the preset
            continue
        if declared.kind == "size":
            yield from value
        else:
            yield declared.choices.index(value) if declared.choices else value


def _environment() -> Iterator[str]:
    """What a child's environment lacks of the host's, and what it gets, as engine_process says."""
    gets = engine_environment({})
    forced = {name for name in gets if engine_environment({name: "theirs"})[name] != "theirs"}
    dropped = ", ".join(map(_text, HOST_VARIABLES))
    yield f"inline constexpr const char* dropped_variables[] = {{{dropped}}};"
    for title, names in (("forced", forced), ("default", set(gets) - forced)):
        pairs = ", ".join(f"{{{_text(name)}, {_text(gets[name])}}}" for name in sorted(names))
        yield f"inline constexpr Variable {title}_variables[] = {{{pairs}}};"


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=True)


def _number(value: float) -> str:
    return repr(float(value))
