"""Frames on disk: EXR first, and every other picture format OpenImageIO knows.

Reading keeps each channel's own type; writing (see `exr_output`) is atomic and keeps all metadata;
`copy_frame` keeps even the compressed pixels.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import shutil
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

from engine.memory import frames
from engine.plate import dpx, exr_header, tiff
from engine.plate.atomic import atomic
from engine.plate.exr_output import format_name, message, pixel_type, strip_height, write_frame
from engine.plate.frame import Attribute, Frame, Part, Plane, SourceHeader, Window
from hifi_ofx.errors import FrameError, HifiError

__all__ = ["copy_frame", "read_frame", "read_header", "write_frame"]

_DTYPES = {
    "half": "f2", "float": "f4", "double": "f8", "uint8": "u1", "uint16": "u2", "uint": "u4",
    "uint32": "u4", "int8": "i1", "int16": "i2", "int": "i4", "int32": "i4",
}  # fmt: skip


def read_header(path: str | Path) -> Frame:
    """A frame's structure and metadata, without its pixels.

    Raises:
        FrameError: The file is missing, damaged, incomplete, deep or subsampled.
    """
    path = Path(path)
    with _damage(path), _opened(path) as source:
        return _read(path, source, pixels=False)


def read_frame(path: str | Path) -> Frame:
    """A whole frame, its pixels as they are in the file.

    Raises:
        FrameError: The file is missing, damaged, incomplete, deep or subsampled.
    """
    path = Path(path)
    with _damage(path), _opened(path) as source:
        return _read(path, source, pixels=True)


def copy_frame(
    source: str | Path, target: str | Path, metadata: Mapping[str, Attribute | None]
) -> None:
    """Copy a frame; pixels equal bit for bit, some metadata replaced, or removed where None.

    Within one format not even the compressed pixels change. Formats without a place for a piece of
    metadata go without. Between formats the values are decoded and written by `write_frame`.

    Raises:
        FrameError: The source is damaged or incomplete.
        OutputError: The target could not be written; nothing of it is left.
    """
    source, target = Path(source), Path(target)
    if format_name(target) != _sniffed_format(source):
        write_frame(read_frame(source).with_metadata(metadata), target)
        return
    read_frame(source)  # damage inside the compressed pixels must not be passed on
    with atomic(target) as temporary:
        if format_name(target) == "openexr":
            headers = exr_header.read_headers(source).parts
            parts = [exr_header.replaced(part, metadata) for part in headers]
            exr_header.splice(source, temporary, parts)
        else:
            shutil.copyfile(source, temporary)
            dpx.replace_timecode(temporary, metadata)


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Whatever libraries and our own code make of a damaged file, the user gets one sentence."""
    try:
        yield
    except (HifiError, MemoryError):
        raise
    except OSError as error:  # such as a network disk that has gone
        raise FrameError(
            f"{path} cannot be read: {error.strerror or error}.", "Look at the disk it is on."
        ) from error
    except Exception as error:
        raise _frame_error(path, f"it is damaged ({repr(error)[:120]})") from error


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    _check_exr(path)
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)  # the values in the file, not multiplied
    source = oiio.ImageInput.open(str(path), config)
    if source is None:
        raise _frame_error(path, message(oiio.geterror))
    try:
        yield source
    finally:
        source.close()


def _check_exr(path: Path) -> None:
    """What can be told from an EXR's header, before a library that trusts it allocates memory."""
    if _sniffed_format(path) != "openexr":
        return
    headers = exr_header.read_headers(path)
    if exr_header.is_deep(headers):
        raise FrameError(
            f"{path} is a deep EXR; deep frames cannot be retimed.",
            "Flatten it first (DeepToImage in Nuke).",
        )
    try:
        channels = [one for part in headers.parts for one in exr_header.channels(part)]
    except (KeyError, ValueError, struct.error) as error:
        raise _frame_error(path, "its header is damaged") from error
    subsampled = [one.name for one in channels if one.sampling != (1, 1)]
    if subsampled:
        raise FrameError(
            f"{path} has subsampled channels ({', '.join(subsampled)}), as luminance/chroma has.",
            "Convert it to RGB first.",
        )
    exr_header.check_chunks(path, headers)


def _read(path: Path, source: Any, pixels: bool) -> Frame:
    if pixels and source.format_name() == "tiff":
        tiff.check_deflated(path)
    headers: Sequence[exr_header.Header] = ()
    if source.format_name() == "openexr":
        headers = exr_header.read_headers(path).parts
    parts: list[Part] = []
    while source.seek_subimage(len(parts), 0):
        header = headers[len(parts)] if len(parts) < len(headers) else None
        part = _part(path, source.spec(), header)
        _check_size(path, part)
        if pixels:
            part = dataclasses.replace(part, planes=_read_planes(path, source, len(parts), part))
            if source.format_name() == "dpx" and not parts:
                dpx.complete_last_column(path, part)
        parts.append(part)
    if source.has_error and "Premature end" in (trouble := message(source.geterror)):
        raise _frame_error(path, trouble)  # libjpeg fills up with gray
    if not parts or (headers and len(parts) != len(headers)):
        raise _frame_error(path, message(source.geterror) or "a part of it is missing")
    return Frame(tuple(parts), source.format_name(), path)


