"""Video files as clips, through PyAV (the extra `video`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hifi_ofx.errors import FrameError, HifiError

from .frame_cache import FrameCache, same_size

VIDEOS = frozenset({".mp4", ".mov", ".mkv", ".m4v", ".avi", ".webm", ".mxf", ".mpg", ".mts"})


@dataclass(frozen=True)
class VideoClip:
    """A video file. Decoding starts at the key frame before the first frame that is missing."""

    path: Path
    cache: FrameCache
    times: tuple[int, ...]  # of its frames, in the stream's time base

    def __len__(self) -> int:
        return len(self.times)

    def __getitem__(self, numbers: list[int]) -> Tensor:
        cached = {n: self.cache.get((self.path, n)) for n in numbers}
        found = {n: frame for n, frame in cached.items() if frame is not None}
        if missing := sorted(set(numbers) - set(found)):
            for number, pixels in self._decoded(missing[0], missing[-1]):
                self.cache.put((self.path, number), pixels)
                found[number] = pixels
        if missing := sorted(set(numbers) - set(found)):
            raise FrameError(
                f"{self.path} cannot be decoded at frame {missing[0]}.", "Replace or remove it."
            )
        return same_size([found[n] for n in numbers], self.path)

    def _decoded(self, first: int, last: int) -> Iterator[tuple[int, Tensor]]:
        order = {time: number for number, time in enumerate(self.times)}
        with _opened(self.path) as (container, stream):
            container.seek(self.times[first], stream=stream, backward=True)
            for picture in container.decode(stream):
                number = order.get(picture.pts, -1)
                if first <= number <= last:
                    pixels = torch.from_numpy(picture.to_ndarray(format="rgb24"))
                    yield number, pixels.permute(2, 0, 1).contiguous()
                if number >= last:
                    return


class _opened:
    """A video file open for decoding: a context manager of (container, stream)."""

    def __init__(self, path: Path) -> None:
        self._path, self._av = path, _pyav()

    def __enter__(self) -> tuple[Any, Any]:
        try:
            self._container = self._av.open(str(self._path))
        except (self._av.FFmpegError, OSError) as error:
            raise self._unreadable(str(error)) from error
        if not self._container.streams.video:
            self._container.close()
            raise self._unreadable("it has no picture")
        return self._container, self._container.streams.video[0]

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._container.close()
        if isinstance(error, self._av.FFmpegError):
            raise self._unreadable(str(error)) from error

    def _unreadable(self, why: str) -> FrameError:
        return FrameError(f"{self._path} cannot be read: {why}.", "Replace or remove it.")


def video_times(path: Path) -> tuple[int, ...]:
    """When each frame of a video is shown: its packets are listed, not decoded.

    Raises FrameError, and HifiError where PyAV is not installed.
    """
    with _opened(path) as (container, stream):
        packets = [packet.pts for packet in container.demux(stream) if packet.size]
    return tuple(sorted({time for time in packets if time is not None}))


def _pyav() -> Any:
    try:
        import av
    except ImportError as error:
        raise HifiError(
            "Video files need PyAV, which is not installed.", 'pip install "hifi-ofx[video]"'
        ) from error
    return av
