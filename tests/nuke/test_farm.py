"""Without an interface: nuke -x, nuke -t, and the job for a farm."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.nuke.conftest import (
    NODE,
    NUKE,
    bakes,
    cache_of,
    moving_square,
    pixels_of,
    read_node,
    rendered,
    results,
    retime_node,
    running_nuke,
)


@pytest.fixture
def script(engine, plate, knobs, tmp_path, monkeypatch):
    """A saved script: plate, Grade, HiFIRetime at half speed, Write. Never rendered."""

    def save(*, direct=False, above_the_write=None, render=False, **more):
        monkeypatch.setenv("NUKE_TEMP_DIR", str(tmp_path / "home"))
        with running_nuke(engine) as nuke:
            api = nuke.nuke
            above = read_node(plate)
            if not direct:
                grade = api.nodes.Grade()
                grade.setInput(0, above)
                grade["multiply"].setValue(2.0)
                above = grade
            node = retime_node(nuke, above, {**knobs, **more})
            if render:
                rendered(nuke, node)
            last = node
            if above_the_write:
                last = getattr(api.nodes, above_the_write)()
                last.setInput(0, node)
            write = api.nodes.Write(name="Write1")
            write.setInput(0, last)
            write["file"].setValue((tmp_path / "final.%04d.exr").as_posix())
            write["file_type"].setValue("exr")
            write["channels"].setValue("all")
            write["raw"].setValue(True)
            api.root()["first_frame"].setValue(1001)
            api.root()["last_frame"].setValue(1007)
            path = (tmp_path / "shot.nk").as_posix()
            api.scriptSaveAs(path)
        return path

    return save


def executed(engine, script, frames="", writes=""):
    """`nuke -x`: the exit status, and the frames that are in the cache afterwards."""
    args = [*(["-F", frames] if frames else []), script]
    with running_nuke(engine, mode="-x", args=args) as nuke:
        status = nuke.render_script(script, frames, writes)
        node = nuke.nuke.toNode(NODE)
        return status, sorted(results(node)), bakes(node), nuke.shown


def test_x_renders_what_is_missing_then_the_write(engine, script, tmp_path):
    status, made, baked, shown = executed(engine, script())
    assert status == 0, shown.errors
    assert made == list(range(1001, 1008))
    assert baked == [1001, 1002, 1003, 1004]
    final = sorted(tmp_path.glob("final.*.exr"))
    assert len(final) == 7
    expected = moving_square(1)
    expected[..., :3] *= 2
    np.testing.assert_array_equal(pixels_of(final[2]), expected)
    assert any(text.startswith("[hifi] HiFIRetime1") for text in shown.printed)
    assert not shown.progress


def test_a_chunk_makes_its_own_frames_and_the_same_bits(engine, script, tmp_path):
    path = script()
    status, made, baked, _ = executed(engine, path, "1002-1003")
    assert status == 0
    assert made == [1002, 1003]
    # Its own, the next one, which tells a cut from the end of a fade, and the clip's ends.
    assert baked == [1001, 1002, 1003, 1004]
    chunk = pixels_of(tmp_path / "final.1002.exr")
    status, made, _, shown = executed(engine, path)
    assert status == 0
    assert made == list(range(1001, 1008))
    assert any("2 were there already" in text for text in shown.printed)
    np.testing.assert_array_equal(pixels_of(tmp_path / "final.1002.exr"), chunk)


def test_every_third_frame_is_made_of_its_own_source_frames(engine, script, tmp_path):
    path = script(timingOutputSpeed=1.0)
    status, made, baked, shown = executed(engine, path, "1001-1004x3")
    assert status == 0, shown.errors
    assert made == [1001, 1004]
    assert baked == [1001, 1004]
    assert any("0 in-betweens made, 2 frames copied" in text for text in shown.printed)
    assert len(list(tmp_path.glob("final.*.exr"))) == 2


def test_what_a_shutter_sees_is_written_out_as_well(engine, script, tmp_path):
    path = script(timingOutputSpeed=1.0, shutter=360.0, shutter_samples=2, cuts="ignore")
    status, made, baked, shown = executed(engine, path, "1001")
    assert status == 0, shown.errors
    assert made == [1001]
    assert baked == [1001, 1002, 1004]  # the last one ends the clip
    assert any("1 in-betweens made, 0 frames copied" in text for text in shown.printed)
    assert not np.array_equal(pixels_of(tmp_path / "final.1001.exr"), moving_square(0))


def test_what_was_rendered_in_the_interface_is_not_rendered_again(engine, script, tmp_path):
    path = script(render=True)
    before = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.exr")}
    with running_nuke(None, mode="-x", args=[path]) as nuke:
        import hifi_nuke.session

        assert nuke.render_script(path) == 0, nuke.shown.errors
        assert hifi_nuke.session.session()._engine is None  # it was not even started
    after = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "cache").rglob("*.exr")}
    assert after == before


def test_a_copy_of_the_script_in_the_farm_s_folder_finds_the_frames(engine, script, tmp_path):
    path = script(render=True, cacheFolder="")
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "home").rglob("result.*.exr")}
    assert len(before) == 7
    (tmp_path / "job").mkdir()
    copy = (tmp_path / "job/1234.nk").as_posix()
    shutil.copyfile(path, copy)
    status, _, _, shown = executed(engine, copy)
    assert status == 0, shown.errors
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "home").rglob("result.*.exr")} == before
    assert not list((tmp_path / "job").rglob("*.exr"))


@pytest.mark.parametrize("folder", ["", "frames"])
def test_a_script_and_a_cache_that_are_not_named_in_full_mean_the_script_s_folder(
    engine, script, tmp_path, monkeypatch, folder
):
    path = script(cacheFolder=folder)
    monkeypatch.chdir(tmp_path)
    with running_nuke(engine, mode="-x", args=["shot.nk"]) as nuke:
        nuke.nuke.scriptOpen(path)
        from hifi_nuke import folders

        nuke.nuke.root()["name"].setValue("shot.nk")
        node = nuke.nuke.toNode(NODE)
        node["hifi_folder"].setValue("")
        assert folders.root(node) == tmp_path / (folder or "hifi_cache")


def test_behind_a_node_that_shifts_time_every_frame_is_made(engine, script):
    status, made, _, shown = executed(engine, script(above_the_write="TimeOffset"), "1002-1003")
    assert status == 0, shown.errors
    assert made == list(range(1001, 1008))


def test_a_failure_ends_the_render_with_the_engine_s_words(engine, script, tmp_path):
    path = script(direct=True)
    (tmp_path / "plate/plate.1003.exr").unlink()
    status, _, _, shown = executed(engine, path)
    assert status != 0
    assert any("has no frame 1003 (1 of 4 missing)" in text for text in shown.errors)
    assert not list(tmp_path.glob("final.*.exr"))


def test_a_script_opened_in_a_terminal_renders_nothing_by_itself(engine, script):
    path = script()
    with running_nuke(engine, mode="-t", args=["look.py", "-x", "1-3"]) as nuke:
        nuke.nuke.scriptOpen(path)
        assert not results(nuke.nuke.toNode(NODE))


def test_a_terminal_script_renders_with_one_call(engine, script, tmp_path):
    path = script()
    with running_nuke(engine, mode="-t", args=["render.py"]) as nuke:
        from hifi_nuke import farm

        api = nuke.nuke
        api.scriptOpen(path)
        farm.render_missing([1001, 1002])
        assert sorted(results(api.toNode(NODE))) == [1001, 1002]
        api.execute("Write1", 1001, 1002, 1)
    assert len(list(tmp_path.glob("final.*.exr"))) == 2


@pytest.mark.parametrize("go_on", [False, True])
def test_a_farm_s_client_that_opens_and_executes_gets_its_frames(engine, script, tmp_path, go_on):
    path = script()
    with running_nuke(engine, mode="-t", args=["client.py"]) as nuke:
        api = nuke.nuke
        api.scriptOpen(path)
        for frame in (1001, 1002):  # as AWS Deadline Cloud's adaptor does, a frame a task
            api.execute(api.toNode("Write1"), frame, frame, 1, continueOnError=go_on)
            assert len(list(tmp_path.glob("final.*.exr"))) == frame - 1000
        assert sorted(results(api.toNode(NODE))) == [1001, 1002]
        ranges = api.FrameRanges("1003-1004")
        api.execute("Write1", ranges, ["main"], go_on)
        api.executeMultiple([api.toNode("Write1")], [[1006, 1007, 1]], ["main"], go_on)
    assert len(list(tmp_path.glob("final.*.exr"))) == 6


def test_a_client_that_does_not_want_to_hear_of_failures_is_ended(
    engine, script, tmp_path, monkeypatch, capsys
):
    path = script()
    (tmp_path / "plate/plate.1003.exr").unlink()
    with running_nuke(engine, mode="-t", args=["client.py"]) as nuke:
        from hifi_nuke import executing

        api = nuke.nuke
        api.scriptOpen(path)
        with pytest.raises(RuntimeError, match="could not be rendered at frame 1003"):
            api.execute("Write1", 1005, 1005, 1)
        codes = []
        monkeypatch.setattr(executing.os, "_exit", codes.append)
        with pytest.raises(RuntimeError):
            api.execute("Write1", 1005, 1005, 1, continueOnError=True)
        assert codes == [1]
        assert "ERROR: [hifi] HiFIRetime1: The input of HiFIRetime1" in capsys.readouterr().err
        assert not list(tmp_path.glob("final.*.exr"))


def test_the_button_works_in_a_terminal_and_nodes_can_be_made_there(engine, plate, knobs):
    with running_nuke(engine, mode="-t", args=["make.py"]):
        from hifi_nuke import buttons
        from hifi_nuke import node as nodes

        made = nodes.build()
        made.setInput(0, read_node(plate))
        for name, value in knobs.items():
            made[name].setValue(value)
        buttons.press("reset", made)
        buttons.press("render", made)
        assert len(results(made)) == 7
        assert "Rendered" in made["status"].value()


def test_a_button_s_failure_in_a_terminal_is_raised(engine, plate, knobs):
    with running_nuke(engine, mode="-t", args=["make.py"]) as nuke:
        from hifi_nuke import buttons
        from hifi_nuke import node as nodes

        made = nodes.build()
        with pytest.raises(RuntimeError, match="HiFIRetime1: HiFIRetime1 has no input"):
            buttons.press("render", made)
        assert "has no input" in made["status"].value()
        assert not nuke.shown.messages


def test_a_write_inside_of_a_group_is_served(engine, plate, knobs, tmp_path):
    path = (tmp_path / "shot.nk").as_posix()
    with running_nuke(engine) as nuke:
        api = nuke.nuke
        grade = api.nodes.Grade()
        grade.setInput(0, read_node(plate))
        node = retime_node(nuke, grade, knobs)
        with api.nodes.Group(name="Deliver1") as group:
            write = api.nodes.Write(name="Write1")
            write.setInput(0, api.nodes.Input(name="Input1"))
            write["file_type"].setValue("exr")
            write["file"].setValue((tmp_path / "final.%04d.exr").as_posix())
            api.nodes.Output(name="Output1").setInput(0, write)
        group.setInput(0, node)
        api.scriptSaveAs(path)
    status, made, _, shown = executed(engine, path, "1002-1003", "Deliver1.Write1")
    assert status == 0, shown.errors
    assert made == [1002, 1003]
    assert len(list(tmp_path.glob("final.*.exr"))) == 2


def test_a_retime_of_a_retime_is_rendered_from_the_inside_out(engine, plate, knobs, tmp_path):
    path = (tmp_path / "shot.nk").as_posix()
    with running_nuke(engine) as nuke:
        inner = retime_node(nuke, read_node(plate, last=1002), knobs)
        inner["input.last"].setValue(1002)
        outer = retime_node(nuke, inner, knobs)
        outer["input.first"].setValue(1001)
        outer["input.last"].setValue(1003)
        write = nuke.nuke.nodes.Write(name="Write1")
        write.setInput(0, outer)
        write["file_type"].setValue("exr")
        write["file"].setValue((tmp_path / "final.%04d.exr").as_posix())
        nuke.nuke.root()["first_frame"].setValue(1001)
        nuke.nuke.root()["last_frame"].setValue(1005)
        nuke.nuke.scriptSaveAs(path)
    with running_nuke(engine, mode="-x", args=[path]) as nuke:
        assert nuke.render_script(path) == 0, nuke.shown.errors
        assert sorted(results(nuke.nuke.toNode("HiFIRetime1"))) == [1001, 1002, 1003]
        assert sorted(results(nuke.nuke.toNode("HiFIRetime2"))) == list(range(1001, 1006))


def test_the_source_can_be_sent_through_on_purpose(engine, script, tmp_path):
    status, made, _, shown = executed(engine, script(show="source"), "1001-1004")
    assert status == 0
    assert not made
    assert any("shows the source" in text for text in shown.printed)
    assert len(list(tmp_path.glob("final.*.exr"))) == 4


def test_a_preview_left_on_does_not_get_onto_the_farm(engine, script, tmp_path):
    status, made, _, shown = executed(engine, script(show="preview"))
    assert status != 0
    assert not made
    assert any("shows its preview. Set Show to result" in text for text in shown.errors)
    assert not list(tmp_path.glob("final.*.exr"))


def written(node):
    """The folder of the input that was written out."""
    return cache_of(node).parent / json.loads((cache_of(node) / "about.json").read_text())["source"]


@pytest.mark.parametrize("direct", [True, False])
def test_submit_writes_a_job_that_makes_these_frames(gui, plate, knobs, direct):
    above = read_node(plate)
    if not direct:
        grade = gui.nuke.nodes.Grade()
        grade.setInput(0, above)
        grade["add"].setValue(0.25)
        above = grade
    node = retime_node(gui, above, knobs, farmChunk=3, seed=5, farmSteps="engine alone")
    status = rendered(gui, node, "submit")
    folder = cache_of(node) / "farm"
    assert status.endswith(f"The farm job is in {folder}.")
    template = json.loads((folder / "template.json").read_text())
    assert template["specificationVersion"] == "jobtemplate-2023-09"
    listed = json.loads((folder / "parameter_values.json").read_text())["parameterValues"]
    values = {entry["name"]: entry["value"] for entry in listed}
    assert values["TargetFolder"] == str(cache_of(node))
    assert values["SourceFolder"] == str(Path(plate).parent if direct else written(node))
    assert values["Seed"] == 5
    assert bakes(node) == ([] if direct else [1001, 1002, 1003, 1004])
    assert not results(node)
    # The node shows the frames as the farm makes them, and knows that it did not.
    result = gui.core(f"{NODE}.Result1")
    assert result.text("file") == f"{cache_of(node).as_posix()}/result.%04d.exr"
    assert (node.firstFrame(), node.lastFrame()) == (1001, 1007)


def test_indie_renders_its_retimes_without_looking_at_the_graph(engine, plate, knobs, tmp_path):
    path = (tmp_path / "shot.nkind").as_posix()
    with running_nuke(engine, indie=True) as nuke:
        retime_node(nuke, read_node(plate), knobs)
        nuke.nuke.scriptSaveAs(path)
    with running_nuke(engine, mode="-x", indie=True, args=["-F", "1001-1002", path]) as nuke:
        from tests.nuke_host import scripts

        scripts.open_script(nuke.host, path)
        assert sorted(results(nuke.nuke.toNode(NODE))) == [1001, 1002]


@pytest.mark.parametrize("was_rendered", [True, False])
def test_a_farm_without_the_plug_in_renders_what_is_there_and_never_the_plate(
    engine, script, tmp_path, monkeypatch, was_rendered
):
    path = script(render=was_rendered)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry != str(NUKE)])
    with running_nuke(plugins_from=[], mode="-x", args=[path]) as nuke:
        assert (nuke.render_script(path) == 0) is was_rendered
    assert len(list(tmp_path.glob("final.*.exr"))) == (7 if was_rendered else 0)


@pytest.mark.parametrize(
    ("words", "frames"),
    [
        (["-x", "-F", "1-3", "shot.nk"], [1, 2, 3]),
        (["-xim", "1", "-F", "1-5x2", "-F", "9", "shot.nk"], [1, 3, 5, 9]),
        (["-x", "shot.nk", "4,6"], [4, 5, 6]),
        (["-x", "shot.nk", "1,9,4"], [1, 5, 9]),
        (["-X", "Write1", "shot.nkind"], []),
        (["-x", "--nukex", "shot.nk"], []),
    ],
)
def test_the_frames_of_the_command_line(words, frames):
    with running_nuke(mode="-x", args=words[1:]):
        import nuke
        from hifi_nuke import farm

        nuke.rawArgs[1:] = words
        assert farm.executes()
        assert farm._frames_asked() == frames
        assert farm._named_writes() == (["Write1"] if "-X" in words else [])
