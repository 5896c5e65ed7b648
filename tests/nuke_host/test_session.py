"""Start-up, menus, versions; and that nothing is left behind."""

import builtins
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.nuke_host import Refused, session, stubs

ROOT = Path(__file__).parents[2]


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder


SAY = "import nuke, sys; sys.said = getattr(sys, 'said', []) + [__file__.split('/')[-2:]]"


@pytest.fixture
def said():
    sys.said = []
    yield lambda: ["/".join(entry) for entry in sys.said]
    del sys.said


def test_start_up_files_run_in_reverse_order_and_menus_after(tmp_path, said):
    home, one, two = (write(tmp_path / n, init=SAY, menu=SAY) for n in ("home", "one", "two"))
    with session(plugins_from=[one, two], home=home):
        import nuke

        assert nuke.pluginPath() == [str(home), str(one), str(two)]
    order = ["two", "one", "home"]
    assert said() == [f"{n}/init.py" for n in order] + [f"{n}/menu.py" for n in order]


@pytest.mark.parametrize("mode", ["-t", "-x"])
def test_no_menus_in_terminal_mode(tmp_path, said, mode):
    folder = write(tmp_path / "one", init=SAY, menu=SAY)
    with session(mode, plugins_from=[folder]):
        import nuke

        assert not nuke.GUI and not nuke.env["gui"]
        with pytest.raises(RuntimeError, match="non-gui"):
            nuke.menu("Nodes")
    assert said() == ["one/init.py"]


def test_plugin_add_path_runs_the_other_init(tmp_path, said):
    write(tmp_path / "one" / "deep", init=SAY, menu=SAY, deep_module="value = 5")
    folder = write(tmp_path / "one", init=SAY + "\nnuke.pluginAddPath('deep')\nimport deep_module")
    with session(plugins_from=[folder]):
        import nuke

        assert nuke.pluginPath() == [f"{folder}/deep", str(folder)]
        assert sys.modules["deep_module"].value == 5
    assert said() == ["one/init.py", "deep/init.py", "deep/menu.py"]
    assert "deep_module" not in sys.modules


def test_menus_and_tab(tmp_path):
    menu = (
        "import nuke\n"
        "m = nuke.menu('Nodes').addMenu('Time', icon='Time.png')\n"
        "m.addCommand('Twice', \"nuke.createNode('Grade')\", 'ctrl+t', icon='a.png')\n"
        "nuke.menu('Nuke').addCommand('HiFI/About', lambda: nuke.message('about'))\n"
        "nuke.toolbar('Nodes').addMenu('HiFI').addSeparator()\n"
    )
    with session(plugins_from=[write(tmp_path / "one", menu=menu)]) as host:
        host.tab("Twice")
        assert host.core("Grade1").selected
        assert host.menu("Nodes", "Time/Twice").shortcut() == "ctrl+t"
        host.menu("Nuke", "HiFI/About").invoke()
        assert host.shown.messages == ["about"]
        with pytest.raises(AssertionError):
            host.tab("Thrice")


def test_panels_are_registered_by_the_text_of_a_class(tmp_path):
    with session() as host:
        import nuke
        import nukescripts

        call = nukescripts.panels.registerWidgetAsPanel
        assert call("hifi.Panel", "HiFI", "uk.hifi.panel") is None
        call("hifi.Panel", "HiFI", "id2", create=True).addToPane(nuke.getPaneFor("Properties.1"))
        assert host.shown.panels == ["HiFI"]
        with pytest.raises(TypeError):
            call(object, "HiFI", "id3")


def test_nukescripts_is_what_the_facts_say():
    with session(expect_refusals=True):
        import nukescripts

        with pytest.raises(Refused):
            nukescripts.showExecuteDialog([])


@pytest.mark.parametrize(
    ("version", "there", "gone"),
    [
        ("14.0", "PySide2", "PySide6"),
        ("15.1", "PySide2", "PySide6"),
        ("16.0", "PySide6", "PySide2"),
    ],
)
def test_versions_and_their_qt(version, there, gone):
    with session(version=version):
        import nuke

        major = int(version.split(".")[0])
        assert major == nuke.NUKE_VERSION_MAJOR == nuke.env["NukeVersionMajor"]
        assert nuke.NUKE_VERSION_STRING.startswith(version)
        with pytest.raises(ImportError):
            __import__(gone)
        with pytest.raises(ImportError):
            __import__(f"{gone}.QtWidgets", fromlist=["QtWidgets"])


def test_terminal_arguments(monkeypatch):
    with session("-t", args=["render.py", "a.nk"]):
        import nuke

        assert sys.argv == ["render.py", "a.nk"] and nuke.rawArgs[1:] == ["-t", "render.py", "a.nk"]
    assert sys.argv != ["render.py", "a.nk"]


def test_everything_is_put_back(tmp_path):
    before = (dict(sys.modules), list(sys.path), list(sys.argv), builtins.__import__)
    folder = write(tmp_path / "one", init="import own_module", own_module="")
    with session(plugins_from=[folder]):
        assert "own_module" in sys.modules and str(folder) in sys.path
    assert "nuke" not in sys.modules and "own_module" not in sys.modules
    assert (list(sys.path), list(sys.argv), builtins.__import__) == before[1:]
    assert all(sys.modules[name] is module for name, module in before[0].items())


def test_sessions_are_fresh():
    for _ in range(2):
        with session():
            import nuke

            assert nuke.nodes.NoOp().name() == "NoOp1"


def interpreters():
    folder = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [path / "bin" / "python" for path in sorted(folder.glob("3.*"))]
    return [path for path in found if int(path.parts[-3].split(".")[1]) >= 9 and path.exists()]


@pytest.mark.parametrize("python", interpreters(), ids=lambda path: path.parts[-3])
def test_a_bare_interpreter_can_run_it(python, tmp_path):
    code = (
        "import sys\n"
        "from tests.nuke_host import session\n"
        "with session('gui') as host:\n"
        "    import nuke\n"
        "    node = nuke.nodes.Group(name='A1')\n"
        "    node.addKnob(nuke.Double_Knob('speed', 'Speed'))\n"
        "    nuke.scriptSaveAs(sys.argv[1])\n"
        "    nuke.scriptOpen(sys.argv[1])\n"
        "    assert nuke.toNode('A1')['speed'].value() == 0\n"
        "    assert 'numpy' not in sys.modules\n"
    )
    environment = {**os.environ, "NUKE_STUBS": str(stubs.folder()), "PYTHONPATH": str(ROOT)}
    command = [str(python), "-S", "-c", code, f"{tmp_path.as_posix()}/a.nk"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
