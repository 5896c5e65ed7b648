"""What Reads and the nodes below them show: files, time, colorspaces."""

import os
import shutil

import pytest

from tests.nuke_host import session
from tests.nuke_host.plates import opened, read_plate, writer

np = pytest.importorskip("numpy")
oiio = pytest.importorskip("OpenImageIO")


@pytest.fixture
def host():
    with session() as handle:
        yield handle


def test_a_read_knows_its_plate(host, plate):
    import nuke

    read = read_plate(nuke, plate)
    nuke.frame(1003)
    assert (read.width(), read.height(), read.pixelAspect()) == (16, 12, 2.0)
    assert (read.bbox().x(), read.bbox().y(), read.bbox().w(), read.bbox().h()) == (-2, -1, 20, 14)
    assert read.metadata("input/timecode") == "01:00:00:02"
    assert read.metadata("input/frame_rate") == 24
    assert read.channels() == ["rgba.red", "rgba.green", "rgba.blue"]
    # Nuke counts from the bottom; the file's first row is the top: y = 12 is row 0.
    assert host.sample(read, "green", 0, 12) == 0.0
    assert host.sample(read, "green", 0, -1) == 13 / 8
    assert host.sample(read, "red", -2, 0) == 0.0
    assert host.sample(read, "blue", 0, 0) == 2.0


def test_grade_changes_pixels_and_dot_and_disabled_do_not(host, plate):
    import nuke

    read = read_plate(nuke, plate)
    grade = nuke.nodes.Grade(inputs=[read], multiply=2)
    dot = nuke.nodes.Dot(inputs=[grade])
    assert host.sample(dot, "red", 5, 0, 1001) == 2 * host.sample(read, "red", 5, 0, 1001) > 0
    grade["disable"].setValue(True)
    assert host.sample(dot, "red", 5, 0, 1001) == host.sample(read, "red", 5, 0, 1001)


def test_a_missing_file_is_an_error_in_nukes_words(host, plate, tmp_path):
    import nuke

    os.remove(tmp_path / "plate.1003.exr")
    read = read_plate(nuke, plate)
    write = writer(nuke, read, tmp_path / "out.%04d.exr")
    words = r"Read1: .*plate\.1003\.exr: Read error: No such file or directory"
    with pytest.raises(RuntimeError, match=words):
        nuke.execute(write, 1001, 1004)
    assert (tmp_path / "out.1002.exr").exists() and not (tmp_path / "out.1004.exr").exists()
    nuke.frame(1003)
    assert read.hasError() and not write.hasError() and write.treeHasError()
    nuke.execute(write, 1001, 1004, continueOnError=True)
    assert (tmp_path / "out.1004.exr").exists()


def test_raw_or_the_colorspace(host, plate, tmp_path):
    import nuke

    write = writer(nuke, read_plate(nuke, plate), tmp_path / "s.%04d.exr", raw=False)
    write["colorspace"].setValue("sRGB")
    write["datatype"].setValue("32 bit float")
    nuke.execute(write, 1001, 1001)
    # 4/8 linear is 0.7354 in sRGB (IEC 61966-2-1): 1.055 * 0.5 ** (1 / 2.4) - 0.055.
    assert abs(opened(tmp_path / "s.1001.exr").getpixel(2, 3)[0] - 0.73536) < 1e-4
    back = nuke.nodes.Read(file=f"{tmp_path.as_posix()}/s.%04d.exr", first=1001, last=1001)
    back["colorspace"].setValue("sRGB")
    assert abs(host.sample(back, "red", 2, 8, 1001) - 0.5) < 1e-5


def test_before_and_after_the_range(host, plate):
    import nuke

    read = read_plate(nuke, plate)
    assert host.sample(read, "blue", 0, 0, 900) == 0.0
    assert host.sample(read, "blue", 0, 0, 2000) == 3.0
    read["after"].setValue("loop")
    assert host.sample(read, "blue", 0, 0, 1006) == 1.0
    read["after"].setValue("black")
    assert host.sample(read, "blue", 0, 0, 1006) == 0.0


