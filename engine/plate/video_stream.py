"""The picture in a video file, and the decoder that reads all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.plate.video_index import Opened
from hifi_ofx.errors import FrameError

_MOST_THREADS, _PIXELS_A_THREAD = 8, 500_000


def opened(container: Any, path: Path, av: Any) -> Opened:
    """The first picture of a container that is no cover, and what decodes it.

    Raises FrameError when there is none, or it cannot be decoded here.
    """
    pictures = [one for one in container.streams.video if not _is_cover(one, av)]
    if not pictures:
        raise FrameError(f"{path} has no picture in it.", "Choose a video file.")
    stream = pictures[0]
    if stream.codec_context is None:
        raise FrameError(
            f"{path} is encoded in a way that PyAV does not know.",
            "Convert it first, for example to ProRes or to an image sequence.",
        )
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = _threads(stream.codec_context)
    has_alpha = stream.metadata.get("alpha_mode") == "1"
    return Opened(
        container, stream, _with_alpha(stream, path, av) if has_alpha else stream.codec_context
    )


def _threads(codec: Any) -> int:
    """Few for small pictures: handing those to and fro takes longer than decoding them."""
    return int(min(_MOST_THREADS, 1 + codec.width * codec.height // _PIXELS_A_THREAD))


def _with_alpha(stream: Any, path: Path, av: Any) -> Any:
    """VP8 and VP9 have alpha as a second picture beside the first; libvpx alone decodes it."""
    name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.codec.canonical_name, "")
    try:
        return av.CodecContext.create(name, "r")
    except (ValueError, av.FFmpegError):
        raise FrameError(
            f"{path} has an alpha channel that cannot be decoded here.",
            "Install PyAV with libvpx, or convert the video to ProRes 4444.",
        ) from None


def _is_cover(stream: Any, av: Any) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)
