"""The input Matte: foreground and background apart; and vectors, as layers that Nuke knows."""

import numpy as np
import pytest

from tests.nuke.conftest import (
    NODE,
    bakes,
    cache_of,
    graded_by,
    looked,
    moving_square,
    pixels_of,
    read_node,
    rendered,
    results,
    retime_node,
    root_of,
    running_nuke,
    save_as,
    spec_of,
    write_exr,
    write_node,
)


@pytest.fixture
def by_motion(knobs):
    """The weights that ship, one view: they go by motion."""
    return {**knobs, "weights": "motion", "samples": 1}


@pytest.fixture
def matte(tmp_path):
    """A matte of the plate's square, in the alpha of files of its own."""
    folder = tmp_path / "roto"
    folder.mkdir()
    for index in range(4):
        pixels = np.full((48, 64, 4), 0.25, np.float32)
        pixels[..., 3] = moving_square(index)[..., 3]
        write_exr(folder / f"roto.{1001 + index}.exr", pixels)
    return (folder / "roto.%04d.exr").as_posix()


def matted(gui, plate, matte, knobs, **more):
    node = retime_node(gui, read_node(plate), knobs, **more)
    node.setInput(1, read_node(matte))
    return node


def channel(path, name):
    return pixels_of(path)[..., spec_of(path).channelnames.index(name)]


def test_a_second_input_is_called_matte_as_in_kronos(gui, plate):
    node = retime_node(gui, read_node(plate), {})
    assert [one.name() for one in node.nodes() if one.Class() == "Input"] == ["Input1", "Matte"]
    assert node.maxInputs() == 2
    assert node.input(1) is None


