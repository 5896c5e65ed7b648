"""End to end on the fake, with the real engine and real EXRs: rendering, stopping, failing."""

import os
import shutil
import signal
import subprocess

import numpy as np
import pytest

from tests.nuke.conftest import (
    NODE,
    bakes,
    cache_of,
    looked,
    moving_square,
    pixels_of,
    read_node,
    rendered,
    results,
    retime_node,
    root_of,
    running_nuke,
    stamps,
    wait,
    write_exr,
    write_node,
)


def graded(plate, **knobs):
    """A plate with a Grade below, which doubles it: something that changes pixels."""
    import nuke

    grade = nuke.nodes.Grade()
    grade.setInput(0, read_node(plate, **knobs))
    grade["multiply"].setValue(2.0)
    return grade


def test_create_set_a_speed_render_and_the_read_shows_it(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.5)
    assert node.fullName() == NODE
    assert (node["input.first"].value(), node["input.last"].value()) == (1001, 1004)
    status = rendered(gui, node)
    assert "3 in-betweens made, 4 frames copied" in status
    assert sorted(results(node)) == list(range(1001, 1008))
    assert (node.firstFrame(), node.lastFrame()) == (1001, 1007)
    # A frame that falls on a source frame is that frame, bit for bit, through the node's Read.
    for output, index in ((1001, 0), (1003, 1), (1007, 3)):
        np.testing.assert_array_equal(pixels_of(results(node)[output]), moving_square(index))
        assert gui.sample(node, "rgba.blue", 10 + 6 * index, 25, output) == 30.0
    # An in-between differs from both.
    between = pixels_of(results(node)[1002])
    assert not np.array_equal(between, moving_square(0))
    assert not np.array_equal(between, moving_square(1))
    assert not bakes(node)
    assert not list(cache_of(node).glob(".*"))


def test_what_changes_pixels_is_written_out_first_and_only_what_is_needed(gui, plate, knobs):
    gui.nuke.root()["floatLut"].setValue("sRGB")  # for files that are not raw: ours are
    node = retime_node(gui, graded(plate), knobs, timingOutputSpeed=2.0)
    status = rendered(gui, node)
    assert "0 in-betweens made, 2 frames copied" in status
    assert bakes(node) == [1001, 1003, 1004]  # 1002 is never shown; the last one ends the clip
    for output, index in ((1001, 0), (1002, 2)):
        expected = moving_square(index)
        expected[..., :3] *= 2
        np.testing.assert_array_equal(pixels_of(results(node)[output]), expected)
        assert gui.sample(node, "rgba.blue", 10 + 6 * index, 25, output) == 60.0
    assert gui.core(node).child("HiFIBake1") is None


def test_turning_a_knob_renders_nothing_and_says_that_the_result_is_old(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node)
    before = stamps(node)
    gui.turn(node, "seed", 7)
    assert "knobs were changed" in node["status"].value()
    gui.turn(node, "seed", 0)
    assert "rendered with these knobs" in node["status"].value()
    assert stamps(node) == before
    assert len(gui.shown.progress) == 1


@pytest.mark.parametrize("how", ["auto_alpha", "relative"])
def test_what_the_engine_would_read_differently_is_written_out(
    gui, plate, knobs, tmp_path, monkeypatch, how
):
    from hifi_nuke import upstream

    node = retime_node(gui, read_node(plate), knobs)
    assert isinstance(upstream.source(node, (1001, 1004)), upstream.Direct)
    if how == "auto_alpha":
        node.input(0)["auto_alpha"].setValue(True)
    else:
        monkeypatch.chdir(tmp_path)
        node.input(0)["file"].setValue("plate/plate.%04d.exr")
    assert isinstance(upstream.source(node, (1001, 1004)), upstream.Bake)


@pytest.mark.parametrize("way", ["/[value Read1.label]/plate.%04d.exr", "/%V/plate.%04d.exr"])
def test_a_plate_behind_an_expression_or_a_view_is_noticed_when_it_changes(
    gui, plate, knobs, tmp_path, way
):
    from hifi_nuke import upstream

    if "%V" in way:
        (tmp_path / "plate").rename(tmp_path / "main")
    folder = tmp_path / ("main" if "%V" in way else "plate")
    read = read_node(plate)
    read["label"].setValue("plate")
    read["file"].setValue(tmp_path.as_posix() + way)
    node = retime_node(gui, read, knobs)
    before = upstream.fingerprint(node)
    assert before == upstream.fingerprint(node)
    os.utime(folder / "plate.1002.exr", (1, 1))
    assert upstream.fingerprint(node) != before


