"""What an artist does all day, and what has to come of it."""

import os
import re

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
    plate_in,
    read_node,
    rendered,
    results,
    retime_node,
    root_of,
    running_nuke,
    save_as,
    wait,
    write_node,
)


def green(gui, node, frame=1001):
    return gui.sample(node, "rgba.green", 5, 40, frame)


def test_tab_with_a_node_selected_goes_between_it_and_what_hangs_below(gui, plate):
    api = gui.nuke
    read = read_node(plate)
    below, merge, viewer = api.nodes.Grade(), api.nodes.Merge2(), api.nodes.Viewer()
    below.setInput(0, read)
    merge.setInput(0, below)
    merge.setInput(1, read)
    viewer.setInput(0, read)
    node = retime_node(gui, read, {})
    assert node.input(0) == read
    assert below.input(0) == node
    assert (merge.input(0), merge.input(1)) == (below, node)
    assert viewer.input(0) == read


def test_finished_frames_are_seen_while_the_others_are_made(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.005)
    gui.press(node, "render")

    def seen():
        try:
            return gui.sample(node, "rgba.blue", 10, 25, 1001)
        except RuntimeError:
            return None

    assert gui.pump(seen, 60) == 30.0
    assert len(results(node)) < 601
    with pytest.raises(RuntimeError, match=r"result\.1601\.exr"):
        gui.sample(node, "rgba.blue", 10, 25, 1601)
    gui.press(node, "cancel")
    (status,) = wait(gui, node)
    # Whichever came last: that it was cancelled, or what a look at the finished frames found.
    assert re.match("The render was cancelled|Frames 1001 to 1601: [0-9]+ to render", status)
    assert len(results(node)) < 601


def test_a_new_version_of_the_plate_is_never_written_as_the_old_one(gui, knobs, tmp_path):
    read = read_node(plate_in(tmp_path / "v001", 0.25))
    node = retime_node(gui, read, knobs)
    rendered(gui, node)
    write = write_node(tmp_path, node)
    read["file"].setValue(plate_in(tmp_path / "v002", 0.75))
    with pytest.raises(RuntimeError, match=r"not up to date\. What comes in has changed"):
        gui.nuke.execute(write, 1001, 1003, 1)
    assert not list(tmp_path.glob("Write1.*"))
    assert "not up to date" in node["status"].value()
    with pytest.raises(RuntimeError, match="is-not-up-to-date"):  # and in the Viewer
        green(gui, node)
    rendered(gui, node)
    gui.nuke.execute(write, 1001, 1001, 1)
    assert pixels_of(tmp_path / "Write1.1001.exr")[5, 5, 1] == 0.75


def test_a_node_that_is_old_says_so_in_the_node_graph(gui, knobs, tmp_path):
    read = read_node(plate_in(tmp_path / "v001", 0.25))
    node = retime_node(gui, read, knobs)
    node["tile_color"].setValue(0x336699FF)
    rendered(gui, node)
    read["file"].setValue(plate_in(tmp_path / "v002", 0.75))
    looked(gui)  # nobody opened a panel or pressed anything
    assert node["tile_color"].value() == 0xAA3333FF
    assert gui.core(node).knobs["label"]._text == "[value hifi_note]"
    assert node["label"].value() == "NOT UP TO DATE"
    read["file"].setValue((tmp_path / "v001/plate.%04d.exr").as_posix())
    looked(gui)
    assert node["tile_color"].value() == 0x336699FF
    assert not node["label"].value()
    assert green(gui, node) == 0.25


@pytest.mark.parametrize(("policy", "expected"), [("hold the old", 0.25), ("the source", 0.75)])
def test_what_is_handed_on_while_not_up_to_date_is_the_artist_s_to_say(
    gui, knobs, tmp_path, policy, expected
):
    read = read_node(plate_in(tmp_path / "v001", 0.25))
    node = retime_node(gui, read, knobs, whenOld=policy)
    rendered(gui, node)
    write = write_node(tmp_path, node)
    read["file"].setValue(plate_in(tmp_path / "v002", 0.75))
    gui.nuke.execute(write, 1001, 1001, 1)
    assert "not up to date" in gui.shown.warnings[-1]
    assert pixels_of(tmp_path / "Write1.1001.exr")[5, 5, 1] == expected


