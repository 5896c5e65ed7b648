"""Pixels: what is rendered is what the graph says, in real EXR files."""

import os
import re
import threading
import time

import pytest

from tests.nuke_host import session
from tests.nuke_host.plates import opened, read_plate, writer

np = pytest.importorskip("numpy")
oiio = pytest.importorskip("OpenImageIO")


@pytest.fixture
def host():
    with session() as handle:
        yield handle


def test_a_plate_comes_out_bit_for_bit_with_overscan_aspect_and_timecode(host, plate, tmp_path):
    import nuke

    write = writer(nuke, read_plate(nuke, plate), tmp_path / "new/out.%04d.exr")
    nuke.execute(write, 1002, 1003)
    before, after = opened(tmp_path / "plate.1002.exr"), opened(tmp_path / "new/out.1002.exr")
    assert np.array_equal(before.get_pixels("float"), after.get_pixels("float"))
    one, two = before.spec(), after.spec()
    assert (one.x, one.y, one.width, one.height) == (two.x, two.y, two.width, two.height)
    assert (one.full_width, one.full_height) == (two.full_width, two.full_height)
    assert two.getattribute("PixelAspectRatio") == 2.0
    assert two.getattribute("smpte:TimeCode") == one.getattribute("smpte:TimeCode")
    assert sorted(os.listdir(tmp_path / "new")) == ["out.1002.exr", "out.1003.exr"]


def test_half_or_float_by_datatype(host, tmp_path):
    import nuke

    constant = nuke.nodes.Constant(format="square_256", color=0.1)
    write = writer(nuke, constant, tmp_path / "c.exr")
    nuke.execute(write, 1, 1)
    assert opened(tmp_path / "c.exr").spec().format == oiio.HALF
    write["datatype"].setValue("32 bit float")
    nuke.execute(write, 1, 1)
    picture = opened(tmp_path / "c.exr")
    assert picture.spec().format == oiio.FLOAT
    assert picture.getpixel(0, 0)[0] == np.float32(0.1)


def test_alpha_is_written_when_channels_say_so(host, tmp_path):
    import nuke

    constant = nuke.nodes.Constant(format="square_256", channels="rgba")
    constant["color"].setValue([0.1, 0.2, 0.3, 0.5])
    write = writer(nuke, constant, tmp_path / "c.exr", channels="all")
    nuke.execute(write, 1, 1)
    picture = opened(tmp_path / "c.exr")
    assert picture.spec().channelnames == ("R", "G", "B", "A")
    assert picture.getpixel(0, 0)[3] == 0.5


def test_views_go_into_files_of_their_own(host, tmp_path):
    import nuke

    host.host.views[:] = ["left", "right"]
    host.host.view = "left"
    eyes = [nuke.nodes.Constant(format="square_256", color=value) for value in (0.25, 0.5)]
    joined = nuke.nodes.JoinViews(inputs=eyes)
    write = writer(nuke, joined, tmp_path / "eye_%V.%04d.exr")
    nuke.execute(write, 7, 7)
    assert opened(tmp_path / "eye_left.0007.exr").getpixel(0, 0)[0] == 0.25
    assert opened(tmp_path / "eye_right.0007.exr").getpixel(0, 0)[0] == 0.5
    os.remove(tmp_path / "eye_right.0007.exr")
    nuke.execute(write, 7, 7, 1, ["left"])
    assert not (tmp_path / "eye_right.0007.exr").exists()


def test_views_in_one_file_read_back(host, tmp_path):
    import nuke

    host.host.views[:] = ["left", "right"]
    host.host.view = "left"
    eyes = [nuke.nodes.Constant(format="square_256", color=value) for value in (0.25, 0.5)]
    write = writer(nuke, nuke.nodes.JoinViews(inputs=eyes), tmp_path / "both.%04d.exr")
    nuke.execute(write, 1, 1)
    read = nuke.nodes.Read(file=f"{tmp_path.as_posix()}/both.####.exr", raw=True)
    assert host.sample(read, "red", 0, 0, 1) == 0.25
    assert host.sample(nuke.nodes.OneView(inputs=[read], view="right"), "red", 0, 0, 1) == 0.5


def test_reformat_makes_the_format_with_its_pixel_aspect(host, plate, tmp_path):
    import nuke

    nuke.addFormat("8 12 1.0 small")
    small = nuke.nodes.Reformat(inputs=[read_plate(nuke, plate)], format="small", resize="distort")
    write = writer(nuke, small, tmp_path / "small.%04d.exr")
    nuke.execute(write, 1001, 1001)
    spec = opened(tmp_path / "small.1001.exr").spec()
    assert (spec.width, spec.height, spec.getattribute("PixelAspectRatio")) == (8, 12, 1.0)


def test_a_folder_has_to_be_there_or_wanted(host, tmp_path):
    import nuke

    constant = nuke.nodes.Constant(format="square_256")
    write = writer(nuke, constant, tmp_path / "deep/c.exr", create_directories=False)
    with pytest.raises(RuntimeError, match=r"c\.exr: No such file or directory"):
        nuke.execute(write, 1, 1)


def test_a_read_only_folder_and_a_full_disk_leave_nothing_behind(host, tmp_path):
    import nuke

    constant = nuke.nodes.Constant(format="square_256")
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    with pytest.raises(RuntimeError, match="Permission denied"):
        nuke.execute(writer(nuke, constant, folder / "c.exr"), 1, 1)
    folder.chmod(0o755)
    host.fill_disk(100)
    with pytest.raises(RuntimeError, match="No space left on device"):
        nuke.execute(writer(nuke, constant, folder / "c.exr"), 1, 1)
    assert os.listdir(folder) == []


