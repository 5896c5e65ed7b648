"""The plates that benchmarks make, and what they ask of the engine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np

from hifi_ofx.errors import InvalidSetting
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime

from ..paper.cascade import Size
from ..plate.exr import write_frame
from .demo_plate import Image, as_frame

SHIFT = 16  # pixels that all moves by from frame to frame


def texture(size: Size) -> Image:
    """Blocks of light between 0.05 and 20 with some grain, (H, W, 3): compresses as film does."""
    random = np.random.default_rng(0)
    blocks = np.exp(random.normal(size=(size[0] // 16 + 1, size[1] // 16 + 1, 3)))
    large = np.kron(blocks.astype(np.float32), np.ones((16, 16, 1), np.float32))
    grain = random.random((256, 256, 1), np.float32) * 0.04 + 0.98
    tiles = (size[0] // 256 + 1, size[1] // 256 + 1, 1)
    grains = np.tile(grain, tiles)[: size[0], : size[1]]
    return np.asarray(large[: size[0], : size[1]] * grains, np.float32)


@contextmanager
def plate(size: Size, count: int) -> Iterator[Path]:
    """A folder with a moving plate of `count` half-float RGB EXR frames, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hifi-bench-") as name:
        folder = Path(name)
        whole = texture((size[0], size[1] + SHIFT * count))
        for number in range(count):
            image = whole[:, SHIFT * number : SHIFT * number + size[1]]
            write_frame(as_frame(image, number), folder / f"plate.{number + 1:04d}.exr")
        yield folder


def half_speed(folder: Path, quality: Quality, weights: str, machine: Machine) -> RenderRequest:
    """A retime at half speed of `plate.####.exr` in a folder, to `slow.####.exr` in it."""
    return RenderRequest(
        source=str(folder / "plate.####.exr"),
        target=str(folder / "slow.####.exr"),
        retime=Retime(speed=Fraction(1, 2)),
        quality=quality,
        machine=machine,
        weights=weights,
    )


def size_of(text: str) -> Size:
    """(height, width) of a text as 1080x1920. Raises InvalidSetting."""
    height, separator, width = text.partition("x")
    if not (separator and height.isdigit() and width.isdigit() and int(height) and int(width)):
        raise InvalidSetting(f"{text!r} is no size.", "Give height x width, as in 1080x1920.")
    return int(height), int(width)
