"""Video files as frames, through PyAV (the extra `video`).

Frames are numbered from 1, as editors count. Any frame can be asked for at any time: the file's
packets are listed once, and a jump starts decoding at the key frame before it.
"""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from engine.plate import timecode
from engine.plate.frame import Attribute, Frame, Part, Window
from hifi_ofx.errors import FrameError, HifiError, MissingFrames

log = logging.getLogger(__name__)

SUFFIXES = (".mov", ".mp4", ".m4v", ".mkv", ".mxf", ".avi", ".webm", ".mpg", ".mpeg", ".mts")

_BT709, _BT601, _BT2020, _LIMITED, _FULL = 1, 5, 9, 1, 2
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}  # H.273 code → swscale's coefficients
_LUMA_WEIGHTS = {
    1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 7: (0.212, 0.087),
    9: (0.2627, 0.0593),
}  # fmt: skip
_EXIF_ORIENTATION = {0: 1, 90: 8, 180: 3, -90: 6, -180: 3, 270: 6}


class VideoReader:
    """One video file, open for reading; a context manager.

    Attributes:
        path: The file.
        size: Width and height in pixels.
        rate: Frames per second, exact.
        count: How many frames there are.
        rotation: Degrees counter-clockwise that a player would turn the picture by. Frames are
            handed out as they are stored, and say so in their `Orientation`.
    """

    def __init__(self, path: str | Path) -> None:
        """Open a file and list its frames.

        Raises:
            HifiError: PyAV is not installed.
            FrameError: The file is missing, damaged, or has no picture in it.
        """
        self.path = Path(path)
        self._av = _import_av()
        self._decoded: Iterator[Any] = iter(())
        with self._failures():
            self._container = self._av.open(str(path))
        try:
            with self._failures():
                self._open_stream()
        except BaseException:
            self.close()
            raise

    def read(self, number: int) -> Frame:
        """One frame, the first being number 1: R, G, B (and A) of 8 or 16 bits, full range.

        Raises:
            MissingFrames: There is no such frame.
            FrameError: The file is damaged there.
        """
        if not 1 <= number <= self.count:
            raise MissingFrames(
                f"{self.path} has no frame {number}; it has 1 to {self.count}.",
                "Choose a range inside the clip.",
            )
        with self._failures():
            picture = self._picture(number - 1)
            return self._frame(picture, number)

    def close(self) -> None:
        """Close the file; reading is over."""
        self._decoded = iter(())
        self._container.close()

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _open_stream(self) -> None:
        if not self._container.streams.video:
            raise FrameError(f"{self.path} has no picture in it.", "Choose a video file.")
        self._stream = self._container.streams.video[0]
        self._stream.thread_type = "AUTO"
        self.size = (self._stream.codec_context.width, self._stream.codec_context.height)
        self.rate = Fraction(self._stream.average_rate or self._stream.base_rate or 24)
        self._times = self._list_times()
        self.count = len(self._times)
        if not self.count:
            raise FrameError(f"{self.path} has no frames.", "Record or copy it again.")
        self._start = self._find_timecode()
        self._next = -1
        self.rotation = int(getattr(self._picture(0), "rotation", 0))
        self._warn()

    def _list_times(self) -> list[int]:
        """When each frame is shown, in the stream's time base and in order."""
        packets = [p for p in self._container.demux(self._stream) if p.size and not p.is_discard]
        times = sorted(p.pts for p in packets if p.pts is not None)
        if len(set(times)) != len(packets):
            raise FrameError(
                f"{self.path} does not say when its frames are shown.",
                "Put it into a container that does: ffmpeg -i IN -c copy OUT.mov",
            )
        return times

    def _picture(self, index: int) -> Any:
        """Decode on, or from the key frame before; from the start where that leads past it."""
        starts = [None] if index == self._next else [index, 0]
        for start in starts:
            if start is not None:
                self._container.seek(self._times[start], stream=self._stream, backward=True)
                self._decoded = self._container.decode(self._stream)
            if picture := self._find(self._times[index]):
                self._next = index + 1
                return picture
        self._next = -1
        raise FrameError(f"{self.path} cannot be decoded at frame {index + 1}.", "Copy it again.")

    def _find(self, time: int) -> Any:
        for picture in self._decoded:
            if picture.pts is not None and picture.pts >= time:
                return picture if picture.pts == time else None
        return None

    def _frame(self, picture: Any, number: int) -> Frame:
        pixels = self._pixels(picture)
        height, width, count = pixels.shape
        channels = ("R", "G", "B", "A")[:count]
        window = Window(0, 0, width, height)
        part = Part(
            channels=channels,
            types={name: pixels.dtype for name in channels},
            data_window=window,
            display_window=window,
            metadata=self._metadata(number),
            planes={name: pixels[:, :, index] for index, name in enumerate(channels)},
        )
        return Frame((part,), "video", self.path)

    def _pixels(self, picture: Any) -> np.ndarray[Any, np.dtype[Any]]:
        """RGB of any YUV, by the matrix and range it is tagged with; untagged HD is BT.709."""
        components = picture.format.components
        bits, alpha = max(one.bits for one in components), any(one.is_alpha for one in components)
        matrix = _MATRICES.get(picture.colorspace) or (_BT709 if self.size[1] > 576 else _BT601)
        full = picture.color_range == _FULL or picture.format.name.startswith("yuvj")
        if picture.format.is_rgb or bits <= 8:
            target = ("rgb24", "rgba") if bits <= 8 else ("rgb48le", "rgba64le")
            rgb = self._reformat(picture, target[alpha], matrix, full, to_full=True)
            return np.asarray(rgb.to_ndarray())
        # swscale's 16-bit white would be 65280; so it only brings chroma to full size here.
        target_format = f"yuv{'a' if alpha else ''}444p{bits}le"
        yuv = self._reformat(picture, target_format, matrix, full, to_full=full)
        return _deep_rgb([_plane(plane) for plane in yuv.planes], bits, matrix, full)

    def _reformat(self, picture: Any, format: str, matrix: int, full: bool, to_full: bool) -> Any:
        flags = self._av.video.reformatter.Interpolation
        return picture.reformat(
            format=format,
            interpolation=flags.BICUBIC | flags.ACCURATE_RND | flags.FULL_CHR_H_INT
            | flags.FULL_CHR_H_INP,
            src_colorspace=matrix, dst_colorspace=matrix,
            src_color_range=_FULL if full else _LIMITED,
            dst_color_range=_FULL if to_full else _LIMITED,
        )  # fmt: skip

    def _metadata(self, number: int) -> dict[str, Attribute]:
        found = {
            "framesPerSecond": Attribute("rational", self.rate.as_integer_ratio()),
            "Orientation": Attribute.of(_EXIF_ORIENTATION.get(self.rotation, 1)),
        }
        aspect = self._stream.sample_aspect_ratio
        if aspect and aspect != 1:
            found["PixelAspectRatio"] = Attribute.of(float(aspect))
        if self._start:
            found["smpte:TimeCode"] = timecode.offset(self._start, number - 1, self.rate)
        return found

    def _find_timecode(self) -> Attribute | None:
        tags = [stream.metadata for stream in self._container.streams]
        for tag in (self._stream.metadata, self._container.metadata, *tags):
            with contextlib.suppress(ValueError):
                if "timecode" in tag:
                    return timecode.parse(tag["timecode"])
        return None

    def _warn(self) -> None:
        if self.rotation:
            log.warning("%s is to be turned by %d degrees; it is not.", self.path, self.rotation)
        steps = np.diff(self._times)
        if len(steps) and steps.max() > steps.min() + math.ceil(0.1 * steps.mean()):
            log.warning("%s has no constant frame rate; it is taken for one.", self.path)

    @contextlib.contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except (self._av.FFmpegError, OSError) as error:
            raise FrameError(f"{self.path} cannot be read: {error}.", "Copy it again.") from error


