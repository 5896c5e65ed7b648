"""Files: EXR sequences that are really there, and movies whose frames are painted when asked for.

Every frame carries its own number: `number_of` reads it back from the pixels.
"""

import functools
import re
import tempfile
from pathlib import Path

import numpy as np
import OpenImageIO as oiio

UNIT = 1 / 256  # what a frame number counts in the blue channel; exact in half floats up to 2048


def paint(number, size, phase=0):
    """A bright square that moves over a gradient; blue says the frame's number."""
    width, height = size
    pixels = np.zeros((height, width, 3), np.float32)
    pixels[..., 0] = np.linspace(0, 1, width)
    left = (4 + 3 * number + phase) % max(width - 16, 1)
    pixels[8:24, left : left + 16, :2] = (4.0, 0.5)
    pixels[..., 2] = (number % 256) * UNIT
    return pixels


def number_of(path):
    """Which frame of its source a file shows, from its pixels (a fraction for an in-between)."""
    pixels = oiio.ImageBuf(str(path)).get_pixels("float")
    return float(np.median(pixels[..., 2])) / UNIT


def encode(pixels, space):
    """Scene-linear light in a color space: log and linear ones hold all of it, others up to 1."""
    if "Intermediate" in space:
        # DaVinci Wide Gamut Intermediate, Blackmagic's white paper of 2020; the gamut is left out.
        log = 0.07329248 * (np.log2(np.maximum(pixels, 0) + 0.0075) + 7.0)
        return np.where(pixels <= 0.00262409, pixels * 10.44426855, log).astype(np.float32)
    if "ACEScg" in space or "Linear" in space:
        return pixels
    return (np.clip(pixels, 0, 1) ** (1 / 2.4)).astype(np.float32)


def decode(pixels, space):
    """The light of what `encode` wrote."""
    if "Intermediate" in space:
        light = np.exp2(pixels / 0.07329248 - 7.0) - 0.0075
        return np.where(pixels <= 0.02740668, pixels / 10.44426855, light)
    if "ACEScg" in space or "Linear" in space:
        return pixels
    return pixels**2.4


def write_exr(path, pixels, timecode=None):
    """A half-float EXR, written without the product's code."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    pixels = np.ascontiguousarray(pixels, np.float32)
    Path(path).write_bytes(_exr(pixels.tobytes(), pixels.shape, timecode))


@functools.lru_cache(maxsize=500)  # thousands of runs of the stand-in write the same few frames
def _exr(values, shape, timecode):
    height, width, channels = shape
    spec = oiio.ImageSpec(width, height, channels, "half")
    spec.attribute("compression", "none")
    if timecode:
        digits = [int(pair) for pair in re.split("[:;]", timecode)]
        word = sum((n // 10 << 4 | n % 10) << shift for n, shift in zip(digits, (24, 16, 8, 0)))
        spec.attribute("smpte:TimeCode", oiio.TypeDesc("timecode"), (word, 0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.exr"
        output = oiio.ImageOutput.create(str(path))
        assert output.open(str(path), spec), output.geterror()
        assert output.write_image(np.frombuffer(values, np.float32).reshape(shape))
        output.close()
        return path.read_bytes()


def write_sequence(folder, name="plate", first=1001, count=8, size=(64, 48), padding=4):
    """An EXR plate on disk; the pattern with %d of its files."""
    for number in range(first, first + count):
        write_exr(Path(folder) / f"{name}.{number:0{padding}d}.exr", paint(number - first, size))
    return str(Path(folder) / f"{name}.%0{padding}d.exr")


def size_of(path):
    spec = oiio.ImageInput.open(str(path)).spec()
    return spec.width, spec.height


def read(media, index):
    """The pixels of a frame, counted from the media's first."""
    if media.pattern:
        return oiio.ImageBuf(media.pattern % (media.start + index)).get_pixels("float")
    return paint(index, media.size)


def placed(pixels, size):
    """The picture at the size that is delivered: Resolve scales to the timeline's resolution."""
    width, height = size
    if pixels.shape[:2] == (height, width):
        return pixels
    rows = np.arange(height) * pixels.shape[0] // height
    columns = np.arange(width) * pixels.shape[1] // width
    return pixels[rows][:, columns]
