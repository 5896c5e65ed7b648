from __future__ import annotations

import dataclasses
import logging
import struct
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import OpenImageIO as oiio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.plate import exr_header
from engine.plate.atomic import atomic
from engine.plate.exr import copy_frame, read_frame, read_header, write_frame
from engine.plate.frame import (
    Attribute,
    Frame,
    Part,
    RawAttribute,
    SourceHeader,
    Window,
    empty_inbetween,
)
from hifi_ofx.errors import FrameError, OutputError

LOSSLESS = ("none", "rle", "zips", "zip", "piz")
LOSSY = ("pxr24", "b44", "b44a", "dwaa", "dwab")

quick = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
names = st.text("abXYZ_0", min_size=1, max_size=6)
channels = st.one_of(
    st.sampled_from(["R", "G", "B", "A", "Z", "crypto00.R", "left.G", "N.X", "é"]),
    st.builds("{}.{}".format, names, names),
    st.builds("{}".format, st.text("abc", min_size=33, max_size=60)),
)
dtypes = st.sampled_from(["f2", "f4", "u4"])


def random_plane(dtype: str, shape: tuple[int, int], seed: int) -> Any:
    """Any bits at all, but no signaling NaN in a half, which converters may quieten."""
    bits = np.random.default_rng(seed).integers(0, 256, (*shape, 8), np.uint8)
    plane = np.ascontiguousarray(bits[..., : np.dtype(dtype).itemsize]).view(dtype)[..., 0]
    if dtype == "f2":
        plane[np.isnan(plane)] = np.nan
    return plane


def make_part(types: dict[str, str], window: Window, display: Window, **fields: Any) -> Part:
    return Part(
        channels=tuple(types),
        types={name: np.dtype(dtype) for name, dtype in types.items()},
        data_window=window,
        display_window=display,
        planes={
            name: random_plane(dtype, window.shape, seed)
            for seed, (name, dtype) in enumerate(types.items())
        },
        **fields,
    )


def simple(**fields: Any) -> Frame:
    window = Window(0, 0, 33, 21)
    types = {"R": "f2", "G": "f2", "B": "f2"}
    return Frame((make_part(types, window, window, **{"compression": "zip"} | fields),), "openexr")


def bits(part: Part) -> dict[str, bytes]:
    return {name: part.planes[name].tobytes() for name in part.channels}


def check_same(found: Part, expected: Part) -> None:
    for field in ("types", "data_window", "display_window", "name", "compression", "tile"):
        assert getattr(found, field) == getattr(expected, field), field
    assert set(found.channels) == set(expected.channels)
    assert bits(found) == {name: bits(expected)[name] for name in found.channels}


@st.composite
def frames(draw: Any) -> Frame:
    display = Window(draw(st.integers(-9, 9)), draw(st.integers(-9, 9)), 40, 30)
    count, tiled = draw(st.integers(1, 3)), draw(st.booleans())
    parts = []
    for index in range(count):
        window = Window(*(draw(st.integers(-30, 30)) for _ in range(2)),
                        *(draw(st.integers(1, 50)) for _ in range(2)))  # fmt: skip
        types = draw(st.dictionaries(channels, dtypes, min_size=1, max_size=6))
        tile = draw(st.sampled_from([(16, 16), (64, 32)])) if tiled else None
        compression = draw(st.sampled_from(LOSSLESS))
        name = f"part{index}" if count > 1 else ""
        parts.append(
            make_part(types, window, display, tile=tile, compression=compression, name=name)
        )
    return Frame(tuple(parts), "openexr")


@quick
@given(frames())
def test_any_structure_comes_back_bit_for_bit(frame: Frame) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "frame.exr"
        write_frame(frame, path)
        found = read_frame(path)
        assert [path.name] == [one.name for one in Path(folder).iterdir()]
    assert len(found.parts) == len(frame.parts)
    for one, expected in zip(found.parts, frame.parts, strict=True):
        check_same(one, expected)


@quick
@given(frames(), st.integers(0, 2**32 - 1))
def test_a_second_writing_changes_no_byte(frame: Frame, word: int) -> None:
    """Header and pixels depend on nothing but the frame; not on the time of day."""
    timecode = {"smpte:TimeCode": Attribute("timecode", (word, 7))}
    with TemporaryDirectory() as folder:
        first, second, third = (Path(folder) / f"{n}.exr" for n in (1, 2, 3))
        write_frame(frame.with_metadata(timecode), first)
        write_frame(read_frame(first), second)
        copy_frame(first, third, {})
        assert first.read_bytes() == second.read_bytes() == third.read_bytes()
        assert read_header(second).parts[0].metadata["smpte:TimeCode"].value == (word, 7)


