"""Writing frames: atomic, in strips, EXR with the header of its source."""

from __future__ import annotations

import dataclasses
import errno
import logging
import os
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio

from engine.plate import exr_header
from engine.plate.atomic import atomic, output_error
from engine.plate.frame import Attribute, Frame, Part, Plane, RawAttribute, plane_in
from engine.plate.timecode import without_field_mark
from hifi_ofx.errors import OutputError

log = logging.getLogger(__name__)

_HELD = {"openexr": ("f2", "f4", "u4"), "jpeg": ("u1",), "png": ("u1", "u2"), "dpx": ("u1", "u2")}
_WIDEST = {"openexr": "f4", "jpeg": "u1", "png": "u2", "dpx": "u2"}
_STRUCTURE = ("channels", "compression", "dataWindow", "displayWindow", "lineOrder", "tiles")
_DERIVED = (
    "oiio:", "openexr:", "thumbnail_", "compression", "name", "view", "YResolution",
    "ResolutionUnit",
)  # fmt: skip
_PORTABLE = ("oiio:UnassociatedAlpha", "oiio:ColorSpace")
_MIXES_UP_BITS = ("pxr24", "dwaa", "dwab", "htj2k32", "htj2k256")
_FLOAT = np.dtype("f4")
_NEARLY_FULL = 1 << 20
_STRIP = 256  # rows handed over at once; a whole number of chunks under every compression


def write_frame(frame: Frame, path: str | Path) -> None:
    """Write a frame in the format that the name ends in: the whole file, or nothing.

    Formats that have no data window get the display window; those with four channels at most get
    the first part's color and alpha, and the log says so.

    Raises:
        OutputError: A full disk, a read-only folder, a frame the format cannot hold; nothing of
            the frame is left, and what was there before is untouched.
    """
    path = Path(path)
    name = format_name(path)
    with atomic(path) as temporary:
        if name == "openexr":
            _write_exr(frame, temporary, path)
        else:
            reduced = _reduced(frame, name)
            _check_space(reduced, path)
            _write_with_oiio(reduced, temporary, path, name)
            _check_readable(temporary, path)


def format_name(path: Path) -> str:
    """The format that a file name ends in; OutputError when none can be written."""
    output = oiio.ImageOutput.create(str(path))
    if output is None:
        oiio.geterror()
        raise OutputError(
            f"{path} ends in no picture format that can be written.",
            "Use .exr, .png, .tif, .dpx or .jpg.",
        )
    return str(output.format_name())


def message(geterror: Any) -> str:
    """OpenImageIO's words for what went wrong; damaged names can make them undecodable."""
    try:
        return str(geterror())
    except UnicodeDecodeError:
        return "its header is damaged"


def _check_space(frame: Frame, path: Path) -> None:
    """Refuse to start on a full disk: libjpeg ends the whole process when it meets one."""
    needed = sum(part.nbytes for part in frame.parts) + (1 << 20)
    if shutil.disk_usage(path.parent).free < needed:
        raise output_error(path, OSError(errno.ENOSPC, ""))


def _check_readable(temporary: Path, path: Path) -> None:
    """Read what was written: libpng does not tell when a disk is full."""
    source: Any = oiio.ImageInput.open(str(temporary))
    if source is None:
        raise _oiio_output_error(path, temporary, message(oiio.geterror))
    index = 0
    while source.seek_subimage(index, 0):
        if source.read_image(index, 0, 0, 1 << 10, oiio.UNKNOWN) is None:
            raise _oiio_output_error(path, temporary, message(source.geterror))
        index += 1
    source.close()


def _write_exr(frame: Frame, temporary: Path, path: Path) -> None:
    """Let OpenImageIO compress the pixels, then put the right header around them."""
    frame = _untiled_if_mixed(frame)
    frame = dataclasses.replace(frame, parts=tuple(_storable(part) for part in frame.parts))
    body = temporary.with_name(temporary.name + ".body.exr")
    try:
        _write_with_oiio(frame, body, path, "openexr")
        written = exr_header.read_headers(body).parts
        headers = [_header(part, made) for part, made in zip(frame.parts, written, strict=True)]
        exr_header.splice(body, temporary, headers)
    finally:
        body.unlink(missing_ok=True)


def _untiled_if_mixed(frame: Frame) -> Frame:
    """All parts in scanlines where some are and some are not: OpenImageIO writes no mixture."""
    if len({part.tile is None for part in frame.parts}) < 2:
        return frame
    log.info("Parts in tiles beside parts in scanlines: all are written in scanlines.")
    parts = tuple(dataclasses.replace(part, tile=None) for part in frame.parts)
    return dataclasses.replace(frame, parts=parts)


