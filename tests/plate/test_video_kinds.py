"""Videos as cameras, phones, tapes and editors leave them: the right pixels, or a sentence."""

from __future__ import annotations

import logging
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.plate import timecode, video_color
from engine.plate.quicktime import timecode_rate
from engine.plate.source import open_source
from engine.plate.video import Reading, VideoReader
from engine.plate.video_pixels import premultiplied, rgb
from hifi_ofx.errors import FrameError
from hifi_ofx.quality import Footage

av = pytest.importorskip("av", reason="needs PyAV: the extra `video`")

from .videos import codes, gray, moving, texture, with_matrix, woven, write  # noqa: E402

H264 = {"crf": "1", "bf": "3", "g": "8", "x264-params": "open-gop=1:b-adapt=0"}
MPEG2 = {"b": "8000000", "bf": "2", "g": "8"}


def pixels(reader: VideoReader, number: int) -> Any:
    (part,) = reader.read(number).parts
    return np.stack([part.planes[name] for name in part.channels], -1)


def unit(array: Any) -> Any:
    return array / np.iinfo(array.dtype).max


def psnr(found: Any, truth: Any) -> float:
    return float(-10 * np.log10(np.mean((unit(found) - truth) ** 2)))


# ---------- times ----------


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("b.avi", "libx264", H264),
        ("xvid.avi", "mpeg4", MPEG2),
        ("mjpeg.avi", "mjpeg", {"qscale": "2"}),
        ("00001.mts", "libx264", H264),
        ("c.m2ts", "libx264", H264),
        ("c.ts", "mpeg2video", MPEG2),
        ("c.mpg", "mpeg2video", MPEG2),
        ("c.vob", "mpeg2video", MPEG2),
        ("c.m2v", "mpeg2video", MPEG2),
        ("c.h264", "libx264", H264),
        ("c.mxf", "mpeg2video", MPEG2),
        ("c.flv", "libx264", {**H264, "x264-params": "b-adapt=0"}),
        ("c.wmv", "wmv2", {"b": "8000000"}),
        ("c.y4m", "wrapped_avframe", {}),
        ("b.mkv", "libx264", H264),
    ],
)
def test_every_container_gives_every_frame_in_any_order(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    """Frame n is the picture that was encoded n-th: nearer to it than to its neighbors."""
    frames = moving(20)
    write(
        tmp_path / name,
        frames,
        codec,
        "yuvj420p" if codec == "mjpeg" else "yuv420p",
        25,
        options=options,
    )
    order = [*range(1, 21), *random.Random(2).sample(range(1, 21), 20)]
    with VideoReader(tmp_path / name) as reader:
        assert (reader.count, reader.rate) == (20, 25)
        first: dict[int, Any] = {}
        for number in order:
            found = pixels(reader, number)
            errors = [np.abs(found.astype(float) - frame).mean() for frame in frames]
            assert int(np.argmin(errors)) == number - 1
            assert np.array_equal(first.setdefault(number, found), found)


def test_b_frames_that_begin_late_in_an_avi_are_found(tmp_path: Path) -> None:
    frames = [moving(1)[0]] * 24 + moving(10)
    write(tmp_path / "a.avi", frames, "libx264", "yuv420p", options={"crf": "4", "bf": "3"})
    with VideoReader(tmp_path / "a.avi") as reader:
        for number in (34, 26, 30, 25):
            errors = [np.abs(pixels(reader, number).astype(float) - f).mean() for f in frames[24:]]
            assert int(np.argmin(errors)) == number - 25


def test_a_raw_dv_file_says_no_nonsense_of_its_rate(tmp_path: Path) -> None:
    frames = [codes(texture(576, 720, 8 * n)) for n in range(2)]
    write(tmp_path / "a.dv", frames, "dvvideo", "yuv420p")
    with VideoReader(tmp_path / "a.dv", Reading(deinterlace="frames")) as reader:
        assert (reader.count, reader.rate) == (2, 25)


@pytest.mark.parametrize("gop", ["5", "12"])
def test_a_copy_that_was_cut_short_is_refused_or_said(
    tmp_path: Path, gop: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "a.mxf", moving(20), "mpeg2video", "yuv420p", options={"g": gop})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.4)])
    try:
        with VideoReader(path) as reader:
            assert 0 < reader.count < 20
            assert f"has {reader.count} frames of the 20 it announces" in caplog.text
    except FrameError as error:
        assert "that can be decoded, of 20" in error.message


