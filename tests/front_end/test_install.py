"""Installing into hosts: whole or not at all, again and again, and gone without a trace."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hifi_ofx import cli, install
from hifi_ofx.errors import HifiError, InvalidSetting, OutputError
from hifi_ofx.install import copying, nuke, ofx, resolve

PACKAGE = Path(install.__file__).parents[1]


def tree(folder):
    """Every file below a folder with its content, and every folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(autouse=True)
def no_home(tmp_path, monkeypatch):
    """Nothing of a test may reach the user's own folders."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("APPDATA", "NUKE_PATH", "OFX_PLUGIN_PATH", "HIFI_ENGINE_PYTHON"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def shims(tmp_path, monkeypatch):
    """Stand-ins for the hosts' shims, and for the bundle that the build makes."""
    stock = tmp_path / "stock"
    files = {
        "nuke/init.py": "started = True\n",
        "nuke/menu.py": "",
        "nuke/hifi_nuke/__init__.py": "",
        "nuke/hifi_nuke/__pycache__/old.pyc": "",
        "resolve/HiFI Slow Motion.py": "said = (resolve, __file__)\nheard.append(said)\n",
        "resolve/hifi_resolve/__init__.py": "",
        "built/HiFI.ofx.bundle/Contents/Linux-x86-64/HiFI.ofx": "binary",
        "built/HiFI.ofx.bundle/Contents/Info.plist": "plist",
    }
    for name, text in files.items():
        (stock / name).parent.mkdir(parents=True, exist_ok=True)
        (stock / name).write_text(text)
    folders = {host: stock / host for host in ("nuke", "resolve")}
    monkeypatch.setattr(copying, "host_folder", folders.__getitem__)
    monkeypatch.setattr(resolve, "host_folder", folders.__getitem__)
    monkeypatch.setattr(ofx, "built_bundle", lambda: stock / "built" / ofx.NAME)
    return stock


@pytest.fixture
def folder(tmp_path):
    """The host's folder, with things of other people in it."""
    host = tmp_path / "studio" / "Scripts"
    host.mkdir(parents=True)
    (host / "theirs.py").write_text("theirs\n")
    return host


def run(*words):
    return cli.main(["install", *map(str, words)])


@pytest.mark.parametrize("host", install.HOSTS)
def test_what_was_installed_is_removed_without_a_trace(host, shims, folder, capsys):
    before = tree(folder.parent)
    assert run(host, "--dir", folder) == 0
    assert tree(folder.parent) != before
    assert run(host, "--dir", folder, "--remove") == 0
    assert tree(folder.parent) == before
    assert "removed" in capsys.readouterr().out


@pytest.mark.parametrize("host", install.HOSTS)
def test_removing_what_is_not_there_says_so_and_touches_nothing(host, shims, folder, capsys):
    before = tree(folder)
    assert run(host, "--dir", folder, "--remove") == 0
    assert tree(folder) == before
    assert f"nothing of hifi-ofx is in {folder}" in capsys.readouterr().out


@pytest.mark.parametrize("host", install.HOSTS)
def test_installing_again_changes_nothing(host, shims, folder):
    run(host, "--dir", folder)
    once = tree(folder.parent)
    run(host, "--dir", folder)
    assert tree(folder.parent) == once


@pytest.mark.parametrize("host", install.HOSTS)
def test_an_upgrade_leaves_nothing_of_the_version_before(host, shims, folder, capsys):
    old = {"nuke": "nuke/old.py", "resolve": "resolve/Old.py", "ofx": f"built/{ofx.NAME}/old"}[host]
    (shims / old).write_text("old")
    run(host, "--dir", folder)
    assert any("old" in name.lower() for name in tree(folder.parent))
    (shims / old).unlink()
    run(host, "--dir", folder)
    assert not any(Path(name).stem.lower() == "old" for name in tree(folder.parent))


def test_a_host_gets_the_front_end_and_nothing_else(shims, folder):
    run("nuke", "--dir", folder)
    names = {Path(name) for name in tree(folder / "hifi-ofx")}
    assert Path("hifi_ofx/engine_process.py") in names
    assert Path("hifi_ofx/install/nuke.py") in names
    assert Path("init.py") in names
    for name in names:
        assert name.suffix not in {".pyc", ".cpp", ".h", ".so"}
        assert not {"__pycache__", "engine", "tests", "_hosts"} & set(name.parts)