def test_a_second_render_makes_only_what_changed(gui, plate, knobs, tmp_path):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node)
    first = stamps(node)
    assert "Every frame was there already" in rendered(gui, node)
    assert gui.sample(node, "rgba.blue", 31, 25, 1003) == 0.0
    # A source frame is replaced: the outputs made of it follow, and those whose cut it may tell.
    write_exr(tmp_path / "plate/plate.1002.exr", moving_square(4))
    gui.nuke.toNode("Read1")["reload"].execute()
    assert "3 in-betweens made, 1 frames copied, 3 were there" in rendered(gui, node)
    second = stamps(node)
    assert {frame for frame in first if first[frame] != second[frame]} == {1002, 1003, 1004, 1006}
    # And the node shows it, under the names of before.
    assert gui.sample(node, "rgba.blue", 31, 25, 1003) == 30.0
    # A knob: all of it.
    gui.turn(node, "seed", 7)
    assert "0 were there" in rendered(gui, node)


def test_an_edit_above_makes_only_the_frames_that_it_changes(gui, plate, knobs):
    grade = graded(plate)
    node = retime_node(gui, grade, knobs)
    rendered(gui, node)
    first = stamps(node)
    grade["label"].setValue("looks alone")
    grade.setXYpos(900, 900)
    assert "Every frame was there already" in rendered(gui, node)
    # Keyed: frames 1001 and 1002 stay as they were, but 1003 may tell whether a cut is between.
    grade["multiply"].setAnimated()
    for frame, value in ((1002, 2.0), (1003, 3.0), (1004, 3.0)):
        grade["multiply"].setValueAt(value, frame)
    assert "2 were there" in rendered(gui, node)
    second = stamps(node)
    assert {frame for frame in first if first[frame] == second[frame]} == {1001, 1003}


def test_cancel_while_the_input_is_read_keeps_what_is_done(gui, plate, knobs):
    node = retime_node(gui, graded(plate), knobs)
    gui.cancel_when(lambda bar: any("frame 1002" in text for text in bar.messages))
    status = rendered(gui, node)
    assert "cancelled" in status
    assert bakes(node) == [1001]
    assert not results(node)
    assert gui.core(node).child("HiFIBake1") is None
    gui.host.polls.clear()
    assert "3 in-betweens made" in rendered(gui, node)


def test_cancel_while_the_engine_works(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.2)
    gui.cancel_when(lambda bar: any(text.startswith("3 of") for text in bar.messages))
    assert "cancelled" in rendered(gui, node)
    kept = stamps(node)
    assert 3 <= len(kept) < 16
    gui.host.polls.clear()
    assert "were there" in rendered(gui, node)
    assert len(results(node)) == 16
    assert all(stamps(node)[frame] == kept[frame] for frame in list(kept)[:-1])


def test_a_render_that_waits_for_another_s_can_be_cancelled_meanwhile(gui, plate, knobs):
    slow = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.05)
    other = retime_node(gui, read_node(plate), knobs)
    gui.press(slow, "render")
    gui.pump(lambda: results(slow), 60)
    gui.press(other, "render")
    gui.press(other, "cancel")
    (stopped,) = wait(gui, other)
    assert "cancelled" in stopped
    assert slow["status"].value() == "Rendering …"
    assert not results(other)
    gui.press(slow, "cancel")
    wait(gui, slow)


@pytest.mark.slow
def test_the_cancel_button_stops_its_own_node_alone(gui, plate, knobs):
    slow = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.05)
    other = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.5)
    gui.press(slow, "render")
    gui.press(other, "render")
    gui.pump(lambda: results(slow), 60)
    gui.press(slow, "cancel")
    stopped, done = wait(gui, slow, other)
    assert "cancelled" in stopped
    assert "3 in-betweens made" in done


@pytest.mark.slow
def test_an_engine_that_is_killed_is_reported_and_the_next_render_goes_on(plate, knobs):
    with running_nuke() as nuke:
        import hifi_nuke.session

        node = retime_node(nuke, read_node(plate), knobs, timingOutputSpeed=0.1)
        nuke.press(node, "render")
        nuke.pump(lambda: len(results(node)) > 4, 60)
        os.kill(hifi_nuke.session.session()._engine.pid, signal.SIGKILL)
        (status,) = wait(nuke, node)
        assert "The engine was ended by signal 9" in status
        assert any("signal 9" in text for text in nuke.shown.errors)
        kept = stamps(node)
        status = rendered(nuke, node)
        assert "were there already" in status
        assert len(results(node)) == 31
        assert sum(stamps(node)[frame] == kept[frame] for frame in kept) >= 4
        # One that dies while nobody renders is replaced without a word.
        os.kill(hifi_nuke.session.session()._engine.pid, signal.SIGKILL)
        results(node)[1004].unlink()
        assert "1 in-betweens made" in rendered(nuke, node)
        pid = hifi_nuke.session.session()._engine.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)  # the engine ended with Nuke


