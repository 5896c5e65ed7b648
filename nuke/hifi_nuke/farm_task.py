"""What a farm's task has Nuke do: write the input of a retime out, into the folder of its job.

    nuke -t bake.py bake SCRIPT NODE FOLDER frames=1001-1020

The folder is the one that the submission named. Dates of files may differ on the farm's machines,
so nothing is compared there: what is missing is written.
"""

from __future__ import annotations

import re
import sys
import traceback
from pathlib import Path

import nuke

from hifi_ofx import __version__
from hifi_ofx.errors import HifiError, InvalidSetting

from . import bake, job, upstream
from .display import Lines
from .job import Job
from .threads import directly


def main(words: list[str]) -> int:
    """Do what the words say. Returns the exit code; a failure is a sentence for the farm's log."""
    try:
        if len(words) != 5 or words[0] != "bake":
            raise InvalidSetting(
                f"{' '.join(words)!r} is no task.", "It is: bake SCRIPT NODE FOLDER frames=1-10."
            )
        count = write_input(words[1], words[2], Path(words[3]), _range(words[4]))
        nuke.tprint(f"[hifi] {count} frames of the input written.")
        return 0
    except (HifiError, RuntimeError) as error:
        print(f"openjd_fail: {' '.join(str(error).split())}", flush=True)
        traceback.print_exc(file=sys.stderr)
        return 1


def write_input(script: str, name: str, folder: Path, frames: range) -> int:
    """Write the source frames of a node that are in this range, and missing. Returns how many."""
    nuke.scriptOpen(script)
    node = nuke.root().node(name)
    if node is None:
        raise InvalidSetting(f"{script} has no node {name}.", "Submit the job again.")
    wanted = job.wish(node)
    source = upstream.source(node, wanted.timing.span)
    if not isinstance(source, upstream.Bake):
        source = upstream.as_written(node)  # where files are in other places than at submission
    made = Job(wanted, source, __version__, given=folder)
    missing = [
        frame
        for frame in made.sources()
        if frame in frames and not bake.path(made.cache, frame).is_file()
    ]
    if missing:
        bake.write(made, missing, directly, Lines(made.name))
    return len(missing)


def _range(word: str) -> range:
    # Nuke takes away what is a number or a range at the end of its command line: this is none.
    found = re.fullmatch(r"frames=(-?\d+)-(-?\d+)", word)
    if found is None:
        raise InvalidSetting(f"{word!r} are no frames.", "Write them as frames=1001-1020.")
    return range(int(found[1]), int(found[2]) + 1)
