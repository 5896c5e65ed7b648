"""Nodes, groups, callbacks."""

import pytest

from tests.nuke_host import Refused, session


@pytest.fixture
def host():
    with session() as handle:
        yield handle


def test_groups_hold_nodes(host):
    import nuke

    plate = nuke.nodes.Constant(format="square_256", color=0.25, first=10, last=20)
    group = nuke.nodes.Group(name="Twice1", inputs=[])
    with group:
        source = nuke.nodes.Input(name="Input1")
        grade = nuke.nodes.Grade(inputs=[source], multiply=2)
        nuke.nodes.Output(inputs=[grade])
    assert group.setInput(0, plate) and not group.setInput(1, plate)
    assert group.input(0) == plate and group.maxInputs() == 1
    assert [node.name() for node in group.nodes()] == ["Input1", "Grade1", "Output1"]
    assert grade.fullName() == "Twice1.Grade1" and grade.parent() == group
    assert nuke.toNode("Twice1.Grade1") == group.node("Grade1") == grade
    with group:
        assert nuke.toNode("Grade1") == nuke.root().node("Twice1.Grade1") == grade
        assert nuke.toNode("Twice1.Grade1") is None
        assert nuke.toNode("root.Twice1.Grade1") == grade
    assert nuke.toNode("Grade1") is None and nuke.toNode("root") == nuke.root()
    assert host.sample(group, "red", 0, 0) == 0.5
    assert (group.firstFrame(), group.upstreamFrameRange(0).last()) == (10, 20)
    assert group.upstreamFrameRange(1) is None
    assert group.dependencies(nuke.INPUTS) == [plate]
    assert [node.name() for node in nuke.allNodes(recurseGroups=True)][-1] == "Output1"


def test_begin_needs_its_end():
    with pytest.raises(AssertionError, match="without end"), session():
        import nuke

        nuke.nodes.Group().begin()


def test_a_button_that_leaves_a_group_open_is_refused():
    with session(expect_refusals=True) as host:
        import nuke

        group = nuke.nodes.Group()
        group.addKnob(nuke.PyScript_Knob("go", "Go", "nuke.thisNode().begin()"))
        with pytest.raises(Refused, match="without end"):
            host.press(group, "go")


def test_nodes_of_different_groups_do_not_connect():
    with session(expect_refusals=True):
        import nuke

        group, outside = nuke.nodes.Group(), nuke.nodes.NoOp()
        with group:
            inside = nuke.nodes.NoOp()
        with pytest.raises(Refused, match="not in one group"):
            inside.setInput(0, outside)


def test_no_loops(host):
    import nuke

    first = nuke.nodes.NoOp()
    second = nuke.nodes.NoOp(inputs=[first])
    assert first.setInput(0, second) is False


def test_names_are_numbered(host):
    import nuke

    assert [nuke.nodes.Grade().name() for _ in range(2)] == ["Grade1", "Grade2"]
    node = nuke.nodes.Grade(name="Grade1")
    assert node.name() == "Grade3"
    node.setName("Look")
    assert node.name() == node["name"].value() == "Look"


def test_a_deleted_node_is_a_value_error(host):
    import nuke

    node, knob = nuke.nodes.NoOp(), None
    knob = node["label"]
    after = nuke.nodes.NoOp(inputs=[node])
    nuke.delete(node)
    assert after.input(0) is None
    for late in (node.name, knob.value, lambda: node["label"], lambda: nuke.delete(node)):
        with pytest.raises(ValueError, match="not attached"):
            late()


def test_create_node_connects_selects_and_opens(host):
    import nuke

    plate = nuke.createNode("Constant", "color 0.5")
    assert plate.isSelected() and plate.shown()
    grade = nuke.createNode("Grade", "multiply 2", inpanel=False)
    assert grade.input(0) == plate and nuke.selectedNodes() == [grade] and not grade.shown()
    assert host.sample(grade, "red", 0, 0) == 1.0
    grade.setSelected(False)
    with pytest.raises(ValueError):
        nuke.selectedNode()
    with pytest.raises(RuntimeError, match="Unknown command"):
        nuke.createNode("HiFINothing")
    with pytest.raises(NameError):
        nuke.nodes.Grade(nothing=1)


def test_create_node_is_not_for_terminal_mode():
    with session("-t"):
        import nuke

        with pytest.raises(RuntimeError, match="Invalid function call in non-gui mode"):
            nuke.createNode("Grade")
        assert nuke.nodes.Grade().name() == "Grade1"


def test_creation_is_heard(host):
    import nuke

    heard = []
    nuke.addOnCreate(lambda: heard.append(nuke.thisNode().name()), nodeClass="Grade")
    nuke.addOnUserCreate(lambda: heard.append("user"))
    nuke.nodes.Grade()
    nuke.createNode("Grade")
    nuke.nodes.NoOp()
    assert heard == ["Grade1", "user", "Grade2"]


