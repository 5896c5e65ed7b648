"""The steps of a farm job that Nuke runs: the input written out before the retime, the comp after.

The script is a copy that the host saves for the job, in which the retime's node shows the folder
that the job fills and holds what is in it: the comp needs no plug-in, and nothing is judged anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .job_parts import chunks, path_parameter, text_parameter

BAKE, COMP = "Input", "Comp"
_CHUNK = "{{Task.Param.First}}-{{Task.Param.Last}}"
_BAKE_SCRIPT = """import sys
from hifi_nuke import farm_task
sys.exit(farm_task.main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class NukeSteps:
    """What Nuke does in a job.

    script: the copy. node: the retime's full name in it. nuke: the program. inputs: source frames
    to be written out, none where the engine reads the plate. folder: where they go. writes: the
    Writes of the comp, none for no comp. frames: the comp's.
    """

    script: str
    node: str
    nuke: str
    inputs: tuple[int, ...]
    folder: str
    writes: tuple[str, ...]
    frames: range
    chunk: int

    def parameters(self) -> list[tuple[dict[str, Any], Any]]:
        """Job parameters: each definition with its value."""
        return [
            (path_parameter("Script", "FILE", "IN", "Script"), self.script),
            (text_parameter("NukeCommand", "Nuke", "Machine", "Nuke of this farm."), self.nuke),
            (text_parameter("Node", "Node", "Files", "The retime's node."), self.node),
            (
                text_parameter("Writes", "Writes", "Files", "Writes to render."),
                ",".join(self.writes),
            ),
        ]

    def bake(self) -> dict[str, Any] | None:
        """The step that writes the input out; None where there is nothing to write."""
        if not self.inputs:
            return None
        frames = range(self.inputs[0], self.inputs[-1] + 1)
        # Nuke takes away a number or a range at the end of its command line: this is none.
        words = [
            "-t", "{{Task.File.Bake}}", "bake", "{{Param.Script}}", "{{Param.Node}}",
            "{{Param.SourceFolder}}", f"frames={_CHUNK}",
        ]  # fmt: skip
        step = _step(BAKE, frames, self.chunk, words)
        step["script"]["embeddedFiles"] = [
            {"name": "Bake", "type": "TEXT", "filename": "bake.py", "data": _BAKE_SCRIPT}
        ]
        return step

    def comp(self) -> dict[str, Any] | None:
        """The step that renders the comp; None without Writes."""
        if not self.writes:
            return None
        words = ["-F", _CHUNK, "-X", "{{Param.Writes}}", "{{Param.Script}}"]
        return _step(COMP, self.frames, self.chunk, words)


def _step(name: str, frames: range, chunk: int, words: list[str]) -> dict[str, Any]:
    first, last = chunks(frames, chunk)
    return {
        "name": name,
        "parameterSpace": {
            "taskParameterDefinitions": [
                {"name": "First", "type": "INT", "range": first},
                {"name": "Last", "type": "INT", "range": last},
            ],
            "combination": "(First, Last)",
        },
        "script": {"actions": {"onRun": {"command": "{{Param.NukeCommand}}", "args": words}}},
    }