def test_a_node_pasted_into_another_shot_does_not_write_the_first_shot_s_frames(
    gui, knobs, tmp_path
):
    api = gui.nuke
    for shot in ("shotA", "shotB"):
        (tmp_path / shot).mkdir()
    read = read_node(plate_in(tmp_path / "a", 0.25))
    save_as(gui, tmp_path / "shotA/a.nk")
    node = retime_node(gui, read, {**knobs, "cacheFolder": ""})
    rendered(gui, node)
    first = cache_of(node)
    gui.select(node)
    api.nodeCopy("%clipboard%")
    api.scriptClear()
    save_as(gui, tmp_path / "shotB/b.nk")
    other = read_node(plate_in(tmp_path / "b", 0.75))
    api.nodePaste("%clipboard%")
    node = api.toNode(NODE)
    node.setInput(0, other)
    looked(gui)
    assert "not up to date" in node["status"].value()
    write = write_node(tmp_path / "shotB", node)
    with pytest.raises(RuntimeError, match="not up to date"):
        api.execute(write, 1001, 1001, 1)
    assert "3 in-betweens made, 4 frames copied, 0 were there" in rendered(gui, node)
    assert cache_of(node).parent == tmp_path / "shotB/hifi_cache"
    assert pixels_of(first / "result.1001.exr")[5, 5, 1] == 0.25
    assert green(gui, node) == 0.75


