"""Tiny videos, written by PyAV, of every awkward kind."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]


def texture(height: int, width: int, shift: float = 0.0, seed: int = 1) -> Pixels:
    """A smooth random picture (H, W, 3), 0 to 1, moved right by some pixels."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    out = np.zeros((height, width, 3))
    for _ in range(14):
        fy, fx = rng.uniform(-0.35, 0.35, 2)
        wave = fy * y[..., None] + fx * (x - shift)[..., None] + rng.uniform(0, 6.28, 3)
        out += np.cos(wave) / (1 + 9 * np.hypot(fy, fx))
    return (out - out.min()) / (out.max() - out.min())


def gray(height: int, width: int, shift: float = 0.0) -> Pixels:
    """The texture without color: scaling chroma down would mix two fields of woven frames."""
    return np.repeat(texture(height, width, shift)[..., 1:2], 3, -1)


def codes(image: Pixels, dtype: type = np.uint8) -> Pixels:
    """An image of 0 to 1 in whole numbers."""
    return (np.clip(image, 0, 1) * np.iinfo(dtype).max + 0.5).astype(dtype)


def moving(count: int, height: int = 48, width: int = 64, step: float = 3) -> list[Pixels]:
    """Frames of a pan."""
    return [codes(texture(height, width, step * n)) for n in range(count)]


def write(
    path: Path,
    frames: Sequence[Pixels],
    codec: str,
    pixels: str,
    rate: Any = 25,
    source: str = "rgb24",
    options: dict[str, str] | None = None,
    color: tuple[int, int, int] | None = None,
    **metadata: str,
) -> Path:
    """Encode RGB frames. `color` are H.273's transfer, primaries and matrix."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.thread_count = 1
        if color:
            context = stream.codec_context
            context.color_trc, context.color_primaries, context.colorspace = color
        container.metadata.update({k: v for k, v in metadata.items() if k != "timecode"})
        stream.metadata.update({k: v for k, v in metadata.items() if k == "timecode"})
        for index, frame in enumerate(frames):
            whole = np.ascontiguousarray(frame)
            matrix = {"dst_colorspace": color[2]} if color and "rgb" in source else {}
            plain = av.VideoFrame.from_ndarray(whole, source)
            picture = plain.reformat(format=pixels, threads=1, **matrix)
            if color:
                picture.color_trc, picture.color_primaries, picture.colorspace = color
            picture.pts, picture.time_base = index, 1 / Fraction(rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def with_matrix(path: Path, a: float, b: float, c: float, d: float) -> Path:
    """Put a display matrix into an MP4: a point (x, y) is shown at (a x + c y, b x + d y)."""
    data = bytearray(path.read_bytes())
    at = data.find(b"tkhd") + 44
    whole = [int(value * 65536) for value in (a, b, 0, c, d, 0, 0, 0)]
    data[at : at + 36] = struct.pack(">9i", *whole, 1 << 30)
    path.write_bytes(bytes(data))
    return path


def woven(count: int, height: int, width: int, top_first: bool, step: float = 8) -> list[Pixels]:
    """Interlaced frames of a gray pan: 2 · count moments, half a step apart."""
    frames = []
    for n in range(count):
        first, second = (codes(gray(height, width, step * (n + half))) for half in (0, 0.5))
        frame = first.copy()
        frame[1 if top_first else 0 :: 2] = second[1 if top_first else 0 :: 2]
        frames.append(frame)
    return frames
