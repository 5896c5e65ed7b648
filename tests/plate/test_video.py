from __future__ import annotations

import builtins
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.plate import timecode
from engine.plate.video import VideoReader
from hifi_ofx.errors import FrameError, HifiError, MissingFrames

av = pytest.importorskip("av", reason="needs PyAV: the extra `video`")

MATRICES = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}  # Kr, Kb


def write_video(path: Path, count: int, codec: str, pixel_format: str, **fields: Any) -> None:
    """Flat frames; the luma of frame n is 40 + 3n, in code values of 8 bits."""
    options = fields.pop("options", {})
    frame_fields = fields.pop("frame", {})
    metadata = fields.pop("metadata", {})
    with av.open(str(path), "w") as container:
        container.metadata.update(metadata)
        stream = container.add_stream(codec, rate=fields.pop("rate", 24), options=options)
        stream.width, stream.height, stream.pix_fmt = (*fields.pop("size", (64, 48)), pixel_format)
        for name, value in frame_fields.items():
            setattr(stream.codec_context, name, value)
        for index in range(count):
            picture = flat(stream.width, stream.height, pixel_format, 40 + 3 * index, 128, 128)
            for name, value in frame_fields.items():
                setattr(picture, name, value)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


def flat(width: int, height: int, pixel_format: str, *values: int) -> Any:
    picture = av.VideoFrame(width, height, pixel_format)
    deep = picture.format.components[0].bits > 8
    for plane, value in zip(picture.planes, values, strict=True):
        shift = picture.format.components[0].bits - 8
        dtype = np.uint16 if deep else np.uint8
        plane.update(np.full(plane.buffer_size // dtype().itemsize, value << shift, dtype))
    return picture


def level(reader: VideoReader, number: int) -> float:
    return float(np.median(reader.read(number).parts[0].planes["G"]))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 frames of H.264 with B-frames, a key frame every ten, timecode."""
    path = tmp_path_factory.mktemp("video") / "clip.mov"
    options = {"bf": "3", "g": "10", "x264-params": "open-gop=1:b-adapt=0", "crf": "1"}
    write_video(
        path, 48, "libx264", "yuv420p", options=options, metadata={"timecode": "01:00:00:10"}
    )
    return path


def test_a_clip_says_what_it_is(clip: Path, caplog: pytest.LogCaptureFixture) -> None:
    with VideoReader(clip) as reader:
        assert not caplog.text  # a sound clip is nothing to warn of
        assert (reader.count, reader.rate, reader.size) == (48, Fraction(24), (64, 48))
        frame = reader.read(1)
    assert frame.display_referred and frame.format == "video"
    assert frame.parts[0].channels == ("R", "G", "B")
    assert frame.parts[0].types["R"] == np.uint8
    assert frame.parts[0].planes["R"].shape == (48, 64)


def test_any_frame_in_any_order_is_the_right_one(clip: Path) -> None:
    """Full-range gray of luma y is (y − 16) · 255 / 219."""
    order = list(range(1, 49))
    random.Random(1).shuffle(order)
    with VideoReader(clip) as reader:
        for number in [*order, 1, 48, 48, 1, 2, 3]:
            expected = (40 + 3 * (number - 1) - 16) * 255 / 219
            assert abs(level(reader, number) - expected) < 1.5, number


def test_timecode_counts_on(clip: Path) -> None:
    with VideoReader(clip) as reader:
        found = reader.read(20).parts[0].metadata
    assert timecode.text(found["smpte:TimeCode"]) == "01:00:01:05"
    assert found["framesPerSecond"].value == (24, 1)


def test_a_frame_outside_the_clip_is_missing(clip: Path) -> None:
    with VideoReader(clip) as reader:
        for number in (0, -1, 49):
            with pytest.raises(MissingFrames, match="1 to 48"):
                reader.read(number)


def test_the_rate_is_exact(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", 3, "ffv1", "yuv420p", rate=Fraction(24000, 1001))
    with VideoReader(tmp_path / "a.mkv") as reader:
        assert reader.rate == Fraction(24000, 1001)


@pytest.mark.parametrize("matrix", [1, 5, 9])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv444p10le"])
def test_color_is_converted_by_the_matrix_and_range_it_is_tagged_with(
    tmp_path: Path, matrix: int, full: bool, pixel_format: str
) -> None:
    """Against the equations of BT.601, BT.709 and BT.2020."""
    path, yuv, bits = tmp_path / "a.mkv", (120, 100, 160), 10 if "10" in pixel_format else 8
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 16, 16, pixel_format
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 2 if full else 1
        picture = flat(16, 16, pixel_format, *yuv)
        picture.colorspace, picture.color_range = matrix, 2 if full else 1
        container.mux(stream.encode(picture))
        container.mux(stream.encode())
    red, blue = MATRICES[matrix]
    green = 1 - red - blue
    top = (1 << bits) - 1
    y, cb, cr = (code << (bits - 8) for code in yuv)
    middle = 1 << (bits - 1)
    luma = y / top if full else (y - (16 << (bits - 8))) / (219 << (bits - 8))
    span = top if full else 224 << (bits - 8)
    u, v = (cb - middle) / span, (cr - middle) / span
    r, b = luma + 2 * (1 - red) * v, luma + 2 * (1 - blue) * u
    expected = [r, (luma - red * r - blue * b) / green, b]
    with VideoReader(path) as reader:
        (part,) = reader.read(1).parts
    scale = 65535 if bits > 8 else 255
    assert part.types["R"] == (np.uint16 if bits > 8 else np.uint8)
    found = [float(part.planes[name][8, 8]) / scale for name in "RGB"]
    assert found == pytest.approx(expected, abs=1.5 / top)


def test_untagged_video_is_bt709_when_hd_and_bt601_below(tmp_path: Path) -> None:
    found = []
    for size in ((720, 576), (1280, 720)):
        path = tmp_path / f"{size[0]}.mkv"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("ffv1", rate=24)
            stream.width, stream.height, stream.pix_fmt = (*size, "yuv444p")
            container.mux(stream.encode(flat(*size, "yuv444p", 120, 100, 160)))
            container.mux(stream.encode())
        with VideoReader(path) as reader:
            found.append(int(reader.read(1).parts[0].planes["R"][8, 8]))
    luma = (120 - 16) / 219
    expected = [255 * (luma + 2 * (1 - kr) * 32 / 224) for kr in (0.299, 0.2126)]
    assert found == pytest.approx(expected, abs=1.5)


def test_alpha_comes_along(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("qtrle", rate=24)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "argb"
        pixels = np.full((16, 16, 4), (77, 10, 20, 30), np.uint8)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "argb")))
        container.mux(stream.encode())
    with VideoReader(path) as reader:
        (part,) = reader.read(1).parts
    assert [int(part.planes[name][3, 3]) for name in "RGBA"] == [10, 20, 30, 77]


def test_a_damaged_video_is_a_sentence(clip: Path, tmp_path: Path) -> None:
    path, whole = tmp_path / "a.mov", clip.read_bytes()
    for content in (b"", b"no video at all" * 100, whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(FrameError, match=r"a\.mov"):
            VideoReader(path)
    with pytest.raises(FrameError, match=r"nothing\.mov"):
        VideoReader(tmp_path / "nothing.mov")


def test_without_pyav_the_error_says_what_to_install(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without_av(name: str, *rest: Any, **named: Any) -> Any:
        if name.split(".")[0] == "av":
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without_av)
    with pytest.raises(HifiError, match="pip install") as error:
        VideoReader(clip)
    assert "PyAV" in error.value.message