def test_with_a_matte_foreground_and_background_are_retimed_apart(gui, plate, matte, by_motion):
    node = retime_node(gui, read_node(plate), by_motion)
    rendered(gui, node)
    plain = pixels_of(results(node)[1002])
    node.setInput(1, read_node(matte))
    assert "3 in-betweens made, 4 frames copied" in rendered(gui, node)
    assert bakes(node) == [1001, 1002, 1003, 1004]
    apart = pixels_of(results(node)[1002])
    assert (apart[..., :4] != plain).any()
    # The square goes on by 3 pixels, and the gradient behind it stands, to the bit.
    between = channel(results(node)[1002], "B")
    assert between[20, 12] == pytest.approx(30, rel=0.02)
    assert between[20, 40] == 0
    np.testing.assert_array_equal(apart[2, :, :3], moving_square(0)[2, :, :3])
    for frame in (1001, 1003, 1005, 1007):
        source = moving_square((frame - 1001) // 2)
        np.testing.assert_array_equal(pixels_of(results(node)[frame])[..., :4], source)


def test_the_matte_comes_out_retimed_as_a_layer_of_its_own(gui, plate, matte, by_motion):
    node = matted(gui, plate, matte, by_motion)
    rendered(gui, node)
    assert gui.sample(node, "hifi_matte.alpha", 10, 25, 1001) == 1
    assert gui.sample(node, "hifi_matte.alpha", 50, 25, 1001) == 0
    assert gui.sample(node, "hifi_matte.alpha", 20, 25, 1002) == pytest.approx(1, abs=0.05)


def test_nothing_of_it_is_left_in_the_node(gui, plate, matte, knobs):
    node = matted(gui, plate, matte, knobs, timingOutputSpeed=1.0)
    before = sorted(one.name() for one in node.nodes())
    rendered(gui, node)
    assert sorted(one.name() for one in node.nodes()) == before


def test_channels_are_those_that_were_chosen_and_the_matte(gui, plate, matte, knobs):
    node = matted(gui, plate, matte, knobs, timingOutputSpeed=1.0, retimedChannels="rgb")
    rendered(gui, node)
    names = spec_of(results(node)[1001]).channelnames
    assert sorted(names)[:3] == ["B", "G", "R"]
    assert len(names) == 4
    assert "A" not in names


def test_a_change_of_the_matte_is_one_of_the_result(gui, plate, matte, knobs, tmp_path):
    node = matted(gui, plate, matte, knobs)
    matte_read = node.input(1)
    rendered(gui, node)
    first = cache_of(node)
    grade = graded_by(matte_read, 0.5)
    grade["channels"].setValue("alpha")
    node.setInput(1, grade)
    looked(gui)
    assert "not up to date" in node["status"].value()
    write = write_node(tmp_path, node)
    with pytest.raises(RuntimeError, match="What comes in has changed"):
        gui.nuke.execute(write, 1001, 1001, 1)
    rendered(gui, node)
    assert cache_of(node) != first
    node.setInput(1, matte_read)
    looked(gui)
    assert cache_of(node) == first
    write_exr(tmp_path / "roto/roto.1002.exr", moving_square(3))  # nobody told Nuke
    with pytest.raises(RuntimeError, match="What comes in has changed"):
        gui.nuke.execute(write, 1001, 1001, 1)


def test_without_the_matte_the_frames_of_before_are_shown_again(gui, plate, matte, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node)
    first = cache_of(node)
    node.setInput(1, read_node(matte))
    looked(gui)
    assert "not up to date" in node["status"].value()
    node.setInput(1, None)
    looked(gui)
    assert cache_of(node) == first
    assert "all rendered" in node["status"].value() or "Rendered" in node["status"].value()


@pytest.mark.parametrize("says", ["files", "layer"])
def test_the_knob_takes_files_or_a_layer_and_the_plate_is_read_as_it_lies(
    gui, plate, matte, by_motion, tmp_path, says
):
    node = matted(gui, plate, matte, by_motion)
    rendered(gui, node)
    wanted = pixels_of(results(node)[1002])[..., :4]
    node.setInput(1, None)
    gui.turn(node, "matte", matte if says == "files" else "alpha")
    rendered(gui, node)
    np.testing.assert_array_equal(pixels_of(results(node)[1002]), wanted)
    assert not bakes(node)
    if says == "files":
        write = write_node(tmp_path, node)
        write_exr(tmp_path / "roto/roto.1002.exr", moving_square(3))
        with pytest.raises(RuntimeError, match="not up to date"):
            gui.nuke.execute(write, 1001, 1001, 1)


def test_a_matte_that_is_named_and_not_there_is_said(gui, plate, knobs, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    node = retime_node(gui, read_node(plate), knobs, matte=f"{folder.as_posix()}/no.####.exr")
    rendered(gui, node)
    assert "No frames match" in gui.shown.errors[-1]


def test_nuke_x_renders_with_the_matte(engine, plate, matte, knobs, tmp_path):
    with running_nuke(engine) as gui:
        node = matted(gui, plate, matte, knobs)
        write_node(tmp_path, node)
        save_as(gui, tmp_path / "shot.nk")
    path = (tmp_path / "shot.nk").as_posix()
    with running_nuke(engine, mode="-x", args=["-F", "1001-1003", path]) as farm:
        assert farm.render_script(path, "1001-1003") == 0, farm.shown.errors
        node = farm.nuke.toNode(NODE)
        assert sorted(results(node)) == [1001, 1002, 1003]
        assert bakes(node) == [1001, 1002, 1003, 1004]
    names = spec_of(tmp_path / "Write1.1002.exr").channelnames
    assert any(name.startswith("hifi_matte") for name in names)


def test_a_farm_job_writes_the_matte_out_and_retimes_with_it(gui, plate, matte, knobs):
    import json

    node = matted(gui, plate, matte, knobs)
    gui.press(node, "submit")
    gui.pump(lambda: "farm job is in" in node["status"].value(), 60)
    (values,) = root_of(node).glob("*/farm/job_parameters.json")
    told = json.loads(values.read_text())
    assert told["Matte"] == "hifi_matte"
    script, folder = told["Script"], told["SourceFolder"]
    words = ["bake", script, told["Node"], folder, "frames=1001-1002"]
    with running_nuke(None, mode="-t", args=["bake.py"]):
        from hifi_nuke import farm_task

        assert farm_task.main(words) == 0
    (written,) = root_of(node).glob("source_*/source.1002.exr")
    assert any(name.startswith("hifi_matte") for name in spec_of(written).channelnames)


def test_where_nodes_are_counted_a_connected_matte_is_refused_in_a_sentence(
    engine, plate, matte, knobs
):
    with running_nuke(engine, indie=True) as indie:
        node = retime_node(indie, read_node(plate), knobs)
        node.setInput(1, read_node(matte))
        assert "cannot be written out" in rendered(indie, node)
        node.setInput(1, None)
        assert "in-betweens made" in rendered(indie, node)


def test_kronos_matte_comes_along(gui, plate, matte):
    old = gui.nuke.nodes.Kronos()
    old.setInput(0, read_node(plate))
    old.setInput(1, read_node(matte))
    gui.select(old)
    gui.menu("Nodes", "HiFI/Convert to HiFIRetime").invoke()
    assert gui.nuke.toNode(NODE).input(1) == old.input(1)


def test_vectors_are_layers_that_vectorblur_and_idistort_take(gui, plate, by_motion):
    """forward and backward, u and v in pixels: 6 pixels to the right a frame, so 3 for a half."""
    node = retime_node(gui, read_node(plate), by_motion, vectors=True)
    rendered(gui, node)
    assert {"forward.u", "forward.v", "backward.u", "backward.v"} <= set(node.channels())
    assert gui.sample(node, "forward.u", 20, 25, 1002) == pytest.approx(3, abs=0.5)
    assert gui.sample(node, "backward.u", 20, 25, 1002) == pytest.approx(-3, abs=0.5)
    assert gui.sample(node, "forward.u", 20, 25, 1001) == 0
    assert 0 <= gui.sample(node, "hifi.visibility", 20, 25, 1002) <= 1
    assert gui.sample(node, "hifi.visibility", 20, 25, 1001) == 1


def test_vectors_are_off_and_part_of_what_a_result_is(gui, plate, by_motion):
    node = retime_node(gui, read_node(plate), by_motion)
    assert node["vectors"].value() is False
    rendered(gui, node)
    first = cache_of(node)
    assert not {"forward.u", "hifi.visibility"} & set(node.channels())
    gui.turn(node, "vectors", True)
    assert "knobs were changed" in node["status"].value()
    rendered(gui, node)
    assert cache_of(node) != first


def test_weights_without_motion_refuse_vectors_in_a_sentence(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, vectors=True)
    assert "find no motion that could be written" in rendered(gui, node)
