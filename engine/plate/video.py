"""Video files as frames, through PyAV (the extra `video`).

Frames are numbered from 1, as editors count. Any frame can be asked for at any time: when each
frame is shown is listed once, and a jump starts decoding at the key frame before it.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from engine.plate import timecode, video_color
from engine.plate.frame import Attribute, Frame, Part, Window
from engine.plate.quicktime import timecode_rate
from engine.plate.video_fields import fields, is_interlaced
from engine.plate.video_index import Opened, index_of
from engine.plate.video_pixels import orientation, premultiplied, rgb, upright
from engine.plate.video_stream import opened
from hifi_ofx.errors import FrameError, HifiError, MissingFrames
from hifi_ofx.waiting import Check, unasked

log = logging.getLogger(__name__)

_UPRIGHT = (1, 0, 0, 1)
_FASTEST, _USUAL = 1000, Fraction(24)  # frames a second
_KEPT = 4  # decoded pictures: bwdif looks one back and one ahead


@dataclass(frozen=True)
class Reading:
    """How a video is read; the defaults change nothing.

    deinterlace: what is done to interlaced pictures, as in `Footage`. linear: PQ and HLG become
    linear light. premultiply: colors are multiplied by alpha. straight: whether colors of a video
    with alpha are not yet.
    """

    deinterlace: str = "error"
    linear: bool = False
    premultiply: bool = False
    straight: bool = True


class VideoReader:
    """One video file, open for reading; a context manager.

    Attributes:
        path: The file.
        size: Width and height in pixels, as it is shown.
        rate: Frames per second, exact; twice the file's where fields become frames.
        count: How many frames there are.
        steady: Whether they follow each other at one rate.
    """

    def __init__(
        self, path: str | Path, reading: Reading | None = None, check: Check = unasked
    ) -> None:
        """Open a file and list its frames. `check` is called between pictures, and may raise.

        Raises:
            HifiError: PyAV is not installed.
            FrameError: The file is missing, damaged, interlaced without a word on what to do, or
                has no picture in it.
        """
        self.path = Path(path)
        self.reading = reading or Reading()
        self._av = _import_av()
        self._check = check
        self._decoded: Iterator[tuple[int, Any]] = iter(())
        self._kept: dict[int, Any] = {}
        self._opened: Opened | None = None
        try:
            with self._failures():
                self._open_stream()
        except BaseException:
            self.close()
            raise

    def read(self, number: int) -> Frame:
        """One frame, the first being number 1: R, G, B (and A).

        8 or 16 bits of full range, or half where light was made linear. Raises:
            MissingFrames: There is no such frame.
            FrameError: The file is damaged there.
        """
        if not 1 <= number <= self.count:
            raise MissingFrames(
                f"{self.path} has no frame {number}; it has 1 to {self.count}.",
                "Choose a range inside the clip.",
            )
        with self._failures():
            return self._frame(self._whole(number - 1), number)

    def close(self) -> None:
        """Close the file; reading is over."""
        self._decoded, self._kept = iter(()), {}
        if self._opened:
            self._opened.container.close()

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _reopen(self) -> Opened:
        """The file from its start; an earlier opening is closed."""
        self.close()
        # Titles may be in any encoding; none of them decides anything.
        container = self._av.open(str(self.path), metadata_errors="replace")
        self._opened = Opened(container, None, None)
        self._opened = opened(container, self.path, self._av)
        return self._opened

    def _open_stream(self) -> None:
        self._next = -1
        self._index = index_of(self._reopen(), self._reopen, self.path, self._check)
        self._decoded = self._index.decoded(self._reopen())
        first = self._picture(0)
        self._interlaced = any(is_interlaced(one, self._stream) for one in self._probes())
        per_frame = 2 if self._interlaced and self.reading.deinterlace == "fields" else 1
        self._per_frame, self.count = per_frame, len(self._index.times) * per_frame
        self.steady = self._index.steady
        self.rate = per_frame * self._stored_rate()
        self._turn = orientation(first)
        self._transfer, self._primaries = int(first.color_trc), int(first.color_primaries)
        self._stored = (first.width, first.height)
        width, height = self._stored
        self.size = (height, width) if self._turn and not self._turn[0] else (width, height)
        self._start = self._find_timecode()
        self._say()
        if self._interlaced:
            self._check_fields(True)

    def _probes(self) -> Iterator[Any]:
        """The first picture and one from the middle: a leader may be of another kind."""
        yield self._picture(0)
        if not self._index.ordered:
            with contextlib.suppress(FrameError):
                yield self._picture(len(self._index.times) // 2)

    @property
    def _stream(self) -> Any:
        assert self._opened is not None
        return self._opened.stream

    def _stored_rate(self) -> Fraction:
        """The file's frames a second. What a header says of a rate can be anything."""
        stream = self._stream
        said = (stream.average_rate, stream.guessed_rate, stream.base_rate)
        return next((Fraction(rate) for rate in said if rate and 0 < rate <= _FASTEST), _USUAL)

    def _whole(self, index: int) -> Any:
        """A picture of one moment: a frame, or one made of fields."""
        place, field = divmod(index, self._per_frame)
        picture = self._picture(place)
        interlaced = is_interlaced(picture, self._stream)
        self._check_fields(interlaced, place + 1)
        if self.reading.deinterlace == "progressive" or not (interlaced or self._per_frame == 2):
            return picture
        last = len(self._index.times) - 1
        around = [self._picture(n) for n in range(max(place - 1, 0), min(place + 1, last) + 1)]
        return fields(around, min(place, 1), self._per_frame, self._stream, self._av)[field]

    def _check_fields(self, interlaced: bool, number: int = 1) -> None:
        """Raise FrameError for an interlaced picture that nothing was said about."""
        late = interlaced and not self._interlaced and self.reading.deinterlace == "fields"
        if not late and not (interlaced and self.reading.deinterlace == "error"):
            return
        where = f"from frame {number} on " if number > 1 else ""
        raise FrameError(
            f"{self.path} is {where}interlaced: its frames hold two moments each.",
            "Split it into parts first, or give --deinterlace frames."
            if late
            else "Give --deinterlace fields (a frame of every field, twice as many) or frames; "
            "or progressive, if the mark is wrong.",
        )

    def _picture(self, index: int) -> Any:
        """Decode on, or from the key frame before; from the start where that leads past it."""
        if index in self._kept:
            return self._kept[index]
        starts = [None] if index == self._next else [self._index.key_before(index), 0]
        for start in starts:
            if start is not None:
                self._jump(start)
            if picture := self._find(self._index.times[index]):
                self._next = index + 1
                self._keep(index, picture)
                return picture
        self._next = -1
        raise FrameError(f"{self.path} cannot be decoded at frame {index + 1}.", "Copy it again.")

    def _keep(self, index: int, picture: Any) -> None:
        while len(self._kept) >= _KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[index] = picture

    def _jump(self, key: int) -> None:
        """Go on decoding from a key frame; files without times cannot be entered past the first."""
        if self._index.ordered or self._opened is None:
            self._decoded = self._index.decoded(self._reopen())
            return
        container, stream, decoder = self._opened
        container.seek(self._index.seek_time(key), stream=stream, backward=True)
        if decoder is not stream.codec_context:
            decoder.flush_buffers()
        self._decoded = self._index.decoded(self._opened)

    def _find(self, time: int) -> Any:
        for shown, picture in self._decoded:
            self._check()
            if shown >= time:
                return picture if shown == time else None
        return None

    def _frame(self, picture: Any, number: int) -> Frame:
        pixels = self._pixels(picture, number)
        height, width, count = pixels.shape
        channels = ("R", "G", "B", "A")[:count]
        window = Window(0, 0, width, height)
        part = Part(
            channels=channels,
            types={name: pixels.dtype for name in channels},
            data_window=window,
            display_window=window,
            metadata=self._metadata(number, count == 4),
            planes={name: pixels[:, :, index] for index, name in enumerate(channels)},
        )
        return Frame((part,), "video", self.path)

    def _pixels(self, picture: Any, number: int) -> np.ndarray[Any, np.dtype[Any]]:
        if (picture.width, picture.height) != self._stored:
            raise FrameError(
                f"{self.path} changes its size at frame {number}: {picture.width}x"
                f"{picture.height} after {self._stored[0]}x{self._stored[1]}.",
                "Split it there into two files.",
            )
        pixels = rgb(picture, self._av.video.reformatter.Interpolation)
        pixels = upright(pixels, self._turn) if self._turn else pixels
        if self._is_linear:
            pixels = _linear(pixels, self._transfer)
        multiply = self.reading.premultiply and self.reading.straight
        return premultiplied(pixels) if multiply and pixels.shape[-1] == 4 else pixels

    @property
    def _is_linear(self) -> bool:
        return self.reading.linear and video_color.is_hdr(self._transfer)

    def _metadata(self, number: int, alpha: bool) -> dict[str, Attribute]:
        found = {
            "framesPerSecond": Attribute("rational", self.rate.as_integer_ratio()),
            "Orientation": Attribute.of(1),
            **video_color.attributes(self._transfer, self._primaries, self._is_linear),
        }
        aspect = self._stream.sample_aspect_ratio
        if aspect and aspect != 1:
            turned = self._turn and not self._turn[0]
            found["PixelAspectRatio"] = Attribute.of(float(1 / aspect if turned else aspect))
        if alpha and self.reading.straight and not self.reading.premultiply:
            found["oiio:UnassociatedAlpha"] = Attribute.of(1)
        if self._start:
            found["smpte:TimeCode"] = timecode.offset(self._start, number - 1, self.rate)
        return found

    def _find_timecode(self) -> Attribute | None:
        """The start as it is tagged; it counts frames of the file, or as its track says it does."""
        stored, said = self._stored_rate(), timecode_rate(self.path)
        rate = said if 1 <= said <= _FASTEST and round(said) != round(stored) else stored
        container = self._stream.container
        tags = [stream.metadata for stream in container.streams]
        for tag in (self._stream.metadata, container.metadata, *tags):
            with contextlib.suppress(ValueError):
                if "timecode" in tag:
                    return timecode.parse(tag["timecode"], rate)
        return None

    def _say(self) -> None:
        """What is done to the file, and what is not."""
        named = video_color.described(self._transfer, self._primaries)
        if self._is_linear:
            white = "1.0 is 100 cd/m²" if self._transfer == video_color.PQ else "1.0 is white"
            log.info("%s (%s) becomes linear light; %s.", self.path, named, white)
        elif video_color.is_hdr(self._transfer):
            log.warning("%s keeps its encoded values: %s.", self.path, named)
        if self._turn is None:
            log.warning("%s is to be turned by an angle; it is not.", self.path)
        elif self._turn != _UPRIGHT:
            log.info("%s is turned as its file says.", self.path)
        if self._interlaced and self.reading.deinterlace in ("fields", "frames"):
            log.info("%s is interlaced: %s are made by bwdif.", self.path, self.reading.deinterlace)
        if not self.steady:
            log.warning("%s has no constant frame rate; it is taken for one.", self.path)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (self._av.FFmpegError, OSError) as error:
            raise FrameError(
                f"{self.path} cannot be read as a video: {error.strerror or error}.",
                "Copy it again. If it is none, give it the suffix of what it is.",
            ) from error


def _linear(
    pixels: np.ndarray[Any, np.dtype[Any]], transfer: int
) -> np.ndarray[Any, np.dtype[Any]]:
    deep = pixels if pixels.dtype == np.uint16 else pixels.astype(np.uint16) * 257
    light = video_color.to_linear(deep[..., :3], transfer)
    alpha = (deep[..., 3:] / 65535).astype(np.float16)
    return np.concatenate([light, alpha], -1)


def _import_av() -> Any:
    try:
        import av
        import av.filter
        import av.video.reformatter
    except ImportError as error:
        raise HifiError(
            "Video files need PyAV, which is not installed.", 'pip install "hifi-ofx[video]"'
        ) from error
    return av
