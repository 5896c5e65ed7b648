"""The node in scripts: menus, knobs, copy and paste, saving, without the plug-in, licences."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.nuke.conftest import (
    NODE,
    NUKE,
    cache_of,
    pixels_of,
    read_node,
    rendered,
    results,
    retime_node,
    running_nuke,
    stamps,
)


def sources(node):
    """{output frame: exact source frame} that the node's knobs ask for."""
    from hifi_nuke import timing

    return {one.output: one.left + one.fraction for one in timing.timing(node).plan.frames}


def test_it_is_under_time_in_a_menu_of_its_own_and_under_tab(gui):
    assert gui.menu("Nodes", "Time/HiFIRetime")
    gui.menu("Nodes", "HiFI/HiFIRetime").invoke()
    node = gui.nuke.toNode(NODE)
    assert node.shown()
    assert node.Class() == "Group"


def test_engine_and_tests_do_not_get_onto_nuke_s_path():
    code = (
        "import importlib.util, sys, types\n"
        "sys.modules['nuke'] = types.ModuleType('nuke')\n"
        f"sys.path.insert(0, {str(NUKE)!r})\n"
        "before = list(sys.path)\n"
        "import hifi_nuke.startup, hifi_ofx.request\n"
        "assert sys.path == before, sys.path\n"
        "found = [name for name in ('engine', 'tests') if importlib.util.find_spec(name)]\n"
        "assert not found, found\n"
    )
    command = [sys.executable, "-I", "-S", "-B", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_panel_is_registered_when_it_is_there():
    if importlib.util.find_spec("hifi_ofx.panel") is None:
        pytest.skip("the panel is not part of this checkout")
    with running_nuke(version="16.0") as nuke:  # the release whose Qt is installed here
        from hifi_nuke import startup

        assert nuke.menu("Pane", "HiFI Retime")
        assert eval(startup.PANEL).__name__ == "PanelWidget"


def test_the_knobs_have_their_tabs_hints_and_ranges(gui):
    from hifi_nuke import layout

    node = gui.nuke.nodes.Group()
    gui.tab("HiFIRetime")
    node = gui.nuke.selectedNode()
    for tab in layout.tabs():
        for entry in tab.entries:
            knob = node[entry.name]
            assert knob.tooltip() == entry.hint
            assert knob.label() == entry.label
            if entry.kind in ("int", "float", "bool", "choice", "text", "file", "channels"):
                assert knob.value() == entry.default or entry.name in ("status",), entry.name
    assert not node["hifi_id"].visible() or node["hifi_id"].getFlag(gui.nuke.INVISIBLE)


def test_a_preset_turns_the_knobs_and_a_knob_makes_it_custom(gui):
    gui.tab("HiFIRetime")
    node = gui.nuke.selectedNode()
    gui.turn(node, "preset", "paper")
    assert (node["steps"].value(), node["samples"].value()) == (8, 4)
    assert (node["cascade_depth"].value(), node["edges"].value()) == (3, "uniform")
    gui.turn(node, "samples", 2)
    assert node["preset"].value() == "custom"
    gui.turn(node, "samples", 4)
    assert node["preset"].value() == "paper"


def test_reset_reads_the_range_again_and_nothing_else_does(gui, plate):
    read = read_node(plate)
    node = retime_node(gui, read, {})
    read["last"].setValue(1003)
    assert node["input.last"].value() == 1004
    gui.press(node, "reset")
    assert node["input.last"].value() == 1003


def test_a_keyed_output_speed_is_integrated_as_nuke_does(gui, plate):
    node = retime_node(gui, read_node(plate), {})
    knob = node["timingOutputSpeed"]
    knob.setAnimated()
    for frame, value in ((1001, 1.0), (1003, 0.5), (1005, 0.5)):
        knob.setValueAt(value, frame)
    # Nuke's own: clamp(speed.integrate(first, frame) + first, first, last)
    expression = f"clamp({NODE}.timingOutputSpeed.integrate(1001, frame) + 1001, 1001, 1004)"
    check = gui.nuke.nodes.NoOp()
    check.addKnob(gui.nuke.Double_Knob("source", "source"))
    check["source"].setExpression(expression)
    found = sources(node)
    assert list(found) == list(range(1001, 1007))
    assert found[1003] == 1002.5
    for frame, time in found.items():
        assert float(time) == pytest.approx(check["source"].getValueAt(frame), abs=1e-6)


def test_input_speed_and_frame_by_keys(gui, plate):
    node = retime_node(gui, read_node(plate), {}, timing2="Input Speed")
    knob = node["timingInputSpeed"]
    knob.setAnimated()
    for frame, value in ((1001, 0.5), (1002, 0.5), (1004, 0.5)):
        knob.setValueAt(value, frame)
    assert [float(time) for time in sources(node).values()] == [1001 + f / 2 for f in range(7)]
    gui.turn(node, "timing2", "Frame")
    frames = node["timingFrame2"]
    frames.setAnimated()
    for frame, value in ((10, 1004.0), (13, 1001.0)):
        frames.setValueAt(value, frame)
    assert sources(node) == {10: 1004, 11: 1003, 12: 1002, 13: 1001}


def test_the_timing_knob_that_counts_can_be_turned_alone(gui):
    gui.tab("HiFIRetime")
    node = gui.nuke.selectedNode()
    gui.turn(node, "timing2", "Frame")
    enabled = [
        node[name].enabled() for name in ("timingOutputSpeed", "timingInputSpeed", "timingFrame2")
    ]
    assert enabled == [False, False, True]


def copied(nuke, node):
    """Ctrl+C, Ctrl+V, connect."""
    nuke.select(node)
    nuke.nuke.nodeCopy("%clipboard%")
    copy = nuke.nuke.nodePaste("%clipboard%")
    copy.setInput(0, node.input(0))
    nuke.pump()
    return copy


@pytest.mark.parametrize(("on_create", "reads"), [("late", "sticky"), ("early", "fresh")])
def test_a_copy_shows_the_frames_and_neither_changes_those_of_the_other(
    engine, plate, knobs, on_create, reads
):
    with running_nuke(engine, on_create=on_create, reads=reads) as nuke:
        _copy_and_render_both(nuke, plate, knobs)
        assert not nuke.shown.errors


def _copy_and_render_both(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node)
    copy = copied(gui, node)
    assert copy["hifi_id"].value() != node["hifi_id"].value()
    first = stamps(node)
    assert stamps(copy) == first
    # The first one changes; the copy goes on showing what it showed.
    before = gui.sample(copy, "rgba.blue", 16, 25, 1002)
    gui.turn(node, "timingOutputSpeed", 1.0)
    rendered(gui, node)
    assert gui.sample(copy, "rgba.blue", 16, 25, 1002) == before
    assert cache_of(copy) != cache_of(node)
    assert "Every frame was there already" in rendered(gui, copy)
    assert stamps(copy) == first
    gui.turn(copy, "seed", 3)
    rendered(gui, copy)
    assert stamps(copy) != first


@pytest.mark.parametrize("hears_of_its_name", [True, False])
def test_a_copy_of_a_renamed_node_has_an_id_of_its_own(gui, knobs, hears_of_its_name):
    gui.tab("HiFIRetime")
    node = gui.nuke.selectedNode()
    node.setName("Slow1")
    if hears_of_its_name:
        gui.turn(node, "name", "Slow1")
        assert node["hifi_owner"].value() == "Slow1"
    copy = copied(gui, node)
    assert copy["hifi_id"].value() != node["hifi_id"].value()
    assert copy["hifi_owner"].value() == copy.fullName() != "Slow1"


def test_a_copy_inside_of_a_renamed_group_has_an_id_of_its_own(gui):
    from hifi_nuke import node as nodes

    with gui.nuke.nodes.Group(name="Comp1") as group:
        first = nodes.build()
    group.setName("Slow1")
    gui.select(group)
    gui.nuke.nodeCopy("%clipboard%")
    copy = gui.nuke.nodePaste("%clipboard%").node("HiFIRetime1")
    assert copy["hifi_id"].value() != first["hifi_id"].value()
    assert copy["hifi_owner"].value() == copy.fullName()


def test_a_copy_that_is_deleted_before_its_nodes_are_there_is_forgotten(plate, knobs, engine):
    with running_nuke(engine, on_create="early") as nuke:
        node = retime_node(nuke, read_node(plate), knobs, timingOutputSpeed=1.0)
        rendered(nuke, node)
        nuke.select(node)
        nuke.nuke.nodeCopy("%clipboard%")
        nuke.nuke.delete(nuke.nuke.nodePaste("%clipboard%"))
        nuke.pump()
        assert not nuke.shown.errors


@pytest.mark.slow
def test_a_renamed_node_keeps_its_frames(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node)
    folder = cache_of(node)
    node.setName("Slow1")
    assert "Every frame was there already" in rendered(gui, node)
    assert cache_of(node) == folder


def test_a_script_saved_for_the_first_time_takes_its_frames_along(
    gui, plate, knobs, tmp_path, monkeypatch
):
    monkeypatch.setenv("NUKE_TEMP_DIR", str(tmp_path / "nuke_temp"))
    node = retime_node(gui, read_node(plate), {**knobs, "cacheFolder": ""})
    rendered(gui, node)
    assert cache_of(node).parent.parent == tmp_path / "nuke_temp"
    assert cache_of(node).parent.stat().st_mode & 0o77 == 0
    first = stamps(node)
    gui.nuke.scriptSaveAs((tmp_path / "shot.nk").as_posix())
    assert "Every frame was there already" in rendered(gui, node)
    assert cache_of(node).parent == tmp_path / "hifi_cache"
    assert stamps(node) == first


def test_saved_and_loaded_it_is_the_same(gui, plate, knobs, tmp_path):
    node = retime_node(gui, read_node(plate), knobs, overlap=0.25)
    node["timingInputSpeed"].setAnimated()
    node["timingInputSpeed"].setValueAt(0.75, 1001)
    rendered(gui, node)
    values = {name: knob.toScript() for name, knob in node.knobs().items()}
    script = (tmp_path / "shot.nk").as_posix()
    gui.nuke.scriptSaveAs(script)
    gui.nuke.scriptOpen(script)
    again = gui.nuke.toNode(NODE)
    assert {name: knob.toScript() for name, knob in again.knobs().items()} == values
    assert (again.firstFrame(), again.lastFrame()) == (1001, 1007)
    assert "Every frame was there already" in rendered(gui, again)
    assert not gui.shown.errors


def test_without_the_plug_in_it_still_shows_its_frames(gui, plate, knobs, tmp_path, engine):
    node = retime_node(gui, read_node(plate), knobs)
    rendered(gui, node)
    file, script = results(node)[1002], (tmp_path / "shot.nk").as_posix()
    gui.nuke.scriptSaveAs(script)
    expected = pixels_of(file)[48 - 1 - 25, 16, 2]
    blocked = sys.modules.copy()
    try:
        sys.path[:] = [path for path in sys.path if path != str(NUKE)]
        with running_nuke(plugins_from=[]) as bare:
            bare.nuke.scriptOpen(script)
            assert not bare.shown.errors
            assert bare.sample(NODE, "rgba.blue", 16, 25, 1002) == expected
            bare.turn(NODE, "show", "source")
            assert bare.sample(NODE, "rgba.blue", 16, 25, 1001) == 30.0
            bare.press(NODE, "render")
            (message,) = bare.shown.messages
            assert "hifi-ofx install nuke" in message
    finally:
        sys.modules.update(blocked)


def test_before_the_first_render_it_is_in_error_and_says_why(gui, plate, knobs):
    node = retime_node(gui, read_node(plate), knobs)
    with pytest.raises(RuntimeError, match="has-not-been-rendered-yet"):
        gui.sample(node, "rgba.blue", 16, 25, 1002)
    gui.turn(node, "show", "source")
    assert gui.sample(node, "rgba.blue", 10, 25, 1001) == 30.0


def test_the_reads_inside_are_raw_and_never_localized(gui):
    gui.tab("HiFIRetime")
    for name in ("Result1", "Preview1"):
        read = gui.core(f"{NODE}.{name}")
        assert read.text("localizationPolicy") == "off"
        assert read.number("raw") == 1


@pytest.mark.parametrize("licence", ["indie", pytest.param("nc", marks=pytest.mark.slow)])
def test_where_nodes_are_counted_two_can_be_made_and_rendered_again_and_again(
    engine, plate, knobs, licence
):
    with running_nuke(engine, **{licence: True}) as nuke:
        node = retime_node(nuke, read_node(plate), knobs)
        assert "3 in-betweens made" in rendered(nuke, node)
        for seed in range(1, 3):
            nuke.turn(node, "seed", seed)
            assert "3 in-betweens made" in rendered(nuke, node)
        assert "Every frame was there already" in rendered(nuke, node)
        second = retime_node(nuke, "Read1", knobs, timingOutputSpeed=1.0)
        assert "4 frames copied" in rendered(nuke, second)
        assert nuke.sample(second, "rgba.blue", 16, 25, 1002) == 30.0
        nuke.turn(second, "show", "source")
        assert nuke.sample(second, "rgba.blue", 10, 25, 1001) == 30.0


@pytest.mark.parametrize("version", ["14.0", pytest.param("17.0", marks=pytest.mark.slow)])
def test_other_releases(engine, plate, knobs, version):
    with running_nuke(engine, version=version, knob_changed="panel") as nuke:
        node = retime_node(nuke, read_node(plate), knobs, timingOutputSpeed=1.0)
        assert "0 in-betweens made, 4 frames copied" in rendered(nuke, node)
        np.testing.assert_array_equal(pixels_of(results(node)[1002])[0, 0], 0)


def test_installed_it_comes_up(engine, plate, knobs, tmp_path, monkeypatch):
    home = tmp_path / ".nuke"
    home.mkdir()
    command = [sys.executable, "-m", "hifi_ofx.cli", "install", "nuke", "--dir", str(home)]
    done = subprocess.run(command, cwd=NUKE.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(NUKE)])
    with running_nuke(engine, plugins_from=[], home=home) as nuke:
        import hifi_nuke

        assert Path(hifi_nuke.__file__).is_relative_to(home)
        node = retime_node(nuke, read_node(plate), knobs, timingOutputSpeed=1.0)
        assert "4 frames copied" in rendered(nuke, node)