def _storable(part: Part) -> Part:
    """The part with a compression that keeps whole numbers whole."""
    kinds = {dtype.kind for dtype in part.types.values()}
    if kinds >= {"u", "f"} and part.compression in _MIXES_UP_BITS:
        log.info("Part '%s' mixes IDs and color: zip instead of %s.", part.name, part.compression)
        return dataclasses.replace(part, compression="zip")
    return part


def _header(part: Part, written: exr_header.Header) -> dict[str, RawAttribute]:
    """The header for a part: structure as written, all else as in the source, unless changed."""
    header = dict(written)
    if part.source is not None:
        header = _inherited(part, written)
    elif "DateTime" not in part.metadata:
        header.pop("capDate", None)  # the hour of writing would make equal frames differ
    header["channels"] = _channel_list(part)
    if "chunkCount" in header:
        count = struct.pack("<i", exr_header.chunk_count(header))
        header["chunkCount"] = RawAttribute("int", count)
    return header


def _inherited(part: Part, written: exr_header.Header) -> dict[str, RawAttribute]:
    assert part.source is not None
    header = exr_header.replaced(part.source.attributes, _changes(part))
    for name in _STRUCTURE:
        if name in written:
            header[name] = written[name]
        else:
            header.pop(name, None)
    header |= {name: written[name] for name in ("type", "chunkCount") if name in written}
    if "name" in written:
        header.setdefault("name", written["name"])
    if exr_header.levels(part.source.attributes) > 1:
        log.info("%s: only the full resolution is written, no mip levels.", part.name or "EXR")
    return header


def _channel_list(part: Part) -> RawAttribute:
    before = exr_header.channels(part.source.attributes) if part.source else []
    linear = {one.name: one.linear for one in before}
    codes = {"f2": exr_header.HALF, "f4": exr_header.FLOAT, "u4": exr_header.UINT}
    return exr_header.encode_channels(
        [
            exr_header.Channel(name, codes[_held(dtype, "openexr").str[1:]], linear.get(name, 0))
            for name, dtype in part.types.items()
        ]
    )


def _changes(part: Part) -> dict[str, Attribute | None]:
    before = part.source.metadata if part.source else {}
    names = {*before, *part.metadata}
    return {
        name: part.metadata.get(name)
        for name in sorted(names)
        if before.get(name) != part.metadata.get(name) and not name.startswith(_DERIVED)
    }


def _write_with_oiio(frame: Frame, temporary: Path, path: Path, format_name: str) -> None:
    output: Any = oiio.ImageOutput.create(str(temporary))
    specs = [_spec(part, frame.format, format_name, len(frame.parts)) for part in frame.parts]
    try:
        for index, (part, spec) in enumerate(zip(frame.parts, specs, strict=True)):
            opened = (
                output.open(str(temporary), spec, "AppendSubimage") if index
                else output.open(str(temporary), tuple(specs)) if len(specs) > 1
                else output.open(str(temporary), spec)
            )  # fmt: skip
            if not opened or not _write_pixels(output, spec, part):
                raise _oiio_output_error(path, temporary, message(output.geterror))
    finally:
        closed = output.close()
    if not closed:
        raise _oiio_output_error(path, temporary, message(output.geterror))


def _spec(part: Part, source_format: str, format_name: str, parts: int) -> Any:
    window, display = part.data_window, part.display_window
    types = [_held(part.types[name], format_name) for name in part.channels]
    mixed = len(set(types)) > 1
    spec = oiio.ImageSpec(
        window.width, window.height, len(types), pixel_type(_FLOAT if mixed else types[0])
    )
    spec.x, spec.y = window.x, window.y
    spec.full_x, spec.full_y = display.x, display.y
    spec.full_width, spec.full_height = display.size
    spec.channelnames = part.channels
    if mixed:  # IDs travel as floats of the same bits; the header calls them whole numbers again
        spec.channelformats = tuple(pixel_type(_FLOAT if t.kind == "u" else t) for t in types)
    if part.tile and format_name in ("openexr", "tiff"):
        spec.tile_width, spec.tile_height = part.tile
    for name, one in _spec_metadata(part, source_format, format_name, parts).items():
        spec.attribute(name, oiio.TypeDesc(one.type), one.value)
    return spec


