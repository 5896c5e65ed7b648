"""A farm job for farms without Open Job Description: as text that their own programs take.

Deadline 10: files for the plug-in CommandLine, each job dependent on the one before
(docs.thinkboxsoftware.com, "Manual Job Submission"). OpenCue: a script for PyOutline with a Shell
layer a step (docs.opencue.io, "PyOutline"; its frame tokens). Tractor: a job in its own language,
its steps one after the other (rmanwiki.pixar.com, "Tractor: Job Scripting"), spelled as the `asTcl`
of Pixar's `tractor.api.author` does: each word in braces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .job_template import CURVE, RETIME, Job
from .nuke_steps import BAKE, COMP

FOLDER = "other_farms"
_BAKE = "import sys; from hifi_nuke import farm_task; sys.exit(farm_task.main(sys.argv[1:]))\n"
BAKE_FILE = "bake.py"


@dataclass(frozen=True)
class _Step:
    """One step: its program and words, in which {first} and {last} stand for a chunk's frames."""

    name: str
    program: str
    words: tuple[str, ...]
    frames: range
    chunk: int
    gpu: bool = False

    def command(self, first: str, last: str) -> list[str]:
        known = {_FIRST: first, _LAST: last}
        return [self.program, *(_replaced(word, known) for word in self.words)]


_FIRST, _LAST = "{{Task.Param.First}}", "{{Task.Param.Last}}"


def recipes(job: Job, folder: Path) -> dict[str, str]:
    """{file name: text} of the job for the other farms. folder: the bundle, in full."""
    steps = _steps(job, folder)
    files = {"opencue.py": _opencue(job, steps), "tractor.alf": _tractor(job, steps)}
    if any(step.name == BAKE for step in steps):
        files[BAKE_FILE] = _BAKE
    return {**files, **_deadline(job, steps, folder / FOLDER)}


def _steps(job: Job, folder: Path) -> list[_Step]:
    known = {f"{{{{Param.{name}}}}}": str(value) for name, value in job.values().items()}
    known["{{Param.Curve}}"] = str(folder / CURVE)
    bake_file = {"{{Task.File.Bake}}": str(folder / FOLDER / BAKE_FILE)}
    frames: dict[str, range] = {RETIME: job.frames}
    if job.nuke is not None:
        frames[COMP] = job.nuke.frames
        frames[BAKE] = range(min(job.nuke.inputs, default=0), max(job.nuke.inputs, default=0) + 1)
    found = []
    for step in job.template()["steps"]:
        action = step["script"]["actions"]["onRun"]
        command, *words = (
            _replaced(word, {**known, **bake_file})
            for word in (action["command"], *action["args"])
            if word != "--openjd"
        )
        name = step["name"]
        gpu = "hostRequirements" in step
        found.append(_Step(name, command, tuple(words), frames[name], job.chunk, gpu))
    return found


def _replaced(word: str, known: dict[str, str]) -> str:
    """A word with its parameters' values, in one go: a value may look like a parameter."""
    return re.sub(r"\{\{[^{}]+\}\}", lambda found: known.get(found[0], found[0]), word)


def _deadline(job: Job, steps: list[_Step], folder: Path) -> dict[str, str]:
    files, lines = {}, ["-SubmitMultipleJobs", "-dependent"]
    for number, step in enumerate(steps, 1):
        names = [f"deadline_{number}_{part}.txt" for part in ("job", "plugin")]
        command, *words = step.command("<STARTFRAME>", "<ENDFRAME>")
        files[names[0]] = _lines(
            Plugin="CommandLine",
            Name=f"{job.name} – {step.name}",
            BatchName=job.name,
            Frames=f"{step.frames[0]}-{step.frames[-1]}",
            ChunkSize=step.chunk,
        )
        files[names[1]] = _lines(
            Executable=command, Arguments=" ".join(map(_deadline_word, words)), Shell="default"
        )
        lines += ["-job", *(str(folder / name) for name in names)]
    return {**files, "deadline.txt": "\n".join(lines) + "\n"}


def _lines(**values: Any) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


def _deadline_word(word: str) -> str:
    plain = re.fullmatch(r"[\w@%+=:,./<>#-]+", word)
    return word if plain else f"<QUOTE>{word}<QUOTE>"


def _opencue(job: Job, steps: list[_Step]) -> str:
    layers = []
    for step in steps:
        command = step.command("#FRAME_START#", "#FRAME_END#")
        layers.append(
            f"    ({step.name!r}, {command!r}, '{step.frames[0]}-{step.frames[-1]}', "
            f"{step.chunk}, {int(step.gpu)}),\n"
        )
    return (
        "import outline\nimport outline.cuerun\nfrom outline.modules.shell import Shell\n\n"
        f"job = outline.Outline({_plain(job.name)!r})\nbefore = None\n"
        f"for name, command, frames, chunk, gpus in (\n{''.join(layers)}):\n"
        "    layer = Shell(name, command=command, range=frames, chunk=chunk)\n"
        "    if gpus:\n        layer.set_arg('gpus', gpus)\n"
        "    if before:\n        layer.depend_all(before)\n"
        "    job.add_layer(layer)\n    before = layer\n"
        "outline.cuerun.launch(job, use_pycuerun=False)\n"
    )


def _plain(name: str) -> str:
    """A job's name as OpenCue takes it: letters, digits and underscores."""
    return re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "retime"


def _tractor(job: Job, steps: list[_Step]) -> str:
    parts = []
    for step in steps:
        service = "PixarRender,gpu" if step.gpu else "PixarRender"
        tasks = "".join(
            f"      Task {_tcl(f'{step.name} {first}-{last}')} -cmds {{ RemoteCmd "
            f"{{{' '.join(map(_tcl, step.command(str(first), str(last))))}}} "
            f"-service {{{service}}} }}\n"
            for first, last in _chunks(step)
        )
        parts.append(f"    Task {_tcl(step.name)} -subtasks {{\n{tasks}    }}\n")
    title = _tcl(job.name)
    return (
        f"##AlfredToDo 3.0\nJob -title {title} -subtasks {{\n"
        f"  Task {title} -serialsubtasks 1 -subtasks {{\n"
        f"{''.join(parts)}  }}\n}}\n"
    )


def _chunks(step: _Step) -> list[tuple[int, int]]:
    last = step.frames[-1]
    starts = range(step.frames[0], last + 1, step.chunk)
    return [(first, min(first + step.chunk - 1, last)) for first in starts]


def _tcl(word: str) -> str:
    """A word of Tcl that means this text and nothing else: in braces, where it has none."""
    if not re.search(r"[{}\\]", word):
        return f"{{{word}}}"
    return re.sub(r"([^\w@%+=:,./#-])", r"\\\1", word)
