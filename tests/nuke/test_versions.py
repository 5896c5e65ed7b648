"""Nodes that were saved by every version so far: they open, get what they lack, and render."""

import json
import shutil

import pytest

from hifi_ofx import __version__
from tests.nuke.conftest import (
    cache_of,
    looked,
    pixels_of,
    rendered,
    results,
    running_nuke,
    write_exr,
    write_node,
)
from tests.nuke.saved_nodes import NODES, opened, save

SAVED = sorted(path.name for path in NODES.glob("*.nk"))


@pytest.mark.parametrize("on_create", ["late", "early"])
@pytest.mark.parametrize("name", SAVED)
def test_a_saved_node_opens_gets_what_it_lacks_and_renders(
    engine, plate, weights, tmp_path, name, on_create
):
    with running_nuke(engine, on_create=on_create) as gui:
        from hifi_nuke import layout

        node = opened(gui, name, tmp_path, weights)["Fresh1"]
        gui.pump()
        assert set(layout.entries()) <= set(node.knobs())
        assert node["hifi_version"].value() == __version__
        assert node["whenOld"].value() == "error"
        assert list(node["show"].values()) == list(layout.SHOWN)
        assert "3 in-betweens made, 4 frames copied" in rendered(gui, node)
        assert gui.sample(node, "rgba.blue", 10, 25, 1001) == 30.0
        gui.turn(node, "structure_threshold", 0.5)
        with pytest.raises(RuntimeError, match="is-not-up-to-date"):
            gui.sample(node, "rgba.blue", 10, 25, 1001)
        assert not gui.shown.errors


def test_the_saved_node_of_this_version_is_what_this_version_saves(tmp_path):
    """Whoever adds a knob raises the version, or saves its node anew before a release."""
    save(tmp_path / "now.nk")
    assert knobs_in(tmp_path / "now.nk") == knobs_in(NODES / f"{__version__}.nk")


def knobs_in(path):
    return [
        line.split("{")[1].split()[1]
        for line in path.read_text().splitlines()
        if line.strip().startswith("addUserKnob")
    ]


@pytest.fixture
def old_frames(tmp_path):
    """Frames where the node of before_versions.nk shows them: green tells them."""
    text = (NODES / "before_versions.nk").read_text()
    (line,) = [one for one in text.splitlines() if " hifi_folder @FOLDER@" in one]
    folder = tmp_path / line.split("@FOLDER@/")[1]
    folder.mkdir(parents=True)
    import numpy as np

    for frame in range(1001, 1008):
        pixels = np.zeros((48, 64, 4), np.float32)
        pixels[..., 1] = 0.5
        write_exr(folder / f"result.{frame}.exr", pixels)
    return folder


def test_what_an_older_version_rendered_goes_on_being_shown_and_says_what_it_is(
    gui, plate, weights, tmp_path, old_frames
):
    node = opened(gui, "before_versions.nk", tmp_path, weights)["Rendered1"]
    looked(gui)
    assert gui.sample(node, "rgba.green", 5, 5, 1002) == 0.5
    assert node["whenOld"].value() == "hold the old"
    write = write_node(tmp_path, node)
    gui.nuke.execute(write, 1002, 1002, 1)
    assert "rendered by an older HiFIRetime" in gui.shown.warnings[-1]
    assert pixels_of(tmp_path / "Write1.1002.exr")[5, 5, 1] == 0.5
    before = {path: path.read_bytes() for path in old_frames.glob("*.exr")}
    assert "3 in-betweens made" in rendered(gui, node)
    assert cache_of(node) != old_frames
    assert {path: path.read_bytes() for path in before} == before


def test_a_farm_renders_an_old_script_s_picture(engine, plate, weights, tmp_path, old_frames):
    with running_nuke(engine) as gui:
        node = opened(gui, "before_versions.nk", tmp_path, weights)["Rendered1"]
        write_node(tmp_path, node)
        gui.nuke.scriptSaveAs((tmp_path / "shot.nk").as_posix())
    path = (tmp_path / "shot.nk").as_posix()
    with running_nuke(None, mode="-x", args=["-F", "1002-1003", path]) as farm:
        assert farm.render_script(path, "1002-1003") == 0, farm.shown.errors
    assert pixels_of(tmp_path / "Write1.1003.exr")[5, 5, 1] == 0.5
    shutil.rmtree(old_frames)
    with running_nuke(None, mode="-x", args=["-F", "1002-1003", path]) as farm:
        assert farm.render_script(path, "1002-1003") != 0  # never in silence


def test_frames_of_another_version_stay_right_and_are_not_mixed_with_new_ones(
    gui, plate, knobs, monkeypatch
):
    from hifi_nuke import job

    from tests.nuke.conftest import read_node, retime_node

    node = retime_node(gui, read_node(plate), knobs)
    monkeypatch.setattr(job, "__version__", "0.0.9")
    rendered(gui, node)
    first = cache_of(node)
    assert json.loads((first / "about.json").read_text())["version"] == "0.0.9"
    monkeypatch.undo()
    assert rendered(gui, node) == "Every frame was there already."
    assert cache_of(node) == first
    results(node)[1004].unlink()
    looked(gui)
    assert "0 were there" in rendered(gui, node)
    assert cache_of(node) != first
    assert len(results(node)) == 7
