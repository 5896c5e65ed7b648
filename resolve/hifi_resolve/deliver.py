"""A render job on the Deliver page: EXR frames of the current timeline.

Nothing reads the page's settings, and what is set lies on top of what is there. So a preset that is
known to have pictures is loaded first, and the files are looked at afterwards.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

from .answers import ResolveError, needed
from .restore import Undo, presets

if TYPE_CHECKING:
    from fusionscript import Project

Show = Callable[[str], None]

BASES = ("H.264 Master", "H.265 Master", "ProRes 422 HQ", "YouTube - 1080p", "Vimeo - 1080p")
"""Presets that come with Resolve and deliver pictures."""

CODECS = {
    "half": ("RGBHalf", "RGBHalfZIP", "RGBHalfPIZ", "RGBHalfRLE"),
    "float": ("RGBFloat", "RGBFloatZIP", "RGBFloatPIZ", "RGBFloatRLE"),
}
"""IDs of lossless codecs, fastest first. DWAA and DWAB are not."""

POLL = 0.5
"""Seconds after which a job is asked again."""

_IDLE_POLLS = 6  # of a job that neither runs nor is complete, before it counts as failed


def load_base(project: Project) -> str:
    """Load a preset that is known to have pictures; its name, or "" when there is none."""
    there = presets(project)
    for name in BASES:
        if name in there and project.LoadRenderPreset(name):
            return name
    return ""


def choose_exr(project: Project, pixels: str) -> str:
    """Set the format to EXR with a lossless codec of half or float pixels; the codec's ID."""
    formats = project.GetRenderFormats() or {}
    words = [word for name, ext in formats.items() if "exr" in (name.lower(), ext.lower())
             for word in (ext, name)]  # fmt: skip
    for word in words:
        ids = set((project.GetRenderCodecs(word) or {}).values())
        for codec in CODECS[pixels]:
            if codec in ids and project.SetCurrentRenderFormatAndCodec(word, codec):
                return codec
    raise ResolveError(
        f"Resolve does not offer EXR with {pixels} pixels and without loss.",
        "Check the formats of its Deliver page.",
    )


def render(project: Project, settings: dict[str, Any], undo: Undo, show: Show) -> None:
    """Render the current timeline with these settings and wait until it is done.

    The job is deleted when `undo` runs. Raises ResolveError when Resolve says that it failed.
    """
    # A yes says nothing, and the job's record repeats the wish: the files will tell.
    done = project.SetRenderSettings(settings)  # type: ignore[arg-type]  # a plain dict with its keys
    needed(done, "take the settings of the render")
    job = needed(project.AddRenderJob(), "add a job to its render queue")
    undo.add("a job in the render queue, to be deleted", lambda: _deleted(project, job))
    _check_target(project, job, str(settings["TargetDir"]))
    needed(project.StartRendering([job], False), "start rendering")
    undo.add("a render, to be stopped", lambda: _stopped(project))
    _wait(project, job, show)


def _check_target(project: Project, job: str, folder: str) -> None:
    """Nothing may be rendered into a folder that the page still had from somebody's delivery."""
    for entry in _jobs(project):
        target = str(entry.get("TargetDir") or folder)
        if entry.get("JobId") == job and Path(target) != Path(folder):
            raise ResolveError(
                f"Resolve would render into {target}, not into {folder}.", "Run the script again."
            )


def _wait(project: Project, job: str, show: Show) -> None:
    idle = 0
    while idle < _IDLE_POLLS:
        running = project.IsRenderingInProgress()
        status: dict[str, Any] = dict(project.GetRenderJobStatus(job) or {})
        if status.get("JobStatus") == "Complete":
            return
        show(f"Resolve renders the clip: {float(status.get('CompletionPercentage') or 0):.0f} %")
        idle = 0 if running else idle + 1
        time.sleep(POLL)
    words = ", ".join(str(value) for key, value in status.items() if key != "CompletionPercentage")
    raise ResolveError(
        f"Resolve did not finish rendering the clip ({words or 'no status'}).",
        "Render the clip by hand once on the Deliver page: it says what is wrong.",
    )


def _deleted(project: Project, job: str) -> bool:
    project.DeleteRenderJob(job)
    return not any(entry.get("JobId") == job for entry in _jobs(project))


def _jobs(project: Project) -> list[dict[str, Any]]:
    return [dict(entry) for entry in project.GetRenderJobList() or []]


def _stopped(project: Project) -> bool:
    if project.IsRenderingInProgress():
        project.StopRendering()
    return not project.IsRenderingInProgress()