def _spec_metadata(
    part: Part, source_format: str, format_name: str, parts: int
) -> dict[str, Attribute]:
    metadata = dict(part.metadata)
    if format_name != source_format:
        metadata = {
            k: v
            for k, v in metadata.items()
            if k in _PORTABLE or not k.startswith((*_DERIVED, "dpx:"))
        }
    if format_name == "dpx" and (timecode := metadata.get("smpte:TimeCode")):
        metadata["smpte:TimeCode"] = without_field_mark(timecode)
    if format_name != "openexr":
        return metadata
    if part.source is not None:  # all else comes from the source's own header
        metadata = {k: v for k, v in metadata.items() if k == "openexr:lineOrder"}
    level = part.metadata.get("openexr:dwaCompressionLevel")
    quality = f":{level.value:g}" if level and part.compression.startswith("dwa") else ""
    metadata["compression"] = Attribute("string", (part.compression or "zip") + quality)
    if part.name or parts > 1:
        metadata["oiio:subimagename"] = Attribute("string", part.name)
    return metadata


def _write_pixels(output: Any, spec: Any, part: Part) -> bool:
    """Hand over the planes in strips, so that no second copy of the frame is ever alive."""
    step = strip_height(part)
    for top in range(0, spec.height, step):
        bottom = min(top + step, spec.height)
        strip = _interleaved(part, slice(top, bottom))
        rows = spec.y + top, spec.y + bottom
        if spec.tile_width:
            columns = spec.x, spec.x + spec.width
            written = output.write_tiles(*columns, *rows, 0, 1, strip)
        else:
            written = output.write_scanlines(*rows, 0, strip)
        if not written:
            return False
    return True


def strip_height(part: Part) -> int:
    """How many rows to read or write at once: whole chunks, or whole rows of tiles."""
    tile = part.tile[1] if part.tile else 1
    return max(_STRIP // tile, 1) * tile


def _interleaved(part: Part, rows: slice) -> Plane:
    types = [part.types[name] for name in part.channels]
    mixed = len(set(types)) > 1
    carrier = _FLOAT if mixed else types[0]
    planes = [part.planes[name][rows] for name in part.channels]
    strip = np.empty((*planes[0].shape, len(planes)), carrier)
    for index, plane in enumerate(planes):
        if plane.dtype != types[index]:
            raise OutputError(
                f"Channel {part.channels[index]} is {plane.dtype}, not {types[index]}."
            )
        as_bits = mixed and plane.dtype.kind == "u" and plane.dtype.itemsize == 4
        strip[:, :, index] = np.ascontiguousarray(plane).view(_FLOAT) if as_bits else plane
    return strip


def _held(dtype: np.dtype[Any], format_name: str) -> np.dtype[Any]:
    """The type in which a format stores a channel."""
    if dtype.str[1:] in _HELD.get(format_name, (dtype.str[1:],)):
        return dtype
    return np.dtype(_WIDEST[format_name])


def pixel_type(dtype: np.dtype[Any]) -> Any:
    """The OpenImageIO type of a numpy type."""
    names = {"f2": "half", "f4": "float", "f8": "double", "u4": "uint", "i4": "int"}
    return oiio.TypeDesc(names.get(dtype.str[1:], dtype.name))


def _reduced(frame: Frame, format_name: str) -> Frame:
    """The frame as a format without data windows, and with few channels, can hold it."""
    parts = frame.parts if format_name in ("tiff", "dpx") else frame.parts[:1]
    reduced = []
    for part in parts:
        names = part.channels
        if format_name != "tiff" and len(names) > 4:
            names = tuple(name for name in names if name in ("R", "G", "B", "A")) or names[:1]
            log.info("%s holds %s alone of %d channels.", format_name, names, len(part.channels))
        planes = {name: plane_in(part, name, part.display_window) for name in names}
        types = {name: part.types[name] for name in names}
        reduced.append(
            dataclasses.replace(
                part, channels=names, types=types, planes=planes, data_window=part.display_window
            )
        )
    return dataclasses.replace(frame, parts=tuple(reduced))


def _oiio_output_error(path: Path, temporary: Path, message: str) -> OutputError:
    message = " ".join(message.replace(str(temporary), "it").split())[:300].rstrip(".")
    for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
        if os.strerror(number) in message:
            return output_error(path, OSError(number, message))
    if shutil.disk_usage(path.parent).free < _NEARLY_FULL:
        return output_error(path, OSError(errno.ENOSPC, message))
    return OutputError(
        f"{path} was not written: {message or 'the picture library failed'}.",
        "Look at the disk and the folder; finished frames stay.",
    )