def test_a_full_disk_is_said_in_nuke_s_words(gui, plate, knobs):
    node = retime_node(gui, graded(plate), knobs)
    gui.fill_disk(3000)
    status = rendered(gui, node)
    assert "could not be rendered at frame" in status
    assert "No space left" in status
    assert not list(cache_of(node).glob(".*"))
    gui.fill_disk(float("inf"))
    assert "3 in-betweens made" in rendered(gui, node)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 kB, where this machine allows one to be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if (
        not shutil.which("mount")
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        pytest.skip("this user may not mount a small file system to fill")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_said_in_the_engine_s_words_and_the_rest_is_made_later(
    gui, plate, knobs, small_disk, tmp_path
):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.1)
    gui.turn(node, "cacheFolder", small_disk.as_posix())
    status = rendered(gui, node)
    assert "the disk is full" in status
    assert 0 < len(results(node)) < 31
    assert not list(cache_of(node).glob(".*"))
    gui.turn(node, "cacheFolder", (tmp_path / "cache").as_posix())
    assert "were there already" in rendered(gui, node)
    assert len(results(node)) == 31


def test_a_cache_folder_that_cannot_be_made_is_named(gui, plate, knobs, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    node = retime_node(gui, read_node(plate), knobs, cacheFolder=f"{tmp_path}/file/cache")
    status = rendered(gui, node)
    assert "cannot be made: Not a directory" in status
    assert gui.shown.errors


def test_missing_frames_are_said_in_the_engine_s_words(gui, plate, knobs, tmp_path):
    (tmp_path / "plate/plate.1003.exr").unlink()
    node = retime_node(gui, read_node(plate), knobs)
    status = rendered(gui, node)
    assert "has no frame 1003 (1 of 4 missing). Render the input first" in status
    gui.turn(node, "missing", "hold")
    assert "Rendered" in rendered(gui, node)


def test_an_error_above_is_said_in_nuke_s_words(gui, plate, knobs, tmp_path):
    (tmp_path / "plate/plate.1003.exr").unlink()
    node = retime_node(gui, graded(plate), knobs)
    status = rendered(gui, node)
    assert f"The input of {NODE} could not be rendered at frame 1003: Read1:" in status
    assert bakes(node) == [1001, 1002]


def test_what_a_knob_says_wrong_is_a_message_before_anything_starts(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, patch="big")
    gui.press(node, "render")
    assert gui.shown.messages[-1].startswith("Patch size is big; it must be height x width")
    gui.turn(node, "patch", "32x48")
    gui.turn(node, "timingOutputSpeed", 0.0)
    gui.press(node, "render")
    assert gui.shown.messages[-1].startswith("Output Speed is 0; it must be above 0.")
    assert not gui.shown.progress


def test_a_node_without_an_input_says_so(gui, knobs):
    gui.tab("HiFIRetime")
    gui.press(NODE, "render")
    assert "has no input" in gui.shown.messages[-1]


def test_two_nodes_at_once_share_the_engine_and_nothing_else(gui, plate, knobs):
    one = retime_node(gui, graded(plate), knobs, timingOutputSpeed=0.5)
    two = retime_node(gui, graded(plate), knobs, timingOutputSpeed=0.25)
    gui.press(one, "render")
    gui.press(two, "render")
    gui.press(one, "render")
    assert "is rendering already" in gui.shown.messages[-1]
    assert all("in-betweens made" in status for status in wait(gui, one, two))
    assert (len(results(one)), len(results(two))) == (7, 13)
    assert cache_of(one) != cache_of(two)
    np.testing.assert_array_equal(pixels_of(results(one)[1003]), pixels_of(results(two)[1005]))


def test_a_node_deleted_while_it_renders_ends_its_render(gui, plate, knobs):
    import hifi_nuke.session

    node = retime_node(gui, graded(plate), knobs, timingOutputSpeed=0.05)
    gui.press(node, "render")
    folder, identity = root_of(node), node["hifi_id"].value()
    gui.pump(lambda: list(folder.glob("*/result.*.exr")), 60)
    gui.nuke.delete(node)
    gui.pump(lambda: not hifi_nuke.session.session().is_running(identity), 60)
    gui.pump()
    assert len(list(folder.glob("*/result.*.exr"))) < 61
    assert not gui.shown.messages


def test_a_node_deleted_while_its_input_is_read(gui, plate, knobs):
    import hifi_nuke.session

    node = retime_node(gui, graded(plate), knobs)
    gui.press(node, "render")
    identity = node["hifi_id"].value()
    folder = root_of(node)
    gui.pump(lambda: list(folder.glob("*/source.*.exr")), 60)
    gui.nuke.delete(node)
    gui.pump(lambda: not hifi_nuke.session.session().is_running(identity), 60)
    assert not list(folder.glob("*/result.*.exr"))


def test_a_script_closed_while_it_renders_ends_its_renders(gui, plate, knobs):
    import hifi_nuke.session

    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.05)
    gui.press(node, "render")
    folder, identity = root_of(node), node["hifi_id"].value()
    gui.pump(lambda: list(folder.glob("*/result.*.exr")), 60)
    gui.nuke.scriptClear()
    gui.pump(lambda: not hifi_nuke.session.session().is_running(identity), 60)
    assert len(list(folder.glob("*/result.*.exr"))) < 61


