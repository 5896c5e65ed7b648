"""Which files are videos: by the suffix, and where that says nothing by the first bytes."""

from __future__ import annotations

import contextlib
from pathlib import Path

VIDEO_SUFFIXES = (
    ".mov", ".qt", ".mp4", ".m4v", ".3gp", ".3g2", ".mkv", ".webm", ".mxf", ".avi", ".divx",
    ".mts", ".m2ts", ".m2t", ".ts", ".tod", ".mpg", ".mpeg", ".mpe", ".m2p", ".m2v", ".mod", ".vob",
    ".dv", ".wmv", ".asf", ".flv", ".f4v", ".ogv", ".y4m", ".nut", ".gxf", ".h264", ".h265",
    ".hevc",
)  # fmt: skip

_STARTS = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"\x06\x0e\x2b\x34\x02\x05\x01\x01",  # MXF
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # ASF, WMV
    b"\x00\x00\x01\xba",  # MPEG program stream
    b"FLV\x01",
    b"YUV4MPEG2 ",
)
# Pictures in the same container: HEIF, AVIF and Canon's raw files.
_STILLS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"crx ")
_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip")  # a QuickTime file may lack "ftyp"
_PACKETS = ((188, 0), (192, 4), (204, 0))  # MPEG transport streams: size, and where 0x47 lies


def is_video(path: Path) -> bool:
    """Whether a path names a video; a file whose suffix says nothing is looked into."""
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return True
    with contextlib.suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return starts_like_a_video(file.read(1024))
    return False


def starts_like_a_video(start: bytes) -> bool:
    """Whether the first kilobyte of a file is that of a container for video."""
    if start.startswith(_STARTS) or (start[:4] == b"RIFF" and start[8:12] == b"AVI "):
        return True
    if start[4:8] == b"ftyp":
        return start[8:12] not in _STILLS
    if start[4:8] in _ATOMS:
        return True
    return any(_repeats(start, size, at) for size, at in _PACKETS)


def _repeats(start: bytes, size: int, at: int) -> bool:
    return start[at::size][:4] == b"\x47" * 4
