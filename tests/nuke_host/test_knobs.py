"""Knobs hold what Nuke's hold."""

import pytest

from tests.nuke_host import Refused, session


@pytest.fixture
def nuke():
    with session():
        import nuke

        yield nuke


def on_node(nuke, knob):
    node = nuke.nodes.NoOp()
    node.addKnob(knob)
    return knob


def test_numbers(nuke):
    speed = on_node(nuke, nuke.Double_Knob("speed", "Speed"))
    assert speed.value() == 0.0 and speed.label() == "Speed"
    assert speed.setValue(0.5) is True and speed.getValue() == 0.5
    whole = on_node(nuke, nuke.Int_Knob("n"))
    whole.setValue(3)
    assert whole.value() == 3 and isinstance(whole.value(), int)
    with pytest.raises(TypeError):
        whole.setValue(1.5)
    flag = on_node(nuke, nuke.Boolean_Knob("on", "On", True))
    assert flag.value() is True
    with pytest.raises(TypeError):
        speed.setValue("half")


def test_enumerations(nuke):
    knob = on_node(nuke, nuke.Enumeration_Knob("preset", "Preset", ["draft", "standard", "fine"]))
    knob.setValue("fine")
    assert (knob.value(), knob.getValue(), knob.numValues()) == ("fine", 2.0, 3)
    knob.setValue(1)
    assert knob.value() == "standard"
    knob.setValues(["a", "standard"])
    assert knob.values() == ["a", "standard"] and knob.value() == "standard"
    with pytest.raises(TypeError):
        knob.setValue("none of them")


def test_a_ramp_is_integrated_exactly(nuke):
    speed = on_node(nuke, nuke.Double_Knob("speed"))
    speed.setValue(1)
    assert speed.getIntegral(1, 11) == 10
    speed.setValueAt(0.25, 5)
    assert not speed.isAnimated() and speed.value() == 0.25
    speed.setAnimated()
    speed.setValueAt(1, 1)
    speed.setValueAt(0, 11)
    assert speed.isAnimated() and speed.getKeyList() == [1, 11] and speed.getNumKeys() == 2
    assert speed.getValueAt(6) == 0.5
    # A triangle of base 10 and height 1; and what is before the first key is 1 a frame.
    assert speed.getIntegral(1, 11) == 5
    assert speed.getIntegral(-1, 6) == 2 + (1 + 0.5) / 2 * 5
    assert speed.getIntegral(11, 1) == -5
    assert speed.animation(0).integrate(1, 11) == 5
    assert speed.getDerivative(3) == pytest.approx(-0.1)
    nuke.frame(6)
    speed.setValue(1)
    assert speed.getKeyList() == [1, 6, 11]
    speed.clearAnimated()
    assert not speed.isAnimated() and speed.value() == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("frame * 2 + 1", 21),
        ("frame > 5 ? 1 : 0", 1),
        ("frame < 5 ? 1 : frame == 10 ? 7 : 3", 7),
        ("clamp(frame, 1, 4)", 4),
        ("parent.gain", 0.25),
        ("root.last_frame", 100),
        ("Other1.gain(3)", 0.75),
        ("Other1.gain.integrate(0, 4)", 2),
        ("this.disable || !0 && 1", 1),
        ("[value Other1.label] + 1", 43),
        ("[python {6 * 7}]", 42),
        ("$gui", 1),
        ("floor(2.7) + int(-2.7)", 0),
    ],
)
def test_expressions(nuke, text, value):
    group = nuke.nodes.Group()
    gain = nuke.Double_Knob("gain")
    group.addKnob(gain)
    gain.setValue(0.25)
    with group:
        other = nuke.nodes.NoOp(name="Other1", label="42")
        own = nuke.Double_Knob("gain")
        other.addKnob(own)
        own.setExpression("frame / 4")
        node = nuke.nodes.NoOp()
    knob = nuke.Double_Knob("result")
    node.addKnob(knob)
    nuke.frame(10)
    knob.setExpression(text)
    assert knob.hasExpression() and knob.isAnimated()
    assert knob.value() == pytest.approx(value)


def test_expressions_reach_knobs_with_dots(nuke):
    node = nuke.nodes.Group()
    for name in ("input.first", "source"):
        node.addKnob(nuke.Double_Knob(name))
    node["input.first"].setValue(1001)
    node["source"].setExpression("(frame - input.first) * 0.5 + input.first")
    assert node["source"].getValueAt(1011) == 1006


