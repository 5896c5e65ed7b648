"""*Write farm job*: what is needed of three steps, the input, the retime and the comp, as a bundle.

The comp's step renders a copy of the script as it is now, saved or not, in which the node holds the
folder that the job fills.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import nuke

from hifi_ofx.errors import HifiError

from . import bake, farm, identity, job, knobs, layout, licence, result, work
from .display import Display
from .job import Job
from .outcome import Done
from .threads import ToMain, alive
from .undo import not_recorded


def submit(node: nuke.Node) -> None:
    """Write the bundle, in the background. The button of the tab Cache.

    Where the farm is to run the engine alone, this Nuke writes the input out first.
    """
    whole = node["farmSteps"].value() == layout.FARM_STEPS[0] and not licence.counts_nodes()
    comp = _comp(node) if whole else None
    task = work.task(partial(_bundled, int(node["farmChunk"].value()), whole, comp))
    work.begin(job.wish(node), task, "Writing the farm job …")


def _comp(node: nuke.Node) -> tuple[tuple[str, ...], range]:
    """The Writes below a node, and the frames that they render."""
    writes = [
        write
        for write in identity.every(nuke.root())
        if write.Class() == "Write"
        and not write["disable"].value()
        and any(one == node for one, _ in farm.retimes_above(write, []))
    ]
    frames = sorted({frame for write in writes for frame in farm.write_frames(write)})
    names = tuple(write.fullName() for write in writes)
    return names, range(frames[0], frames[-1] + 1) if frames else range(0)


def _bundled(
    chunk: int,
    whole: bool,
    comp: tuple[tuple[str, ...], range] | None,
    made: Job,
    main: ToMain,
    display: Display,
) -> Done:
    inputs = bake.outdated(made) if whole else []
    baked = 0 if whole else work.written_out(made, main, display)
    if inputs:
        bake.make_folder(made)
    work.make_folder(made)
    main(result.show, made)
    folder = made.cache.folder / "farm"
    steps: Any = None
    if whole and (inputs or (comp and comp[0])):
        script = main(_save_copy, made, folder)
        steps = _nuke_steps(made, script, inputs, comp, chunk)
    written = _write_bundle(made, chunk, folder, steps)
    return Done(baked, None, words=f"The farm job is in {written}.", is_render=False)


def _nuke_steps(made: Job, script: str, inputs: list[int], comp: Any, chunk: int) -> Any:
    from hifi_ofx.nuke_steps import NukeSteps

    writes, frames = comp
    return NukeSteps(
        script=script, node=made.wish.full_name, nuke=str(nuke.EXE_PATH), inputs=tuple(inputs),
        folder=made.cache.source_folder.as_posix(), writes=writes, frames=frames, chunk=chunk,
    )  # fmt: skip


def _save_copy(made: Job, folder: Path) -> str:
    """Save the script beside the bundle, with the node holding the frames of the job. Main thread.

    The script that is open keeps its name, and the node its knob.
    """
    node = made.node
    alive(node)
    folder.mkdir(parents=True, exist_ok=True)
    suffix = os.path.splitext(made.wish.script)[1] or ".nk"
    path = (folder / f"script{suffix}").as_posix()
    before, policy = node["whenOld"].value(), layout.WHEN_OLD[1]
    with not_recorded():
        try:
            knobs.put(node, "whenOld", policy)
            knobs.put(node, "show", layout.SHOWN[0])
            nuke.scriptSaveToTemp(path)
        finally:
            knobs.put(node, "whenOld", str(before))
    return path


def _write_bundle(made: Job, chunk: int, folder: Path, steps: Any) -> Path:
    """Write the bundle. Raises HifiError."""
    try:
        from hifi_ofx import farm as bundles
    except ImportError:
        raise HifiError(
            "This copy of hifi_ofx cannot write farm jobs.", "Install the plug-in anew."
        ) from None
    return Path(
        bundles.bundle(
            made.request, folder, chunk=chunk, name=_named(made), nuke=steps, recipes=True
        )
    )


def _named(made: Job) -> str:
    """A name for the job: the script's and the node's. Double braces would mean a parameter."""
    name = f"{Path(made.wish.script).stem} {made.name}".strip()
    return name.replace("{{", "{ {").replace("}}", "} }")[:128]
