"""EXR files, looked at with the standard library, against OpenImageIO's."""

import numpy as np
import OpenImageIO as oiio
import pytest
from hifi_resolve import exr_files

from hifi_ofx.errors import FrameError, MissingFrames
from tests.resolve_host.media import paint, write_exr


def write(path, compression="zip", kind="half", size=(70, 50), **attributes):
    spec = oiio.ImageSpec(*size, 3, kind)
    spec.attribute("compression", compression)
    for name, value in attributes.items():
        spec.attribute(name.replace("_", ":"), value)
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec), out.geterror()
    assert out.write_image(np.random.default_rng(1).random((size[1], size[0], 3), np.float32))
    out.close()
    return path


@pytest.mark.parametrize(
    "compression", ["none", "rle", "zips", "zip", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab"]
)
@pytest.mark.parametrize("kind", ["half", "float"])
def test_whole_files_and_files_that_are_cut_off(tmp_path, compression, kind):
    path = write(tmp_path / "a.exr", compression, kind)
    header = exr_files.read_header(path)
    assert (header.width, header.height) == (70, 50)
    assert sorted(header.channels) == ["B", "G", "R"]
    whole = path.read_bytes()
    for length in (len(whole) - 1, len(whole) // 2, 300, 10, 0):
        path.write_bytes(whole[:length])
        with pytest.raises(FrameError, match="not a whole EXR"):
            exr_files.read_header(path)


def test_a_data_window_that_is_not_the_display(tmp_path):
    spec = oiio.ImageSpec(40, 30, 3, "half")
    spec.x, spec.y, spec.full_width, spec.full_height = 10, 5, 100, 60
    out = oiio.ImageOutput.create(str(tmp_path / "a.exr"))
    out.open(str(tmp_path / "a.exr"), spec)
    out.write_image(np.zeros((30, 40, 3), np.float32))
    out.close()
    header = exr_files.read_header(tmp_path / "a.exr")
    assert (header.width, header.height) == (40, 30)


def test_a_tiled_file_is_taken_by_its_header(tmp_path):
    spec = oiio.ImageSpec(64, 64, 3, "half")
    spec.tile_width = spec.tile_height = 32
    out = oiio.ImageOutput.create(str(tmp_path / "a.exr"))
    out.open(str(tmp_path / "a.exr"), spec)
    out.write_image(np.zeros((64, 64, 3), np.float32))
    out.close()
    assert exr_files.read_header(tmp_path / "a.exr").width == 64


def test_another_file(tmp_path):
    (tmp_path / "a.exr").write_bytes(b"GIF89a" * 20)
    with pytest.raises(FrameError, match="does not start as one"):
        exr_files.read_header(tmp_path / "a.exr")
    with pytest.raises(FrameError):
        exr_files.read_header(tmp_path / "none.exr")


def fill(folder, numbers, padding=8, name="source", size=(16, 12)):
    for number in numbers:
        write_exr(folder / f"{name}.{number:0{padding}d}.exr", paint(number, size))


def test_a_sequence_is_found_with_its_padding(tmp_path):
    fill(tmp_path, range(98, 103), padding=3)
    fill(tmp_path, [5], name="source_other")
    (tmp_path / "source.txt").write_text("")
    found = exr_files.find(tmp_path, "source")
    assert (found.first, found.last) == (98, 102)
    assert found.pattern == str(tmp_path / "source.%03d.exr")
    exr_files.check(found, 5, (16, 12))


def test_nothing_is_found(tmp_path):
    assert exr_files.find(tmp_path, "source") is None


def test_a_gap_a_shortage_and_another_size(tmp_path):
    fill(tmp_path, [1, 2, 4])
    with pytest.raises(MissingFrames, match=r"no frame 3 .1 missing"):
        exr_files.find(tmp_path, "source")
    fill(tmp_path, [3])
    found = exr_files.find(tmp_path, "source")
    with pytest.raises(MissingFrames, match="5 frames were expected"):
        exr_files.check(found, 5)
    fill(tmp_path, [2], size=(20, 12))
    with pytest.raises(FrameError, match="20x12, not 16x12"):
        exr_files.check(found, 4)
