"""The template of a farm job: a request in Open Job Description's words, split into tasks.

Revision jobtemplate-2023-09 without extensions, so that every implementation runs it. Whatever a
user may want to change on the farm is a job parameter, generated from the settings' declarations.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import parameters
from .errors import InvalidSetting
from .parameters import Parameter
from .request import RenderRequest
from .retime import Retime

CURVE = "curve.json"
NOTIFY_SECONDS = 60  # to end the network call under way and the process, before it is killed
LONGEST_NAME = 128  # of a job: Open Job Description, 2023-09, "Job Template"

_GROUPS = ("quality", "output", "footage", "machine")


@dataclass(frozen=True)
class Job:
    """A request, split into tasks of `chunk` output frames, in Open Job Description's words."""

    request: RenderRequest
    name: str
    frames: range
    chunk: int
    command: str

    def __post_init__(self) -> None:
        if self.chunk < 1:
            raise InvalidSetting(
                f"A chunk of {self.chunk} frames is not possible.", "Give 1 or more frames a task."
            )
        printable = self.name.isprintable() and not re.search(r"\{\{|\}\}", self.name)
        if not self.name.strip() or not printable or len(self.name) > LONGEST_NAME:
            raise InvalidSetting(
                f"{self.name[:LONGEST_NAME]!r} cannot be the name of a job.",
                f"Use 1 to {LONGEST_NAME} printable characters without '{{{{' and '}}}}'.",
            )

    @property
    def tasks(self) -> int:
        """How many tasks the job has."""
        return -(-len(self.frames) // self.chunk)

    def template(self) -> dict[str, Any]:
        """The content of `template.json`."""
        return {
            "specificationVersion": "jobtemplate-2023-09",
            "name": self.name,
            "description": "Slow motion of a plate by hifi-ofx, a chunk of output frames a task.",
            "parameterDefinitions": [definition for definition, _ in self._parameters()],
            "steps": [self._step()],
        }

    def values(self) -> dict[str, Any]:
        """The value of every job parameter that is not in the template already."""
        return {
            definition["name"]: value
            for definition, value in self._parameters()
            if value is not None
        }

    def _step(self) -> dict[str, Any]:
        first, last = self._chunks()
        step = {
            "name": "Retime",
            "parameterSpace": {
                "taskParameterDefinitions": [
                    {"name": "First", "type": "INT", "range": first},
                    {"name": "Last", "type": "INT", "range": last},
                ],
                "combination": "(First, Last)",
            },
            "script": {"actions": {"onRun": self._action()}},
        }
        if self.request.machine.device.startswith("cuda"):
            amount = {"name": "amount.worker.gpu", "min": 1}
            step["hostRequirements"] = {"amounts": [amount]}
        return step

    def _chunks(self) -> tuple[str, str]:
        """The first and the last frames of all tasks, as range expressions of any length."""
        first, last = self.frames[0], self.frames[-1]
        step = self.chunk * self.frames.step  # from a task to the next one
        end = first + step - self.frames.step  # of the first task
        whole = len(self.frames) // self.chunk
        ends = [_stepped(end, end + (whole - 1) * step, step)] if whole else []
        rest = [str(last)] if len(self.frames) % self.chunk else []
        start = first + (self.tasks - 1) * step  # of the last task
        return _stepped(first, start, step), ",".join([*ends, *rest])

    def _action(self) -> dict[str, Any]:
        every = f"x{self.frames.step}" if self.frames.step > 1 else ""
        return {
            "command": "{{Param.HifiCommand}}",
            "args": [
                "retime",
                "{{Param.SourceFolder}}/{{Param.SourceName}}",
                "{{Param.TargetFolder}}/{{Param.TargetName}}",
                *_timing(self.request.retime),
                "--frames={{Task.Param.First}}-{{Task.Param.Last}}" + every,
                "--weights={{Param.Weights}}",
                *(_argument(declared, value) for _, declared, value in self._settings()),
                "--openjd",
            ],
            "cancelation": {
                "mode": "NOTIFY_THEN_TERMINATE",
                "notifyPeriodInSeconds": NOTIFY_SECONDS,
            },
        }

    def _parameters(self) -> Iterator[tuple[dict[str, Any], Any]]:
        """Every job parameter: its definition, and its value unless the definition has it."""
        yield from self._paths()
        if self.request.retime.curve is not None:
            curve = _path("Curve", "FILE", "IN", "Curve of source frames over output frames")
            yield {**curve, "default": CURVE}, None
        yield _weights(self.request.weights)
        yield _text("HifiCommand", "Command", "Machine", "The hifi-ofx of this farm."), self.command
        for group, declared, value in self._settings():
            if declared.kind != "bool":
                yield _setting(group, declared, value)

    def _paths(self) -> Iterator[tuple[dict[str, Any], Any]]:
        source, target = split(self.request.source), split(self.request.target)
        yield _path("SourceFolder", "DIRECTORY", "IN", "Folder of the plate"), source[0]
        yield _text("SourceName", "Plate", "Files", "File name of the plate."), source[1]
        yield _path("TargetFolder", "DIRECTORY", "OUT", "Folder of the result"), target[0]
        yield _text("TargetName", "Result", "Files", "File name of the result."), target[1]

    def _settings(self) -> Iterator[tuple[str, Parameter, Any]]:
        for group in _GROUPS:
            settings = getattr(self.request, group)
            for declared in parameters.declarations(settings):
                yield group.capitalize(), declared, getattr(settings, declared.name)


def _timing(retime: Retime) -> Iterator[str]:
    """The timing as flags, exact. It is no job parameter: the tasks follow from it."""
    if retime.speed is not None:
        yield f"--speed={retime.speed}"
    if retime.fps is not None:
        yield f"--fps={retime.fps[0]}:{retime.fps[1]}"
    if retime.curve is not None:
        yield "--curve={{Param.Curve}}"
    if retime.input_range is not None:
        yield f"--range={retime.input_range[0]}-{retime.input_range[1]}"
    if retime.start is not None:
        yield f"--start={retime.start}"
    if retime.reverse:
        yield "--reverse"


def _argument(declared: Parameter, value: Any) -> str:
    if declared.kind == "bool":
        return declared.flag if value else declared.flag.replace("--", "--no-", 1)
    return f"{declared.flag}={{{{Param.{_camel(declared)}}}}}"


def _setting(group: str, declared: Parameter, value: Any) -> tuple[dict[str, Any], Any]:
    """A setting as a job parameter, with its range; its value travels as text."""
    number = declared.kind in ("int", "float") and not declared.words
    if not number:
        definition = _text(_camel(declared), declared.label, group, declared.hint)
        if declared.choices:
            definition["allowedValues"] = list(declared.choices)
            definition["userInterface"]["control"] = "DROPDOWN_LIST"
        return definition, declared.text(value)
    definition = {
        **_text(_camel(declared), declared.label, group, declared.hint),
        "type": declared.kind.upper(),
        "minValue": declared.minimum,
        "maxValue": declared.maximum,
    }
    definition["userInterface"]["control"] = "SPIN_BOX"
    if declared.kind == "float":
        definition["userInterface"]["decimals"] = max(4, -_exponent(value))
    return definition, value


def _exponent(value: float) -> int:
    """Of the last digit: a form that shows fewer would round the value."""
    return int(Decimal(str(value)).as_tuple().exponent)


def _weights(weights: str) -> tuple[dict[str, Any], str]:
    """Shipped weights by name; a file of one's own as a path, so that it comes along."""
    file = Path(os.path.expanduser(weights))
    if file.is_file():
        return _path("Weights", "FILE", "IN", "Weights"), os.path.abspath(file)
    return _text("Weights", "Weights", "Machine", "Shipped weights, by name."), weights


def _text(name: str, label: str, group: str, hint: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "STRING",
        "description": hint,
        "userInterface": {"control": "LINE_EDIT", "label": label, "groupLabel": group},
    }


def _path(name: str, kind: str, flow: str, label: str) -> dict[str, Any]:
    control = "CHOOSE_DIRECTORY" if kind == "DIRECTORY" else "CHOOSE_INPUT_FILE"
    return {
        "name": name,
        "type": "PATH",
        "objectType": kind,
        "dataFlow": flow,
        "userInterface": {"control": control, "label": label, "groupLabel": "Files"},
    }


def _stepped(first: int, last: int, step: int) -> str:
    return str(first) if first == last else f"{first}-{last}:{step}"


def split(pattern: str) -> tuple[str, str]:
    """The folder, in full, and the file name of a sequence, spelled as its user did."""
    path = os.path.abspath(os.path.expanduser(pattern.replace("\\", "/")))
    return os.path.dirname(path), os.path.basename(path)


def _camel(declared: Parameter) -> str:
    return "".join(word.capitalize() for word in declared.name.split("_"))
