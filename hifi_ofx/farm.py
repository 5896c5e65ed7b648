"""A retime as an Open Job Description job: https://github.com/OpenJobDescription.

A job bundle is a folder. `template.json` holds the job (revision jobtemplate-2023-09, no
extensions, so that every implementation runs it): one step, one task a chunk of output frames, each
task one `hifi-ofx retime … --frames FIRST-LAST`. The same request gives the same bits in one go and
in chunks. `parameter_values.json` holds the paths and settings as AWS Deadline Cloud reads them,
`job_parameters.json` the same as `openjd run --job-param file://…` reads them, and
`asset_references.json` the files that go in, for farms that bring them along. `other_farms/` has
the same for Deadline 10, OpenCue and Tractor.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import farm_recipes
from .checking import filled, parsed_target, planned, wanted
from .engine_process import EngineProcess
from .errors import EngineError, InvalidSetting
from .files import not_written, write_whole
from .frame_list import in_words
from .interpreter import engine_python
from .job_template import CURVE, LONGEST_NAME, Job, split
from .nuke_steps import NukeSteps
from .request import Plan, RenderRequest
from .retime import RetimePlan
from .sequence import ImageSequence, names_files, no_matte, same_files

TEMPLATE, VALUES, FLAT_VALUES = "template.json", "parameter_values.json", "job_parameters.json"
ASSETS = "asset_references.json"
CHUNK = 20  # frames: starting the engine takes a few seconds, which a task should not be all of


def bundle(
    request: RenderRequest,
    folder: str | Path,
    *,
    chunk: int = CHUNK,
    name: str = "",
    command: str = "",
    packages: dict[str, str] | None = None,
    nuke: NukeSteps | None = None,
    recipes: bool = False,
) -> Path:
    """Write the job bundle for a request into a folder; returns the folder.

    The arguments are those of `job_for`. Existing files of an earlier bundle are replaced. Raises
    what `job_for` raises before anything is written, and OutputError when the folder cannot be.
    """
    job = job_for(request, chunk=chunk, name=name, command=command, packages=packages, nuke=nuke)
    return write(job, folder, recipes=recipes)


def job_for(
    request: RenderRequest,
    *,
    chunk: int = CHUNK,
    name: str = "",
    command: str = "",
    packages: dict[str, str] | None = None,
    nuke: NukeSteps | None = None,
) -> Job:
    """The job for a request.

    chunk: output frames a task, 1 or more. name: the job's, else made of the target's. command: how
    the farm's machines start `hifi-ofx`, else as `default_command` says. packages: what brings it
    onto them, by the names in `job_template.PACKAGES`. nuke: the steps of Nuke's; source frames
    that it is to write need not be there yet. Raises a HifiError for a plate, target or timing that
    a render would refuse.
    """
    frames, inputs = looked_up(request, written_later=bool(nuke and nuke.inputs))
    return Job(
        request, name or _name(request), frames, chunk, command or default_command(),
        packages or {}, inputs, nuke,
    )  # fmt: skip


def write(job: Job, folder: str | Path, *, recipes: bool = False) -> Path:
    """Write a job as a bundle; the template comes last. Returns the folder, in full.

    recipes: write it for other farms, too.
    """
    files = {
        FLAT_VALUES: job.values(), VALUES: _listed(job.values()), ASSETS: job.assets(),
        TEMPLATE: job.template(),
    }  # fmt: skip
    if job.request.retime.curve is not None:
        files = {CURVE: job.request.retime.curve.to_json(), **files}
    target = Path(os.path.abspath(os.path.expanduser(folder)))
    try:
        target.mkdir(parents=True, exist_ok=True)
        if CURVE not in files:
            (target / CURVE).unlink(missing_ok=True)
        for file, content in files.items():
            text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
            write_whole(target / file, text.encode())
        if recipes:
            (target / farm_recipes.FOLDER).mkdir(exist_ok=True)
            for file, text in farm_recipes.recipes(job, target).items():
                write_whole(target / farm_recipes.FOLDER / file, text.encode())
    except OSError as error:
        raise not_written(target, error, "Choose another folder for the bundle.") from error
    return target


def output_frames(request: RenderRequest) -> range:
    """The output frames that a request makes. Raises what a render would raise before it starts.

    A sequence is looked up on disk; the frames of a video are counted by the engine.
    """
    return looked_up(request)[0]


def looked_up(
    request: RenderRequest, *, written_later: bool = False
) -> tuple[range, tuple[str, ...]]:
    """The output frames, and the files that they are made of, in full.

    written_later: the input range says which source frames there will be.
    """
    target = parsed_target(request)
    if written_later and request.retime.input_range:
        plan = request.retime.plan(*request.retime.input_range)
        return _evenly(wanted(plan, request).outputs), ()
    source = ImageSequence.around(request.source)
    same_files(source, target)
    if source.is_video:
        return _counted_by_engine(request), (os.path.abspath(source.path(1)),)
    plan = planned(request, source)
    frames = _evenly(plan.outputs)
    plan = filled(plan, request, source, source.empty(plan.source_frames))
    read = _read(request, plan, source)
    files = [*map(source.path, read), *_mattes(request, plan, read)]
    return frames, tuple(map(os.path.abspath, files))


def _evenly(outputs: Sequence[int]) -> range:
    """The frames as a range; InvalidSetting when they are not evenly spaced."""
    step = outputs[1] - outputs[0] if len(outputs) > 1 else 1
    found = range(outputs[0], outputs[-1] + 1, step)
    if list(found) != list(outputs):
        raise InvalidSetting(
            f"Frames {in_words(outputs)} are not evenly spaced, which a job's tasks have to be.",
            "Submit a job for each run of frames.",
        )
    return found


def _read(request: RenderRequest, plan: RetimePlan, source: ImageSequence) -> list[int]:
    """The source frames on disk that the engine reads: across a hold, more than the neighbors.

    And the clip's first and last one, which say how long it is and where its timecode starts.
    """
    footage, there = request.footage, source.frames()
    beyond = request.quality.beyond
    first, last = request.retime.input_range or (there[0], there[-1])
    first, last = first - beyond, last + beyond
    near = {
        n
        for planned in plan.frames
        for n in planned.around(max(footage.handles, footage.context(planned.is_made, beyond)))
        if first <= n <= last
    }
    near.update((*plan.source_frames, there[0], there[-1]))
    return [n for n in there if n in near]


def _mattes(request: RenderRequest, plan: RetimePlan, read: Sequence[int]) -> list[Path]:
    """The matte's files, where it has some of its own. Raises MissingFrames where it lacks one."""
    if not names_files(request.footage.matte):
        return []
    matte = ImageSequence.around(request.footage.matte)
    if matte.is_video:
        return [matte.path(1)]
    if missing := matte.missing(plan.source_frames):
        raise no_matte(request.footage.matte, missing)
    return [matte.path(n) for n in read if not matte.missing([n])]


def default_command() -> str:
    """`hifi-ofx` where PATH has it, else the program beside the engine's Python, in full.

    On the farm's machines it may be elsewhere: the job's parameter HifiCommand says where.
    """
    if shutil.which("hifi-ofx"):
        return "hifi-ofx"
    suffix = ".exe" if sys.platform == "win32" else ""
    try:
        beside = Path(engine_python()).parent / f"hifi-ofx{suffix}"
    except EngineError:
        return "hifi-ofx"
    return str(beside) if beside.is_file() else "hifi-ofx"


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    return {"parameterValues": [{"name": key, "value": value} for key, value in values.items()]}


def _name(request: RenderRequest) -> str:
    name = re.sub(r"(?<=\{)(?=\{)|(?<=\})(?=\})", " ", f"Retime {split(request.target)[1]}")
    return "".join(letter for letter in name if letter.isprintable())[:LONGEST_NAME]


def _counted_by_engine(request: RenderRequest) -> range:
    with EngineProcess() as engine:
        for line in engine.plan(request):
            if isinstance(line, Plan):
                return _evenly([frame[0] for frame in line.frames])
    raise EngineError(f"The engine gave no plan for {request.source}.")
