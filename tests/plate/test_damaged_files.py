"""Files with damaged headers: a frame, or a sentence; never a library's own words, never a hang."""

import os
import time
from random import Random

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.plate import tiff
from engine.plate.exr import read_frame, read_header, write_frame
from engine.plate.video import VideoReader
from hifi_ofx.errors import FrameError, HifiError, OutputError
from tests.plate.videos import moving, write

SECONDS = 5.0  # to read a small file, whatever became of it
KINDS = {
    "exr": [("half", 3, "zip"), ("float", 4, "piz"), ("half", 3, "none"), ("half", 3, "dwaa"),
            ("half", 4, "b44"), ("float", 3, "pxr24"), ("uint", 1, "rle")],
    "tif": [("uint8", 3, "lzw"), ("uint16", 4, "zip"), ("float", 3, "none"),
            ("uint8", 1, "packbits"), ("half", 3, "zip")],
    "dpx": [("uint16", 3, "10"), ("uint8", 3, ""), ("uint16", 4, "10"), ("uint16", 3, "12"),
            ("uint16", 3, "16"), ("uint16", 1, "10")],
    "png": [("uint8", 3, ""), ("uint16", 4, ""), ("uint8", 1, "")],
    "jpg": [("uint8", 3, ""), ("uint8", 1, "")],
}  # fmt: skip
SHARE = {"exr": 8, "tif": 4, "dpx": 3, "png": 2, "jpg": 2, "mov": 1}  # of the files that are tried


def sound_picture(path, kind, channels, how, height=23, width=37):
    """A picture that is whole, written without our own code."""
    spec = oiio.ImageSpec(width, height, channels, kind)
    if how.isdigit():
        spec.attribute("oiio:BitsPerSample", int(how))
    elif how:
        spec.attribute("compression", how)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    pixels = np.random.default_rng(1).random((height, width, channels)).astype(np.float32)
    pixels[5:] = pixels[5:6]
    assert output.write_image(pixels)
    output.close()
    return path.read_bytes()


def sound_files(suffix, folder):
    if suffix != "mov":
        return [sound_picture(folder / f"a.{suffix}", *how) for how in KINDS[suffix]]
    frames = moving(4, 32, 48)
    return [
        write(folder / "a.mov", frames, "prores_ks", "yuv422p10le").read_bytes(),
        write(folder / "a.mkv", frames, "ffv1", "yuv444p").read_bytes(),
    ]


def damaged(data, chance):
    """Some bytes changed, the header's before all; sometimes the end is missing."""
    changed = bytearray(data)
    limit = min(len(changed), chance.choice((64, 300, 2100, len(changed))))
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        changed[chance.randrange(limit)] = chance.choice((0, 255, 127, 128, chance.randrange(256)))
    if chance.random() < 0.15:
        del changed[chance.randrange(len(changed)) :]
    return bytes(changed)


def read(path):
    """What a file holds: pixels by part and channel."""
    if path.suffix != ".mov":
        read_header(path)
        return [part.planes for part in read_frame(path).parts]
    with VideoReader(path) as reader:
        return [reader.read(number).parts[0].planes for number in (1, reader.count)]


def same(one, other):
    return all(
        before.keys() == after.keys()
        and all(before[name].tobytes() == after[name].tobytes() for name in before)
        for before, after in zip(one, other, strict=True)
    )


def try_files(suffix, count, seed, folder):
    """Read so many damaged files twice; how many were read, and how many were refused."""
    chance, sound = Random(f"{suffix} {seed}"), sound_files(suffix, folder)
    path, found = folder / f"damaged.{suffix}", [0, 0]
    for number in range(count):
        path.write_bytes(damaged(chance.choice(sound), chance))
        began = time.monotonic()
        try:
            assert same(read(path), read(path)), f"number {number} reads differently each time"
            found[0] += 1
        except HifiError as error:
            assert str(path) in str(error) and "Traceback" not in str(error)
            found[1] += 1
        assert time.monotonic() - began < SECONDS, f"number {number}"
    return found


@pytest.mark.parametrize("suffix", SHARE)
def test_damaged_files_are_read_or_refused(suffix, tmp_path):
    read_, refused = try_files(suffix, 25 * SHARE[suffix], 0, tmp_path)
    assert read_ and refused


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("suffix", SHARE)
def test_many_damaged_files_are_read_or_refused(suffix, seed, tmp_path):
    try_files(suffix, 260 * SHARE[suffix], seed, tmp_path)


def test_a_fault_of_a_library_is_told_as_damage(tmp_path, monkeypatch):
    path = tmp_path / "a.dpx"
    sound_picture(path, "uint16", 3, "10")
    monkeypatch.setattr("engine.plate.exr._part", lambda *_: np.zeros(3).reshape(2, 2))
    with pytest.raises(FrameError, match=r"a\.dpx cannot be read: it is damaged"):
        read_frame(path)


@pytest.mark.parametrize(
    "how",
    [
        {"oiio:Endian": "big"},
        {"planarconfig": "separate"},
        {"tiff:RowsPerStrip": 5},
        {"tile": 16},
        {"tile": 16, "planarconfig": "separate"},
        {"tiff:bigtiff": 1},
        {"planarconfig": "contig", "oiio:BitsPerSample": 10},
    ],
)
def test_deflated_pixels_are_read_where_they_are_whole(how, tmp_path):
    path = tmp_path / "a.tif"
    spec = oiio.ImageSpec(37, 23, 3, "uint16")
    spec.attribute("compression", "zip")
    for name, value in how.items():
        if name == "tile":
            spec.tile_width = spec.tile_height = value
        else:
            spec.attribute(name, value)
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), spec), output.geterror()
    pixels = np.random.default_rng(1).random((23, 37, 3)).astype(np.float32)
    assert output.write_image(pixels)
    output.close()
    assert read(path)
    data = bytearray(path.read_bytes())
    with path.open("rb") as file:
        (tags,) = list(tiff._directories(file))
    places, sizes = (tags.get(324) or tags[273]), (tags.get(325) or tags[279])
    data[places[-1] + sizes[-1] // 2] ^= 255
    path.write_bytes(data)
    with pytest.raises(FrameError, match="damaged"):
        read(path)


@pytest.mark.parametrize("suffix", ["dpx", "tif", "png"])
def test_one_channel_is_read_and_written(suffix, tmp_path):
    path, again = tmp_path / f"a.{suffix}", tmp_path / f"b.{suffix}"
    sound_picture(path, "uint16", 1, "")
    frame = read_frame(path)
    write_frame(frame, again)
    assert same([part.planes for part in frame.parts], read(again))


def test_a_pipe_is_not_replaced(tmp_path):
    pipe, picture = tmp_path / "a.png", tmp_path / "b.png"
    os.mkfifo(pipe)
    sound_picture(picture, "uint8", 3, "")
    with pytest.raises(OutputError, match="a device or a pipe"):
        write_frame(read_frame(picture), pipe)
    assert pipe.is_fifo()


def test_the_files_are_sound_before_they_are_damaged(tmp_path):
    for suffix in SHARE:
        for number, data in enumerate(sound_files(suffix, tmp_path)):
            path = tmp_path / f"sound{number}.{suffix}"
            path.write_bytes(data)
            assert read(path)
