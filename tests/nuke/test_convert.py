"""Other retimes become a HiFIRetime; the live plug-in inside of it."""

import pytest

from tests.nuke.conftest import NODE, read_node, retime_node, running_nuke


def frames_of(node):
    """{output frame: source frame} that a HiFIRetime asks for."""
    from hifi_nuke import timing

    return {one.output: float(one.left + one.fraction) for one in timing.timing(node).plan.frames}


@pytest.fixture
def convert(gui, plate):
    """Select a retime of this class with these knobs below a plate, and choose Convert."""

    def do(klass, keys=None, **knobs):
        old = getattr(gui.nuke.nodes, klass)()
        old.setInput(0, read_node(plate))
        for name, value in knobs.items():
            old[name.replace("__", ".")].setValue(value)
        for name, curve in (keys or {}).items():
            old[name].setAnimated()
            for frame, value in curve.items():
                old[name].setValueAt(value, frame)
        gui.select(old)
        gui.menu("Nodes", "HiFI/Convert to HiFIRetime").invoke()
        new = gui.nuke.toNode(NODE)
        assert new.input(0) == old.input(0)
        assert not old.knob("disable").value()
        assert new.xpos() > old.xpos()
        return old, new

    return do


def test_kronos_with_a_keyed_speed(gui, convert):
    old, new = convert(
        "Kronos", {"timingOutputSpeed": {1001: 1.0, 1003: 0.5}}, input__first=1001, input__last=1004
    )
    assert new["timing2"].value() == "Output Speed"
    assert (new["input.first"].value(), new["input.last"].value()) == (1001, 1004)
    found = frames_of(new)
    for frame, source in found.items():
        expected = 1001 + old["timingOutputSpeed"].getIntegral(1001, frame)
        assert source == pytest.approx(min(expected, 1004), abs=1e-6)


@pytest.mark.parametrize("klass", ["Kronos", "OFlow2"])
def test_a_frame_curve(gui, convert, klass):
    _, new = convert(
        klass, {"timingFrame2": {10: 1004.0, 13: 1001.0}}, timing2="Frame",
        input__first=1001, input__last=1004,
    )  # fmt: skip
    assert frames_of(new) == {10: 1004.0, 11: 1003.0, 12: 1002.0, 13: 1001.0}


def test_the_old_oflow(gui, convert):
    klass = "OFXuk.co.thefoundry.time.oflow_v100"
    _, new = convert(klass, timingSpeed=0.25)
    assert frames_of(new)[1002] == 1001.25
    gui.nuke.delete(new)
    _, new = convert(klass, {"timingFrame": {1: 1001.0, 4: 1004.0}}, timing="Source Frame")
    assert frames_of(new) == {1: 1001.0, 2: 1002.0, 3: 1003.0, 4: 1004.0}


def test_a_timewarp(gui, convert):
    _, new = convert("TimeWarp", {"lookup": {1001: 1001.0, 1007: 1004.0}})
    assert frames_of(new) == {1001 + n: 1001 + n / 2 for n in range(7)}


@pytest.mark.parametrize("reverse", [False, True])
def test_a_retime_whose_ends_differ(gui, convert, reverse):
    _, new = convert(
        "Retime", input__first=1001, input__last=1004, output__first=1, output__last=7,
        speed=0.5, reverse=reverse,
    )  # fmt: skip
    sources = [1001 + n / 2 for n in range(7)]
    assert list(frames_of(new).values()) == (sources[::-1] if reverse else sources)
    assert list(frames_of(new)) == list(range(1, 8))


def test_a_retime_with_a_keyed_speed(gui, convert):
    old, new = convert(
        "Retime", {"speed": {1: 1.0, 3: 0.0, 9: 0.0}}, input__first=1001, input__last=1004,
        output__first=1, output__last=5,
    )  # fmt: skip
    found = frames_of(new)
    expected = {f: 1001 + old["speed"].getIntegral(1, f) for f in range(1, 6)}
    assert found == pytest.approx(expected, abs=1e-6)


def test_what_is_no_retime_is_said(gui, plate):
    gui.select(read_node(plate))
    gui.menu("Nodes", "HiFI/Convert to HiFIRetime").invoke()
    assert "Select a Kronos" in gui.shown.messages[-1]


def test_live_shows_the_plug_in_driven_by_the_node_s_knobs(plate):
    with running_nuke(openfx=True) as gui:
        node = retime_node(gui, read_node(plate), {}, show="live", timingOutputSpeed=1.0)
        live = gui.core(f"{NODE}.Live1")
        for frame, index in ((1001, 0), (1003, 2)):
            assert gui.sample(node, "rgba.blue", 10 + 6 * index, 25, frame) == 30.0
        gui.turn(node, "timingOutputSpeed", 0.5)
        assert live.number("source_frame", 1004) == 1002.5
        gui.turn(node, "seed", 4)
        assert live.number("seed") == 4
        gui.turn(node, "timing2", "Frame")
        gui.turn(node, "timingFrame2", 1003.25)
        assert live.number("source_frame", 1001) == 1003.25
        gui.turn(node, "input.last", 1002)
        assert live.number("source_frame", 1001) == 1002
        gui.turn(node, "show", "source")
        gui.turn(node, "show", "live")
        assert len([one for one in gui.core(node).children if one.klass.startswith("OFX")]) == 1


def test_without_the_openfx_plug_in_live_says_what_to_install(gui, plate):
    node = retime_node(gui, read_node(plate), {})
    gui.turn(node, "show", "live")
    assert "hifi-ofx install ofx" in node["status"].value()
    assert node["show"].value() == "result"