def test_a_size_that_changes_gets_a_sentence(tmp_path: Path) -> None:
    parts = [
        write(tmp_path / f"{n}.ts", moving(3, *size), "mpeg2video", "yuv420p").read_bytes()
        for n, size in enumerate(((64, 112), (80, 128)))
    ]
    (tmp_path / "a.ts").write_bytes(b"".join(parts))
    with pytest.raises(FrameError, match=r"size at frame \d: 128x80 after 112x64"):  # noqa: SIM117
        with VideoReader(tmp_path / "a.ts") as reader:
            for number in range(1, 7):
                reader.read(number)


@pytest.mark.parametrize("suffix", ["mov", "mp4", "mkv", "avi"])
def test_titles_in_any_encoding_stop_nothing(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    write(path, moving(2), "mjpeg", "yuvj420p", title="ScXXXXne", comment="ScXXXXne")
    data = path.read_bytes()
    assert b"ScXXXXne" in data
    path.write_bytes(data.replace(b"ScXXXXne", b"Sc\xe8\xff\xfe\xe4ne"))
    with VideoReader(path) as reader:
        assert reader.count == 2


def test_a_cover_is_not_the_film(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        film = container.add_stream("libx264", rate=25)
        film.width, film.height, film.pix_fmt = 64, 48, "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")
        container.mux(cover.encode(picture.reformat(format="yuvj420p", threads=1)))
        container.mux(cover.encode())
        for frame in moving(3):
            picture = av.VideoFrame.from_ndarray(frame, "rgb24").reformat(
                format="yuv420p", threads=1
            )
            container.mux(film.encode(picture))
        container.mux(film.encode())
    with VideoReader(path) as reader:
        assert reader.size == (64, 48) and reader.count == 3


# ---------- fields ----------

MPEG2_FIELDS = {"b": "20000000", "field_order": "bb", "flags": "+ildct+ilme"}
INTERLACED = [
    ("tff.mov", "libx264", "yuv422p", {"crf": "1", "x264-params": "tff=1"}, True),
    ("bff.mp4", "libx264", "yuv420p", {"crf": "1", "x264-params": "bff=1"}, False),
    ("bff.mkv", "mpeg2video", "yuv420p", MPEG2_FIELDS, False),
    ("bb.mkv", "ffv1", "yuv422p10le", {"field_order": "bb"}, False),
    ("tt.mkv", "ffv1", "yuv422p", {"field_order": "tt"}, True),
    ("bff.mov", "prores_ks", "yuv422p10le", {"profile": "hq", "flags": "+ildct"}, False),
    ("tt.mov", "v210", "yuv422p10le", {"field_order": "tt"}, True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "codec", "form", "options", "top"), INTERLACED)
def test_fields_become_frames_in_the_order_of_time(
    tmp_path: Path, name: str, codec: str, form: str, options: dict[str, str], top: bool
) -> None:
    """Each field's moment is known: no other fits its frame as well, and none has combs."""
    path = write(tmp_path / name, woven(4, 144, 176, top), codec, form, options=options)
    truth = [gray(144, 176, 4 * n) for n in range(8)]
    with VideoReader(path, Reading(deinterlace="fields")) as reader:
        assert (reader.count, reader.rate) == (8, 50)
        for number in (1, 8, 3, 4, 2, 7, 5, 6):
            found = pixels(reader, number)
            fits = [psnr(found, moment) for moment in truth]
            assert int(np.argmax(fits)) == number - 1
            assert np.diff(sorted(fits)[-2:])[0] > 5, fits
        again = pixels(reader, 3)
    with VideoReader(path, Reading(deinterlace="fields")) as reader:
        assert np.array_equal(pixels(reader, 3), again)
    with VideoReader(path, Reading(deinterlace="frames")) as reader:
        assert (reader.count, reader.rate) == (4, 25)
        assert int(np.argmax([psnr(pixels(reader, 2), one) for one in truth])) == 2
    with VideoReader(path, Reading(deinterlace="progressive")) as reader:
        assert reader.count == 4
        combed = sorted(psnr(pixels(reader, 2), one) for one in truth)
        assert combed[-1] - combed[-2] < 3  # two moments


@pytest.mark.parametrize(("name", "codec", "form", "options", "top"), INTERLACED)
def test_interlaced_video_is_refused_unless_it_is_said_what_to_do(
    tmp_path: Path, name: str, codec: str, form: str, options: dict[str, str], top: bool
) -> None:
    path = write(tmp_path / name, woven(2, 48, 64, top), codec, form, options=options)
    with pytest.raises(FrameError, match="is interlaced") as caught:
        VideoReader(path)
    assert "--deinterlace fields" in caught.value.hint
    with pytest.raises(FrameError):
        open_source(str(path), Footage(), "out.####.exr")
    assert len(open_source(str(path), Footage(deinterlace="fields"), "o.####.exr").frames()) == 4


def test_progressive_video_is_none_of_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mov", moving(3), "libx264", "yuv420p", options={"crf": "1"})
    plain = VideoReader(path)
    for kind in ("fields", "frames", "progressive"):
        with VideoReader(path, Reading(deinterlace=kind)) as reader:
            assert (reader.count, reader.rate) == (3, 25)
            assert np.array_equal(pixels(reader, 2), pixels(plain, 2))


def test_a_film_behind_a_progressive_leader_is_found(tmp_path: Path) -> None:
    """The middle of the file is looked at, too, before anything is made of it."""
    parts = []
    for n, frames in enumerate((moving(4), woven(20, 48, 64, True))):
        options = {"crf": "1", "g": "4", "bf": "0", "x264-params": "tff=1" if n else ""}
        write(tmp_path / f"{n}.h264", frames, "libx264", "yuv420p", options=options)
        parts.append((tmp_path / f"{n}.h264").read_bytes())
    (tmp_path / "joined.h264").write_bytes(b"".join(parts))
    with (
        av.open(str(tmp_path / "joined.h264")) as source,
        av.open(str(tmp_path / "a.ts"), "w") as out,
    ):
        stream = out.add_stream_from_template(source.streams.video[0])
        for n, packet in enumerate(source.demux(video=0)):
            if packet.size:
                packet.pts = packet.dts = n
                packet.time_base, packet.stream = Fraction(1, 25), stream
                out.mux(packet)
    with pytest.raises(FrameError, match="interlaced"):
        VideoReader(tmp_path / "a.ts")


# ---------- color ----------


@pytest.mark.parametrize(
    ("transfer", "pairs"),
    [
        # SMPTE ST 2084: signal and candelas; ITU-R BT.2408 has 58 % for 203.
        (16, [(0, 0), (0.508078, 1.0), (0.580689, 2.03), (0.751827, 10.0), (1, 100.0)]),
        # ITU-R BT.2100, table 5, over its value at 75 %.
        (18, [(0, 0), (0.5, 0.31452), (0.75, 1.0), (1, 3.77421)]),
        (8, [(0, 0), (0.25, 0.25), (1, 1)]),
    ],
)
def test_curves_are_those_of_the_standards(transfer: int, pairs: list[tuple[float, float]]) -> None:
    signal, light = np.array(pairs).T
    found = video_color.to_linear(np.round(signal * 65535).astype(np.uint16), transfer)
    assert found.dtype == np.float16
    np.testing.assert_allclose(found.astype(float), light, rtol=1.5e-3)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_becomes_linear_for_exr_and_is_kept_elsewhere(
    tmp_path: Path, transfer: int, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    gray = np.full((48, 64, 3), round(0.6 * 65535), np.uint16)
    path = write(
        tmp_path / "a.mkv", [gray] * 2, "ffv1", "gbrp12le", 24, "rgb48le", color=(transfer, 9, 0)
    )
    signal = round(0.6 * 65535) / 65535

    def first(target: str, footage: Footage = Footage()) -> Any:  # noqa: B008
        source = open_source(str(path), footage, target)
        (part,) = source.read(1).parts
        said = caplog.text
        caplog.clear()
        return part, float(part.planes["G"][5, 5]), said

    part, value, said = first("slow.####.exr")
    expected = float(
        video_color.to_linear(np.array([round(signal * 65535)], np.uint16), transfer)[0]
    )
    assert value == pytest.approx(expected, rel=3e-3) and part.types["G"] == np.float16
    assert part.metadata["chromaticities"].value[:2] == (0.708, 0.292)
    assert part.metadata["hifi:transfer"].value == "linear"
    assert ("whiteLuminance" in part.metadata) == (name == "PQ")
    assert f"({name}, BT.2020) becomes linear light" in said
    for target, footage in (("s.####.png", Footage()), ("s.####.exr", Footage(transfer="keep"))):
        part, value, said = first(target, footage)
        assert value / 65535 == pytest.approx(signal, abs=1e-3)
        assert part.metadata["hifi:transfer"].value == name
        assert f"keeps its encoded values: {name}, BT.2020" in said


def test_usual_video_says_its_transfer_and_primaries_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", moving(1), "ffv1", "yuv444p", color=(1, 12, 1))
    with VideoReader(path, Reading(linear=True)) as reader:
        frame = reader.read(1)
    metadata = frame.parts[0].metadata
    assert frame.display_referred and metadata["hifi:transfer"].value == "BT.709"
    assert metadata["chromaticities"].value[:2] == (0.680, 0.320)


@pytest.mark.parametrize(("matrix", "name"), [(8, "YCgCo"), (10, "constant"), (14, "ICtCp")])
def test_a_matrix_that_is_not_read_is_refused(matrix: int, name: str) -> None:
    picture = av.VideoFrame(16, 16, "yuv444p10le")
    picture.colorspace = matrix
    with pytest.raises(FrameError, match=name):
        rgb(picture, av.video.reformatter.Interpolation)


# ---------- alpha ----------


def with_alpha(dtype: type = np.uint16) -> list[Any]:
    ramp = np.tile(np.linspace(0, 1, 64), (48, 1))[..., None]
    return [codes(np.concatenate([texture(48, 64) * 0.8 + 0.2, ramp], -1), dtype)] * 2


@pytest.mark.parametrize(
    ("name", "codec", "form", "source"),
    [
        ("a.mov", "prores_ks", "yuva444p10le", "rgba64le"),
        ("a.mov", "qtrle", "argb", "rgba"),
        ("a.mkv", "ffv1", "gbrap12le", "rgba64le"),
        ("a.webm", "libvpx-vp9", "yuva420p", "rgba"),
        ("a.webm", "libvpx", "yuva420p", "rgba"),
        ("a.mov", "png", "rgba", "rgba"),
    ],
)
def test_straight_alpha_is_premultiplied_for_exr_alone(
    tmp_path: Path, name: str, codec: str, form: str, source: str
) -> None:
    options = {"profile": "4444"} if codec == "prores_ks" else {}
    options = {"crf": "4", "b": "4000000", "auto-alt-ref": "0"} if "vpx" in codec else options
    frames = with_alpha(np.uint16 if source == "rgba64le" else np.uint8)
    path = write(tmp_path / name, frames, codec, form, 25, source, options)
    truth = unit(frames[0])
    product = np.concatenate([truth[..., :3] * truth[..., 3:], truth[..., 3:]], -1)

    def read(target: str, alpha: str) -> tuple[Any, bool]:
        frame = open_source(str(path), Footage(alpha=alpha), target).read(1)
        (part,) = frame.parts
        assert part.channels == ("R", "G", "B", "A") and frame.display_referred
        found = np.stack([part.planes[one] for one in part.channels], -1)
        return unit(found), "oiio:UnassociatedAlpha" in part.metadata

    # VP8 and VP9 are lossy: compared on the mean. The edges of chroma are theirs.
    near = 0.03 if "vpx" in codec else 0.01
    for target, alpha, wanted, tagged in (
        ("a.####.exr", "straight", product, False),
        ("a.####.exr", "premultiplied", truth, False),
        ("a.####.png", "straight", truth, True),
        ("a.####.png", "premultiplied", truth, False),
    ):
        found, marked = read(target, alpha)
        assert np.abs(found - wanted).mean() < near, (target, alpha)
        assert marked is tagged


def test_premultiplied_values_are_rounded_once() -> None:
    pixel = np.array([[[255, 128, 3, 51]]], np.uint8)
    assert premultiplied(pixel)[0, 0].tolist() == [13107, 6579, 154, 13107]
    half = np.array([[[2.0, 0.5, -0.1, 0.25]]], np.float16)
    np.testing.assert_allclose(premultiplied(half)[0, 0], [0.5, 0.125, -0.025, 0.25], rtol=1e-3)


def test_alpha_that_cannot_be_decoded_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = with_alpha(np.uint8)
    path = write(tmp_path / "a.webm", frames, "libvpx-vp9", "yuva420p", 25, "rgba", {"crf": "4"})

    class Without:
        @staticmethod
        def create(name: str, mode: str) -> Any:
            raise ValueError(name)

    monkeypatch.setattr(av, "CodecContext", Without)
    with pytest.raises(FrameError, match="alpha channel that cannot be decoded"):
        VideoReader(path)


# ---------- rotation ----------


@pytest.mark.parametrize(
    "matrix",
    [
        (1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0),
        (-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0),
    ],
)  # fmt: skip
def test_pictures_are_turned_as_players_show_them(
    tmp_path: Path, matrix: tuple[int, int, int, int]
) -> None:
    """QuickTime File Format, "Matrices": (x, y) is shown at (a x + c y, b x + d y)."""
    path = write(tmp_path / "p.mp4", moving(1), "libx264", "yuv420p", options={"crf": "4"})
    with VideoReader(path) as reader:
        stored = pixels(reader, 1)
    a, b, c, d = matrix
    y, x = np.mgrid[0:48, 0:64]
    u, v = a * x + c * y, b * x + d * y
    shown = np.zeros((np.ptp(v) + 1, np.ptp(u) + 1, 3), np.uint8)
    shown[v - v.min(), u - u.min()] = stored
    with VideoReader(with_matrix(path, *matrix)) as reader:
        assert reader.size == (shown.shape[1], shown.shape[0])
        assert np.array_equal(pixels(reader, 1), shown)
        assert reader.read(1).parts[0].metadata["Orientation"].value == 1


def test_a_slanted_picture_stays_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "p.mp4", moving(1), "libx264", "yuv420p", options={"crf": "4"})
    with VideoReader(with_matrix(path, 0.8, 0.6, -0.6, 0.8)) as reader:
        assert reader.size == (64, 48)
    assert "by an angle" in caplog.text


# ---------- timecode ----------


@pytest.mark.parametrize(
    ("rate", "tag", "clocks"),
    [
        (
            Fraction(50),
            "10:00:00:20",
            {1: "10:00:00:10", 2: "10:00:00:10", 3: "10:00:00:11", 31: "10:00:01:00"},
        ),
        (Fraction(50), "10:00:00:21", {1: "10:00:00:10", 2: "10:00:00:11", 30: "10:00:01:00"}),
        (
            Fraction(60000, 1001),
            "00:00:59;58",
            {1: "00:00:59;29", 3: "00:01:00;02", 5: "00:01:00;03"},
        ),
        (Fraction(60000, 1001), "00:09:59;58", {1: "00:09:59;29", 3: "00:10:00;00"}),
        (Fraction(30000, 1001), "00:00:59;28", {1: "00:00:59;28", 3: "00:01:00;02"}),
        (Fraction(48000, 1001), "01:00:00:46", {1: "01:00:00:23", 3: "01:00:01:00"}),
        (Fraction(100), "01:00:00:96", {1: "01:00:00:24", 5: "01:00:01:00"}),
        (Fraction(120), "01:00:00:116", {1: "01:00:00:29", 5: "01:00:01:00"}),
        (Fraction(25), "23:59:59:24", {1: "23:59:59:24", 2: "00:00:00:00"}),
    ],
)
def test_timecode_above_thirty_frames_counts_numbers_that_frames_share(
    tmp_path: Path, rate: Fraction, tag: str, clocks: dict[int, str]
) -> None:
    frames = [np.zeros((32, 48, 3), np.uint8)] * max(clocks)
    path = write(tmp_path / "a.mov", frames, "libx264", "yuv420p", rate, timecode=tag)
    with VideoReader(path) as reader:
        for number, clock in clocks.items():
            found = reader.read(number).parts[0].metadata["smpte:TimeCode"]
            assert timecode.text(found) == clock


@pytest.mark.parametrize("name", ["a.mov", "a.mp4"])
def test_a_timecode_track_may_count_every_second_frame(tmp_path: Path, name: str) -> None:
    """A camera at 50 whose track counts 25: 10:00:00:20 is number 20, not the twentieth frame."""
    frames = [np.zeros((32, 48, 3), np.uint8)] * 12
    path = write(tmp_path / name, frames, "libx264", "yuv420p", 50, timecode="10:00:00:20")
    assert timecode_rate(path) == 50
    whole = bytearray(path.read_bytes())
    entry = whole.index(b"tmcd", whole.index(b"stsd", whole.index(b"TimeCodeHandler"))) - 4
    duration = int.from_bytes(whole[entry + 28 : entry + 32], "big")
    whole[entry + 28 : entry + 33] = (2 * duration).to_bytes(4, "big") + b"\x19"
    sample = whole.index((36000 * 50 + 20).to_bytes(4, "big"))
    whole[sample : sample + 4] = (36000 * 25 + 20).to_bytes(4, "big")
    path.write_bytes(whole)
    assert timecode_rate(path) == 25
    with VideoReader(path) as reader:
        found = [reader.read(n).parts[0].metadata["smpte:TimeCode"] for n in (1, 2, 3, 11)]
    clocks = ["10:00:00:20", "10:00:00:20", "10:00:00:21", "10:00:01:00"]
    assert [timecode.text(one) for one in found] == clocks


def test_a_count_is_not_looked_for_in_what_has_no_boxes(tmp_path: Path) -> None:
    file = tmp_path / "a.mov"
    for content in (b"", b"moov", b"\0" * 5000, b"\0\0\0\1moov" + b"\xff" * 8, b"RIFF" * 50):
        file.write_bytes(content)
        assert timecode_rate(file) == 0
    file.write_bytes(b"".join(b"\0\0\0\0" + box for box in (b"moov", b"trak", b"mdia")) * 1000)
    assert timecode_rate(file) == 0


def test_fields_that_become_frames_keep_the_time(tmp_path: Path) -> None:
    options = {"crf": "1", "x264-params": "tff=1"}
    frames = woven(8, 32, 48, True)
    path = write(
        tmp_path / "a.mov",
        frames,
        "libx264",
        "yuv420p",
        25,
        options=options,
        timecode="10:00:00:20",
    )
    with VideoReader(path, Reading(deinterlace="fields")) as reader:
        clocks = [
            timecode.text(reader.read(n).parts[0].metadata["smpte:TimeCode"]) for n in (1, 2, 3, 11)
        ]
    assert clocks == ["10:00:00:20", "10:00:00:20", "10:00:00:21", "10:00:01:00"]


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (6, -1), (3, 2), (8, 1)])
def test_a_still_that_is_named_as_a_video_is_read_and_turned_by_its_exif(
    tmp_path: Path, orientation: int, turns: int
) -> None:
    """PyAV cannot list what FFmpeg says of it. EXIF 2.3, 4.6.4: 6 is shown a quarter clockwise."""
    (stored,) = moving(1)
    spec = oiio.ImageSpec(64, 48, 3, "uint8")
    spec.attribute("Orientation", orientation)
    spec.attribute("Exif:FNumber", 2.8)
    output = oiio.ImageOutput.create(str(tmp_path / "still.png"))
    assert output.open(str(tmp_path / "still.png"), spec) and output.write_image(stored)
    output.close()
    video = (tmp_path / "still.png").rename(tmp_path / "still.mp4")
    with VideoReader(video) as reader:
        assert np.array_equal(pixels(reader, 1), np.rot90(stored, turns))


def test_a_text_that_is_named_as_a_video_is_none(tmp_path: Path) -> None:
    (tmp_path / "note.mov").write_text("hello")
    with pytest.raises(FrameError, match=r"as a video: Invalid data found when processing input\."):
        VideoReader(tmp_path / "note.mov").read(1)
