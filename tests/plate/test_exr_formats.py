"""PNG, TIFF, DPX and JPEG, and the ways between formats."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.plate.exr import copy_frame, read_frame, read_header, write_frame
from engine.plate.frame import Attribute, Frame, Part, Window
from hifi_ofx.errors import FrameError, OutputError

FORMATS = [
    ("png", "png", "u1", "RGB"), ("png", "png", "u2", "RGBA"), ("png", "png", "u1", "Y"),
    ("tif", "tiff", "u1", "RGB"), ("tif", "tiff", "u2", "RGBA"), ("tif", "tiff", "f4", "RGB"),
    ("dpx", "dpx", "u1", "RGB"), ("dpx", "dpx", "u2", "RGBA"),
]  # fmt: skip


def picture(dtype: str, channels: str, size: tuple[int, int] = (37, 23), **fields: Any) -> Part:
    window = Window(0, 0, *size)
    top = np.iinfo(dtype).max if dtype[0] == "u" else 1
    rng = np.random.default_rng(3)
    planes = {name: (rng.random(window.shape) * top).astype(dtype) for name in channels}
    types = {name: np.dtype(dtype) for name in channels}
    return Part(tuple(channels), types, window, window, planes=planes, **fields)


def pixels(frame: Frame) -> dict[str, bytes]:
    return {name: plane.tobytes() for name, plane in frame.parts[0].planes.items()}


@pytest.mark.parametrize(("suffix", "format", "dtype", "channels"), FORMATS)
def test_values_come_back_exactly(
    tmp_path: Path, suffix: str, format: str, dtype: str, channels: str
) -> None:
    """With alpha as well: nothing is multiplied or divided by it."""
    path, again = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"
    straight = {"oiio:UnassociatedAlpha": Attribute.of(1)} if "A" in channels else {}
    frame = Frame((picture(dtype, channels, metadata=straight),), format)
    write_frame(frame, path)
    found = read_frame(path)
    assert found.format == format
    assert found.display_referred == (dtype[0] == "u")
    assert pixels(found) == pixels(frame)
    write_frame(found, again)
    assert pixels(read_frame(again)) == pixels(frame)
    copy_frame(path, again, {"smpte:TimeCode": None})
    assert pixels(read_frame(again)) == pixels(frame)


@pytest.mark.parametrize("bits", [10, 12])
@pytest.mark.parametrize(("channels", "width"), [("RGB", 9), ("RGBA", 100), ("RGBA", 9)])
def test_a_dpx_of_few_bits_keeps_them_in_every_column(
    tmp_path: Path, bits: int, channels: str, width: int
) -> None:
    """Among them 10-bit rows whose last word OpenImageIO does not read."""
    path, again = tmp_path / "one.dpx", tmp_path / "two.dpx"
    part = picture("u2", channels, (width, 5), metadata={"oiio:BitsPerSample": Attribute.of(bits)})
    for name, plane in part.planes.items():
        code = plane >> (16 - bits)
        part.planes[name] = (code << (16 - bits)) | (code >> (2 * bits - 16))
    write_frame(Frame((part,), "dpx"), path)
    found = read_frame(path)
    assert found.parts[0].metadata["oiio:BitsPerSample"].value == bits
    assert pixels(found) == {name: plane.tobytes() for name, plane in part.planes.items()}
    write_frame(found, again)
    assert pixels(read_frame(again)) == pixels(found)


def test_a_dpx_of_ten_bits_is_read_as_the_standard_packs_it(tmp_path: Path) -> None:
    """Three values a 32-bit word from the top, two bits of padding; made here by hand."""
    path, width, height = tmp_path / "one.dpx", 4, 2
    part = picture("u2", "RGBA", (width, height), metadata={"oiio:BitsPerSample": Attribute.of(10)})
    write_frame(Frame((part,), "dpx"), path)
    codes = np.arange(100, 100 + width * height * 4).reshape(height, -1)
    words = b""
    for row in codes:
        padded = [*row, *[0] * (-len(row) % 3)]
        for a, b, c in zip(*[iter(int(code) for code in padded)] * 3, strict=True):
            words += struct.pack(">I", a << 22 | b << 12 | c << 2)
    data = bytearray(path.read_bytes())
    order = ">" if data[:4] == b"SDPX" else "<"
    (start,) = struct.unpack(f"{order}I", data[4:8])
    packed = np.frombuffer(words, ">u4").astype(f"{order}u4").tobytes()
    data[start : start + len(packed)] = packed
    path.write_bytes(data)
    found = read_frame(path).parts[0].planes
    read = np.stack([found[name] for name in "RGBA"], -1).reshape(height, -1)
    assert np.array_equal(read >> 6, codes)


WAYS = [
    ("png", "tif", "u2"), ("tif", "png", "u1"), ("tif", "exr", "f4"), ("png", "dpx", "u2"),
    ("exr", "tif", "f4"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "target", "dtype"), WAYS)
def test_a_copy_into_another_format_keeps_the_values(
    tmp_path: Path, source: str, target: str, dtype: str
) -> None:
    one, two = tmp_path / f"one.{source}", tmp_path / f"two.{target}"
    frame = Frame((picture(dtype, "RGB"),), {"exr": "openexr", "tif": "tiff"}.get(source, source))
    write_frame(frame, one)
    copy_frame(one, two, {})
    assert pixels(read_frame(two)) == pixels(frame)


def test_whole_numbers_become_floats_that_give_them_back(tmp_path: Path) -> None:
    frame = Frame((picture("u2", "RGB"),), "png")
    write_frame(frame, tmp_path / "one.exr")
    found = read_frame(tmp_path / "one.exr").parts[0].planes
    for name, plane in frame.parts[0].planes.items():
        assert np.array_equal(np.rint(found[name].astype("f8") * 65535), plane)


def test_a_half_in_a_tiff_becomes_a_float_of_the_same_value(tmp_path: Path) -> None:
    frame = Frame((picture("f2", "RGB"),), "openexr")
    write_frame(frame, tmp_path / "one.tif")
    found = read_frame(tmp_path / "one.tif").parts[0].planes
    assert all(np.array_equal(found[name], frame.parts[0].planes[name]) for name in "RGB")


def test_formats_without_windows_get_the_display_window_and_color(tmp_path: Path) -> None:
    part = picture("f4", "RGBAZ", (10, 8))
    display = Window(-2, 3, 6, 9)
    part = Part(part.channels, part.types, part.data_window, display, planes=part.planes)
    write_frame(Frame((part, part), "openexr"), tmp_path / "one.png")
    (found,) = read_frame(tmp_path / "one.png").parts
    assert found.channels == tuple("RGBA")
    assert found.data_window.shape == display.shape
    assert not found.planes["R"][:, :2].any() and not found.planes["R"][5:].any()
    assert found.planes["A"][:5, 2:].all()


@pytest.mark.parametrize("suffix", ["png", "tif", "dpx", "jpg"])
def test_a_truncated_picture_is_an_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"one.{suffix}"
    format = {"tif": "tiff", "jpg": "jpeg"}.get(suffix, suffix)
    write_frame(Frame((picture("u1", "RGB", (64, 64)),), format), path)
    whole = path.read_bytes()
    for length in (0, 3, len(whole) // 3, len(whole) // 2, len(whole) - 600):
        path.write_bytes(whole[:length])
        with pytest.raises(FrameError, match=rf"one\.{suffix}"):
            read_frame(path)
        with pytest.raises(FrameError, match=rf"one\.{suffix}"):
            copy_frame(path, tmp_path / f"two.{suffix}", {})
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", ["png", "tif", "dpx"])
def test_a_picture_that_did_not_fit_is_not_left_behind(tmp_path: Path, suffix: str) -> None:
    resource = pytest.importorskip("resource", reason="needs a limit on file sizes")
    frame = Frame((picture("u1", "RGB", (128, 128)),), {"tif": "tiff"}.get(suffix, suffix))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9000, hard))
        with pytest.raises(OutputError, match="was not written"):
            write_frame(frame, tmp_path / f"one.{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_met_before_libjpeg_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("usage", (), {"free": 4096}))
    with pytest.raises(OutputError, match="the disk is full"):
        write_frame(Frame((picture("u1", "RGB"),), "jpeg"), tmp_path / "one.jpg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", ["int8", "int16", "int"])
def test_whole_numbers_with_a_sign_are_no_colors(tmp_path: Path, format: str) -> None:
    path = tmp_path / "one.tif"
    output = oiio.ImageOutput.create(str(path))
    assert output.open(str(path), oiio.ImageSpec(4, 4, 3, format))
    assert output.write_image(np.zeros((4, 4, 3), np.float32))
    output.close()
    for read in (read_header, read_frame):
        with pytest.raises(FrameError, match="whole numbers with a sign"):
            read(path)