def test_undo_takes_back_the_knob_and_not_what_was_rendered(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    slow = cache_of(node)
    gui.turn(node, "seed", 7)
    rendered(gui, node)
    gui.nuke.undo()
    assert node["seed"].value() == 0
    assert node["hifi_rendered"].value()
    looked(gui)
    # The frames of the knobs as they are again, without a render.
    assert cache_of(node) == slow
    assert "all rendered" in node["status"].value()
    assert gui.sample(node, "rgba.blue", 10, 25, 1001) == 30.0


def test_version_up_leaves_the_frames_of_the_version_before(gui, engine, plate, knobs, tmp_path):
    (tmp_path / "shot").mkdir()
    script = tmp_path / "shot/s_v001.nk"
    api = gui.nuke
    save_as(gui, script)
    node = retime_node(gui, read_node(plate), {**knobs, "cacheFolder": ""})
    rendered(gui, node)
    write_node(tmp_path, node)
    api.root()["first_frame"].setValue(1001)
    api.root()["last_frame"].setValue(1007)
    save_as(gui, script)
    before = {path: path.read_bytes() for path in results(node).values()}
    save_as(gui, tmp_path / "shot/s_v002.nk")
    gui.turn(node, "timingOutputSpeed", 0.75)
    rendered(gui, node)
    after = {path: path.stat().st_mtime_ns for path in results(node).values()}
    save_as(gui, tmp_path / "shot/s_v002.nk")
    api.scriptClear()
    api.scriptOpen(script.as_posix())
    looked(gui)
    node = api.toNode(NODE)
    assert node["status"].value().startswith("Rendered. 3 in-betweens")  # and so it is:
    assert gui.sample(node, "rgba.blue", 16, 25, 1003) == 30.0
    api.execute(api.toNode("Write1"), 1003, 1003, 1)
    # A farm renders v001 now: its pixels, and nothing of v002 is touched.
    with running_nuke(None, mode="-x", args=[script.as_posix()]) as farm:
        assert farm.render_script(script.as_posix()) == 0, farm.shown.errors
    np.testing.assert_array_equal(pixels_of(tmp_path / "Write1.1003.exr"), moving_square(1))
    assert {path: path.read_bytes() for path in before} == before
    assert {path: path.stat().st_mtime_ns for path in after} == after


def test_what_two_versions_have_in_common_is_on_disk_once(gui, plate, knobs):
    grade = graded_by(read_node(plate))
    node = retime_node(gui, grade, knobs)
    rendered(gui, node)
    first = results(node)
    grade["multiply"].setAnimated()
    for frame, value in ((1002, 2.0), (1003, 3.0), (1004, 3.0)):
        grade["multiply"].setValueAt(value, frame)
    assert "2 were there" in rendered(gui, node)
    second = results(node)
    same = {frame for frame in first if os.path.samefile(first[frame], second[frame])}
    assert same == {1001, 1003}
    sources = sorted(root_of(node).glob("source_*"))
    assert len(sources) == 2
    pairs = [[folder / f"source.{frame}.exr" for folder in sources] for frame in (1001, 1004)]
    assert [os.path.samefile(*pair) for pair in pairs] == [True, False]


def test_two_artists_on_one_script_do_not_take_each_other_s_frames(engine, plate, knobs, tmp_path):
    script = (tmp_path / "shot.nk").as_posix()
    with running_nuke(engine) as nuke:
        retime_node(nuke, read_node(plate), {**knobs, "cacheFolder": ""}, timingOutputSpeed=1.0)
        nuke.nuke.scriptSaveAs(script)
    shown = {}
    for seed, saved_as in ((1, "anna.nk"), (2, "ben.nk"), (1, "carl.nk")):
        with running_nuke(engine) as nuke:
            nuke.nuke.scriptOpen(script)
            node = nuke.nuke.toNode(NODE)
            nuke.turn(node, "seed", seed)
            status = rendered(nuke, node)
            shown[saved_as] = {path: path.stat().st_mtime_ns for path in results(node).values()}
            nuke.nuke.scriptSaveAs((tmp_path / saved_as).as_posix())
    assert not set(shown["anna.nk"]) & set(shown["ben.nk"])
    assert status == "Every frame was there already."  # Carl has what Anna has
    assert shown["carl.nk"] == shown["anna.nk"]
    assert all(path.exists() for path in shown["ben.nk"])


def test_a_studio_s_filename_filter_is_applied(gui, plate, knobs, tmp_path):
    from hifi_nuke import upstream

    gui.nuke.addFilenameFilter(lambda name: name.replace("/mnt/artist", tmp_path.as_posix()))
    node = retime_node(gui, read_node(plate.replace(tmp_path.as_posix(), "/mnt/artist")), knobs)
    assert upstream.source(node, (1001, 1004)).pattern == plate
    assert "3 in-betweens made, 4 frames copied" in rendered(gui, node)
    assert not bakes(node)


def test_a_filter_that_no_pattern_tells_has_the_input_written_out(gui, plate, knobs, tmp_path):
    from hifi_nuke import upstream

    def shuffled(name):  # a studio that keeps odd frames elsewhere
        return name.replace("1003", "1002") if name.endswith(".exr") else name

    gui.nuke.addFilenameFilter(shuffled, nodeClass="Read")
    node = retime_node(gui, read_node(plate, last=1003), knobs)
    assert "filename filter" in upstream.source(node, (1001, 1003)).why


def test_files_that_only_nuke_finds_are_written_out(gui, plate, knobs, monkeypatch):
    from hifi_nuke import filters, upstream

    node = retime_node(gui, read_node(plate), knobs)
    monkeypatch.setattr(filters, "mapped", lambda pattern, span: f"/nowhere{pattern}")
    assert "only Nuke finds the files" in upstream.source(node, (1001, 1004)).why


def test_frames_by_an_expression_from_a_timewarp(gui, plate, knobs):
    warp = gui.nuke.nodes.TimeWarp(name="TW")
    warp["lookup"].setAnimated()
    warp["lookup"].setValueAt(1001, 1001)
    warp["lookup"].setValueAt(1004, 1010)
    node = retime_node(gui, read_node(plate), knobs, timing2="Frame")
    node["timingFrame2"].setExpression("TW.lookup")
    gui.nuke.root()["first_frame"].setValue(1001)
    gui.nuke.root()["last_frame"].setValue(1010)
    assert "4 frames copied" in rendered(gui, node)
    assert (node.firstFrame(), node.lastFrame()) == (1001, 1010)


def test_d_passes_the_plate_through(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    node["disable"].setValue(True)
    assert gui.sample(node, "rgba.blue", 10, 25, 1001) == 30.0
    assert node.lastFrame() == 1004


def test_another_plate_that_is_connected_is_noticed(gui, knobs, tmp_path):
    node = retime_node(gui, read_node(plate_in(tmp_path / "a", 0.25)), knobs)
    rendered(gui, node)
    node.setInput(0, read_node(plate_in(tmp_path / "b", 0.75, count=3), last=1003))
    looked(gui)
    assert "not up to date" in node["status"].value()
    with pytest.raises(RuntimeError, match="is-not-up-to-date"):
        green(gui, node)


def test_cancelled_a_render_shows_what_it_made(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=0.1)
    gui.cancel_when(lambda bar: any(text.startswith("3 of") for text in bar.messages))
    assert "cancelled" in rendered(gui, node)
    assert gui.sample(node, "rgba.blue", 10, 25, 1001) == 30.0
    gui.host.polls.clear()
    looked(gui)
    node.hideControlPanel()
    node.showControlPanel()
    looked(gui)
    assert "to render. Press Render." in node["status"].value()
    assert "endered with these knobs" not in node["status"].value()


def test_a_trimmed_input_range(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    gui.turn(node, "input.first", 1002)
    rendered(gui, node)
    assert (node.firstFrame(), node.lastFrame()) == (1002, 1006)


def test_after_the_last_frame_it_holds(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    assert gui.sample(node, "rgba.blue", 30, 25, 1100) == 30.0


def test_two_selected_reads_give_one_node_on_the_last(gui, plate):
    one, two = read_node(plate), read_node(plate)
    gui.select(one, two)
    gui.tab("HiFIRetime")
    assert gui.nuke.selectedNode().input(0) == gui.nuke.toNode("Read2")
    assert len(gui.nuke.allNodes("Group")) == 1


def test_a_big_comp_does_not_hold_up_the_interface(gui, plate, knobs, tmp_path):
    last = read_node(plate)
    for _ in range(150):
        last = graded_by(last, 1.0)
    for number in range(10):
        folder = tmp_path / f"r{number}"
        folder.mkdir()
        for frame in range(100):
            (folder / f"x.{1001 + frame}.exr").touch()
        merge = gui.nuke.nodes.Merge2()
        merge.setInput(0, last)
        merge.setInput(1, read_node((folder / "x.%04d.exr").as_posix(), 1001, 1100))
        last = merge
    node = retime_node(gui, last, knobs)
    node["hifi_rendered"].setValue("something")
    gui.host.threads.blocks.clear()
    gui.host.open_panel(gui.core(node))
    looked(gui, 60)
    assert "not up to date" in node["status"].value()
    slices = [seconds for name, seconds in gui.host.threads.blocks if name == "_outcome"]
    assert len(slices) > 10
    assert sorted(slices)[len(slices) * 9 // 10] < 0.1  # of one slice; the whole takes seconds


def test_a_studio_s_before_render_is_called_once_a_render(gui, plate, knobs):
    heard = []
    gui.nuke.addBeforeRender(lambda: heard.append(gui.nuke.thisNode().name()), nodeClass="Write")
    gui.nuke.addAfterRender(lambda: heard.append("after"))
    node = retime_node(gui, graded_by(read_node(plate)), knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    assert bakes(node) == [1001, 1002, 1003, 1004]
    assert heard == ["HiFIBake1", "after"]
    rendered(gui, node)
    assert len(heard) == 2
    assert gui.nuke.callbacks.beforeRenders["Write"]  # and are there for the next one


def test_a_frame_of_a_render_has_what_tells_a_cut_from_the_end_of_a_fade(
    gui, plate, knobs, tmp_path
):
    """As the whole has it: one source frame before its neighbors and one behind, and the ends."""
    pattern = plate_in(tmp_path / "long", 0.25, count=20)
    node = retime_node(gui, graded_by(read_node(pattern, last=1020)), knobs)
    gui.nuke.frame(1012)
    rendered(gui, node, "renderFrame")
    assert bakes(node) == [1001, 1005, 1006, 1007, 1008, 1020]


def test_motion_that_curves_has_a_frame_on_both_sides_written_out(gui, plate, knobs, tmp_path):
    pattern = plate_in(tmp_path / "long", 0.25, count=20)
    for path, beyond in (("linear", []), ("curved", [1005, 1008])):
        node = retime_node(
            gui, graded_by(read_node(pattern, last=1020)), knobs, cuts="ignore", motion_path=path
        )
        gui.nuke.frame(1012)
        rendered(gui, node, "renderFrame")
        assert bakes(node) == sorted([1001, 1006, 1007, 1020, *beyond])


def test_a_preview_writes_out_the_two_frames_that_it_lies_between(gui, plate, knobs, tmp_path):
    pattern = plate_in(tmp_path / "long", 0.25, count=20)
    node = retime_node(gui, graded_by(read_node(pattern, last=1020)), knobs)
    gui.nuke.frame(1012)
    # The square of this plate stands from its fourth frame on: what lies between is a copy.
    assert rendered(gui, node, "preview").startswith("Preview. 0 in-betweens made, 1 frames copied")
    written = sorted(path.name for path in root_of(node).glob("source_*/*.exr"))
    assert written == ["source.1006.exr", "source.1007.exr"]


def test_deleted_and_brought_back_it_has_its_frames(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs, timingOutputSpeed=1.0)
    rendered(gui, node)
    gui.select(node)
    gui.nuke.nodeCopy("%clipboard%")
    above = node.input(0)
    gui.nuke.delete(node)
    again = gui.nuke.nodePaste("%clipboard%")
    again.setInput(0, above)
    looked(gui)
    assert "all rendered" in again["status"].value()
    assert gui.sample(again, "rgba.blue", 10, 25, 1001) == 30.0