@pytest.mark.parametrize("compression", LOSSY)
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_a_copy_keeps_lossy_pixels_and_replaces_metadata(
    tmp_path: Path, compression: str, tile: tuple[int, int] | None
) -> None:
    source, target = tmp_path / "source.exr", tmp_path / "target.exr"
    level = {"openexr:dwaCompressionLevel": Attribute.of(120.0)} if "dwa" in compression else {}
    write_frame(simple(compression=compression, tile=tile).with_metadata(level), source)
    changes = {
        "smpte:TimeCode": Attribute("timecode", (0x01020304, 0)),
        "framesPerSecond": Attribute("rational", (24000, 1001)),
        "hifi.fraction": Attribute.of("1/4"),
        "hifi.frame": Attribute.of(-3),
        "a name that is longer than thirty-one letters": Attribute.of(0.5),
    }
    copy_frame(source, target, changes)
    before, after = read_frame(source), read_frame(target)
    check_same(after.parts[0], before.parts[0])
    assert after.parts[0].metadata == {**before.parts[0].metadata, **changes}
    copy_frame(target, source, {name: None for name in changes})
    assert read_header(source).parts == before.parts


def test_attributes_that_no_library_knows_survive(tmp_path: Path) -> None:
    """Previews, made-up types and names beyond ASCII pass through reading and writing."""
    plain, odd, again = (tmp_path / f"{name}.exr" for name in ("plain", "odd", "again"))
    write_frame(simple(), plain)
    (header,) = exr_header.read_headers(plain).parts
    extra = {
        "preview": RawAttribute("preview", struct.pack("<2I", 1, 1) + b"\1\2\3\4"),
        "studio": RawAttribute("studioType", b"\0\1\2\xff"),
        "owner": RawAttribute("string", "© Müller".encode("latin-1")),
        "capDate": RawAttribute("string", b"2001:02:03 04:05:06"),
        "tiff:Compression": RawAttribute("int", struct.pack("<i", 5)),
        "acesImageContainerFlag": RawAttribute("int", struct.pack("<i", 1)),
    }
    exr_header.splice(plain, odd, [{**header, **extra}])
    write_frame(read_frame(odd), again)
    assert again.read_bytes() == odd.read_bytes()


def test_an_in_between_has_all_of_its_source_but_the_thumbnail(tmp_path: Path) -> None:
    plain, odd, made = (tmp_path / f"{name}.exr" for name in ("plain", "odd", "made"))
    write_frame(simple(), plain)
    (header,) = exr_header.read_headers(plain).parts
    preview = RawAttribute("preview", struct.pack("<2I", 1, 1) + b"\1\2\3\4")
    studio = RawAttribute("studioType", b"\0\1\2\xff")
    exr_header.splice(plain, odd, [{**header, "preview": preview, "studio": studio}])
    source = read_frame(odd)
    empty = empty_inbetween(source, source)
    part = dataclasses.replace(empty.parts[0], planes=source.parts[0].planes)
    write_frame(Frame((part,), "openexr"), made)
    assert exr_header.read_headers(made).parts == ({**header, "studio": studio},)


@pytest.mark.parametrize("order", ["increasingY", "decreasingY"])
def test_line_order_is_kept(tmp_path: Path, order: str) -> None:
    path = tmp_path / "frame.exr"
    frame = simple().with_metadata({"openexr:lineOrder": Attribute.of(order)})
    write_frame(frame, path)
    found = read_frame(path).parts[0]
    assert found.metadata["openexr:lineOrder"].value == order
    check_same(found, frame.parts[0])


@pytest.mark.parametrize("compression", ["pxr24", "dwaa", "b44"])
def test_ids_beside_color_stay_exact_under_lossy_compression(
    tmp_path: Path, compression: str
) -> None:
    path, window = tmp_path / "frame.exr", Window(-3, 2, 40, 30)
    types = {"R": "f2", "G": "f2", "B": "f2", "id": "u4"}
    frame = Frame((make_part(types, window, window, compression=compression),), "openexr")
    write_frame(frame, path)
    found = read_frame(path).parts[0]
    assert found.types["id"] == np.dtype("u4")
    assert found.planes["id"].tobytes() == frame.parts[0].planes["id"].tobytes()


