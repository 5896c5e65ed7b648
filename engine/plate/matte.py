"""A clip whose frames bring a matte of their foreground: from files, or from a layer of the clip.

The matte comes along in the frame and is none of its layers: it decides how those are retimed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from engine.plate.frame import Frame, Part
from engine.plate.layers import ALPHA, dropped, layers, without_dropped
from engine.plate.source import Dropping, Source, open_source
from hifi_ofx.errors import InvalidSetting, MismatchedFrames
from hifi_ofx.quality import Footage
from hifi_ofx.sequence import names_files, no_matte
from hifi_ofx.waiting import Check, unasked

CHANNEL = "matte"
_HINT = "Name a sequence as matte.####.exr, or a layer of the plate as alpha."


class Matted:
    """A clip with mattes beside its frames, of the same numbers, and without layers to be dropped.

    A layer that is dropped may be the matte.
    """

    def __init__(self, plate: Source, matte: Source | None, name: str, layers: str = "") -> None:
        self._plate, self._files, self._name, self._layers = plate, matte, name, layers
        self.frames, self.path, self.rate = plate.frames, plate.path, plate.rate
        self.empty, self.steady = plate.empty, plate.steady

    def header(self, frame: int) -> Frame:
        """One frame's structure, without its matte. Raises a HifiError where that cannot be."""
        header = self._plate.header(frame)
        if self._files is None:
            _of_layer(header, self._name)
        elif frame in self._files.frames():
            _same_size(header, self._files.header(frame))
        return without_dropped(header, self._layers)

    def read(self, frame: int) -> Frame:
        """One frame, with its matte."""
        whole = self._plate.read(frame)
        matte = self._of_file(frame, whole) if self._files else _of_layer(whole, self._name)
        return dataclasses.replace(without_dropped(whole, self._layers), matte=matte)

    def _of_file(self, frame: int, whole: Frame) -> tuple[Part, ...]:
        assert self._files is not None
        self.check([frame])
        matte = self._files.read(frame)
        _same_size(whole, matte)
        return tuple(_alone(part, _likeliest(part.channels, "")) for part in matte.parts)

    def identity(self, frame: int) -> str:
        """Text that changes when the frame's file or its matte's does."""
        matte = self._name
        if self._files is not None:
            there = frame in self._files.frames()
            matte = self._files.identity(frame) if there else "none"
        return f"{self._plate.identity(frame)} matte {matte}"

    def check(self, frames: Iterable[int]) -> None:
        """Raise MissingFrames where one of these frames has no matte."""
        there = set(frames) if self._files is None else set(self._files.frames())
        missing = sorted(set(frames) - there)
        if missing:
            raise no_matte(self._name, missing)

    def close(self) -> None:
        """Let go of open files."""
        self._plate.close()
        if self._files is not None:
            self._files.close()


def open_clip(
    pattern: str, footage: Footage, target: str, layers: str = "", check: Check = unasked
) -> Source:
    """The clip that a pattern names, with its matte where `footage` names one.

    Raises what `open_source` raises, of either.
    """
    if not footage.matte.strip():
        return open_source(pattern, footage, target, layers, check)
    plate = open_source(pattern, footage, target, check=check)
    if dropped(layers):
        Dropping(plate, layers)  # raises where a layer that is to be dropped is none
    files = names_files(footage.matte)
    matte = open_source(footage.matte, footage, target, check=check) if files else None
    return Matted(plate, matte, footage.matte, layers)


def check_mattes(source: Source, frames: Iterable[int]) -> None:
    """Raise MissingFrames where a clip with a matte has none for one of these frames."""
    if isinstance(source, Matted):
        source.check(frames)


def _of_layer(frame: Frame, name: str) -> tuple[Part, ...]:
    """The mattes that a layer of the frame holds. Raises InvalidSetting, naming the layers."""
    found = []
    named = [layer for part in layers(frame) for layer in part]
    for part, part_layers in zip(frame.parts, layers(frame), strict=True):
        for layer in part_layers:
            prefixes = {channel.rpartition(".")[0] for channel in layer.channels}
            if name.lower() in {one.lower() for one in (layer.name, *layer.channels, *prefixes)}:
                found.append(_alone(part, _likeliest(layer.channels, name)))
                break
    if not found:
        there = ", ".join(dict.fromkeys(layer.name for layer in named))
        raise InvalidSetting(f"No layer is named {name}: the layers are {there}.", _HINT)
    return tuple(found)


def _likeliest(channels: tuple[str, ...], name: str) -> str:
    """The channel that was named, else the alpha, else the first."""
    exact = [one for one in channels if one.lower() == name.lower()]
    alpha = [one for one in channels if one.rpartition(".")[2].lower() in ALPHA]
    return (exact or alpha or list(channels))[0]


def _alone(part: Part, channel: str) -> Part:
    """One channel of a part as a matte."""
    planes = {CHANNEL: part.planes[channel]} if channel in part.planes else {}
    types = {CHANNEL: part.types[channel]}
    return dataclasses.replace(part, channels=(CHANNEL,), types=types, planes=planes)


def _same_size(frame: Frame, matte: Frame) -> None:
    one, other = frame.parts[0].display_window, matte.parts[0].display_window
    if one.size != other.size:
        raise MismatchedFrames(
            f"{frame} is {one}, its matte {matte} is {other}.",
            "Render the matte in the plate's format.",
        )
