"""Curves in files: rows and JSON of our own, and timing that other programs write.

CSV: one "output frame, source frame" row a line (comma, semicolon, tab or spaces), a header line
and # comments are allowed, and decimal commas where semicolons or tabs separate. JSON: a list of
such pairs, or {"keys": [...], "interpolation": "cubic"}. Text is UTF-8, UTF-16 with its mark, or
Latin-1. OpenTimelineIO (.otio, .otioz), EDL (CMX 3600) and scripts of Nuke: see `timings`.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hifi_ofx.curve import Curve, keys_of
from hifi_ofx.errors import InvalidSetting
from hifi_ofx.spelling import on_disk

from .codec import json_value
from .timings import edl, nuke_script, otio
from .timings.found import Found, Span

Reader = Callable[[str, str, str, Span], Found]

_READERS: dict[str, Reader] = {
    ".otio": otio.read,
    ".otioz": otio.read,
    ".edl": edl.read,
    ".nk": nuke_script.read,
}
# What tells them in a file of another suffix.
_MARKS: dict[str, Reader] = {
    r"^TITLE:|^M2\s|^FCM:": edl.read,
    r"^\s*(TimeWarp|Kronos|OFlow2?|Retime)\s*\{": nuke_script.read,
    r"^#! .*Nuke|^Root \{|^\{\s*curve\b": nuke_script.read,
    r'"OTIO_SCHEMA"': otio.read,
}
# What holds timing, and is not read: by suffix, or by what is in it.
_FOREIGN = {
    ".aaf": "a timeline (AAF)",
    ".xml": "an XML timeline",
    ".fcpxml": "an XML timeline",
    ".drt": "a timeline of DaVinci Resolve",
    ".chan": "a camera path",
}
_XML = r"^<\?xml|^<(xmeml|fcpxml)"
_LARGEST = 200_000_000  # bytes of a timeline in an archive


def read_curve(
    path: str | Path, interpolation: str | None = None, clip: str = "", span: Span = (1, 1)
) -> tuple[Curve, str]:
    """The curve in a file, and a sentence for what is not exactly as the file has it, else "".

    `interpolation` overrides that of rows and JSON, else linear. Of timelines and scripts: `clip`
    names what is meant where there are several, a clip, an event or a node, and `span` is the
    plate's first and last frame, which their media is taken to begin with unless it says so.
    Raises InvalidSetting.
    """
    name = f"Curve {Path(path).name!r}"
    text = _text(Path(path), name)
    reader = _reader(Path(path), text)
    if reader is None:
        _check_not_foreign(Path(path), text, name)
        if clip:
            raise InvalidSetting(f"{name} has one curve: there is no clip to choose.", "")
        is_json = text.lstrip()[:1] in ("[", "{")
        rows, own = _json_rows(text, name) if is_json else (_csv(text), None)
        return Curve(keys_of(rows, name), interpolation or own or "linear"), ""
    if interpolation:
        raise InvalidSetting(
            f"{name} says itself how it goes between keys.", "Leave the interpolation out."
        )
    found = reader(text, name, clip, span)
    return Curve(found.keys), found.note


def _text(path: Path, name: str) -> str:
    try:
        content = on_disk(path).read_bytes()
        if path.suffix.lower() == ".otioz":
            content = _unpacked(content)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidSetting(f"{name} cannot be read: {reason}.", "Check the path.") from error
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if any(ord(letter) < 9 or letter == "\x7f" for letter in text[:4096]):
        raise InvalidSetting(f"{name} is not a text file.", "Give a CSV or JSON file.")
    return text


def _unpacked(content: bytes) -> bytes:
    """The timeline of an archive (OTIOZ), which holds it as content.otio."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if archive.getinfo("content.otio").file_size > _LARGEST:
            raise ValueError("its timeline is too large")
        return archive.read("content.otio")


def _reader(path: Path, text: str) -> Reader | None:
    """Who reads timing in another program's form; None for rows and JSON."""
    if path.suffix.lower() in _READERS:
        return _READERS[path.suffix.lower()]
    start = text.lstrip()[:4096]
    return next((_MARKS[mark] for mark in _MARKS if re.search(mark, start, re.MULTILINE)), None)


def _check_not_foreign(path: Path, text: str, name: str) -> None:
    foreign = _FOREIGN.get(path.suffix.lower(), "")
    if not foreign and re.match(_XML, text.lstrip()):
        foreign = _FOREIGN[".xml"]
    if foreign:
        raise InvalidSetting(
            f"{name} is {foreign}, which is not read as a curve.",
            "Export it as OTIO, or as text: a row of output frame, source frame for every frame.",
        )


def _csv(text: str) -> list[list[str]]:
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    rows = [_cells(line) for line in lines if line]
    header = bool(rows) and not any(re.search(r"[0-9]", cell) for cell in rows[0])
    return rows[1:] if header else rows


def _cells(line: str) -> list[str]:
    """The cells of a row; where ; or a tab is between them, a comma is a decimal one."""
    line = line.replace('"', "")  # as spreadsheets write cells
    for separator in (";", "\t"):
        if separator in line:
            cells = line.rstrip(separator).split(separator)
            return [cell.strip().replace(",", ".") for cell in cells]
    return re.split(r"\s*,\s*|\s+", line)


def _json_rows(text: str, name: str) -> tuple[Any, str | None]:
    try:
        # Numbers stay text: 0.1 in the file means one tenth, not the nearest double.
        data = json_value(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise InvalidSetting(f"{name} is not valid JSON: {error}.", "Correct the file.") from error
    if isinstance(data, dict):
        return data.get("keys"), data.get("interpolation")
    return data, None