def test_what_a_host_never_loads_stays_behind(tmp_path):
    for name in ("a.py", "ofx/plugin.cpp", "_hosts/nuke/init.py", "__pycache__/a.pyc", "sub/b.py"):
        (tmp_path / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / name).touch()
    (tmp_path / "from" / "engine_python.txt").touch()
    copying.copy_tree(tmp_path / "from", tmp_path / "to")
    assert set(tree(tmp_path / "to")) == {"a.py", "sub", "sub/b.py"}


def test_the_engine_s_python_is_written_down_where_the_front_end_reads_it(shims, folder):
    run("nuke", "--dir", folder)
    record = folder / "hifi-ofx" / "hifi_ofx" / "engine_python.txt"
    assert record.read_text().splitlines() == [os.path.abspath(sys.executable)]
    run("ofx", "--dir", folder)
    record = folder / "HiFI.ofx.bundle" / "Contents" / "Resources" / "engine_python.txt"
    assert record.read_text().splitlines()[0] == os.path.abspath(sys.executable)


def test_an_installed_front_end_finds_its_engine_without_the_checkout(shims, folder):
    run("nuke", "--dir", folder)
    script = (
        "import sys; sys.executable = '/usr/local/Nuke15.1/Nuke15.1'\n"
        f"sys.path.insert(0, {str(folder / 'hifi-ofx')!r})\n"
        "from hifi_ofx.engine_process import engine_python\n"
        "print(engine_python())"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-S", "-c", script]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    assert done.stdout.strip() == os.path.abspath(sys.executable), done.stderr


def test_list_shows_what_is_where(shims, folder, capsys):
    run("nuke", "--dir", folder)
    capsys.readouterr()
    run("--list", "--dir", folder)
    nuke_line, ofx_line, resolve_line = capsys.readouterr().out.splitlines()
    assert str(folder / "hifi-ofx") in nuke_line
    assert sys.executable in nuke_line
    assert "not installed" in ofx_line
    assert "not installed" in resolve_line


def test_list_finds_what_the_hosts_paths_name(shims, folder, monkeypatch, capsys):
    run("nuke", "--dir", folder)
    run("ofx", "--dir", folder)
    monkeypatch.setenv("NUKE_PATH", f"/nowhere{os.pathsep}{folder}")
    monkeypatch.setenv("OFX_PLUGIN_PATH", str(folder))
    capsys.readouterr()
    run("--list")
    out = capsys.readouterr().out
    assert f"nuke: {folder / 'hifi-ofx'}" in out
    assert f"ofx: {folder / 'HiFI.ofx.bundle'}" in out


def test_a_host_must_be_named(capsys):
    assert run() == InvalidSetting.exit_code
    assert "nuke, ofx, resolve" in capsys.readouterr().err


@pytest.mark.parametrize("host", install.HOSTS)
def test_what_is_not_ours_is_not_replaced(host, shims, folder, capsys):
    place = {
        "nuke": folder / "hifi-ofx",
        "ofx": folder / "HiFI.ofx.bundle",
        "resolve": folder.parent / "hifi-ofx",
    }[host]
    place.mkdir()
    (place / "precious").write_text("theirs")
    before = tree(folder.parent)
    assert run(host, "--dir", folder) == InvalidSetting.exit_code
    assert str(place) in capsys.readouterr().err
    run(host, "--dir", folder, "--remove")
    assert tree(folder.parent) == before


@contextlib.contextmanager
def failing(monkeypatch, module, name, call, error):
    """Inside, the call-th call of a function raises."""
    real, calls = getattr(module, name), []

    def fail(*arguments, **named):
        calls.append(arguments)
        if len(calls) == call:
            raise error
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(module, name, fail)
        yield
    assert len(calls) >= call


@pytest.mark.parametrize("host", install.HOSTS)
@pytest.mark.parametrize("installed", [False, True], ids=["fresh", "upgrade"])
@pytest.mark.parametrize("what", ["copyfile", "rename", "second rename", "write_whole"])
def test_a_failure_leaves_everything_as_it_was(
    host, installed, what, shims, folder, monkeypatch, capsys
):
    if what == "write_whole" and (host == "ofx" or (host == "nuke" and installed)):
        pytest.skip("nothing is written after the folder is in place")
    if what == "second rename" and not installed:
        pytest.skip("a fresh folder is moved once")
    if installed:
        run(host, "--dir", folder)
    before = tree(folder.parent)
    error = PermissionError(13, "Permission denied")
    modules = {"nuke": nuke, "resolve": resolve}
    module, name, call = {
        "copyfile": (copying.shutil, "copyfile", 2),
        "rename": (copying.os, "rename", 1),
        "second rename": (copying.os, "rename", 2),
        "write_whole": (modules.get(host), "write_whole", 1 if host == "nuke" else 2),
    }[what]
    with failing(monkeypatch, module, name, call, error):
        assert run(host, "--dir", folder) == OutputError.exit_code
    assert tree(folder.parent) == before
    assert "Permission denied" in capsys.readouterr().err


def test_the_system_s_folder_names_the_ways_out(shims, folder, monkeypatch, capsys):
    monkeypatch.setattr(ofx, "default_folder", lambda: folder)
    error = PermissionError(13, "Permission denied")
    with failing(monkeypatch, copying.tempfile, "mkdtemp", 1, error):
        assert run("ofx") == OutputError.exit_code
    said = capsys.readouterr().err
    for word in ("sudo", sys.executable, "--dir", "OFX_PLUGIN_PATH"):
        assert word in said


# Nuke


class FakeNuke:
    """As much of the module `nuke` as an init.py needs."""

    def __init__(self, major):
        self.NUKE_VERSION_MAJOR = major
        self.paths = []

    def pluginAddPath(self, path, addToSysPath=True):
        self.paths.append(path)


@pytest.mark.parametrize(("major", "added"), [(13, False), (14, True), (17, True)])
def test_the_block_adds_the_folder_in_nukes_that_can_read_it(
    major, added, shims, folder, monkeypatch
):
    run("nuke", "--dir", folder)
    fake = FakeNuke(major)
    monkeypatch.setitem(sys.modules, "nuke", fake)
    init = folder / "init.py"
    exec(compile(init.read_text(), init, "exec"), {"__file__": str(init)})
    assert fake.paths == ([(folder / "hifi-ofx").as_posix()] if added else [])


NOT_OURS = st.binary(max_size=60).filter(lambda content: b"hifi-ofx" not in content)


@given(NOT_OURS)
def test_the_rest_of_an_init_py_survives_to_the_byte(content):
    init = Path("init.py")
    once = nuke.with_block(content, init)
    assert once != content
    assert nuke.with_block(once, init) == once
    assert nuke.without_block(once, init) == content
    assert once.startswith(content)


@given(NOT_OURS, NOT_OURS)
def test_what_a_user_adds_behind_the_block_survives(content, added):
    init = Path("init.py")
    more = nuke.with_block(content + b"\n", init) + added
    assert nuke.without_block(more, init) == content + b"\n" + added


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_the_block_takes_over_the_file_s_newlines(newline):
    content = nuke.with_block(b"import nuke" + newline, Path("init.py"))
    assert content.count(newline) == content.count(b"\n")


def test_half_a_block_is_left_to_the_user(shims, folder, capsys):
    run("nuke", "--dir", folder)
    init = folder / "init.py"
    torn = b"".join(init.read_bytes().splitlines(keepends=True)[:-1])
    init.write_bytes(torn)
    for words in ((), ("--remove",)):
        assert run("nuke", "--dir", folder, *words) == InvalidSetting.exit_code
        assert "by hand" in capsys.readouterr().err
    assert init.read_bytes() == torn


def test_a_linked_init_py_stays_a_link_and_keeps_its_mode(shims, folder):
    shared = folder.parent / "shared_init.py"
    shared.write_text("theirs = 1\n")
    shared.chmod(0o640)
    (folder / "init.py").symlink_to(shared)
    run("nuke", "--dir", folder)
    assert (folder / "init.py").is_symlink()
    assert shared.read_text().startswith("theirs = 1\n# >>> hifi-ofx")
    assert shared.stat().st_mode & 0o777 == 0o640
    run("nuke", "--dir", folder, "--remove")
    assert shared.read_text() == "theirs = 1\n"


@pytest.mark.parametrize("content", [None, "", "import nuke\n"])
def test_an_init_py_is_removed_only_where_it_was_made(content, shims, folder):
    init = folder / "init.py"
    if content is not None:
        init.write_text(content)
    for _ in range(2):
        run("nuke", "--dir", folder)
    run("nuke", "--dir", folder, "--remove")
    assert (init.read_text() if init.exists() else None) == content


def test_the_default_is_the_user_s_nuke_folder(no_home, shims):
    run("nuke")
    assert (no_home / ".nuke" / "hifi-ofx" / "hifi_ofx" / "__init__.py").is_file()
    assert nuke.default_folder() == no_home / ".nuke"


def test_windows_asks_home_first(monkeypatch):
    monkeypatch.setattr(nuke.sys, "platform", "win32")
    monkeypatch.setenv("USERPROFILE", "/users/me")
    monkeypatch.setenv("HOME", "/shared/home")
    assert nuke.default_folder() == Path("/shared/home/.nuke")
    monkeypatch.delenv("HOME")
    assert nuke.default_folder() == Path("/users/me/.nuke")


def test_nukes_are_found_by_their_programs(tmp_path):
    for name in (
        "Nuke15.1v3/Nuke15.1",
        "Nuke13.2v8/Nuke13.2",
        "Nuke16.0v1/Nuke16.0v1.app/Contents/MacOS/Nuke16.0",
        "Nuke14.0v1/NukeCrashFeedback",
        "NukeStuff/notes",
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    found = nuke.versions_in([tmp_path, tmp_path / "absent"])
    assert found == ["Nuke13.2v8", "Nuke15.1v3", "Nuke16.0v1"]


def test_nukes_that_were_found_and_what_to_do_are_said(shims, folder, monkeypatch, capsys):
    monkeypatch.setattr(nuke, "installed_versions", lambda: ["Nuke13.2v8", "Nuke15.1v3"])
    run("nuke", "--dir", folder)
    out = capsys.readouterr().out
    assert "Found Nuke13.2v8, Nuke15.1v3." in out
    assert "Nuke13.2v8 will not load it" in out
    assert "Tab" in out
    assert "HiFIRetime" in out


# Resolve


def test_menu_scripts_run_the_shim_with_resolve_s_names(shims, folder):
    run("resolve", "--dir", folder)
    real = folder.parent / "hifi-ofx" / "HiFI Slow Motion.py"
    for page in ("Edit", "Utility"):
        heard = []
        text = (folder / page / "HiFI Slow Motion.py").read_text()
        exec(text, {"resolve": "the application", "heard": heard})  # no __file__, as in Resolve
        assert heard == [("the application", str(real))]


def test_nothing_but_menu_scripts_lies_where_resolve_scans(shims, folder):
    run("resolve", "--dir", folder)
    assert {name for name, text in tree(folder).items() if text is not None} == {
        "theirs.py",
        "Edit/HiFI Slow Motion.py",
        "Utility/HiFI Slow Motion.py",
    }


def test_menu_folders_go_unless_somebody_uses_them(shims, folder):
    (folder / "Utility").mkdir()
    for _ in range(2):
        run("resolve", "--dir", folder)
    (folder / "Edit" / "mine.py").write_text("mine")
    run("resolve", "--dir", folder, "--remove")
    assert set(tree(folder)) == {"theirs.py", "Edit", "Edit/mine.py", "Utility"}


def test_a_script_of_somebody_else_is_neither_replaced_nor_removed(shims, folder, capsys):
    theirs = folder / "Edit" / "HiFI Slow Motion.py"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    assert run("resolve", "--dir", folder) == InvalidSetting.exit_code
    assert theirs.read_text() == "theirs"
    assert not (folder.parent / "hifi-ofx").exists()


@pytest.mark.parametrize(
    ("system", "folders"),
    [
        ("linux", [".local/share/DaVinciResolve/Fusion/Scripts"]),
        (
            "darwin",
            [
                "Library/Application Support/Blackmagic Design/DaVinci Resolve/Fusion/Scripts",
            ],
        ),
        (
            "win32",
            [
                "Blackmagic Design/DaVinci Resolve/Support/Fusion/Scripts",
                "Blackmagic Design/DaVinci Resolve/Fusion/Scripts",
            ],
        ),
    ],
)
def test_where_resolve_looks_for_scripts(system, folders, no_home, monkeypatch):
    monkeypatch.setattr(resolve.sys, "platform", system)
    monkeypatch.setenv("APPDATA", str(no_home))
    assert resolve.script_folders() == [no_home / name for name in folders]


# OpenFX


def test_a_bundle_arrives_whole(shims, folder):
    run("ofx", "--dir", folder)
    binary = folder / "HiFI.ofx.bundle" / "Contents" / "Linux-x86-64" / "HiFI.ofx"
    assert binary.read_text() == "binary"
    assert (folder / "HiFI.ofx.bundle" / "Contents" / "Info.plist").read_text() == "plist"


def test_a_plug_in_that_is_not_built_says_how_to_build_it(monkeypatch):
    module = type(sys)("hifi_ofx.ofx")
    monkeypatch.setitem(sys.modules, "hifi_ofx.ofx", module)
    with pytest.raises(InvalidSetting, match="CMake"):
        ofx.built_bundle()
    module.bundle_path = lambda: PACKAGE / "no.bundle"
    with pytest.raises(InvalidSetting, match="CMake"):
        ofx.built_bundle()
    module.bundle_path = lambda: PACKAGE
    assert ofx.built_bundle() == PACKAGE


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ('<c><binary path="/x/HiFI.ofx" status="0"/></c>', False),
        ('<c><binary path="/x/HiFI.ofx" status="2"/></c>', True),
        ('<c><bundle status="1"><path>/x/HiFI.ofx.bundle</path></bundle></c>', True),
        ('<c><binary path="/x/Other.ofx" status="2"/></c>', False),
        ("<c><torn", False),
    ],
)
def test_resolve_s_cache_is_asked_about_us(text, bad, tmp_path):
    cache = tmp_path / "OFXPluginCacheV2.xml"
    cache.write_text(text)
    assert [path for path, _ in ofx.bad_entries([cache])] == [cache] * bad