def test_time_nodes_ask_for_other_frames(host, plate):
    import nuke

    read = read_plate(nuke, plate)
    later = nuke.nodes.TimeOffset(inputs=[read], time_offset=10)
    assert host.sample(later, "blue", 0, 0, 1013) == 2.0
    assert (later.firstFrame(), later.lastFrame()) == (1011, 1014)
    held = nuke.nodes.FrameHold(inputs=[read], firstFrame=1004)
    assert host.sample(held, "blue", 0, 0, 1001) == 3.0


def test_hashes_follow_what_changes_pixels(host, plate):
    import nuke

    read = read_plate(nuke, plate)
    grade = nuke.nodes.Grade(inputs=[read])
    nuke.frame(1001)
    first = grade.opHashes()
    grade["label"].setValue("note")
    grade.setXYpos(10, 10)
    assert grade.opHashes() == first
    nuke.frame(1002)
    assert grade.opHashes() != first
    nuke.frame(1001)
    grade["multiply"].setValue(2)
    assert grade.opHashes() != first


def test_a_read_keeps_a_file_until_reload_is_pressed(plate, tmp_path):
    for how, kept in (("sticky", 0.0), ("fresh", 2.0)):
        with session(reads=how) as host:
            import nuke

            shutil.copy(tmp_path / "plate.1001.exr", tmp_path / "one.exr")
            read = nuke.nodes.Read(file=f"{tmp_path.as_posix()}/one.exr", raw=True)
            gone = nuke.nodes.Read(file=f"{tmp_path.as_posix()}/{how}.exr", raw=True)
            assert host.sample(read, "blue", 0, 0, 1) == 0.0 and gone.hasError()
            for name in ("one", how):
                shutil.copy(tmp_path / "plate.1003.exr", tmp_path / f"{name}.exr")
            assert host.sample(read, "blue", 0, 0, 1) == kept
            assert gone.hasError() == (how == "sticky")
            for node in (read, gone):
                node["reload"].execute()
                assert host.sample(node, "blue", 0, 0, 1) == 2.0


def test_what_stands_in_for_a_missing_file(host, plate, tmp_path):
    import nuke

    os.remove(tmp_path / "plate.1003.exr")
    read = read_plate(nuke, plate, format="square_256")
    for policy, value in (("black", 0.0), ("checkerboard", 0.5), ("nearest frame", 1.0)):
        read["on_error"].setValue(policy)
        assert host.sample(read, "blue", 0, 0, 1003) == value
        assert not read.hasError()


def test_the_default_colorspace_is_what_the_root_says(host, plate):
    import nuke

    read = read_plate(nuke, plate)
    assert read["colorspace"].value() == "default (linear)"
    assert host.sample(read, "red", 2, 0, 1001) == 0.5
    nuke.root()["floatLut"].setValue("sRGB")
    assert read["colorspace"].value() == "default (sRGB)"
    # sRGB 0.5 is 0.2140 linear (IEC 61966-2-1): ((0.5 + 0.055) / 1.055) ** 2.4.
    assert abs(host.sample(read, "red", 2, 0, 1001) - 0.21404) < 1e-5
    read["raw"].setValue(True)
    assert host.sample(read, "red", 2, 0, 1001) == 0.5


def test_ocio_has_names_of_its_own_and_unknown_curves_are_errors(host, plate):
    import nuke

    read = read_plate(nuke, plate)
    read["colorspace"].setValue("AlexaV3LogC")
    with pytest.raises(RuntimeError, match="Read1: the fake has no curve"):
        host.sample(read, "red", 2, 0, 1001)
    nuke.root()["colorManagement"].setValue("OCIO")
    read["colorspace"].setValue("default")
    assert read["colorspace"].value() == "default (scene_linear)"
    assert "ACES - ACEScg" in read["colorspace"].values()
    with pytest.raises(TypeError):
        read["colorspace"].setValue("AlexaV3LogC")
