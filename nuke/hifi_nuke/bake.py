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
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import nuke

from hifi_ofx.errors import Cancelled, FrameError, HifiError, OutputError

from . import exr, identity, licence, record
from .display import Display
from .identity import Cache
from .threads import ToMain, alive
from .upstream import Bake

WRITE = "HiFIBake1"
_BUSY = "already executing"  # Nuke: "I'm already executing something else"
_PATIENCE = 0.1  # seconds
_A_DAY = 86400  # seconds
_SETTINGS = {
    "file_type": "exr",  # first: the others appear with it
    "compression": "Zip (1 scanline)",  # lossless, and quick to play back
    "autocrop": False,  # the data window must not follow the pixels from frame to frame
    "metadata": "default metadata and exr/*",  # the timecode and the plate's own
    "raw": True,
}


def path(cache: Cache, frame: int) -> Path:
    """The file of a source frame."""
    return Path(cache.source % frame)


def outdated(bake: Bake, cache: Cache, frames: Iterable[int]) -> list[int]:
    """Those of the frames that are not on disk as the input is now."""
    known = record.read(cache.source_record)
    return [
        frame
        for frame in frames
        if not bake.fingerprint or known.get(frame) != _key(bake, path(cache, frame))
    ]


def write(
    node: nuke.Node, bake: Bake, cache: Cache, frames: list[int], main: ToMain, display: Display
) -> None:
    """Write these frames of the node's input. A frame that comes out as it was keeps its file.

    Raises Cancelled, FrameError with Nuke's own words where the nodes above fail, OutputError.
    """
    identity.make_folder(cache)
    _remove_leftovers(cache.folder)
    name = f".baking-{socket.gethostname()}-{os.getpid()}"  # of this machine and this Nuke alone
    scratch = f"{cache.folder.as_posix()}/{name}.%04d.exr"
    writer = _patiently(main, display.check, _make_write, node, bake, scratch)
    try:
        for index, frame in enumerate(frames):
            display.show(f"Reading the input, frame {frame}", index / len(frames))
            display.check()
            _patiently(main, display.check, _render, node, writer, bake, frame)
            _keep(Path(scratch % frame), path(cache, frame))
            record.add(cache.source_record, {frame: _key(bake, path(cache, frame))})
    finally:
        for frame in frames:
            Path(scratch % frame).unlink(missing_ok=True)
        if not licence.counts_nodes():
            _patiently(main, lambda: None, _delete, writer)


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


def _key(bake: Bake, file: Path) -> str:
    settings = (bake.fingerprint, bake.channels, bake.datatype, *bake.views)
    return " ".join([*settings, record.stamp(file)])


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
                writer.setInput(0, node.node("Input1"))
            writer["disable"].setValue(True)
            for name, value in {**_SETTINGS, "datatype": bake.datatype, "file": scratch}.items():
                writer[name].setValue(value)
            writer["channels"].setValue(bake.channels)
            if len(bake.views) > 1:
                writer["views"].setValue(" ".join(bake.views))
    finally:
        nuke.Undo.enable()
    return writer


def _render(node: nuke.Node, writer: nuke.Node, bake: Bake, frame: int) -> None:
    alive(node)
    proxy = nuke.root()["proxy"]
    was_on = bool(proxy.value())
    nuke.Undo.disable()
    try:
        if was_on:
            proxy.setValue(False)
        writer["disable"].setValue(False)
        nuke.execute(writer, frame, frame, 1, list(bake.views))
    except RuntimeError as error:
        if _BUSY in str(error):
            raise
        raise _failure(node, frame, str(error)) from error
    finally:
        writer["disable"].setValue(True)
        if was_on:
            proxy.setValue(True)
        nuke.Undo.enable()


def _failure(node: nuke.Node, frame: int, words: str) -> HifiError:
    if "cancel" in words.lower():
        return Cancelled("The render was cancelled.", "Finished frames are kept.")
    return FrameError(
        f"The input of {node.name()} could not be rendered at frame {frame}: {words.rstrip('.')}.",
        "Look at the nodes above it; finished frames are kept.",
    )


def _delete(writer: nuke.Node) -> None:
    nuke.Undo.disable()
    try:
        writer.name()
        nuke.delete(writer)
    except ValueError:
        pass  # it went with its Group, or with the script
    finally:
        nuke.Undo.enable()


def _keep(scratch: Path, file: Path) -> None:
    """Put a written frame in its place, unless the same picture is there: then nothing changes."""
    try:
        if file.exists() and exr.same_picture(scratch, file):
            scratch.unlink()
        else:
            os.replace(scratch, file)
    except OSError as error:
        raise OutputError(
            f"{file} was not written: {error.strerror}.",
            "Look at the disk and the folder; finished frames stay.",
        ) from error