@pytest.mark.parametrize("text", ["nothing.there", "frame +", "source", "1 / 0"])
def test_bad_expressions_are_errors(nuke, text):
    knob = on_node(nuke, nuke.Double_Knob("source"))
    knob.setExpression(text)
    with pytest.raises(RuntimeError):
        knob.value()


def test_files(nuke):
    read = nuke.nodes.Read()
    read["file"].setValue("/a/b.####.exr")
    assert read["file"].value() == read["file"].getEvaluatedValue() == "/a/b.%04d.exr"
    nuke.frame(7)
    assert read["file"].evaluate() == nuke.filename(read, nuke.REPLACE) == "/a/b.0007.exr"
    read["file"].fromUserText("/a/c.####.exr 10-20")
    assert (read["first"].value(), read["last"].value(), read["origlast"].value()) == (10, 20, 20)
    read["file"].setValue("/a/%V/c_%v.%04d.exr")
    assert read["file"].evaluate() == "/a/main/c_m.0007.exr"
    knob = on_node(nuke, nuke.File_Knob("cache", "Cache"))
    knob.setValue("[python {'/x'}]/[value name]")
    assert knob.value() == "[python {'/x'}]/[value name]"
    assert knob.getEvaluatedValue() == "/x/NoOp1"


def test_backslashes_in_paths_are_refused():
    with session(expect_refusals=True):
        import nuke

        with pytest.raises(Refused, match="forward slashes"):
            nuke.nodes.Read(file="C:\\plates\\a.exr")


def test_buttons_know_their_node(nuke):
    node = nuke.nodes.Group()
    code = "nuke.thisNode()['label'].setValue(nuke.thisKnob().name() + nuke.thisGroup().name())"
    node.addKnob(nuke.PyScript_Knob("go", "Go", code))
    node["go"].execute()
    assert node["label"].value() == "goRoot"


def test_flags_and_looks(nuke):
    knob = on_node(nuke, nuke.Text_Knob("", ""))
    assert knob.name() and knob.label() == ""
    other = on_node(nuke, nuke.String_Knob("s", "S"))
    other.setFlag(nuke.INVISIBLE)
    assert not other.visible() and other.getFlag(nuke.INVISIBLE)
    other.clearFlag(nuke.INVISIBLE)
    other.setEnabled(False)
    other.setTooltip("what")
    assert other.visible() and not other.enabled() and other.tooltip() == "what"


def test_a_second_knob_of_a_name_is_skipped_without_a_word(nuke):
    node = nuke.nodes.NoOp()
    node.addKnob(nuke.Int_Knob("n"))
    node["n"].setValue(4)
    node.addKnob(nuke.Int_Knob("n"))
    assert node["n"].value() == 4
    node.removeKnob(node["n"])
    with pytest.raises(NameError):
        node["n"]
    with pytest.raises(ValueError):
        node.removeKnob(node["label"])


def test_links(nuke):
    group = nuke.nodes.Group()
    with group:
        inner = nuke.nodes.Grade()
    link = nuke.Link_Knob("mix_link", "Mix")
    group.addKnob(link)
    link.makeLink(inner.name(), "mix")
    assert link.value() == 1 and link.getLinkedKnob().node() == inner


def test_custom_widgets_are_not_for_terminal_mode():
    with session("-t", expect_refusals=True):
        import nuke

        with pytest.raises(Refused, match="QApplication"):
            nuke.PyCustom_Knob("panel", "", "Widget()")


def test_a_context_is_another_frame_and_view(nuke):
    knob = on_node(nuke, nuke.File_Knob("cache"))
    knob.setValue("/[value name]/%V.%04d.exr")
    context = nuke.OutputContext()
    context.setFrame(12)
    assert (context.frame(), context.viewname(context.view())) == (12, "main")
    assert knob.evaluate(context) == "/NoOp1/main.0012.exr"


def test_values_by_path(nuke):
    nuke.nodes.Grade(multiply=3, label="x")
    assert nuke.value("Grade1.label") == "x" and nuke.numvalue("Grade1.multiply") == 3
    assert nuke.value("Grade1.nothing", "none") == "none"
    assert nuke.expression("Grade1.multiply * 2 + frame") == 7
    with pytest.raises(RuntimeError):
        nuke.value("Grade1.nothing")