def test_mip_levels_are_copied_and_their_loss_in_writing_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mapped, again = (tmp_path / f"{name}.exr" for name in ("mapped", "again"))
    picture = oiio.ImageBuf(oiio.ImageSpec(16, 16, 1, "float"))
    oiio.ImageBufAlgo.make_texture(oiio.MakeTxTexture, picture, str(mapped), oiio.ImageSpec())
    assert exr_header.levels(exr_header.read_headers(mapped).parts[0]) > 1
    copy_frame(mapped, again, {})
    assert again.read_bytes() == mapped.read_bytes()
    one = Window(0, 0, 16, 16)
    with caplog.at_level(logging.INFO):
        source = make_part({"Y": "f4"}, one, one, tile=(64, 64), compression="none")
        header = exr_header.read_headers(mapped).parts[0]
        source = dataclasses.replace(source, source=SourceHeader(header, {}))
        write_frame(Frame((source,), "openexr"), again)
    assert "mip" in caplog.text
    check_same(read_frame(again).parts[0], source)


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from([1, 2]), st.sampled_from([0, 1]))
def test_chunks_of_mip_and_rip_maps_are_counted_as_openexr_does(
    width: int, height: int, mode: int, up: int
) -> None:
    """Against the definition: level sizes halve, rounded down or up, until they are 1."""

    def size(length: int, level: int) -> int:
        return max(1, (length + up * ((1 << level) - 1)) >> level)

    def count(length: int) -> int:
        return next(level for level in range(20) if size(length, level) == 1) + 1

    header = {
        "dataWindow": RawAttribute("box2i", struct.pack("<4i", 0, 0, width - 1, height - 1)),
        "tiles": RawAttribute("tiledesc", struct.pack("<2IB", 32, 16, mode | up << 4)),
    }
    if mode == 1:
        levels = [(n, n) for n in range(max(count(width), count(height)))]
    else:
        levels = [(x, y) for y in range(count(height)) for x in range(count(width))]
    expected = sum(-(-size(width, x) // 32) * -(-size(height, y) // 16) for x, y in levels)
    assert exr_header.chunk_count(header) == expected


def test_tiles_beside_scanlines_become_scanlines_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    window = Window(0, 0, 40, 30)
    parts = [
        make_part({"R": "f2"}, window, window, name=name, tile=tile, compression="zip")
        for name, tile in (("one", (16, 16)), ("two", None))
    ]
    with caplog.at_level(logging.INFO):
        write_frame(Frame(tuple(parts), "openexr"), tmp_path / "frame.exr")
    assert "scanlines" in caplog.text
    for found, part in zip(read_frame(tmp_path / "frame.exr").parts, parts, strict=True):
        check_same(found, dataclasses.replace(part, tile=None))


def test_an_unfinished_file_is_never_black(tmp_path: Path) -> None:
    path = tmp_path / "frame.exr"
    write_frame(simple(compression="zips"), path)
    whole = path.read_bytes()
    for length in range(0, len(whole), 37):
        path.write_bytes(whole[:length])
        for read in (read_header, read_frame):
            with pytest.raises(FrameError, match=r"frame\.exr"):
                read(path)
        with pytest.raises(FrameError):
            copy_frame(path, tmp_path / "copy.exr", {})
    assert [one.name for one in tmp_path.iterdir()] == ["frame.exr"]


def test_an_empty_offset_table_does_not_make_a_whole_file_unreadable(tmp_path: Path) -> None:
    """Some programs never fill it in; readers look for the chunks then."""
    path = tmp_path / "frame.exr"
    frame = simple(compression="zips")
    write_frame(frame, path)
    data, end = path.read_bytes(), exr_header.read_headers(path).end
    path.write_bytes(data[:end] + bytes(8 * 21) + data[end + 8 * 21 :])
    check_same(read_frame(path).parts[0], frame.parts[0])


def test_a_missing_file_and_an_unknown_format_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match="does not exist"):
        read_frame(tmp_path / "nothing.exr")
    with pytest.raises(OutputError, match="no picture format"):
        write_frame(simple(), tmp_path / "frame.docx")
    with pytest.raises(OutputError, match="folder does not exist"):
        write_frame(simple(), tmp_path / "none" / "frame.exr")


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="needs a limit on file sizes")
    path = tmp_path / "frame.exr"
    write_frame(simple(), path)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
        with pytest.raises(OutputError, match="was not written"):
            write_frame(simple(), path)
        with pytest.raises(OutputError, match="was not written"):
            copy_frame(path, path, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["frame.exr"]


def test_an_interrupted_write_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), atomic(tmp_path / "frame.exr") as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_a_plane_of_another_type_is_refused(tmp_path: Path) -> None:
    frame = simple()
    frame.parts[0].planes["G"] = frame.parts[0].planes["G"].astype("f4")
    with pytest.raises(OutputError, match="G is float32, not float16"):
        write_frame(frame, tmp_path / "frame.exr")
    assert not list(tmp_path.iterdir())


def test_metadata_of_a_type_that_exr_lacks_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "frame.exr"
    write_frame(simple(), path)
    with pytest.raises(OutputError, match="odd"):
        copy_frame(path, tmp_path / "copy.exr", {"odd": Attribute("int64[3]", (1, 2, 3))})
    assert [one.name for one in tmp_path.iterdir()] == ["frame.exr"]


def test_the_log_says_when_ids_force_another_compression(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    window = Window(0, 0, 8, 8)
    part = make_part({"R": "f2", "id": "u4"}, window, window, compression="dwab", name="p")
    with caplog.at_level(logging.INFO):
        write_frame(Frame((part,), "openexr"), tmp_path / "frame.exr")
    assert "zip instead of dwab" in caplog.text


def test_a_compression_of_a_later_openexr_is_named(tmp_path: Path) -> None:
    path, later = tmp_path / "frame.exr", tmp_path / "later.exr"
    window = Window(0, 0, 9, 7)
    part = make_part({"R": "f2"}, window, window, compression="zip")
    write_frame(Frame((part,), "openexr"), path)
    later.write_bytes(
        path.read_bytes().replace(
            b"compression\0compression\0\1\0\0\0\3", b"compression\0compression\0\1\0\0\0\x0c"
        )
    )
    with pytest.raises(FrameError, match=r"compressed by method 12 of EXR.*ZIP compression"):
        read_frame(later)
