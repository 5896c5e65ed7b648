"""A frame in memory: pixels in their own types, and all that belongs to them.

A `Frame` is one picture file, or one picture of a video. It holds `Part`s (an EXR part, a TIFF
page; most files have one), and a part holds one two-dimensional array a channel, in the type the
file has: a half stays a half and an ID stays a uint32, so that NaN bit patterns and IDs survive and
memory stays small. Windows are in pixels, x to the right and y down, as in OpenEXR.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hifi_ofx.errors import MismatchedFrames
from hifi_ofx.live import LONGEST

Plane = npt.NDArray[Any]

MOST = 1 << 29  # pixels of a picture that is made of two files: 32,768 x 16,384


@dataclass(frozen=True)
class Window:
    """A rectangle of pixels: corner (x, y), which may be negative, and size."""

    x: int
    y: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, as numpy has them."""
        return self.height, self.width

    @property
    def right(self) -> int:
        """The first column past the window."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """The first row past the window."""
        return self.y + self.height

    def union(self, other: Window) -> Window:
        """The smallest window that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        right, bottom = max(self.right, other.right), max(self.bottom, other.bottom)
        return Window(x, y, right - x, bottom - y)

    def intersection(self, other: Window) -> Window:
        """What both have in common; of width or height 0 when that is nothing."""
        x, y = max(self.x, other.x), max(self.y, other.y)
        right, bottom = min(self.right, other.right), min(self.bottom, other.bottom)
        return Window(x, y, max(0, right - x), max(0, bottom - y))

    @property
    def area(self) -> int:
        """How many pixels it has."""
        return self.width * self.height

    @property
    def fits(self) -> bool:
        """Whether a picture as large as this may be made."""
        return max(self.size) <= LONGEST and self.area <= MOST

    def grown(self, margin: int) -> Window:
        """The window with so many pixels more on every side."""
        return Window(
            self.x - margin, self.y - margin, self.width + 2 * margin, self.height + 2 * margin
        )

    def within(self, outer: Window) -> tuple[slice, slice]:
        """Rows and columns of this window in an array that covers `outer`."""
        return (
            slice(self.y - outer.y, self.bottom - outer.y),
            slice(self.x - outer.x, self.right - outer.x),
        )

    def __str__(self) -> str:
        return f"{self.width}x{self.height}{self.x:+d}{self.y:+d}"


@dataclass(frozen=True)
class Attribute:
    """One piece of metadata: its OpenImageIO type ("int", "string", "timecode" …) and value."""

    type: str
    value: Any

    @classmethod
    def of(cls, value: int | float | str) -> Attribute:
        """The attribute for a plain Python value."""
        if isinstance(value, str):
            return cls("string", value)
        return cls("float", value) if isinstance(value, float) else cls("int", int(value))


@dataclass(frozen=True)
class RawAttribute:
    """One attribute of an EXR header byte for byte: its OpenEXR type and its value's bytes."""

    type: str
    value: bytes


@dataclass(frozen=True)
class SourceHeader:
    """An EXR part's header as it lies on disk, and the metadata that was read out of it.

    The writer takes from here, bit for bit, all that nobody changed; so attributes that no
    library knows survive as well.
    """

    attributes: Mapping[str, RawAttribute]
    metadata: Mapping[str, Attribute]


@dataclass(frozen=True)
class Part:
    """One part: its channels, windows and metadata; and, once read, its pixels.

    `channels` are the names in the reader's order (R, G, B, A first). `types` and `planes` are
    by channel name; a plane has the shape of the data window and is empty after `read_header`.
    `metadata` goes by OpenImageIO's names ("smpte:TimeCode", "PixelAspectRatio" …).
    """

    channels: tuple[str, ...]
    types: Mapping[str, np.dtype[Any]]
    data_window: Window
    display_window: Window
    name: str = ""
    view: str = ""
    compression: str = ""
    tile: tuple[int, int] | None = None
    metadata: Mapping[str, Attribute] = field(default_factory=dict)
    planes: dict[str, Plane] = field(default_factory=dict, repr=False, compare=False)
    source: SourceHeader | None = field(default=None, repr=False, compare=False)

    def with_metadata(self, changes: Mapping[str, Attribute | None]) -> Part:
        """The same part with some metadata replaced, or removed where the new value is None."""
        merged = {**self.metadata, **changes}
        kept = {name: value for name, value in merged.items() if value is not None}
        return dataclasses.replace(self, metadata=kept)

    @property
    def nbytes(self) -> int:
        """Bytes that the pixels take, read or not."""
        pixels = self.data_window.width * self.data_window.height
        return pixels * sum(self.types[name].itemsize for name in self.channels)


