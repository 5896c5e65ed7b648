"""More of what an artist does: gestures that nobody had complained of."""

import os

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
    save_as,
    wait,
    write_exr,
    write_node,
)


def test_the_frame_in_the_viewer_alone_is_rendered_as_the_whole_would_have_it(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    gui.nuke.frame(1004)
    assert rendered(gui, node, "renderFrame").startswith("Rendered. 1 in-betweens made")
    assert sorted(results(node)) == [1004]
    alone = pixels_of(results(node)[1004])
    assert "2 in-betweens made, 4 frames copied, 1 were there" in rendered(gui, node)
    results(node)[1004].unlink()
    rendered(gui, node)
    np.testing.assert_array_equal(pixels_of(results(node)[1004]), alone)


def test_a_range_is_rendered_and_the_rest_later(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, renderRange="1002-1003")
    assert rendered(gui, node).startswith("Rendered.")
    assert sorted(results(node)) == [1002, 1003]
    looked(gui)
    node.showControlPanel()
    looked(gui)
    assert "5 to render" in node["status"].value()
    gui.turn(node, "renderRange", "two")
    gui.press(node, "render")
    assert "no frame range" in gui.shown.messages[-1]


def test_knobs_turned_and_turned_back_show_their_frames_without_a_render(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    first = cache_of(node)
    gui.turn(node, "seed", 1)
    with pytest.raises(RuntimeError, match="is-not-up-to-date"):
        gui.sample(node, "rgba.blue", 10, 25, 1001)
    rendered(gui, node)
    assert cache_of(node) != first
    gui.turn(node, "seed", 0)
    looked(gui)
    assert cache_of(node) == first
    assert gui.sample(node, "rgba.blue", 10, 25, 1001) == 30.0


def test_a_dot_a_move_and_another_name_above_change_nothing(gui, plate, knobs, tmp_path):
    grade = graded_by(read_node(plate))
    node = retime_node(gui, grade, knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    grade.setName("MyGrade")
    grade.setXYpos(500, 500)
    dot = gui.nuke.nodes.Dot()
    dot.setInput(0, grade)
    node.setInput(0, dot)
    write = write_node(tmp_path, node)
    gui.nuke.execute(write, 1001, 1001, 1)
    assert not gui.shown.warnings


def test_a_frame_of_the_plate_rendered_again_on_disk_is_noticed_at_the_write(
    gui, plate, knobs, tmp_path
):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node)
    write = write_node(tmp_path, node)
    write_exr(tmp_path / "plate/plate.1002.exr", moving_square(3))  # nobody told Nuke
    with pytest.raises(RuntimeError, match="What comes in has changed"):
        gui.nuke.execute(write, 1001, 1001, 1)


def test_save_as_into_another_folder_takes_the_frames_along(gui, plate, knobs, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    save_as(gui, tmp_path / "one/shot.nk")
    node = retime_node(gui, graded_by(read_node(plate)), {**knobs, "cacheFolder": ""})
    rendered(gui, node)
    first = results(node)
    save_as(gui, tmp_path / "two/shot.nk")
    assert rendered(gui, node) == "Every frame was there already."
    assert cache_of(node).parent == tmp_path / "two/hifi_cache"
    assert all(os.path.samefile(first[frame], results(node)[frame]) for frame in first)
    assert bakes(node) == [1001, 1002, 1003, 1004]


def test_one_retime_above_another_is_noticed_by_the_lower(gui, plate, knobs):
    upper = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0)
    rendered(gui, upper)
    lower = retime_node(gui, upper, knobs, timingOutputSpeed=1.0)
    rendered(gui, lower)
    gui.turn(upper, "seed", 3)
    looked(gui)
    assert "not up to date" in lower["status"].value()


def test_a_node_in_error_of_its_knobs_is_not_written(gui, plate, knobs, tmp_path):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    write = write_node(tmp_path, node)
    gui.turn(node, "timingOutputSpeed", 0.0)
    with pytest.raises(RuntimeError, match="Output Speed is 0"):
        gui.nuke.execute(write, 1001, 1001, 1)


def test_opening_a_panel_does_not_mark_the_script_as_changed(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    node.hideControlPanel()
    node.showControlPanel()
    looked(gui)
    gui.nuke.root().setModified(False)
    node.hideControlPanel()
    node.showControlPanel()
    looked(gui)
    assert not gui.nuke.root().modified()


def test_a_render_that_is_watched_can_be_saved_and_opened_in_the_middle(
    gui, plate, knobs, tmp_path
):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.1)
    gui.press(node, "render")
    gui.pump(lambda: results(node) if node["hifi_folder"].value() else None, 60)
    save_as(gui, tmp_path / "shot.nk")
    wait(gui, node)
    gui.nuke.scriptOpen((tmp_path / "shot.nk").as_posix())
    looked(gui)
    node = gui.nuke.toNode(NODE)
    assert "all rendered" in node["status"].value()
    assert gui.sample(node, "rgba.blue", 28, 25, 1031) == 30.0


def test_from_tab_to_the_first_in_between_in_the_viewer_is_five_gestures_and_no_whole_render(
    gui, plate, knobs
):
    """As Kronos, which takes as many: it took seven, rewiring by hand and all of the frames."""
    gestures = []

    def done(gesture, what, *words):
        gestures.append(gesture)
        return what(*words)

    read = read_node(plate)
    below = graded_by(read)
    viewer = gui.nuke.nodes.Viewer()
    viewer.setInput(0, below)
    done("select", gui.select, read)
    done("Tab, HiFI, Enter", gui.tab, "HiFIRetime")
    node = gui.nuke.selectedNode()
    for name, value in knobs.items():  # small weights, the cache of these tests: no gestures
        gui.turn(node, name, value)
    done("speed", gui.turn, node, "timingOutputSpeed", 0.005)
    done("Render", gui.press, node, "render")

    def seen():
        try:
            return gui.sample(viewer, "rgba.blue", 12, 25, 1002)
        except RuntimeError:
            return None

    gestures.append("look")
    assert gui.pump(seen, 60) is not None
    assert len(gestures) == 5
    assert len(results(node)) < 60  # of 601: it is seen while the others are made
    gui.press(node, "cancel")
    wait(gui, node)
