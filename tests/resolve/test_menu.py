"""The menu script: installed, started as Resolve starts it, and what people are told."""

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hifi_resolve import engine, job, menu, message, wishes

from hifi_ofx.errors import Cancelled, EngineError, HifiError, InvalidSetting
from hifi_ofx.install import resolve as install
from hifi_ofx.install.copying import new_receipt
from hifi_ofx.request import RenderRequest
from hifi_ofx.retime import Retime
from tests.front_end.test_pythons import VERSIONS, interpreter
from tests.resolve.conftest import copying
from tests.resolve_host.build import edit

ROOT = Path(__file__).parents[2]


@pytest.fixture
def media(tmp_path, monkeypatch):
    """The folder where results go, and where the menu script's settings lie."""
    folder = tmp_path / "media"
    folder.mkdir()
    monkeypatch.setenv("HIFI_RESOLVE_MEDIA", str(folder))
    return folder


def run(host, retime=copying):
    told = []
    return menu.main(host.app, told.append, retime), told


def test_a_run_that_goes_well_says_so_in_the_console_alone(tmp_path, media, capsys):
    host, _ = edit(tmp_path)
    assert run(host) == (0, [])
    out = capsys.readouterr().out
    assert "A001C003.mov: 4 frames became 8, at 0.5 of the speed." in out
    assert len(list(media.rglob("*_slow.*.exr"))) == 9


def test_notes_are_shown(tmp_path, media):
    host, _ = edit(tmp_path, item={"fusion_comps": 1})
    code, (told,) = run(host)
    assert code == 0
    assert "4 frames became 8" in told
    assert "Fusion composition" in told


def test_what_could_not_be_put_back_is_shown(tmp_path, media):
    host, _ = edit(tmp_path)
    host.break_call("Project.DeleteRenderJob", (0,))
    _, (told,) = run(host)
    assert "Could not be put back: a job in the render queue, to be deleted." in told


def test_a_failure_is_a_sentence_and_what_to_do(tmp_path, media):
    host, _ = edit(tmp_path)
    host.project.timelines[0].playhead = 500
    code, (told,) = run(host)
    assert code == 1
    assert told.startswith("Resolve did not find a clip under the playhead. Move the playhead")


def test_a_cancelled_render_is_no_failure(tmp_path, media):
    host, _ = edit(tmp_path)

    def cancel(request, show):
        raise Cancelled("The panel was closed before anything was rendered.")

    assert run(host, cancel) == (Cancelled.exit_code, [])


def test_a_bug_is_shown_to_somebody(tmp_path, media):
    host, _ = edit(tmp_path)

    def broken(request, show):
        raise ZeroDivisionError("one by none")

    code, (told,) = run(host, broken)
    assert code == 1
    assert "one by none" in told


def test_settings_of_the_menu_script(media):
    path = media / wishes.SETTINGS
    assert wishes.from_file(path) == wishes.Wishes()
    path.write_text(
        json.dumps(
            {
                "speed": "25%",
                "panel": False,
                "folder": "/media/slow",
                "preset": "draft",
                "quality": {"steps": 4},
                "placement": {"place": "replace", "handles": 5},
                "machine": {"device": "cpu"},
            }
        )
    )
    wanted = wishes.from_file(path)
    assert (wanted.speed, wanted.panel, wanted.placement.place) == (
        Fraction(1, 4),
        False,
        "replace",
    )
    assert wanted.folder == Path("/media/slow")
    assert (wanted.quality.steps, wanted.quality.patch) == (4, (256, 384))
    assert (wanted.placement.handles, wanted.machine.device) == (5, "cpu")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ('{"sped": "1/4"}', "'sped', which is no setting"),
        ('{"placement": {"handles": 0}}', "Handles is 0; it must be 1 to 100"),
        ('{"speed": "fast"}', "not a number"),
        ("[]", "holds no settings"),
        ('{"placement": "take"}', "'placement' is 'take'; it must be written in braces"),
        ('{"quality": 3}', "'quality' is 3; it must be written in braces"),
        ('{"panel": "no"}', "'panel' is 'no'; it must be true or false"),
    ],
)
def test_settings_that_are_wrong(media, text, words):
    (media / wishes.SETTINGS).write_text(text)
    with pytest.raises(InvalidSetting, match=words):
        wishes.from_file(media / wishes.SETTINGS)


def test_where_results_go(monkeypatch):
    monkeypatch.delenv("HIFI_RESOLVE_MEDIA", raising=False)
    monkeypatch.setattr(job.sys, "platform", "darwin")
    assert job.media_folder() == Path.home() / "Movies" / "HiFI Retime"
    monkeypatch.setattr(job.sys, "platform", "linux")
    assert job.media_folder() == Path.home() / "Videos" / "HiFI Retime"


