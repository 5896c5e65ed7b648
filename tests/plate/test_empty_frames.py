"""Files that hold no frame, told from frames that are there and from damaged ones."""

import os

import numpy as np
import OpenImageIO as oiio
import pytest

from engine.plate.empty_frames import what_it_is_instead
from engine.plate.exr import read_header
from engine.plate.source import open_source
from hifi_ofx.errors import FrameError
from hifi_ofx.quality import Footage
from tests.service.conftest import write_exr


@pytest.fixture
def frame(tmp_path):
    write_exr(tmp_path / "plate.1001.exr", np.full((8, 8, 3), 0.5, np.float32), owner="a" * 300)
    return tmp_path / "plate.1001.exr"


def test_an_exr_is_empty_as_long_as_it_is_not_whole(frame):
    """Every length: empty up to the end of its pixels, and there the readers agree."""
    whole = frame.read_bytes()
    said = []
    for length in range(len(whole) + 1):
        frame.write_bytes(whole[:length])
        said.append(what_it_is_instead(frame))
    assert said[0] == "0 bytes" and said[200] == "200 bytes, which end within the header"
    end = next(length for length, what in enumerate(said) if "chunks" in what)
    assert 300 < end < len(whole)
    assert all("header" in what for what in said[1:end])
    for length in range(end, len(whole)):
        assert said[length] == f"{length} bytes, without 1 of 1 chunks of pixels"
    assert said[-1] == ""
    # What follows the header is the table of chunks: 8 rows, a chunk of 16 rows each, so one entry.
    assert int.from_bytes(whole[end : end + 8], "little") == end + 8
    frame.write_bytes(whole[: end - 1])
    with pytest.raises(FrameError, match="header"):
        read_header(frame)


@pytest.mark.parametrize("suffix", ["exr", "png", "dpx", "tif", "jpg"])
@pytest.mark.parametrize("size", [1, 4000, 4_000_000])
def test_a_file_that_was_made_room_for_is_empty(tmp_path, suffix, size):
    file = tmp_path / f"plate.1001.{suffix}"
    file.write_bytes(bytes(size))
    assert what_it_is_instead(file) == f"{size} bytes of zeros"


def test_damage_is_not_emptiness(frame):
    """A header that is whole and wrong stays an error: somebody has to look at it."""
    whole = frame.read_bytes()
    frame.write_bytes(whole.replace(b"channels\0", b"chonnels\0"))
    assert what_it_is_instead(frame) == ""
    tall = whole.replace(np.array([0, 0, 7, 7], "<i4").tobytes(), np.array([0, 0, 7, 99999], "<i4"))
    frame.write_bytes(tall)  # many more chunks than there are: what follows is no table of theirs
    assert tall != whole and what_it_is_instead(frame) == ""
    frame.write_bytes(b"\x76\x2f\x31\x01" + b"x" * 5000)
    assert what_it_is_instead(frame) == ""


@pytest.mark.parametrize("suffix", ["png", "dpx", "tif", "jpg"])
def test_other_formats_are_empty_where_not_even_the_header_is_there(tmp_path, suffix):
    file = tmp_path / f"plate.1001.{suffix}"
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    assert oiio.ImageBuf(noise).write(str(file))
    assert what_it_is_instead(file) == ""
    whole = file.read_bytes()
    for length in (0, 1, 20):
        file.write_bytes(whole[:length])
        assert what_it_is_instead(file).startswith(f"{length} bytes")
    with pytest.raises(FrameError, match="cannot be opened"):
        what_it_is_instead(tmp_path / "none.exr")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
@pytest.mark.parametrize("name", ["plate.1001.exr", "cam.mov"])
def test_a_pipe_in_a_file_s_place_is_refused_and_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(FrameError, match="is a pipe or device, not a file"):
        source = open_source(str(tmp_path / name), Footage(), "out.####.exr")
        source.empty([1001])


def test_a_folder_in_a_frame_s_place_is_none(tmp_path):
    (tmp_path / "plate.1001.exr").mkdir()
    with pytest.raises(FrameError, match="is a folder, not a file"):
        what_it_is_instead(tmp_path / "plate.1001.exr")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_that_leads_nowhere_is_no_frame_and_one_to_a_frame_is(frame):
    """As in a published plate whose files were cleaned away."""
    link, dangling, loop = (frame.with_name(f"plate.{n}.exr") for n in (1002, 1003, 1004))
    link.symlink_to(frame)
    dangling.symlink_to(frame.with_name("away.exr"))
    loop.symlink_to(loop)
    assert what_it_is_instead(link) == ""
    for path in (dangling, loop):
        assert what_it_is_instead(path) == "a link to a file that is not there"


@pytest.mark.skipif(os.name != "posix", reason="names are Unicode elsewhere")
def test_a_name_that_is_not_unicode_is_said_to_be_that(frame):
    path = frame.with_name(os.fsdecode(b"pl\xff.1001.exr"))
    frame.rename(path)
    with pytest.raises(FrameError, match=r"not of Unicode \(UTF-8\).*Rename it"):
        open_source(str(path.with_name(os.fsdecode(b"pl\xff.####.exr"))), Footage(), "").empty(
            [1001]
        )