def test_preview_makes_the_current_frame_beside_the_result(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    gui.nuke.frame(1002)
    assert "Preview" in rendered(gui, node, "preview")
    (made,) = root_of(node).glob("*/*.exr")
    assert made.name == "result.1002.exr"
    assert node["show"].value() == "preview"
    shown = gui.sample(node, "rgba.blue", 12, 25, 1002)
    assert shown == pixels_of(made)[48 - 1 - 25, 12, 2]
    assert not results(node)
    assert "Rendered" in rendered(gui, node)
    assert node["show"].value() == "result"
    gui.nuke.frame(1100)
    gui.press(node, "preview")
    assert "has no frame 1100: it makes frames 1001 to 1007" in gui.shown.messages[-1]


def test_a_preview_below_other_nodes_reads_only_what_it_needs(gui, plate, knobs, warping):
    node = retime_node(gui, graded(plate), {**knobs, "weights": str(warping)})
    gui.nuke.frame(1002)
    rendered(gui, node, "preview")
    assert bakes(node) == [1001, 1002]  # and not the clip's ends
    assert gui.sample(node, "rgba.blue", 18, 25, 1002) > 30.0
    assert not results(node)


def test_opening_the_panel_counts_what_is_missing(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node)
    results(node)[1004].unlink()
    node.hideControlPanel()
    node.showControlPanel()
    looked(gui)
    assert node["status"].value() == "Frames 1001 to 1007: 1 to render. Press Render."
    assert not node["hifi_stale"].value()  # what is there is right


@pytest.mark.slow
def test_a_lost_result_is_made_again(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node)
    results(node)[1004].unlink()
    assert "1 in-betweens made, 0 frames copied, 6 were there" in rendered(gui, node)
    shutil.rmtree(cache_of(node))
    assert "3 in-betweens made, 4 frames copied" in rendered(gui, node)


def test_a_failure_is_shown_in_a_window_that_does_not_block(engine, plate, knobs, tmp_path, qtbot):
    from PySide6.QtWidgets import QApplication, QMessageBox

    (tmp_path / "plate/plate.1003.exr").unlink()
    with running_nuke(engine, version="16.0") as nuke:
        rendered(nuke, retime_node(nuke, read_node(plate), knobs))
        boxes = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox)]
        (box,) = [box for box in boxes if box.isVisible()]
        assert "has no frame 1003" in box.text()
        assert not box.isModal()
        box.close()


def test_a_write_in_the_interface_refuses_old_frames(gui, plate, knobs, tmp_path):
    node = retime_node(gui, read_node(plate), knobs)
    write = write_node(tmp_path, node)
    rendered(gui, node)
    gui.nuke.execute(write, 1001, 1001, 1)
    assert not gui.shown.warnings
    gui.turn(node, "seed", 7)
    with pytest.raises(RuntimeError, match=r"not up to date\. Knobs were changed"):
        gui.nuke.execute(write, 1001, 1001, 1)
    assert len(gui.shown.progress) == 1  # and nothing was rendered by surprise


def test_inside_of_a_group_an_edit_outside_of_it_is_noticed(gui, plate, knobs):
    api = gui.nuke
    grade = graded(plate)
    group = api.nodes.Group(name="Comp1")
    with group:
        source = api.nodes.Input(name="Input1")
        node = retime_node(gui, source, knobs)
        api.nodes.Output(name="Output1").setInput(0, node)
    group.setInput(0, grade)
    gui.press(node, "reset")
    rendered(gui, node)
    first = stamps(node)
    assert len(first) == 7
    grade["multiply"].setValue(3.0)
    assert "0 were there" in rendered(gui, node)