def _plane(plane: Any) -> np.ndarray[Any, np.dtype[np.uint16]]:
    rows = np.frombuffer(plane, np.uint16).reshape(plane.height, plane.line_size // 2)
    return rows[:, : plane.width]


def _deep_rgb(
    planes: list[np.ndarray[Any, np.dtype[np.uint16]]], bits: int, matrix: int, full: bool
) -> np.ndarray[Any, np.dtype[Any]]:
    """16-bit RGB, full range, of Y, Cb, Cr (and alpha) by the equations of BT.601, 709 and 2020."""
    top, step = (1 << bits) - 1, 1 << (bits - 8)
    black, luma_span, chroma_span = (0, top, top) if full else (16 * step, 219 * step, 224 * step)
    y = (planes[0].astype(np.float32) - black) / luma_span
    cb, cr = ((one.astype(np.float32) - 128 * step) / chroma_span for one in planes[1:3])
    red, blue = _LUMA_WEIGHTS[matrix]
    r, b = y + 2 * (1 - red) * cr, y + 2 * (1 - blue) * cb
    g = (y - red * r - blue * b) / (1 - red - blue)
    channels = [r, g, b, *(alpha.astype(np.float32) / top for alpha in planes[3:])]
    return (np.stack(channels, -1).clip(0, 1) * 65535 + 0.5).astype(np.uint16)


def _import_av() -> Any:
    try:
        import av
        import av.video.reformatter
    except ImportError as error:
        raise HifiError(
            "Video files need PyAV, which is not installed.", 'pip install "hifi-ofx[video]"'
        ) from error
    return av
