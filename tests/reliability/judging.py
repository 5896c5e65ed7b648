"""What a fault may leave behind: finished frames, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hifi_ofx.errors import HifiError
from tests.reliability.faults import Fault
from tests.reliability.running import Run
from tests.reliability.workspace import Workspace


@dataclass(frozen=True)
class Verdict:
    """What was lost by one fault; nothing where it survived."""

    fault: Fault
    lost: tuple[str, ...]
    struck: bool  # or the run was over before, or did not need what it lacked
    said: str = ""


def tried(fault: Fault, work: Workspace, chance: Random) -> Verdict:
    """Let a fault strike a retime; look at what there is then, and after a run without a fault."""
    work.restore()
    run = fault.strike(work, chance)
    lost = [*_of_the_run(run, fault), *_of_the_frames(work)]
    work.mend_plate()
    lost += _of_the_second_run(work)
    return Verdict(fault, tuple(lost), run.process.returncode != 0, run.sentence)


def _of_the_run(run: Run, fault: Fault) -> list[str]:
    lost = []
    if run.hung:
        lost.append("hung")
    if run.outlived():
        lost.append("the engine lived on")
    if run.process.returncode and not run.sentence and not fault.speechless:
        lost.append(f"no sentence: {' '.join(run.errors)[-300:]!r}")
    return lost


def _of_the_frames(work: Workspace) -> list[str]:
    """Whatever lies under a final name is a finished frame, the right one."""
    finished = {name: data for name, data in work.files().items() if not name.startswith(".")}
    return [
        f"{name} is wrong" for name, data in finished.items() if work.reference.get(name) != data
    ]


def _of_the_second_run(work: Workspace) -> list[str]:
    try:
        work.render()
    except HifiError as error:
        return [f"the second run fails: {error}"]
    found = work.files()
    strays = sorted(found.keys() - work.reference.keys())
    other = sorted(name for name, data in work.reference.items() if found.get(name) != data)
    return [*(f"{name} is left" for name in strays), *(f"{name} differs" for name in other)]