def _part(path: Path, spec: Any, header: exr_header.Header | None) -> Part:
    try:
        names = tuple(spec.channelnames)
    except UnicodeDecodeError as error:
        raise _frame_error(path, "its channel names are not UTF-8") from error
    if len(set(names)) != len(names) or spec.depth != 1 or spec.deep:
        raise _frame_error(path, "it has channels of one name, or is a volume")
    formats = [str(one) for one in spec.channelformats or [spec.format] * spec.nchannels]
    metadata = _metadata(spec)
    types = [np.dtype(_DTYPES[format_]) for format_ in formats]
    if any(dtype.kind == "i" for dtype in types):
        raise FrameError(
            f"{path} has whole numbers with a sign, which are no colors.",
            "Convert it to whole numbers without one, or to float.",
        )
    return Part(
        channels=names,
        types=dict(zip(names, types, strict=True)),
        data_window=Window(spec.x, spec.y, spec.width, spec.height),
        display_window=Window(spec.full_x, spec.full_y, spec.full_width, spec.full_height),
        name=_text(metadata, "oiio:subimagename"),
        view=_text(metadata, "view"),
        compression=_text(metadata, "compression"),
        tile=(spec.tile_width, spec.tile_height) if spec.tile_width else None,
        metadata=metadata,
        source=SourceHeader(header, metadata) if header is not None else None,
    )


def _metadata(spec: Any) -> dict[str, Attribute]:
    found = {}
    for one in spec.extra_attribs:
        with contextlib.suppress(UnicodeDecodeError):  # the raw header still has it
            value = one.value.tolist() if isinstance(one.value, np.ndarray) else one.value
            found[one.name] = Attribute(str(one.type), value)
    return found


def _text(metadata: Mapping[str, Attribute], name: str) -> str:
    return str(metadata[name].value) if name in metadata else ""


def _check_size(path: Path, part: Part) -> None:
    size = path.stat().st_size
    if part.nbytes > max(1 << 30, 100_000 * size):
        raise _frame_error(path, f"it declares {part.nbytes >> 20} MiB of pixels in {size} bytes")


def _read_planes(path: Path, source: Any, index: int, part: Part) -> dict[str, Plane]:
    """Every channel by itself, read in strips so that no second copy of the frame is ever alive."""
    shape = part.data_window.shape
    planes: dict[str, Plane] = {
        name: frames.empty_plane(shape, part.types[name]) for name in part.channels
    }
    begin = 0
    for dtype, run in groupby(part.channels, key=lambda name: part.types[name]):
        names = list(run)
        channels = (begin, begin + len(names), pixel_type(dtype))
        for rows, strip in _strips(path, source, index, part, channels):
            for position, name in enumerate(names):
                planes[name][rows] = strip[:, :, position]
        begin += len(names)
    return planes


def _strips(
    path: Path, source: Any, index: int, part: Part, channels: tuple[int, int, Any]
) -> Iterator[tuple[slice, Plane]]:
    """Rows and their pixels, (rows, width, channels); in one piece where a format is not EXR."""
    window = part.data_window
    step = strip_height(part) if source.format_name() == "openexr" else window.height
    for top in range(0, window.height, step):
        bottom = min(top + step, window.height)
        rows = window.y + top, window.y + bottom
        if step >= window.height:
            strip = source.read_image(index, 0, *channels)
        elif part.tile:
            columns = window.x, window.right
            strip = source.read_tiles(index, 0, *columns, *rows, 0, 1, *channels)
        else:
            strip = source.read_scanlines(index, 0, *rows, 0, *channels)
        if strip is None:
            raise _frame_error(path, message(source.geterror))
        yield slice(top, bottom), strip


def _sniffed_format(path: Path) -> str:
    """The format by content for EXR, by name for all others."""
    try:
        with path.open("rb") as file:
            if file.read(4) == exr_header.MAGIC:
                return "openexr"
    except OSError as error:
        reason = "does not exist" if error.errno == errno.ENOENT else f"cannot be read: {error}"
        raise FrameError(f"{path} {reason}.", "Check the path and its permissions.") from error
    output = oiio.ImageOutput.create(str(path))
    return str(output.format_name()) if output else ""


def _frame_error(path: Path, reason: str) -> FrameError:
    if path.stat().st_size == 0:
        reason = "it is empty"
    reason = reason.strip().replace(f"EXR Error ({path}): ", "").replace(str(path), "it")
    reason = " ".join(reason.split())[:300] or "its header is damaged"
    return FrameError(
        f"{path} cannot be read: {reason.rstrip('.')}.", "Render or copy it again, or leave it out."
    )
