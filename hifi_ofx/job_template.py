"""The template of a farm job: a request in Open Job Description's words, split into tasks.

Revision jobtemplate-2023-09 without extensions, so that every implementation runs it. Whatever a
user may want to change on the farm is a job parameter, generated from the settings' declarations.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from . import parameters
from .errors import InvalidSetting
from .job_parts import chunks, path_parameter, text_parameter
from .nuke_steps import NukeSteps
from .parameters import Parameter
from .request import RenderRequest
from .retime import Retime
from .sequence import names_files

CURVE = "curve.json"
NOTIFY_SECONDS = 60  # to end the network call under way and the process, before it is killed
LONGEST_NAME = 128  # of a job: Open Job Description, 2023-09, "Job Template"

RETIME = "Retime"
# Parameters that the environments of queues know: AWS Deadline Cloud's for Conda and for Rez.
PACKAGES = ("CondaPackages", "RezPackages")
_ENGINE = "{{Session.WorkingDirectory}}/engine.json"
_GROUPS = ("quality", "output", "footage", "machine")


_CANCELATION = {"mode": "NOTIFY_THEN_TERMINATE", "notifyPeriodInSeconds": NOTIFY_SECONDS}


@dataclass(frozen=True)
class Job:
    """A request, split into tasks of `chunk` output frames, in Open Job Description's words.

    packages: what brings `hifi-ofx` onto the machines, by the names in PACKAGES. inputs: the files
    that the job reads, in full, for farms that bring them along. nuke: what Nuke does before and
    after.
    """

    request: RenderRequest
    name: str
    frames: range
    chunk: int
    command: str
    packages: dict[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    nuke: NukeSteps | None = None

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
            "steps": self._steps(),
        }

    def assets(self) -> dict[str, Any]:
        """The content of `asset_references.json`: what goes in, file by file, and what comes out.

        A folder would be brought along with everything in it and below.
        """
        target = split(self.request.target)[0]
        inputs = {"filenames": list(self.inputs), "directories": []}
        outputs = {"directories": [target]}
        return {"assetReferences": {"inputs": inputs, "outputs": outputs, "referencedPaths": []}}

    def _steps(self) -> list[dict[str, Any]]:
        """The input, the retime, the comp, as many as there are, each after the one before."""
        before = self.nuke.bake() if self.nuke else None
        after = self.nuke.comp() if self.nuke else None
        steps = [step for step in (before, self._step(), after) if step is not None]
        for step, earlier in zip(steps[1:], steps):
            step["dependencies"] = [{"dependsOn": earlier["name"]}]
        return steps

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
            "name": RETIME,
            "stepEnvironments": [_kept_engine()],
            "parameterSpace": {
                "taskParameterDefinitions": [
                    {"name": "First", "type": "INT", "range": first},
                    {"name": "Last", "type": "INT", "range": last},
                ],
                "combination": "(First, Last)",
            },
            "script": {"actions": {"onRun": self._action()}},
        }
        # auto takes a GPU where there is one; a farm would send it to where there is none.
        if self.request.machine.device.startswith(("cuda", "auto")):
            amount = {"name": "amount.worker.gpu", "min": len(self.request.machine.devices)}
            step["hostRequirements"] = {"amounts": [amount]}
        return step

    def _chunks(self) -> tuple[str, str]:
        return chunks(self.frames, self.chunk)

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
                f"--overwrite={self.request.overwrite}",
                "--weights={{Param.Weights}}",
                *(_argument(declared, value) for _, declared, value in self._settings()),
                *(["--matte={{Param.MatteFolder}}/{{Param.MatteName}}"] if self._matte else []),
                "--openjd",
            ],
            "cancelation": _CANCELATION,
        }

    def _parameters(self) -> Iterator[tuple[dict[str, Any], Any]]:
        """Every job parameter: its definition, and its value unless the definition has it."""
        yield from self._paths()
        if self.request.retime.curve is not None:
            curve = path_parameter(
                "Curve", "FILE", "IN", "Curve of source frames over output frames"
            )
            yield {**curve, "default": CURVE}, None
        yield _weights(self.request.weights)
        command = text_parameter("HifiCommand", "Command", "Machine", "The hifi-ofx of this farm.")
        yield command, self.command
        for name, value in self.packages.items():
            yield text_parameter(name, name, "Machine", "What brings hifi-ofx along."), value
        yield from self.nuke.parameters() if self.nuke else ()
        for group, declared, value in self._settings():
            if declared.kind != "bool":
                yield _setting(group, declared, value)

    def _paths(self) -> Iterator[tuple[dict[str, Any], Any]]:
        source, target = split(self.request.source), split(self.request.target)
        yield path_parameter("SourceFolder", "DIRECTORY", "NONE", "Folder of the plate"), source[0]
        yield text_parameter("SourceName", "Plate", "Files", "File name of the plate."), source[1]
        yield path_parameter("TargetFolder", "DIRECTORY", "OUT", "Folder of the result"), target[0]
        yield text_parameter("TargetName", "Result", "Files", "File name of the result."), target[1]
        if self._matte:
            matte = split(self._matte)
            folder = path_parameter("MatteFolder", "DIRECTORY", "NONE", "Folder of the matte")
            yield folder, matte[0]
            yield text_parameter("MatteName", "Matte", "Files", "File name of the matte."), matte[1]

    @property
    def _matte(self) -> str:
        """The matte's files, "" where it is a layer or none: as paths, to be mapped as others."""
        matte = self.request.footage.matte
        return matte if names_files(matte) else ""

    def _settings(self) -> Iterator[tuple[str, Parameter, Any]]:
        for group in _GROUPS:
            settings = getattr(self.request, group)
            for declared in parameters.declarations(settings):
                if declared.name == "matte" and self._matte:
                    continue
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
        definition = text_parameter(_camel(declared), declared.label, group, declared.hint)
        if declared.choices:
            definition["allowedValues"] = list(declared.choices)
            definition["userInterface"]["control"] = "DROPDOWN_LIST"
        return definition, declared.text(value)
    definition = {
        **text_parameter(_camel(declared), declared.label, group, declared.hint),
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
        return path_parameter("Weights", "FILE", "IN", "Weights"), os.path.abspath(file)
    return text_parameter("Weights", "Weights", "Machine", "Shipped weights, by name."), weights


def _kept_engine() -> dict[str, Any]:
    """What starts an engine when a session begins, which all of its tasks use, and ends it."""

    def action(what: str) -> dict[str, Any]:
        return {
            "command": "{{Param.HifiCommand}}",
            "args": ["keep", what, _ENGINE, "--openjd"],
            "timeout": 300,
        }

    actions = {"onEnter": action("start"), "onExit": action("stop")}
    return {"name": "Engine", "script": {"actions": actions}}


def split(pattern: str) -> tuple[str, str]:
    """The folder, in full, and the file name of a sequence, spelled as its user did."""
    path = os.path.abspath(os.path.expanduser(pattern.replace("\\", "/")))
    return os.path.dirname(path), os.path.basename(path)


def _camel(declared: Parameter) -> str:
    return "".join(word.capitalize() for word in declared.name.split("_"))