def test_format_knobs_come_with_the_file_type(host):
    import nuke

    write = nuke.nodes.Write()
    with pytest.raises(NameError, match="datatype"):
        write["datatype"]
    write["file_type"].setValue("exr")
    assert write["datatype"].value() == "16 bit half"
    assert write.knob("compression") is not None


def test_proxy_mode_asks_for_a_proxy_path(host, tmp_path):
    import nuke

    write = writer(nuke, nuke.nodes.Constant(format="square_256"), tmp_path / "c.exr")
    nuke.root()["proxy"].setValue(True)
    with pytest.raises(RuntimeError, match="proxy filename"):
        nuke.execute(write, 1, 1)


def test_cancel_in_the_middle(host, tmp_path):
    import nuke

    write = writer(nuke, nuke.nodes.Constant(format="square_256"), tmp_path / "c.%04d.exr")
    done = []
    nuke.addAfterFrameRender(lambda: done.append(nuke.frame()))

    def cancel_at_two():
        for _ in range(5000):
            if len(done) >= 2:
                break
            time.sleep(0.001)
        nuke.executeInMainThread(nuke.cancel)

    thread = threading.Thread(target=cancel_at_two)
    thread.start()
    with pytest.raises(RuntimeError, match=r"^cancelled$"):
        nuke.execute(write, 1, 2000)
    thread.join()
    assert 2 <= len(done) < 2000


def test_a_render_inside_a_render_is_refused_by_nuke(host, tmp_path):
    import nuke

    write = writer(nuke, nuke.nodes.Constant(format="square_256"), tmp_path / "c.exr")
    nuke.addBeforeRender(nuke.execute, (write, 1, 1))
    with pytest.raises(RuntimeError, match="already executing something else"):
        nuke.execute(write, 1, 1)


def test_a_disabled_write_and_the_wrong_colorspace(host, plate, tmp_path):
    import nuke

    write = writer(nuke, read_plate(nuke, plate), tmp_path / "c.%04d.exr", disable=True)
    with pytest.raises(RuntimeError, match="no active Write"):
        nuke.execute(write, 1001, 1001)
    with pytest.raises(TypeError, match="none of"):
        write["colorspace"].setValue("no such space")


def test_the_render_button_and_callbacks_in_order(host, tmp_path):
    import nuke

    heard = []
    write = writer(nuke, nuke.nodes.Constant(format="square_256", last=2), tmp_path / "c.%04d.exr")
    for name in ("BeforeRender", "BeforeFrameRender", "AfterFrameRender", "AfterRender"):
        getattr(nuke, f"add{name}")(heard.append, (name,))
    write["Render"].execute()
    frame = ["BeforeFrameRender", "AfterFrameRender"]
    assert heard == ["BeforeRender", *frame, *frame, "AfterRender"]
    assert len([name for name in os.listdir(tmp_path) if re.match(r"c\.", name)]) == 2


def test_proxy_mode_renders_small(host, plate, tmp_path):
    import nuke

    read = read_plate(nuke, plate)
    write = writer(
        nuke, read, tmp_path / "full.%04d.exr", proxy=f"{tmp_path.as_posix()}/p.%04d.exr"
    )
    nuke.root()["proxy"].setValue(True)
    nuke.execute(write, 1001, 1001)
    spec = opened(tmp_path / "p.1001.exr").spec()
    assert (spec.width, spec.height, spec.full_width) == (10, 7, 8)
    assert not (tmp_path / "full.1001.exr").exists()


def test_non_commercial_writes_hd_at_most(tmp_path):
    with session(nc=True):
        import nuke

        write = writer(nuke, nuke.nodes.Constant(format="UHD_4K"), tmp_path / "c.exr")
        with pytest.raises(RuntimeError, match="Non-commercial"):
            nuke.execute(write, 1, 1)


def test_autocrop_follows_the_pixels(host, tmp_path):
    import nuke

    nuke.addFormat("32 32 1 tiny")
    one = nuke.nodes.Constant(format="tiny", color=1)
    crop = nuke.nodes.Crop(inputs=[one])
    crop["box"].setValue([4, 6, 10, 9])
    base = nuke.nodes.Constant(format="tiny", color=0)
    merged = nuke.nodes.Merge2(inputs=[base, crop], operation="plus")
    for on, window in ((False, (0, 0, 32, 32)), (True, (4, 23, 6, 3))):
        write = writer(nuke, merged, tmp_path / "a.exr", autocrop=on)
        nuke.execute(write, 1, 1)
        spec = opened(tmp_path / "a.exr").spec()
        assert (spec.x, spec.y, spec.width, spec.height) == window
        assert spec.full_height == 32


def test_a_terminal_script_runs(tmp_path):
    (tmp_path / "make.py").write_text("import nuke\nnode = nuke.nodes.NoOp(name='Made1')\n")
    with session("-t", args=["make.py"]) as host:
        host.run_file(tmp_path / "make.py")
        assert host.core("Made1").klass == "NoOp"


def test_the_file_type_follows_the_name_and_the_header_says_who_wrote_it(host, tmp_path):
    import nuke

    constant = nuke.nodes.Constant(format="square_256")
    write = nuke.nodes.Write(file=f"{tmp_path.as_posix()}/a.exr", inputs=[constant])
    nuke.execute(write, 1, 1)
    one = opened(tmp_path / "a.exr").spec()
    assert write["file_type"].value() == "exr" and one.getattribute("nuke/version") == "15.1"
    constant["color"].setValue(1)
    nuke.execute(write, 1, 1)
    two = opened(tmp_path / "a.exr").spec()
    assert one.getattribute("nuke/node_hash") != two.getattribute("nuke/node_hash")
    write["metadata"].setValue("no metadata")
    nuke.execute(write, 1, 1)
    assert opened(tmp_path / "a.exr").spec().getattribute("nuke/node_hash") is None