@dataclass(frozen=True)
class Frame:
    """One picture: its parts, where it came from, and in what format ("openexr", "png" …).

    `matte` says what of it is foreground, where that was asked for: a part of one channel, or one
    for each view. It is none of the picture's layers.
    """

    parts: tuple[Part, ...]
    format: str
    path: Path | None = None
    matte: tuple[Part, ...] = ()

    @property
    def display_referred(self) -> bool:
        """Whether the values are for a display: whole-number color outside EXR, and video."""
        color = self.parts[0]
        return self.format != "openexr" and color.types[color.channels[0]].kind in "ui"

    def with_metadata(self, changes: Mapping[str, Attribute | None]) -> Frame:
        """The same frame with some metadata of every part replaced, or removed where None."""
        parts = tuple(part.with_metadata(changes) for part in self.parts)
        return dataclasses.replace(self, parts=parts)

    def __str__(self) -> str:
        return str(self.path) if self.path else "the frame"


def plane_in(part: Part, channel: str, window: Window) -> Plane:
    """A channel over another window: zeros outside the data window, as EXR defines it.

    The plane itself, without a copy, when the window is the data window.
    """
    return placed(part.planes[channel], part.data_window, window)


def placed(plane: Plane, here: Window, window: Window, outside: float = 0) -> Plane:
    """A plane that covers `here`, over another window; the plane itself where they are the same."""
    if window == here:
        return plane
    moved = np.full(window.shape, outside, plane.dtype)
    common = window.intersection(here)
    if common.width and common.height:
        moved[common.within(window)] = plane[common.within(here)]
    return moved


def pasted(plane: Plane, here: Window, onto: Plane, window: Window) -> Plane:
    """A plane that covers `here`, on one that covers `window`; the plane itself where it is all."""
    if window == here:
        return plane
    made: Plane = onto.copy()
    common = window.intersection(here)
    made[common.within(window)] = plane[common.within(here)]
    return made


def pairs(left: Frame, right: Frame) -> list[tuple[Part, Part]]:
    """Each part of the left frame with the same part of the right one.

    Raises:
        MismatchedFrames: The parts, their channels or the display windows do not agree.
    """
    by_name = {(part.name, part.view): part for part in right.parts}
    keys = [(part.name, part.view) for part in left.parts]
    if len(left.parts) != len(right.parts):
        raise MismatchedFrames(
            f"{left} has {_count(left.parts, 'part')}, {right} has {len(right.parts)}.",
            "Retime them as two sequences, or render them again with the same passes.",
        )
    if len(by_name) < len(keys) or keys == list(by_name):
        found = list(right.parts)
    else:
        found = [by_name.get(key, part) for key, part in zip(keys, right.parts, strict=True)]
    matched = list(zip(left.parts, found, strict=True))
    for one, other in matched:
        _check_same(left, right, one, other)
    return matched


def empty_inbetween(left: Frame, right: Frame) -> Frame:
    """The frame that an in-between of two frames is written into, still without pixels.

    Structure and metadata are the left frame's; the data window holds both frames'.

    Raises:
        MismatchedFrames: The two frames cannot be reconciled; the sentence says why.
    """
    found = pairs(left, right)
    for one, other in found:
        _check_joined(left, right, one.data_window, other.data_window)
    return Frame(tuple(_empty_inbetween(one, other) for one, other in found), left.format)


def _check_joined(left: Frame, right: Frame, one: Window, other: Window) -> None:
    """Raises MismatchedFrames, before anything is allocated, where no picture can hold both."""
    window = one.union(other)
    if window.fits:
        return
    raise MismatchedFrames(
        f"The data windows of {left} and {right}, {one} and {other}, take {window.width:,}x"
        f"{window.height:,} pixels together; the most is {LONGEST:,} a side and {MOST:,} in all.",
        "Crop them to the picture, or render the frames again.",
    )


def _empty_inbetween(one: Part, other: Part) -> Part:
    window = one.data_window.union(other.data_window)
    part = dataclasses.replace(one, data_window=window, planes={})
    if part.source is None or "preview" not in part.source.attributes:
        return part
    # The thumbnail shows another picture.
    attributes = {k: v for k, v in part.source.attributes.items() if k != "preview"}
    return dataclasses.replace(part, source=SourceHeader(attributes, part.source.metadata))


def _check_same(left: Frame, right: Frame, one: Part, other: Part) -> None:
    where = f" (part {one.name})" if one.name else ""
    if (one.name, one.view) != (other.name, other.view):
        raise MismatchedFrames(
            f"{left} has a part {_title(one)} where {right} has {_title(other)}.",
            "Render them again with the same passes.",
        )
    if one.display_window != other.display_window:
        raise MismatchedFrames(
            f"{left} is {one.display_window}, {right} is {other.display_window}{where}.",
            "All frames of a plate must have one display window: reformat the odd ones.",
        )
    missing = [name for name in one.channels if name not in other.types]
    added = [name for name in other.channels if name not in one.types]
    if missing or added:
        lacking, channels = (right, missing) if missing else (left, added)
        raise MismatchedFrames(
            f"{lacking} lacks {_count(channels, 'channel')} of the frame beside it: "
            f"{', '.join(channels[:8])}{where}.",
            "Render it again with the same passes, or leave these out: --layers NAME=drop.",
        )


def _title(part: Part) -> str:
    return f"'{part.name}'" + (f" of view '{part.view}'" if part.view else "")


def _count(things: Any, noun: str) -> str:
    return f"{len(things)} {noun}" + ("s" if len(things) != 1 else "")