@pytest.mark.parametrize("platform", ["darwin", "win32", "linux"])
def test_boxes_never_put_the_text_into_a_command(platform, monkeypatch):
    monkeypatch.setattr(message.shutil, "which", lambda name: f"/usr/bin/{name}")
    text = 'The clip "A; rm -rf $HOME" <b>failed</b>'
    command = message.box(text, platform)
    assert [word for word in command if text in word] in ([text], [f"--text={text}"])


def test_without_a_box_the_console_is_left(monkeypatch, capsys):
    monkeypatch.setattr(message.shutil, "which", lambda name: None)
    monkeypatch.setattr(message.sys, "platform", "linux")
    message.show("words")
    assert capsys.readouterr().out == "HiFI Retime: words\n"


def test_a_console_without_our_letters(monkeypatch):
    class Console:
        encoding = "cp1252"
        text = ""

        def write(self, text):
            text.encode(self.encoding)
            self.text += text

        def flush(self):
            pass

    console = Console()
    monkeypatch.setattr(message.sys, "stdout", console)
    message.say("Workspace ▸ Scripts")
    assert console.text == "HiFI Retime: Workspace ? Scripts\n"


def test_no_python_for_a_box(monkeypatch, capsys):
    monkeypatch.setenv("HIFI_ENGINE_PYTHON", "/nowhere/python")
    monkeypatch.setattr(message.sys, "platform", "win32")
    message.show("words")
    assert "words" in capsys.readouterr().out


IMPORTS = """
import sys
sys.path[:0] = [{root!r}, {scripts!r}]
import importlib, pkgutil, hifi_resolve
for found in pkgutil.iter_modules(hifi_resolve.__path__):
    importlib.import_module("hifi_resolve." + found.name)
from hifi_resolve.rates import parse_rate
print(parse_rate("29.97 DF").timecode(1800))
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_the_scripts_need_nothing_but_this_python(version):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} on this machine")
    code = IMPORTS.format(root=str(ROOT), scripts=str(ROOT / "resolve"))
    done = subprocess.run(
        [python, "-S", "-B", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout == "00:01:00;02\n", done.stderr


# The panel, as the process that it is.

PANEL = """#!{python}
import json, os, shutil, sys
words = dict(zip(sys.argv[3::2], sys.argv[4::2]))
if sys.argv[2] == "hifi_ofx.panel.slow_motion":
    answer = dict(state="go", speed="1/2", place="above", audio="keep", marks=False, preset="",
                  look=True)
    json.dump(answer, open(words["--answer"], "w"))
    sys.exit()
assert sys.argv[1:3] == ["-m", "hifi_ofx.panel"], sys.argv
{body}
"""

RENDERS = """
del os.environ["HIFI_ENGINE_PYTHON"]
sys.path.insert(0, {root!r})
from dataclasses import replace
from hifi_ofx.request import RenderRequest
from hifi_ofx.quality import Machine, Quality
from hifi_ofx.engine_process import EngineProcess
request = RenderRequest.from_json(json.load(open(words["--request"])))
small = replace(request, machine=Machine(device="cpu"), weights="aligned",
                quality=Quality(steps=1, samples=1, patch=(32, 48), cascade_depth=1))
with EngineProcess() as process:
    for line in process.render(small):
        pass
answer = dict(state="finished", target=small.target, message="", request=small.to_json())
json.dump(answer, open(words["--result"], "w"))
"""


@pytest.fixture
def panel(tmp_path, monkeypatch):
    """Put a program in place of the engine's Python, which is asked for the panel."""

    def install_panel(body):
        path = tmp_path / "python-with-panel"
        path.write_text(PANEL.format(python=sys.executable, body=body))
        path.chmod(0o755)
        monkeypatch.setenv("HIFI_ENGINE_PYTHON", str(path))

    return install_panel


REQUEST = RenderRequest("plate.####.exr", "slow.####.exr", Retime(speed=Fraction(1, 2)))


def answers(state, **more):
    answer = {"state": state, "target": "", "message": "", "request": None, **more}
    return f"open(words['--result'], 'w').write({json.dumps(answer)!r})"


def ask():
    return engine.in_panel(REQUEST, lambda line: None)


def test_the_panel_s_request_counts(panel):
    changed = RenderRequest("plate.####.exr", "other.####.exr", Retime(speed=Fraction(1, 4)))
    panel(answers("finished", request=changed.to_json()))
    assert ask() == changed


