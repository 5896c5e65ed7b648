"""Writing the input of a node to EXR files: through a Write inside it, one frame at a time.

Python gets no pixels out of Nuke but through a Write. One `nuke.execute` a frame, each its own call
on the main thread, keeps the interface alive in between and can be stopped. The Write exists while
it is needed and is enabled while it renders, so that no `nuke -x` ever meets it. It writes the
working space's values raw, the whole data window, in full resolution whatever the viewer shows.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nuke

from hifi_ofx.errors import Cancelled, FrameError, HifiError, OutputError

from . import executing, exr, folders, licence, matte
from .display import Display
from .folders import Cache
from .job import Job
from .threads import ToMain, alive
from .upstream import Bake

WRITE = "HiFIBake1"
_BUSY = "already executing"  # Nuke: "I'm already executing something else"
_PATIENCE = 0.1  # seconds
_A_DAY = 86400  # seconds
SETTINGS = {
    "file_type": "exr",  # first: the others appear with it
    "compression": "Zip (1 scanline)",  # lossless, and quick to play back
    "autocrop": False,  # the data window must not follow the pixels from frame to frame
    "metadata": "default metadata and exr/*",  # the timecode and the plate's own
    "raw": True,
}


def path(cache: Cache, frame: int) -> Path:
    """The file of a source frame."""
    return Path(cache.source % frame)


def outdated(job: Job) -> list[int]:
    """The source frames of a job that are not on disk as its input is now."""
    if not isinstance(job.source, Bake) or not job.wish.plan.frames:
        return []
    known = bool(job.source.signature)
    return [frame for frame in job.sources() if not known or not path(job.cache, frame).is_file()]


def make_folder(job: Job) -> None:
    """Make the folder for the source frames, and say in it what it is."""
    script, name, folder = job.wish.script, job.name, job.cache.source_folder
    folders.make(job.cache, folder, script=script, node=name, kind="source")


def write(job: Job, frames: list[int], main: ToMain, display: Display) -> None:
    """Write these frames of the node's input. A frame that comes out as it was is the same file.

    Raises Cancelled, FrameError with Nuke's own words where the nodes above fail, OutputError.
    """
    assert isinstance(job.source, Bake)
    cache, node = job.cache, job.node
    make_folder(job)
    _remove_leftovers(cache.source_folder)
    # Of this machine, this Nuke and this node alone.
    name = f".baking-{socket.gethostname()}-{os.getpid()}-{job.wish.identity}"
    scratch = f"{cache.source_folder.as_posix()}/{name}.%04d.exr"
    before = folders.source_of(job.wish.shown.folder)
    writer = _patiently(main, display.check, _make_write, node, job.source, scratch)
    try:
        for index, frame in enumerate(frames):
            display.show(f"Reading the input, frame {frame}", index / len(frames))
            display.check()
            first = index == 0
            _patiently(main, display.check, _render, node, writer, job.source, frame, first)
            file = path(cache, frame)
            _keep(Path(scratch % frame), file, before / file.name if before else file)
    finally:
        for frame in frames:
            Path(scratch % frame).unlink(missing_ok=True)
        if not licence.counts_nodes():
            _patiently(main, lambda: None, _delete, node, writer)


def _remove_leftovers(folder: Path) -> None:
    """What a Nuke that crashed has left half-written; younger files may be another machine's."""
    for file in folder.glob(".baking-*"):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > _A_DAY:
                file.unlink()


def _patiently(
    main: ToMain, check: Callable[[], None], call: Callable[..., Any], *args: Any
) -> Any:
    """Call on the main thread, once Nuke does not execute something else.

    It executes one thing at a time: the artist's own render, or another node's frame. In a
    terminal nobody else does, and waiting would be for ever.
    """
    while True:
        try:
            return main(call, *args)
        except RuntimeError as error:
            if not nuke.GUI or _BUSY not in str(error):
                raise
        check()
        time.sleep(_PATIENCE)


def _make_write(node: nuke.Node, bake: Bake, scratch: str) -> nuke.Node:
    alive(node)
    assert isinstance(node, nuke.Group)
    nuke.Undo.disable()
    try:
        with node:
            # One is there after a crash, or where nodes are counted and so kept.
            writer = node.node(WRITE)
            if writer is None:
                writer = nuke.nodes.Write(name=WRITE)
            if not licence.counts_nodes():
                with_matte = bake.matte and matte.written(node, bake.channels)
                writer.setInput(0, with_matte or node.node("Input1"))
            writer["disable"].setValue(True)
            for name, value in {**SETTINGS, "datatype": bake.datatype, "file": scratch}.items():
                writer[name].setValue(value)
            writer["channels"].setValue("all" if bake.matte else bake.channels)
            if len(bake.views) > 1:
                writer["views"].setValue(" ".join(bake.views))
    finally:
        nuke.Undo.enable()
    return writer


def _render(node: nuke.Node, writer: nuke.Node, bake: Bake, frame: int, first: bool) -> None:
    alive(node)
    proxy = nuke.root()["proxy"]
    was_on = bool(proxy.value())
    nuke.Undo.disable()
    try:
        if was_on:
            proxy.setValue(False)
        writer["disable"].setValue(False)
        with contextlib.nullcontext() if first else _told_once():
            executing.execute(writer, frame, frame, 1, list(bake.views))
    except RuntimeError as error:
        if _BUSY in str(error):
            raise
        raise _failure(node, frame, str(error)) from error
    finally:
        writer["disable"].setValue(True)
        if was_on:
            proxy.setValue(True)
        nuke.Undo.enable()


@contextlib.contextmanager
def _told_once() -> Iterator[None]:
    """Keep a studio's beforeRender and afterRender from being called for every frame.

    A render that writes its frames one by one is one render; they hear of its first frame.
    """
    events = [getattr(nuke.callbacks, name, None) for name in ("beforeRenders", "afterRenders")]
    known = [(event, dict(event)) for event in events if isinstance(event, dict)]
    for event, _ in known:
        event.clear()
    try:
        yield
    finally:
        for event, entries in known:
            event.update(entries)


def _failure(node: nuke.Node, frame: int, words: str) -> HifiError:
    if "cancel" in words.lower():
        return Cancelled("The render was cancelled.", "Finished frames are kept.")
    return FrameError(
        f"The input of {node.name()} could not be rendered at frame {frame}: {words.rstrip('.')}.",
        "Look at the nodes above it; finished frames are kept.",
    )


def _delete(node: nuke.Node, writer: nuke.Node) -> None:
    nuke.Undo.disable()
    try:
        writer.name()
        nuke.delete(writer)
        assert isinstance(node, nuke.Group)
        matte.remove(node)
    except ValueError:
        pass  # it went with its Group, or with the script
    finally:
        nuke.Undo.enable()


def _keep(scratch: Path, file: Path, before: Path) -> None:
    """Put a written frame in its place, or what was there before where the picture is the same.

    Then its date is the same, too, and what was made of it stays right.
    """
    try:
        if not before.exists() or not exr.same_picture(scratch, before):
            os.replace(scratch, file)
        elif file == before or folders.link(before, file):
            scratch.unlink()
    except OSError as error:
        raise OutputError(
            f"{file} was not written: {error.strerror}.",
            "Look at the disk and the folder; finished frames stay.",
        ) from error