def test_a_bad_entry_is_told_at_installation(shims, folder, no_home, capsys):
    cache = {
        "linux": ".local/share/DaVinciResolve",
        "darwin": "Library/Application Support/Blackmagic Design/DaVinci Resolve",
    }[sys.platform]
    (no_home / cache).mkdir(parents=True)
    file = no_home / cache / "OFXPluginCacheV2.xml"
    file.write_text('<c><binary path="/x/HiFI.ofx" status="2"/></c>')
    run("ofx", "--dir", folder)
    out = capsys.readouterr().out
    assert str(file) in out
    assert "delete this file" in out
    assert "OFX_PLUGIN_PATH" in out


# The shared parts


def test_host_folders_are_found_in_a_checkout_and_in_a_wheel(tmp_path, monkeypatch):
    monkeypatch.setattr(copying, "PACKAGE", tmp_path / "hifi_ofx")
    with pytest.raises(HifiError, match="nuke"):
        install.host_folder("nuke")
    wheel = tmp_path / "hifi_ofx" / "_hosts" / "nuke"
    wheel.mkdir(parents=True)
    assert install.host_folder("nuke") == wheel
    (tmp_path / "nuke").mkdir()
    assert install.host_folder("nuke") == tmp_path / "nuke"


def test_a_python_without_an_engine_is_told(shims, folder, monkeypatch, capsys):
    run("nuke", "--dir", folder)
    assert f"The engine runs in {sys.executable}" in capsys.readouterr().out
    monkeypatch.setattr(install, "_FIND_ENGINE", "raise SystemExit(1)")
    run("nuke", "--dir", folder)
    assert "Warning" in capsys.readouterr().out


def test_a_damaged_receipt_is_none(tmp_path):
    for text in ("", "{}", "[]", json.dumps({"version": 1})):
        (tmp_path / copying.RECEIPT).write_text(text)
        assert copying.receipt_in(tmp_path) is None
