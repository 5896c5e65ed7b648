"""Sound as long as a slower picture, at its own pitch, through ffmpeg's `atempo` (PyAV)."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from hifi_ofx.errors import FrameError, HifiError, MissingFrames

from .atomic import atomic

RATE = 48000
"""Samples a second of what is written."""

_SLOWEST = 0.5  # of one atempo; slower is a chain of them


def stretch(source: Path, target: Path, start: Fraction, seconds: Fraction, speed: Fraction) -> int:
    """Write a part of a file's first sound as 24-bit WAV, `speed` as fast, with its pitch kept.

    Args:
        source: Any file with sound that ffmpeg reads.
        target: The WAV file; it is there whole, or not at all.
        start: Where the part begins, in seconds of the file.
        seconds: How long the part is in the file. Beyond the file's end there is silence.
        speed: 1/2 makes it twice as long; greater than 0.

    Returns:
        How many samples were written: exactly seconds / speed.

    Raises:
        HifiError: PyAV is not installed.
        MissingFrames: The file has no sound.
        FrameError: The file cannot be read.
    """
    wanted = round(seconds / speed * RATE)
    with (
        _sound(source) as (av, container, stream),
        atomic(target) as temporary,
        av.open(str(temporary), "w", format="wav") as out,
    ):
        track = out.add_stream("pcm_s24le", rate=RATE, layout=_layout(stream))
        for frame in _stretched(av, container, stream, (start, seconds, speed), wanted):
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return wanted


def tempos(speed: Fraction) -> list[float]:
    """The speeds of a chain of `atempo` filters, each 0.5 to 2, whose product is the speed."""
    count = 1
    while not _SLOWEST <= float(speed) ** (1 / count) <= 2:
        count += 1
    return [float(speed) ** (1 / count)] * count


@contextlib.contextmanager
def _sound(source: Path) -> Iterator[tuple[Any, Any, Any]]:
    try:
        import av
    except ImportError as error:
        raise HifiError(
            "Sound needs PyAV, which is not installed.", "Install it: pip install 'hifi-ofx[video]'"
        ) from error
    try:
        with av.open(str(source)) as container:
            if not container.streams.audio:
                raise MissingFrames(f"{source} has no sound.", "Keep the sound as it is.")
            yield av, container, container.streams.audio[0]
    except (av.FFmpegError, OSError) as error:
        raise FrameError(f"The sound of {source} cannot be read: {error}.") from error


def _layout(stream: Any) -> str:
    return "mono" if stream.channels == 1 else "stereo"


def _stretched(
    av: Any, container: Any, stream: Any, part: tuple[Fraction, Fraction, Fraction], wanted: int
) -> Iterator[Any]:
    """Frames of sound from the filters: exactly so many samples in all, the rest silence."""
    graph = _graph(av, stream, part)
    left = wanted
    for made in _filtered(av, graph, container.decode(stream)):
        yield _cut(av, made, min(left, made.samples))
        left -= min(left, made.samples)
        if not left:
            return
    if left:
        yield _silence(av, _layout(stream), left)


def _filtered(av: Any, graph: Any, frames: Iterator[Any]) -> Iterator[Any]:
    for frame in itertools.chain(frames, [None]):  # None: there is no more
        with contextlib.suppress(av.EOFError):  # the part's end has passed
            graph.push(frame)
        try:
            while True:
                yield graph.pull()
        except av.BlockingIOError:
            continue
        except av.EOFError:
            return


def _graph(av: Any, stream: Any, part: tuple[Fraction, Fraction, Fraction]) -> Any:
    start, seconds, speed = part
    graph = av.filter.Graph()
    steps = [
        ("atrim", f"start={float(start):.9f}:end={float(start + seconds):.9f}"),
        ("asetpts", "PTS-STARTPTS"),
        *(("atempo", f"{tempo:.12f}") for tempo in tempos(speed)),
        ("aresample", str(RATE)),
        ("aformat", f"sample_fmts=s32:channel_layouts={_layout(stream)}"),
        ("abuffersink", None),
    ]
    nodes = [graph.add_abuffer(template=stream), *(graph.add(*step) for step in steps)]
    graph.link_nodes(*nodes).configure()
    return graph


def _cut(av: Any, frame: Any, samples: int) -> Any:
    if samples == frame.samples:
        return frame
    cut = av.AudioFrame.from_ndarray(
        frame.to_ndarray()[:, : samples * len(frame.layout.channels)], "s32", frame.layout.name
    )
    cut.sample_rate = RATE
    return cut


def _silence(av: Any, layout: str, samples: int) -> Any:
    import numpy as np

    channels = 1 if layout == "mono" else 2
    quiet = av.AudioFrame.from_ndarray(np.zeros((1, samples * channels), np.int32), "s32", layout)
    quiet.sample_rate = RATE
    return quiet
