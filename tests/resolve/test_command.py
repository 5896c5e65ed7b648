"""`hifi-ofx resolve`: from outside, where the script library is, and who does not answer."""

import shutil
import sys
from pathlib import Path

import pytest
from hifi_resolve import connect, engine
from hifi_resolve.answers import ResolveError

from hifi_ofx.cli import main
from hifi_ofx.commands import resolve as command
from hifi_ofx.errors import InvalidSetting
from tests.resolve.conftest import copying
from tests.resolve_host.build import edit

LIBRARY = """
import sys
class Script:
    @staticmethod
    def scriptapp(name):
        return sys.modules["tests.resolve.test_command"].HOSTS[-1].scriptapp(name)
sys.modules[__name__] = Script  # as the real one replaces itself by fusionscript
"""
HOSTS = []


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Blackmagic's module in the folder that the environment names."""
    modules = tmp_path / "Scripting" / "Modules"
    modules.mkdir(parents=True)
    (modules / "DaVinciResolveScript.py").write_text(LIBRARY)
    monkeypatch.setenv("RESOLVE_SCRIPT_API", str(modules.parent))
    monkeypatch.delenv("RESOLVE_SCRIPT_LIB", raising=False)
    monkeypatch.delitem(sys.modules, connect.MODULE, raising=False)
    yield
    sys.modules.pop(connect.MODULE, None)
    HOSTS.clear()


@pytest.fixture
def engine_copies(monkeypatch):
    seen = []

    def copies(request, show):
        seen.append(request)
        return copying(request, show)

    monkeypatch.setattr(engine, "without_window", copies)
    monkeypatch.setattr(engine, "in_panel", lambda request, show: pytest.fail("a panel opened"))
    return seen


def test_a_clip_is_slowed_from_the_shell(tmp_path, library, engine_copies, capsys):
    host, item = edit(tmp_path)
    HOSTS.append(host)
    words = ["--speed", "25%", "--no-panel", "--folder", str(tmp_path / "out"), "--steps", "3"]
    before = list(sys.path)
    assert main(["resolve", *words, "--handles", "4", "--no-grade"]) == 0
    placed = host.project.timelines[0].video[1].items[0]
    assert (placed.start, placed.duration, placed.grade) == (item.start, 16, "")
    assert engine_copies[0].quality.steps == 3
    out = capsys.readouterr().out
    assert "4 frames became 16" in out
    assert "frames: " in out
    assert sys.path == before


def test_the_free_edition_does_not_answer(tmp_path, library, capsys):
    HOSTS.append(edit(tmp_path, edition="free", version=(20, 3))[0])
    assert main(["resolve", "--no-panel"]) == 1
    said = capsys.readouterr().err
    assert "does not answer a script from outside" in said
    assert "Workspace ▸ Scripts" in said
    assert "External scripting" in said


def test_without_resolve(tmp_path, monkeypatch):
    monkeypatch.setattr(connect, "places", lambda *_: [(tmp_path / "a", tmp_path / "b")])
    with pytest.raises(ResolveError, match="script library is not in"):
        connect.connect()


def test_a_library_that_cannot_be_loaded(tmp_path, library):
    broken = "raise ImportError('Could not locate module dependencies')"
    (tmp_path / "Scripting" / "Modules" / "DaVinciResolveScript.py").write_text(broken)
    with pytest.raises(ResolveError, match="cannot be loaded"):
        connect.connect()


def test_the_documented_places():
    mac = connect.places("darwin", {})
    assert mac[0][1].name == "fusionscript.so"
    assert "DaVinci Resolve.app/Contents/Libraries/Fusion" in str(mac[0][1])
    linux = connect.places("linux", {})
    assert [str(api) for api, _ in linux] == [
        "/opt/resolve/Developer/Scripting",
        "/home/resolve/Developer/Scripting",
    ]
    given = connect.places("linux", {"RESOLVE_SCRIPT_API": "/x", "RESOLVE_SCRIPT_LIB": "/y.so"})
    assert given[0] == (Path("/x"), Path("/y.so"))
    windows = connect.places("win32", {"PROGRAMDATA": "D:\\Data"})
    assert str(windows[0][0]).startswith("D:\\Data")


def test_settings_are_checked_before_resolve_is_asked(capsys):
    assert main(["resolve", "--handles", "0"]) == InvalidSetting.exit_code
    assert "Handles is 0; it must be 1 to 100." in capsys.readouterr().err
    assert main(["resolve", "--speed", "0"]) == InvalidSetting.exit_code


def test_an_installation_without_the_scripts(tmp_path, monkeypatch, capsys):
    # The copy of the package in a host's folder has no files for hosts.
    monkeypatch.setattr(command, "host_folder", lambda host: tmp_path / host)
    loaded = {name: sys.modules[name] for name in sys.modules if name.startswith("hifi_resolve")}
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    assert main(["resolve"]) == 1
    assert "Install hifi-ofx again" in capsys.readouterr().err


def test_the_scripts_are_found_without_being_on_the_path(monkeypatch, tmp_path):
    copy = tmp_path / "resolve"
    shutil.copytree(Path(connect.__file__).parent, copy / "hifi_resolve")
    monkeypatch.setattr(command, "host_folder", lambda host: tmp_path / host)
    for name in [name for name in sys.modules if name.startswith("hifi_resolve")]:
        monkeypatch.delitem(sys.modules, name)
    found = command.scripts("wishes")
    assert Path(found.__file__) == copy / "hifi_resolve" / "wishes.py"
    for name in [name for name in sys.modules if name.startswith("hifi_resolve")]:
        monkeypatch.delitem(sys.modules, name)
