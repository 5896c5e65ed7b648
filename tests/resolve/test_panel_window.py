"""The whole way with the real panel: its own process, a click on its button, the real engine."""

import dataclasses
import sys
from pathlib import Path

import pytest
from hifi_resolve import flow
from hifi_resolve.wishes import Wishes

pytest.importorskip(
    "PySide6.QtWidgets", reason="Qt or a library it needs is missing", exc_type=ImportError
)

from hifi_ofx.errors import Cancelled
from hifi_ofx.panel.remembered import recall
from hifi_ofx.placement import Placement
from hifi_ofx.quality import Machine, Quality
from tests.resolve.conftest import picture, placed_numbers
from tests.resolve_host.build import edit

ROOT = Path(__file__).parents[2]

# Stands in for the engine's Python: the panel is what it is, and somebody presses a button in it.
PERSON = """#!{python}
import os, sys
assert sys.argv[1:3] == ["-m", "hifi_ofx.panel"], sys.argv
del os.environ["HIFI_ENGINE_PYTHON"]
sys.path.insert(0, {root!r})
from hifi_ofx.panel import command
from hifi_ofx.panel.qt import QtCore

opened = command.show

def show(panel, request, returns):
    outcome = opened(panel, request, returns)
    timer = QtCore.QTimer(panel)

    def act():
        if panel.transport.output is not None:
            timer.stop()
            {act}

    timer.timeout.connect(act)
    timer.start(50)
    return outcome

command.show = show
sys.exit(command.main(sys.argv[3:]))
"""


@pytest.fixture
def person(tmp_path, monkeypatch):
    """Somebody who does this once the plan is there."""
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HIFI_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("HIFI_CACHE", str(tmp_path / "cache"))

    def does(act):
        path = tmp_path / "python-with-a-person"
        path.write_text(PERSON.format(python=sys.executable, root=str(ROOT), act=act))
        path.chmod(0o755)
        monkeypatch.setenv("HIFI_ENGINE_PYTHON", str(path))

    return does


WISHES = Wishes(
    quality=Quality(samples=1, steps=1, patch=(32, 48), cascade_depth=1),
    machine=Machine(device="cpu"),
    weights="aligned",
    placement=Placement(),
)


def run(host, folder):
    said = []
    wishes = dataclasses.replace(WISHES, folder=folder / "out")
    return flow.slow_motion(host.app, wishes, said.append, ask=look_first), said


def look_first(question, wishes):
    """Somebody who changes nothing in the dialog and presses Look first."""
    return wishes


@pytest.mark.slow
def test_a_speed_chosen_in_the_panel_becomes_a_clip_above(tmp_path, person):
    host, item = edit(tmp_path, duration=2)
    person("panel.form.timing.speed.setCurrentText('1/4'); panel.render_button.click()")
    done, said = run(host, tmp_path)
    placed = host.project.timelines[0].video[1].items[0]
    assert (placed.start, placed.duration) == (item.start, 8)
    assert all(path.is_file() for path in placed_numbers(host, placed))
    assert "at 0.25 of the speed" in done.sentence
    assert any("The panel is open" in line for line in said)
    assert not list((tmp_path / "out").rglob("source*"))
    # The plate was the script's alone: the panel by itself must not open on it.
    remembered = recall()["form"]
    assert "weights" in remembered
    assert not {"source", "target", "timing"} & set(remembered)


@pytest.mark.slow
def test_closing_the_panel_leaves_the_project_as_it_was(tmp_path, person):
    host, _ = edit(tmp_path, duration=2)
    before = picture(host)
    person("panel.close()")
    with pytest.raises(Cancelled):
        run(host, tmp_path)
    assert picture(host) == before
    assert not list((tmp_path / "out").rglob("*.exr"))