def test_the_panel_opens_on_the_request(panel, tmp_path):
    seen = tmp_path / "seen.json"
    panel(f"shutil.copy(words['--request'], {str(seen)!r}); {answers('finished')}")
    assert ask() == REQUEST
    assert RenderRequest.from_json(json.loads(seen.read_text())) == REQUEST


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (answers("cancelled"), Cancelled, "closed before anything was rendered"),
        (answers("failed", message="The disk is full."), EngineError, "The disk is full"),
        ("sys.exit('no PySide6 here')", EngineError, "ended without a result .exit code 1"),
        ("open(words['--result'], 'w').write('{')", HifiError, "cannot be read"),
    ],
)
def test_a_panel_that_renders_nothing(panel, body, kind, words):
    panel(body)
    with pytest.raises(kind, match=words) as caught:
        ask()
    if "PySide6" in body:
        assert "no PySide6 here" in caught.value.hint


def test_nothing_is_rendered_for_an_engine_that_is_not_there(tmp_path, media, monkeypatch):
    monkeypatch.setenv("HIFI_ENGINE_PYTHON", "/nowhere/python")
    host, _ = edit(tmp_path)
    code, (told,) = run(host, None)
    assert code == EngineError.exit_code
    assert "/nowhere/python" in told
    assert "Project.AddRenderJob" not in host.calls


def test_no_python_for_the_panel(monkeypatch):
    monkeypatch.setenv("HIFI_ENGINE_PYTHON", "/nowhere/python")
    with pytest.raises(EngineError, match=r"cannot be (run|started)"):
        ask()


def test_no_console_opens_beside_resolve_on_windows(monkeypatch):
    flags = []

    def noted(command, **more):
        flags.append(more.get("creationflags"))
        raise OSError(2, "No such file")

    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x08000000, raising=False)
    monkeypatch.setattr(subprocess, "run", noted)
    monkeypatch.setattr(subprocess, "Popen", noted)
    monkeypatch.setattr(message, "box", lambda text, platform: ["box"])
    with pytest.raises(EngineError, match="cannot be started"):
        ask()
    message.show("words")
    assert flags == [0x08000000, 0x08000000]


@pytest.mark.slow
def test_the_whole_way_with_the_panel_and_the_engine(tmp_path, media, panel):
    host, item = edit(tmp_path, duration=2)
    panel(RENDERS.format(root=str(ROOT)))
    code, told = run(host, None)
    assert (code, told) == (0, [])
    placed = host.project.timelines[0].video[1].items[0]
    assert (placed.start, placed.duration) == (item.start, 4)


# Installed, and started by Resolve.

AS_RESOLVE_DOES = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.resolve_host.build import edit
host, item = edit(Path({folder!r}), edition="free", version=(20, 3), duration=2)
host.project.timelines[0].playhead += {aside}
sys.path.remove({root!r})
launcher = Path({launcher!r})
exec(compile(launcher.read_text(), "script", "exec"), {{"resolve": host.app}})
print("TRACKS", [len(track.items) for track in host.project.timelines[0].video])
print("LOADED", sys.modules["hifi_ofx"].__file__)
"""


def started_by_resolve(tmp_path, aside=0):
    """Install into a Scripts folder, and run the menu's script in an interpreter of its own."""
    scripts = tmp_path / "Fusion" / "Scripts"
    install.install([scripts], new_receipt(sys.executable))
    code = AS_RESOLVE_DOES.format(
        root=str(ROOT),
        folder=str(tmp_path),
        aside=aside,
        launcher=str(scripts / "Edit" / "HiFI Retime.py"),
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_installed_script_finds_its_package_and_tells(tmp_path, media):
    out = started_by_resolve(tmp_path, aside=900)
    assert "HiFI Retime: Resolve did not find a clip under the playhead" in out
    assert f"LOADED {tmp_path / 'Fusion' / 'hifi-ofx' / 'hifi_ofx'}" in out


@pytest.mark.slow
def test_the_installed_script_makes_a_slow_clip(tmp_path, media):
    settings = {
        "panel": False,
        "weights": "aligned",
        "preset": "draft",
        "machine": {"device": "cpu"},
    }
    (media / wishes.SETTINGS).write_text(json.dumps(settings))
    out = started_by_resolve(tmp_path)
    assert "2 frames became 4, at 0.5 of the speed." in out
    assert "TRACKS [1, 1]" in out


def test_the_script_says_what_it_is_outside_of_resolve():
    script = ROOT / "resolve" / "HiFI Retime.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert "hifi-ofx resolve" in done.stdout