@pytest.mark.parametrize(("how", "closed"), [("always", ["speed"]), ("panel", [])])
def test_knob_changed_in_both_documented_ways(how, closed):
    with session(knob_changed=how) as host:
        import nuke

        node = nuke.nodes.NoOp()
        node.addKnob(nuke.Double_Knob("speed"))
        heard = []
        nuke.addKnobChanged(lambda: heard.append(nuke.thisKnob().name()), node=node)
        node["speed"].setValue(0.5)
        assert heard == closed
        host.turn("NoOp1", "speed", 0.25)
        assert heard == [*closed, "showPanel", "speed"]
        assert node["speed"].value() == 0.25


def test_knob_changed_text_and_no_recursion(host):
    import nuke

    node = nuke.nodes.NoOp()
    node.addKnob(nuke.Int_Knob("count"))
    node["knobChanged"].setValue(
        "k = nuke.thisNode()['count']\nif nuke.thisKnob().name() != 'showPanel':\n"
        "    k.setValue(k.value() + 1)"
    )
    node["count"].setValue(0)
    node["label"].setValue("x")
    assert node["count"].value() == 2


def test_a_new_input_is_heard_as_input_change(host):
    import nuke

    heard = []
    node = nuke.nodes.Grade()
    nuke.addKnobChanged(lambda: heard.append(nuke.thisKnob().name()), nodeClass="Grade")
    node.setInput(0, nuke.nodes.Constant())
    assert heard == ["inputChange"]


def test_an_error_in_a_callback_is_shown_and_goes_no_further(host, capsys):
    import nuke

    nuke.addOnCreate(lambda: 1 / 0, nodeClass="Grade")
    assert nuke.nodes.Grade().name() == "Grade1"
    assert host.shown.errors == ["ZeroDivisionError: division by zero"]


def test_knob_defaults(host):
    import nuke

    nuke.knobDefault("Grade.multiply", "3")
    assert nuke.nodes.Grade()["multiply"].getValue(0) == 3


def test_undo_is_a_context(host):
    import nuke

    with nuke.Undo("Render"):
        nuke.nodes.NoOp()
    nuke.Undo.begin("Bake")
    nuke.Undo.end()


def test_fps_is_whole_frames(host):
    import nuke

    nuke.root()["fps"].setValue(23.976)
    assert nuke.root().fps() == 23 and nuke.root().realFps() == 23.976


def test_frame_ranges(host):
    import nuke

    ranges = nuke.FrameRanges("1-10x3 20")
    assert list(ranges) == ranges.toFrameList() == [1, 4, 7, 10, 20]
    with pytest.raises(RuntimeError):
        nuke.FrameRanges("one to ten")


def test_undo_that_stays_off_fails_the_test():
    with pytest.raises(AssertionError, match="without enable"), session():
        import nuke

        nuke.Undo.disable()


def test_expressions_are_dependencies_too(host):
    import nuke

    other, node = nuke.nodes.NoOp(name="Driver"), nuke.nodes.Grade()
    node["mix"].setExpression("Driver.disable + root.first_frame * 0")
    assert node.dependencies(nuke.INPUTS) == []
    assert node.dependencies(nuke.EXPRESSIONS) == [other, nuke.root()]


def test_queued_calls_run_in_the_root(host):
    import nuke

    made = []
    with nuke.nodes.Group():
        nuke.executeInMainThread(lambda: made.append(nuke.nodes.NoOp().fullName()))
        host.pump()
    assert made == ["NoOp1"]


class Custom:
    def __init__(self):
        self.made = 0

    def makeUI(self):
        self.made += 1


def test_a_custom_knob_is_evaluated_when_the_panel_opens(host):
    import nuke

    nuke.__dict__["_custom"] = Custom
    node = nuke.nodes.NoOp()
    node.addKnob(nuke.PyCustom_Knob("view", "", "nuke._custom()"))
    assert node["view"].getObject() is None
    node.showControlPanel()
    assert isinstance(node["view"].getObject(), Custom)


def test_a_custom_knob_without_a_widget_is_refused():
    with session(expect_refusals=True):
        import nuke

        node = nuke.nodes.NoOp()
        node.addKnob(nuke.PyCustom_Knob("view", "", "object()"))
        with pytest.raises(Refused, match="makeUI"):
            node.showControlPanel()


def test_a_render_is_not_started_by_knob_changed(host):
    import nuke

    node = nuke.nodes.Write()
    nuke.addKnobChanged(lambda: nuke.execute(node, 1, 1), nodeClass="Write")
    node["label"].setValue("x")
    assert host.shown.errors == ["RuntimeError: I'm already executing something else"]
