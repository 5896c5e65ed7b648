"""Where frames come from: an image sequence or a video, and reading ahead of the network."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Protocol

from hifi_ofx.errors import FrameError
from hifi_ofx.quality import Footage
from hifi_ofx.sequence import ImageSequence
from hifi_ofx.waiting import Check, result, unasked

from .empty_frames import check_file, what_it_is_instead
from .exr import read_frame, read_header
from .frame import Frame
from .layers import dropped, has_layer, unknown_layer, without_dropped
from .timecode import frame_rate
from .video import Reading, VideoReader

log = logging.getLogger(__name__)


class Source(Protocol):
    """A clip whose frames are numbered."""

    def frames(self) -> list[int]:
        """The numbers of all frames there are, ascending."""

    def header(self, frame: int) -> Frame:
        """One frame's structure and metadata, without pixels."""

    def read(self, frame: int) -> Frame:
        """One frame, whole."""

    def path(self, frame: int) -> Path | None:
        """The file that holds this frame alone; None for a video's."""

    def identity(self, frame: int) -> str:
        """Text that changes when the frame's file does."""

    def empty(self, frames: Iterable[int]) -> dict[int, str]:
        """Those of the frames whose files hold nothing, and what the file is: "0 bytes"."""

    def rate(self) -> Fraction:
        """Frames per second."""

    def steady(self) -> bool:
        """Whether all frames are as long after one another, as far as is known."""

    def close(self) -> None:
        """Let go of open files."""


class Files:
    """An image sequence."""

    def __init__(self, sequence: ImageSequence) -> None:
        self._sequence = sequence
        self._frames = list(sequence.frames())

    def frames(self) -> list[int]:
        return self._frames

    def header(self, frame: int) -> Frame:
        return read_header(self.path(frame))

    def read(self, frame: int) -> Frame:
        return read_frame(self.path(frame))

    def path(self, frame: int) -> Path:
        return Path(self._sequence.path(frame))

    def identity(self, frame: int) -> str:
        return _file_identity(self.path(frame))

    def empty(self, frames: Iterable[int]) -> dict[int, str]:
        found = ((frame, what_it_is_instead(self.path(frame))) for frame in frames)
        return {frame: what for frame, what in found if what}

    def rate(self) -> Fraction:
        first = next((n for n in self._frames if not self.empty([n])), self._frames[0])
        return frame_rate(self.header(first).parts[0].metadata)

    def steady(self) -> bool:
        return True

    def close(self) -> None:
        pass


class Video:
    """A video file, its frames numbered from 1."""

    def __init__(self, path: Path, reading: Reading, check: Check = unasked) -> None:
        self._path = path
        self._reader = VideoReader(path, reading, check)
        self._at_work = threading.Lock()  # a reading that is not waited for ends before the file

    def frames(self) -> list[int]:
        return list(range(1, self._reader.count + 1))

    def header(self, frame: int) -> Frame:
        return self.read(frame)

    def read(self, frame: int) -> Frame:
        with self._at_work:
            return self._reader.read(frame)

    def path(self, frame: int) -> None:
        return None

    def identity(self, frame: int) -> str:
        return f"{_file_identity(self._path)} {frame}"

    def empty(self, frames: Iterable[int]) -> dict[int, str]:
        return {}

    def rate(self) -> Fraction:
        return self._reader.rate

    def steady(self) -> bool:
        return self._reader.steady

    def close(self) -> None:
        with self._at_work:
            self._reader.close()


class Dropping:
    """A clip without some layers, which some of its frames may lack."""

    def __init__(self, source: Source, layers: str) -> None:
        self._source, self._layers = source, layers
        for pattern in dropped(layers):
            self._check(pattern)

    def frames(self) -> list[int]:
        return self._source.frames()

    def header(self, frame: int) -> Frame:
        return without_dropped(self._source.header(frame), self._layers)

    def read(self, frame: int) -> Frame:
        return without_dropped(self._source.read(frame), self._layers)

    def path(self, frame: int) -> Path | None:
        return self._source.path(frame)

    def identity(self, frame: int) -> str:
        return self._source.identity(frame)

    def empty(self, frames: Iterable[int]) -> dict[int, str]:
        return self._source.empty(frames)

    def rate(self) -> Fraction:
        return self._source.rate()

    def steady(self) -> bool:
        return self._source.steady()

    def close(self) -> None:
        self._source.close()

    def _check(self, pattern: str) -> None:
        """Raise InvalidSetting where no frame has such a layer: it is a slip of the keyboard."""
        there = (frame for frame in self.frames() if not self.empty([frame]))
        headers = map(self._source.header, there)
        first = next(headers, None)
        if first and not any(has_layer(header, pattern) for header in chain([first], headers)):
            raise unknown_layer(pattern, first)


def open_source(
    pattern: str, footage: Footage, target: str, layers: str = "", check: Check = unasked
) -> Source:
    """The clip a pattern names, without layers that are to be dropped.

    Raises SequenceError when there is none, InvalidSetting for a dropped layer it does not have,
    and what `check` raises, which is called while a video is read.
    """
    source = _opened(pattern, footage, target, check)
    return Dropping(source, layers) if dropped(layers) else source


def _opened(pattern: str, footage: Footage, target: str, check: Check) -> Source:
    """A clip as it is on disk.

    EXR targets, by the name's ending, get linear light where a video is PQ or HLG, and
    premultiplied colors, as EXR has them by convention.
    """
    sequence = ImageSequence.around(pattern)
    if sequence.is_video:
        check_file(sequence.path(1))
        exr = target.lower().endswith(".exr")
        reading = Reading(
            deinterlace=footage.deinterlace,
            linear=exr and footage.transfer == "linear",
            premultiply=exr,
            straight=footage.alpha == "straight",
        )
        return Video(sequence.path(1), reading, check)
    sequence.first  # noqa: B018 - raises a sentence when there is no frame at all
    for note in sequence.notes:
        log.warning("%s", note)
    return Files(sequence)


def _file_identity(path: Path) -> str:
    try:
        status = path.stat()
    except OSError as error:
        raise FrameError(f"{path} cannot be opened: {error.strerror}.") from error
    return f"{path.name} {status.st_size} {status.st_mtime_ns}"


class ReadAhead:
    """Frames read in the background before they are asked for, and let go of afterwards.

    Only frames named in the latest `want` are kept, which bounds the memory. One thread reads:
    a video is read in order, and decoding one EXR already uses several threads. Who waits for a
    frame calls `check` meanwhile, which may raise; what is being read then is not waited for.
    """

    def __init__(self, read: Callable[[int], Frame], check: Check = unasked) -> None:
        self._read, self._check = read, check
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._reading: dict[int, Future[Frame]] = {}

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=error is None, cancel_futures=True)

    def want(self, frames: Iterable[int]) -> None:
        """Start reading these frames, in this order; forget all others."""
        wanted = list(dict.fromkeys(frames))
        for frame in self._reading.keys() - set(wanted):
            self._reading.pop(frame).cancel()
        for frame in wanted:
            if frame not in self._reading:
                self._reading[frame] = self._pool.submit(self._read, frame)

    def get(self, frame: int) -> Frame:
        """The frame; waits until it is read. Raises what reading it raised."""
        return result(self.coming(frame), self._check)

    def coming(self, frame: int) -> Future[Frame]:
        """The frame that is being read, for who waits on another thread."""
        if frame not in self._reading:
            self._reading[frame] = self._pool.submit(self._read, frame)
        return self._reading[frame]
