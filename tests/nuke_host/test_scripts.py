"""Scripts: saved by one Nuke, opened by another that may lack the plug-in."""

import os
import sys

import pytest

from tests.nuke_host import session, tcl

GIZMO = """#! Nuke
version 14.0 v1
Gizmo {
 addUserKnob {20 User l "My Gizmo"}
 addUserKnob {7 gain l Gain t "how \\"much\\"" R 0 4}
 gain 2
 addUserKnob {22 go l Go T "import sys\\nnuke.thisNode()\\['gain'].setValue(3)"}
}
 Input {
  inputs 0
  name Input1
 }
 Grade {
  multiply {{parent.gain}}
  name Grade1
 }
 Output {
  name Output1
 }
end_group
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "plugin").mkdir()
    (tmp_path / "plugin" / "Twice.gizmo").write_text(GIZMO)
    return tmp_path / "plugin"


def build(nuke):
    plate = nuke.nodes.Constant(format="square_256", color=0.25)
    group = nuke.nodes.Group(name="Retime1")
    for knob in (
        nuke.Tab_Knob("hifi", "HiFI"),
        nuke.Double_Knob("speed", "Speed"),
        nuke.Enumeration_Knob("preset", "Preset", ["draft", "very fine"]),
        nuke.File_Knob("cache", "Cache"),
        nuke.String_Knob("note", "Note"),
        nuke.Boolean_Knob("overwrite", "Overwrite"),
        nuke.PyScript_Knob("go", "Go", 'import hifi_missing\nprint("[x] $y {z}")'),
        nuke.Text_Knob("status", "Status", "nothing yet"),
        nuke.Int_Knob("private"),
        nuke.BeginTabGroup_Knob("more"),
        nuke.EndTabGroup_Knob("more_end"),
    ):
        group.addKnob(knob)
    group["speed"].setRange(0, 4)
    group["speed"].setTooltip('a "quoted" [tip]\nin two lines')
    group["speed"].setAnimated()
    group["speed"].setValueAt(1, 1)
    group["speed"].setValueAt(0.5, 10.5)
    group["preset"].setValue("very fine")
    group["cache"].setValue("[python {nuke.script_directory()}]/cache")
    group["note"].setValue('back\\slash "quotes" {braces} $dollar')
    group["overwrite"].setValue(True)
    group["private"].setFlag(nuke.DO_NOT_WRITE)
    group["private"].setValue(7)
    group["preset"].clearFlag(nuke.STARTLINE)
    with group:
        source = nuke.nodes.Input(name="Input1")
        inner = nuke.nodes.Grade(name="Gain", inputs=[source], multiply=2)
        inner["mix"].setExpression("parent.overwrite ? 1 : 0.5")
        with nuke.nodes.Group(name="Inner1"):
            nuke.nodes.Output(inputs=[nuke.nodes.Input(name="Input1")])
        nuke.toNode("Inner1").setInput(0, inner)
        nuke.nodes.Output(inputs=[nuke.toNode("Inner1")])
    group.setInput(0, plate)
    return group


def check(nuke, host):
    group = nuke.toNode("Retime1")
    assert list(group.knobs())[-11:-1] == [
        *(
            "hifi",
            "speed",
            "preset",
            "cache",
            "note",
            "overwrite",
            "go",
            "status",
            "private",
            "more",
        ),
    ]
    speed = group["speed"]
    assert speed.getKeyList() == [1, 10.5] and speed.getIntegral(1, 10.5) == 9.5 * 0.75
    assert speed.tooltip() == 'a "quoted" [tip]\nin two lines' and speed.max() == 4
    assert group["preset"].value() == "very fine"
    assert group["preset"].values() == ["draft", "very fine"]
    assert group["preset"].getFlag(nuke.STARTLINE) is False
    assert group["cache"].value() == "[python {nuke.script_directory()}]/cache"
    assert group["note"].getText() == 'back\\slash "quotes" {braces} $dollar'
    assert group["overwrite"].value() is True and group["private"].value() == 0
    assert group["go"].value() == 'import hifi_missing\nprint("[x] $y {z}")'
    assert group["status"].value() == "nothing yet"
    assert group.input(0).Class() == "Constant"
    assert nuke.toNode("Retime1.Inner1").input(0).name() == "Gain"
    assert host.sample(group, "red", 0, 0) == 0.5


def test_a_script_is_opened_by_a_nuke_without_the_plug_in(tmp_path):
    path = f"{tmp_path.as_posix()}/shot.nk"
    with session():
        import nuke

        build(nuke)
        nuke.root()["first_frame"].setValue(1001)
        nuke.scriptSaveAs(path)
        assert nuke.scriptName() == path and nuke.script_directory() == tmp_path.as_posix()
    with session("-t") as host:
        import nuke

        nuke.scriptOpen(path)
        assert nuke.root()["first_frame"].value() == 1001
        check(nuke, host)
        with pytest.raises(ModuleNotFoundError):
            host.press("Retime1", "go")


def test_copy_and_paste_keep_everything():
    with session() as host:
        import nuke

        build(nuke)
        host.select("Retime1", "Constant1")
        nuke.nodeCopy("%clipboard%")
        nuke.scriptClear()
        assert nuke.allNodes() == []
        pasted = nuke.nodePaste("%clipboard%")
        assert pasted.name() == "Retime1" and pasted.isSelected()
        check(nuke, host)
        assert nuke.nodePaste("%clipboard%").name() == "Retime2"


def test_saving_and_loading_are_heard(tmp_path):
    path, heard = f"{tmp_path.as_posix()}/a.nk", []
    with session():
        import nuke

        nuke.addOnScriptSave(heard.append, ("save",))
        nuke.addOnScriptLoad(lambda: heard.append(nuke.root().name()))
        nuke.addOnCreate(lambda: heard.append(nuke.thisNode().name()), nodeClass="Grade")
        nuke.nodes.Grade()
        assert nuke.modified()
        nuke.scriptSaveAs(path)
        assert not nuke.modified()
        nuke.scriptOpen(path)
        assert heard == ["Grade1", "save", "Grade1", path]


def test_a_gizmo_is_found_used_and_saved_as_a_reference(folder, tmp_path):
    path = f"{tmp_path.as_posix()}/g.nk"
    with session(plugins_from=[folder]) as host:
        import nuke

        plate = nuke.nodes.Constant(format="square_256", color=0.25)
        node = nuke.nodes.Twice(inputs=[plate])
        assert node.Class() == "Twice" and isinstance(node, nuke.Gizmo)
        assert node["gain"].tooltip() == 'how "much"'
        assert host.sample(node, "red", 0, 0) == 0.5
        host.press(node, "go")
        assert host.sample(node, "red", 0, 0) == 0.75
        nuke.scriptSaveAs(path)
    assert "Grade" not in (tmp_path / "g.nk").read_text()
    with session() as host:
        import nuke

        nuke.scriptOpen(path)
        assert host.shown.errors == ["Twice: Unknown command"] and len(nuke.allNodes()) == 1
    with session("-x") as host:
        assert host.render_script(path) == 1


def test_dash_x_renders_all_writes_with_their_callbacks(tmp_path, monkeypatch):
    pytest.importorskip("OpenImageIO")
    path = f"{tmp_path.as_posix()}/x.nk"
    monkeypatch.setattr(sys, "said", [], raising=False)
    with session():
        import nuke

        plate = nuke.nodes.Constant(format="square_256", color=0.25)
        for name in ("one", "two"):
            write = nuke.nodes.Write(file=f"{tmp_path.as_posix()}/{name}.%02d.exr", inputs=[plate])
            write["file_type"].setValue("exr")
            write["beforeFrameRender"].setValue(
                "import sys\nsys.said += [nuke.thisNode().name(), nuke.frame()]"
            )
        write["disable"].setValue(True)
        nuke.scriptSaveAs(path)
    with session("-x") as host:
        assert host.render_script(path, "3-4") == 0
    assert sorted(name for name in os.listdir(tmp_path) if ".exr" in name) == [
        *("one.03.exr", "one.04.exr"),
    ]
    assert sys.said == ["Write1", 3, "Write1", 4]


def test_dash_x_reports_a_failed_render(tmp_path):
    path = f"{tmp_path.as_posix()}/x.nk"
    with session():
        import nuke

        read = nuke.nodes.Read(file="/nowhere/a.exr")
        write = nuke.nodes.Write(file=f"{tmp_path.as_posix()}/a.exr", inputs=[read])
        write["file_type"].setValue("exr")
        nuke.scriptSaveAs(path)
    with session("-x") as host:
        assert host.render_script(path, "1") == 1
        assert "Read error: No such file or directory" in host.shown.errors[-1]


def test_tcl_makes_and_turns_without_python_objects():
    with session(indie=True) as host:
        import nuke

        for _ in range(20):
            nuke.tcl("Grade {multiply 2}")
        nuke.tcl("knob Grade20.multiply 3")
        assert nuke.tcl("value Grade20.multiply") == "3"
        assert len(host.host.wrappers) == 0


def test_indie_gives_ten_nodes_to_python():
    with pytest.raises(AssertionError, match="Indie: 10 nodes"), session(indie=True):
        import nuke

        assert nuke.env["indie"] and nuke.env["studio"]
        for _ in range(11):
            nuke.nodes.NoOp()


@pytest.mark.parametrize(
    "text", ["plain", "two words", 'a"b', "[x]", "{", "}", "a\\b", "$x", "a\nb", ""]
)
def test_every_text_reads_back(text):
    assert tcl.words(tcl.quoted(text)) == [tcl.Word(text)]
    assert tcl.words(tcl.words("{" + tcl.quoted(text) + "}")[0].text) == [tcl.Word(text)]


@pytest.mark.parametrize("when", ["late", "early"])
def test_a_group_hears_of_its_creation_before_or_after_its_nodes(tmp_path, when):
    path = f"{tmp_path.as_posix()}/a.nk"
    with session(on_create=when):
        import nuke

        with nuke.nodes.Group(name="Group1"):
            nuke.nodes.NoOp()
        nuke.scriptSaveAs(path)
        heard = []
        nuke.addOnCreate(lambda: heard.append(nuke.thisNode().numNodes()), nodeClass="Group")
        nuke.scriptOpen(path)
        assert heard == [1 if when == "late" else 0]


def test_views_and_disabled_knobs_are_saved(tmp_path):
    path = f"{tmp_path.as_posix()}/a.nk"
    with session() as host:
        import nuke

        host.set_views("left", "right")
        node = nuke.nodes.NoOp()
        node.addKnob(nuke.Int_Knob("n"))
        node["n"].setEnabled(False)
        nuke.scriptSaveAs(path)
        with pytest.raises(AssertionError, match="nobody expected"):
            nuke.scriptSaveAs(path)
        host.refusals.clear()
        nuke.scriptSaveAs(path, overwrite=1)
    with session("-t"):
        import nuke

        assert nuke.views() == ["main"]
        nuke.scriptOpen(path)
        assert nuke.views() == ["left", "right"] and nuke.thisView() == "left"
        assert not nuke.toNode("NoOp1")["n"].enabled()
        nuke.toNode("NoOp1")["n"].setEnabled(True)
        assert nuke.toNode("NoOp1")["n"].enabled()
        with pytest.raises(RuntimeError, match="exists"):
            nuke.scriptSaveAs(path)
        nuke.scriptClear()
        assert nuke.views() == ["main"]


def test_dash_x_stops_at_a_broken_expression_where_dash_t_goes_on(tmp_path):
    path = f"{tmp_path.as_posix()}/a.nk"
    with session():
        import nuke

        nuke.nodes.Grade()["mix"].setExpression("Nothing1.there")
        nuke.scriptSaveAs(path)
    with session("-t"):
        import nuke

        nuke.scriptOpen(path)
    with session("-x") as host:
        assert host.render_script(path) == 1
        assert "nothing named" in host.shown.errors[-1]


def test_the_command_line_is_known_to_scripts(tmp_path):
    path, heard = f"{tmp_path.as_posix()}/a.nk", []
    with session():
        import nuke

        nuke.scriptSaveAs(path)
    with session("-x") as host:
        import nuke

        nuke.addOnScriptLoad(lambda: heard.append((nuke.rawArgs[1:], nuke.tcl("frames all"))))
        assert host.render_script(path, "1-10x2") == 1
        assert heard == [(["-x", "-F", "1-10x2", path], "1-10x2")]
        assert "no active Write" in host.shown.errors[-1]


def test_duplicating_keeps_inputs_inside_and_the_clipboard():
    with session() as host:
        import nuke

        build(nuke)
        host.select("Retime1")
        nuke.duplicateSelectedNodes()
        copy = nuke.selectedNode()
        assert copy.name() == "Retime2" and copy.node("Inner1").input(0).name() == "Gain"
        assert nuke.nodesSelected() and host.host.clipboard == ""
